import { world } from "lightcone";
export default world("x", (w) => {
  w.hosts("a", 2, async () => {
    const x: any = undefined;
    x.boom();
  });
  w.run("1s");
});
