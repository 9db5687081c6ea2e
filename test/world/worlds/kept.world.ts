/** What a process keeps over a crash of its machine, and what it does not. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { world } from "lightcone";

let starts = 0;

export default world("memory is lost, and nothing of a dead process runs", (w) => {
  const host = w.host("server", async ({ op, sleep, always }) => {
    starts++;
    always("module state is fresh", starts === 1);
    const boots = existsSync("/boots") ? Number(readFileSync("/boots", "utf8")) + 1 : 1;
    writeFileSync("/boots", String(boots));
    await op("boot", boots, () => {});
    // A timer of an earlier life would record an operation of an earlier boot.
    for (;;) {
      await sleep(100);
      await op("tick", boots, () => {});
    }
  });
  w.faults(w.crash(host, { how: "process", every: "500ms", lasts: "100ms..200ms" }));
  w.check({
    name: "ticks are of the latest boot",
    judge({ history }) {
      let latest: unknown;
      for (const { f, key } of history.operations) {
        if (f === "boot") latest = key;
        else if (key !== latest)
          return `a tick of boot ${String(key)} after boot ${String(latest)}`;
      }
      return latest === 1 ? "there was no crash at all" : true;
    },
  });
  w.run("6s");
});
