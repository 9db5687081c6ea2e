/**
 * Two programs that sync what they have accepted, on a disk whose syncs may fail. The naive one syncs again until it
 * succeeds; but after a failed sync Linux counts the data as written. The careful one writes it again.
 */
import { fsyncSync, openSync, writeSync } from "node:fs";
import { world } from "lightcone";
import { violated } from "lightcone/check";

export default world("what is synced stays", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ op, sleep, host }) => {
      const jobs = openSync("/jobs", "a");
      const tryUntilDone = async (action: () => void): Promise<void> => {
        for (let done = false; !done; await sleep("20ms")) {
          try {
            action();
            done = true;
          } catch {
            // again
          }
        }
      };
      const write = (job: number): unknown => writeSync(jobs, `${job}\n`);
      await tryUntilDone(() => fsyncSync(openSync("/", "r")));
      for (let job = Date.now(); ; job++) {
        await op("accept", host, job, async () => {
          if (host === "naive") write(job);
          await tryUntilDone(() => {
            if (host === "careful") write(job);
            fsyncSync(jobs);
          });
        });
      }
    });
  }
  w.check({
    name: "every accepted job is in the file",
    judge({ history, hosts }) {
      const lost = history.operations.find(({ key, input, outcome }) => {
        const jobs = hosts[String(key)]?.disk.readText("/jobs") ?? "";
        return outcome === "ok" && !jobs.includes(`${input}\n`);
      });
      return lost === undefined || violated(`job ${lost.input} is lost`, [lost]);
    },
  });
  const both = ["naive", "careful"];
  w.faults(
    w.diskErrors(both, { on: "sync", every: "1s..2s", lasts: "500ms..1s" }),
    w.crash(both, { how: "machine", keeps: "nothing", lasts: "200ms", every: "1s..2s" }),
  );
  w.run("6s", { calm: "2s" });
});
