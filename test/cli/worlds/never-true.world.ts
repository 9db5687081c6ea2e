import { world } from "lightcone";
export default world("never true", (w) => {
  w.host("a", ({ sometimes }) => sometimes("the moon is full", false));
  w.run("1s");
});
