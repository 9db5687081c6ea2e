import { world } from "lightcone";
export default world("x", (w) => {
  w.hosts("a", 2, async () => {
    process.exit(3);
  });
  w.run("1s");
});
