import { world } from "lightcone";
export default world("sleeps backwards", (w) => {
  w.host("a", async ({ sleep }) => {
    await sleep(100);
    await sleep(-1);
  });
  w.run("1s");
});
