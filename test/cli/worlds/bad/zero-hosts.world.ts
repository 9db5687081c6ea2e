import { world } from "lightcone";
export default world("x", (w) => {
  w.hosts("a", 0, () => {});
  w.run("1s");
});
