/** Holds, and asserts something that no run comes by. */
import { world } from "lightcone";

export default world("nothing goes wrong", (w) => {
  w.host("a", async ({ always, sleep }) => {
    await sleep(100);
    if (performance.now() < 0) always("time goes on", false);
  });
  w.run("1s");
});
