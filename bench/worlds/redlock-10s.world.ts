/** The redlock world of the examples, ten simulated seconds a run. */
import { world, type WorldBuilder } from "lightcone";
import redlock from "../../examples/redlock/redlock.world.ts";

export default world(redlock.name, (w) => {
  redlock.describe(withoutRun(w));
  w.run("10s");
});

/** The same builder, for a description whose own length is not wanted. */
function withoutRun(w: WorldBuilder): WorldBuilder {
  return new Proxy(w, {
    get(builder, name) {
      if (name === "run") return () => {};
      const value: unknown = Reflect.get(builder, name);
      return typeof value === "function" ? value.bind(builder) : value;
    },
  });
}
