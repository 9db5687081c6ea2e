/**
 * Two programs that charge a card once for each order, and write down which orders are charged. The naive one charges
 * an order again if it has crashed between the two, and takes for granted that its cache is full. The careful one asks
 * by the order's name whether it is charged already, and reads what its cache lacks.
 */
import fs from "node:fs";
import { world } from "lightcone";

export default world("an order is charged once", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ op, sleep, host, step, buggify }) => {
      const read = (path: string): string[] =>
        fs.existsSync(path) ? fs.readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
      const careful = host === "careful";
      const cache = new Map<number, string>();
      for (let order = read("/done").length; ; order++) {
        await sleep(50);
        cache.set(order, `price-${order}`);
        if (buggify("the cache is empty")) cache.clear();
        const price = cache.get(order) ?? (careful ? `price-${order}` : undefined);
        if (!careful || !read("/charges").includes(`${order}`)) {
          await op("charge", `${host}-${order}`, { price }, async () => {
            fs.appendFileSync("/charges", `${order}\n`);
            return price;
          });
        }
        step("charged");
        fs.appendFileSync("/done", `${order}\n`);
      }
    });
  }

  w.check({
    name: "each order is charged once, at its price",
    looksFor: ["charge"],
    judge({ history, hosts }) {
      for (const { key, input } of history.operations) {
        if ((input as { price?: string }).price === undefined) return `${String(key)}: no price`;
      }
      for (const { name, disk } of Object.values(hosts)) {
        const charges = disk.readText("/charges")?.split("\n") ?? [];
        const twice = charges.find((order, at) => charges.indexOf(order) !== at);
        if (twice !== undefined) return `${name} charged order ${twice} twice`;
      }
      return true;
    },
  });
  w.tolerate("unfinished");
  w.run("12s", { calm: "2s" });
});
