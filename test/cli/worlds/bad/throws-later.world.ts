import { world } from "lightcone";
export default world("programs stay up", (w) => {
  w.hosts("a", 2, async ({ sleep }) => {
    await sleep(1500);
    const x: any = undefined;
    x.boom();
  });
  w.run("3s");
});
