/** Two programs that sync a log, and say now and then that they live. The naive one does nothing else while it syncs. */
import { fsyncSync, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { world } from "lightcone";

export default world("a slow disk does not look like death", (w) => {
  const livesOn = (says: (lateMs: number) => void): void => {
    let lastMs = performance.now();
    setInterval(() => {
      says(performance.now() - lastMs - 50);
      lastMs = performance.now();
    }, 50);
  };
  w.host("naive", async ({ always, sleep }) => {
    livesOn((lateMs) => always("naive shows that it lives", lateMs < 300, { lateMs }));
    for (const log = openSync("/log", "a"); ; await sleep("100ms")) {
      writeSync(log, "a line\n");
      fsyncSync(log);
    }
  });
  w.host("careful", async ({ always, sleep }) => {
    livesOn((lateMs) => always("careful shows that it lives", lateMs < 300, { lateMs }));
    for (const log = await open("/log", "a"); ; await sleep("100ms")) {
      await log.write("a line\n");
      await log.sync();
    }
  });
  w.faults(w.diskStall(["naive", "careful"], { lasts: "500ms..1s", every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
