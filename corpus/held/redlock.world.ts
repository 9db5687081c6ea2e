/**
 * redlock 4.2.0 over ioredis 6.0.0: each call is answered, granted or not, once all faults are over. Whether one
 * holder has the lock is asked by `../redlock.world.ts`.
 */
import { Redis } from "ioredis";
import { world } from "lightcone";
import { redis } from "lightcone/blocks";
import Redlock from "redlock";

export default world("every call is answered", (w) => {
  const stores = w.hosts("redis", 3, redis());
  const workers = w.hosts("worker", 2, async ({ op, sleep, random }) => {
    const clients = stores.map(
      (host) => new Redis({ host, keepAlive: 2_000, maxRetriesPerRequest: 3 }),
    );
    for (const client of clients) client.on("error", () => {});
    const redlock = new Redlock(clients);
    redlock.on("clientError", () => {});
    for (;;) {
      try {
        const lock = await op("acquire", "job", () => redlock.lock("job", 5_000));
        await sleep(50);
        await op("release", "job", () => lock.unlock());
      } catch {
        // The lock is taken, or its servers are out of reach.
      }
      await sleep(random.integer(50, 500));
    }
  });
  w.link({ latency: "1ms..5ms" });
  w.faults(w.crash(stores), w.crash(stores, { how: "process" }), w.pause(workers), w.partition());
  w.run("40s", { calm: "20s" });
});
