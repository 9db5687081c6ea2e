/** Two programs that accept jobs. The naive one leaves them to the page cache, the careful one syncs them first. */
import { appendFileSync, fsyncSync, openSync, writeSync } from "node:fs";
import { world } from "lightcone";
import { violated } from "lightcone/check";

export default world("what is accepted stays", (w) => {
  w.host("naive", async ({ op, sleep, host }) => {
    for (let job = Date.now(); ; job++) {
      await op("accept", host, job, () => appendFileSync("/jobs", `${job}\n`));
      await sleep("100ms");
    }
  });
  w.host("careful", async ({ op, sleep, host }) => {
    const jobs = openSync("/jobs", "a");
    fsyncSync(openSync("/", "r"));
    for (let job = Date.now(); ; job++) {
      await op("accept", host, job, () => {
        writeSync(jobs, `${job}\n`);
        fsyncSync(jobs);
      });
      await sleep("100ms");
    }
  });
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
  w.faults(w.crash(["naive", "careful"], { how: "machine", lasts: "200ms", every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
