/**
 * Redlock over five Redis servers: `redlock` and `ioredis` from npm, unmodified. Its promise is that a
 * lock is held by one worker at a time. Is it kept when processes stop, machines crash, clocks jump and
 * the network splits?
 */
import { Redis } from "ioredis";
import { world } from "lightcone";
import { redis } from "lightcone/blocks";
import { mutex } from "lightcone/check";
import Redlock from "redlock";

const TTL_MS = 1_000;

export default world("a lock is held by one worker at a time", (w) => {
  const stores = w.hosts("redis", 5, redis());
  const workers = w.hosts("worker", 3, async ({ op, sleep, random }) => {
    const clients = stores.map((host) => new Redis({ host, commandTimeout: 250 }));
    // A worker whose servers are out of reach goes on trying; its log would be all there is to read.
    for (const client of clients) client.on("error", () => {});
    const redlock = new Redlock(clients);
    redlock.on("clientError", () => {});
    for (;;) {
      try {
        const lock = await op("acquire", "job", () => redlock.lock("job", TTL_MS));
        // The job takes a few steps, well within the time that the lock is granted for.
        for (let step = 0; step < 4; step++) await sleep(50);
        await op("release", "job", () => lock.unlock());
      } catch {
        // The lock is taken or its servers are out of reach; try again in a while.
      }
      await sleep(random.integer(50, 500));
    }
  });
  w.link({ latency: "1ms..5ms" });
  w.faults(w.crash(stores), w.pause(workers), w.clock(stores), w.partition());
  w.check(mutex());
  w.run("60s");
});
