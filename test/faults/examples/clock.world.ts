/** Two programs that measure 200 ms. The naive one asks the wall clock, the careful one the monotonic clock. */
import { world } from "lightcone";

export default world("a while lasts as long as it lasts", (w) => {
  w.host("naive", async ({ always, sleep }) => {
    for (;;) {
      const startMs = Date.now();
      await sleep("200ms");
      const lastedMs = Date.now() - startMs;
      always("naive: 200 ms last 200 ms", lastedMs > 190 && lastedMs < 250, { lastedMs });
    }
  });
  w.host("careful", async ({ always, sleep }) => {
    for (;;) {
      const startMs = performance.now();
      await sleep("200ms");
      const lastedMs = performance.now() - startMs;
      always("careful: 200 ms last 200 ms", lastedMs > 190 && lastedMs < 250, { lastedMs });
      console.log(`${new Date().toISOString()}: still here`); // a date for people, nothing more
    }
  });
  w.faults(w.clock(["naive", "careful"], { by: "1s..5s", every: "1s..2s", lasts: "1s..2s" }));
  w.run("8s", { calm: "2s" });
});
