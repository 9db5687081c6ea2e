/** Two programs that number what they do by the time. Only the careful one never gives a number twice. */
import { world } from "lightcone";

export default world("numbers grow", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ always, sleep, host }) => {
      for (let last = 0; ; await sleep("50ms")) {
        const number = host === "careful" ? Math.max(last + 1, Date.now()) : Date.now();
        always(`${host}: every number is larger than the last`, number > last, { number, last });
        last = number;
      }
    });
  }
  w.faults(w.leapSecond(["naive", "careful"], { how: "step", every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
