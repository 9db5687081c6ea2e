/** Two programs that measure a second. The naive one trusts the wall clock, the careful one does not. */
import { world } from "lightcone";

export default world("a second lasts a second", (w) => {
  w.host("naive", async ({ always, sleep }) => {
    for (;;) {
      const startMs = Date.now();
      const againMs = Date.now();
      always(
        "time does not go back within a turn",
        againMs - startMs >= 0 && againMs - startMs < 5,
      );
      await sleep(200);
      const lastsMs = Date.now() - startMs;
      always("it lasts as long as it should", lastsMs >= 195 && lastsMs < 240, { lastsMs });
    }
  });
  w.host("careful", async ({ always, sleep }) => {
    for (;;) {
      const startMs = performance.now();
      await sleep(200);
      Date.now();
      always("it lasts at least as long", performance.now() - startMs >= 195);
    }
  });
  w.run("12s", { calm: "2s" });
});
