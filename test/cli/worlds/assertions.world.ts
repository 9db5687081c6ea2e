/** Programs that assert of themselves, through the context and through lightcone/probe. */
import { world } from "lightcone";

export default world("assertions are told", (w) => {
  w.hosts("worker", 2, async ({ sleep, always, sometimes, eventually, index }) => {
    await sleep(100);
    always("the queue is bounded", index === 0, { length: 11 });
    sometimes("a retry happens", false);
    sometimes("a request happens", true);
    for (;;) {
      await sleep(500);
      eventually("everyone agrees", index === 0);
      eventually("the log is short", true);
    }
  });
  w.run("6s");
});
