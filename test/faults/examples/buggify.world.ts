/** Two programs with a cache that may be emptied at any time. Only the careful one reads again what the cache lacks. */
import { world } from "lightcone";

export default world("every order has a price", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ always, buggify, sleep, host }) => {
      const cache = new Map<number, string>();
      for (let order = 1; ; order++) {
        cache.set(order, `price of ${order}`);
        if (buggify("the cache is emptied")) cache.clear();
        const price = cache.get(order) ?? (host === "careful" ? `price of ${order}` : undefined);
        always(`${host} knows the price`, price !== undefined, { order });
        await sleep("50ms");
      }
    });
  }
  w.faults(w.buggify(["naive", "careful"], { every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
