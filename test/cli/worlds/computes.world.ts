/** Takes some seconds of the processor's time to run, and of its own time as well. */
import { world } from "lightcone";

export default world("it computes", (w) => {
  w.host("a", async ({ sleep, op }) => {
    for (let step = 0; step < 50; step++) {
      await op("step", async () => {
        let sum = 0;
        for (let n = 0; n < 3e7; n++) sum = (sum + n) | 0;
        return sum;
      });
      await sleep(100);
    }
  });
  w.run("9s");
});
