/** Two programs that write a line now and then. Only the careful one lives on when it cannot. */
import { appendFileSync } from "node:fs";
import { world } from "lightcone";

export default world("a log that cannot be written stops nothing", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ op, sleep, host }) => {
      for (;;) {
        await op("work", host, () => {
          try {
            appendFileSync("/log", "working\n");
          } catch (error) {
            if (host === "naive") throw error;
          }
        });
        await sleep("100ms");
      }
    });
  }
  w.faults(w.diskReadOnly(["naive", "careful"], { lasts: "500ms..1s", every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
