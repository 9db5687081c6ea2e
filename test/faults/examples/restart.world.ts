/** Two programs that write what they have accepted every half second. Only the careful one does so when it is told to end. */
import { appendFileSync } from "node:fs";
import { world } from "lightcone";
import { violated } from "lightcone/check";

export default world("a restart loses nothing", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ op, sleep, host }) => {
      const waiting: string[] = [];
      const save = (): void => appendFileSync("/jobs", waiting.splice(0).join(""));
      setInterval(save, 500);
      if (host === "careful") {
        process.once("SIGTERM", () => {
          save();
          process.exit(0);
        });
      }
      for (let job = Date.now(); ; job++) {
        await sleep("100ms");
        await op("accept", host, job, () => void waiting.push(`${job}\n`));
      }
    });
  }
  w.check({
    name: "every accepted job is in the file",
    judge({ history, hosts, calmFromNs }) {
      const lost = history.operations.find(({ key, input, outcome, completeNs }) => {
        const jobs = hosts[String(key)]?.disk.readText("/jobs") ?? "";
        return outcome === "ok" && completeNs < calmFromNs && !jobs.includes(`${input}\n`);
      });
      return lost === undefined || violated(`job ${lost.input} is lost`, [lost]);
    },
  });
  w.faults(w.restart(["naive", "careful"], { lasts: "500ms", every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
