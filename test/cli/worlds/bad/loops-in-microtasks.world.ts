import { world } from "lightcone";
export default world("loops", (w) => {
  w.host("a", async () => {
    for (;;) await Promise.resolve();
  });
  w.run("10s");
});
