/** Violated when its host has crashed; when it has not, it never yields. Shrinking it never ends. */
import { existsSync, writeFileSync } from "node:fs";
import { world } from "lightcone";

export default world("crashes or hangs", (w) => {
  const host = w.host("a", async ({ sleep, always }) => {
    const first = !existsSync("/started");
    always("it never crashes", first);
    if (!first) return;
    writeFileSync("/started", "");
    await sleep(4_000);
    for (;;) host.at(0);
  });
  w.faults(w.crash(host, { every: "500ms..2s" }));
  w.tolerate("exits");
  w.run("10s");
});
