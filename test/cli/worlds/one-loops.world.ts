/** A world that is violated in some runs, and in one of them never yields. */
import { world } from "lightcone";
export default world("some runs", (w) => {
  w.host("a", async ({ random, sleep, always, sometimes }) => {
    await sleep(100);
    const drawn = random();
    sometimes("a large number is drawn", drawn > 1);
    always("small", drawn < 0.7, { drawn });
    if (drawn > 0.97) for (;;) drawn.toFixed();
  });
  w.run("1s");
});
