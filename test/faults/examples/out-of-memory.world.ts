/**
 * Two programs that have a child process do their work. When the kernel kills a program, its child lives on, and the program that is
 * started again has another one. Only the careful child ends when it has lost its parent.
 */
import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { world } from "lightcone";

export default world("one child works at a time", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ op, host }) => {
      const work = `setInterval(() => fs.appendFileSync("/log", process.pid + " "), 100);`;
      const end = host === "careful" ? `process.on("disconnect", () => process.exit());` : "";
      writeFileSync("/child.cjs", `const fs = require("node:fs"); ${work} ${end}`);
      await op("start", host, () => fork("/child.cjs").pid);
    });
  }
  w.check({
    name: "nobody works after a successor has begun",
    judge({ hosts }) {
      for (const { name, disk } of Object.values(hosts)) {
        const workers = disk.readText("/log")?.trim().split(" ") ?? [];
        const begun = new Set<string>();
        for (const [at, worker] of workers.entries()) {
          const isBack = worker !== workers[at - 1] && begun.has(worker);
          if (isBack) return `${name}: process ${worker} works on after another one has begun`;
          begun.add(worker);
        }
      }
      return true;
    },
  });
  w.faults(w.outOfMemory(["naive", "careful"], { lasts: "200ms..1s", every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
