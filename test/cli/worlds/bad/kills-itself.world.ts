import { world } from "lightcone";
export default world("kills itself", (w) => {
  w.host("a", () => process.abort());
  w.run("1s");
});
