/** Two programs that work under a lease of half a second. Only the careful one looks at the clock before it acts. */
import { world } from "lightcone";

export default world("nobody acts after its lease", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ always, sleep, host }) => {
      for (;;) {
        const untilMs = performance.now() + 500;
        await sleep("200ms"); // reads, computes
        if (host === "careful" && performance.now() >= untilMs) continue;
        always(`${host} acts within its lease`, performance.now() < untilMs);
      }
    });
  }
  w.faults(w.pause(["naive", "careful"], { lasts: "500ms..2s", every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
