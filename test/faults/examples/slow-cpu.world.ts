/** Two programs that work in steps under a lease of half a second. Only the careful one looks at the clock before it acts. */
import { world } from "lightcone";

export default world("nobody acts after its lease", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ always, sleep, host }) => {
      for (;;) {
        const untilMs = performance.now() + 500;
        for (let step = 0; step < 5; step++) await sleep("20ms");
        if (host === "careful" && performance.now() >= untilMs) continue;
        always(`${host} acts within its lease`, performance.now() < untilMs);
      }
    });
  }
  w.faults(w.slowCpu(["naive", "careful"], { by: "50ms..300ms", every: "1s..3s" }));
  w.run("8s", { calm: "2s" });
});
