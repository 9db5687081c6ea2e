/**
 * ioredis 5.3.0 loses a blocked command when the connection that it was moved to is reset before it is ready
 * (redis/ioredis#1718; mended in 5.3.1). With `maxRetriesPerRequest: null`, its README says, "commands wait forever
 * until the connection is alive again": a worker that blocks in BRPOP goes on taking jobs.
 */
import { Redis } from "ioredis";
import { world } from "lightcone";
import { redis } from "lightcone/blocks";

export default world("jobs are taken once the network works", (w) => {
  const store = w.host("redis", redis());
  const worker = w.host("worker", async ({ op }) => {
    const client = new Redis({ host: store, maxRetriesPerRequest: null, keepAlive: 2_000 });
    client.on("error", () => {});
    for (;;) await op("take", "jobs", () => client.brpop("jobs", 0)).catch(() => {});
  });
  w.host("producer", async ({ op, sleep, random, eventually }) => {
    const client = new Redis({ host: store, maxRetriesPerRequest: null });
    client.on("error", () => {});
    for (let n = 0; ; n++) {
      await sleep(random.integer(100, 2_000));
      const length = await client.llen("jobs");
      eventually("all jobs are taken", length === 0, { length });
      if (length < 3) await op("put", "jobs", n, () => client.lpush("jobs", n));
    }
  });
  w.openEnded("take");
  w.link({ latency: "1ms..50ms" });
  w.faults(w.reset(worker, { ends: "both" }), w.latency(), w.partition());
  w.run("40s", { calm: "20s" });
});
