import { world } from "lightcone";
export default world("changes", (w) => {
  w.hosts(`host${Math.floor(Math.random() * 1e6)}`, 2, () => {});
  w.run("1s");
});
