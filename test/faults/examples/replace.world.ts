/** Two programs that sync what they have accepted. The careful one accepts a job when another machine has it, too. */
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { world } from "lightcone";
import { violated } from "lightcone/check";

export default world("what is accepted is somewhere", (w) => {
  const save = (job: unknown): void => {
    const jobs = openSync("/jobs", "a");
    writeSync(jobs, `${job}\n`);
    fsyncSync(jobs);
    closeSync(jobs);
  };
  w.host("other", () => {
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (job) => {
        save(job);
        socket.end("saved");
      });
    }).listen(7000);
  });
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ op, sleep, host }) => {
      for (let number = Date.now(); ; number++) {
        const job = `${host}-${number}`;
        const accepted = op("accept", host, job, async () => {
          save(job);
          if (host === "careful") await once(createConnection(7000, "other").end(job), "data");
        });
        await accepted.catch(() => {});
        await sleep("50ms");
      }
    });
  }
  w.check({
    name: "every accepted job is on a disk",
    judge({ history, hosts }) {
      const lost = history.operations.find(({ key, input, outcome }) => {
        const disks = [hosts[String(key)]?.disk, hosts["other"]?.disk];
        const isSaved = disks.some((disk) => disk?.readText("/jobs")?.includes(`${input}\n`));
        return outcome === "ok" && !isSaved;
      });
      return lost === undefined || violated(`job ${lost.input} is lost`, [lost]);
    },
  });
  w.faults(w.replace(["naive", "careful"], { lasts: "500ms..1s", every: "1s..2s" }));
  w.run("6s", { calm: "2s" });
});
