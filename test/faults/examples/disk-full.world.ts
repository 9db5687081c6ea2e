/** Two programs that accept jobs. The naive one does not look whether they could be written. */
import { appendFile } from "node:fs";
import { appendFile as append } from "node:fs/promises";
import { world } from "lightcone";
import { violated } from "lightcone/check";

export default world("what is accepted is written", (w) => {
  w.host("naive", async ({ op, sleep, host }) => {
    for (let job = 1; ; job++) {
      await op("accept", host, job, () => appendFile("/jobs", `${job}\n`.padEnd(2_000), () => {}));
      await sleep("50ms");
    }
  });
  w.host("careful", async ({ op, sleep, host }) => {
    for (let job = 1; ; job++) {
      const accepted = op("accept", host, job, () => append("/jobs", `${job}\n`.padEnd(2_000)));
      await accepted.catch(() => {}); // the customer is told, and comes again
      await sleep("50ms");
    }
  });
  w.check({
    name: "every accepted job is in the file",
    judge({ history, hosts, calmFromNs }) {
      const lost = history.operations.find(({ key, input, outcome, completeNs }) => {
        const jobs = hosts[String(key)]?.disk.readText("/jobs") ?? "";
        const isIn = jobs.startsWith(`${input}\n`) || jobs.includes(` ${input}\n`);
        return outcome === "ok" && completeNs < calmFromNs && !isIn;
      });
      return lost === undefined || violated(`job ${lost.input} is lost`, [lost]);
    },
  });
  w.faults(w.diskFull(["naive", "careful"], { lasts: "500ms..1s", every: "1s..2s" }));
  w.run("6s", { calm: "2s" });
});
