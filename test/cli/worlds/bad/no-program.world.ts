import { world } from "lightcone";
export default world("x", (w) => {
  w.hosts("a", 2, "./server.ts");
  w.run("1s");
});
