import { world } from "lightcone";
export default world("x", (w) => {
  w.hosts("a", 2, () => {});
  w.faults(w.crash("b-1"));
  w.run("1s");
});
