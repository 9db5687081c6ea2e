/** The redlock world of the examples, ten simulated seconds a run. */
import { world } from "lightcone";
import redlock from "../../examples/redlock/redlock.world.ts";

export default world(redlock.name, (w) => {
  redlock.describe(w);
  w.run("10s");
});
