/** bullmq 6.7.0: jobs can be added, and are done, once all faults are over. */
import { Queue, Worker } from "bullmq";
import { world } from "lightcone";
import { redis } from "lightcone/blocks";

export default world("jobs are added and done once all is well", (w) => {
  const store = w.host("redis", redis());
  const workers = w.hosts("worker", 2, ({ op, sleep }) => {
    const connection = { host: store, keepAlive: 2_000, maxRetriesPerRequest: null };
    const options = { connection, stalledInterval: 5_000, lockDuration: 5_000 };
    const work = (job: { data: { n: number } }) => op("run", String(job.data.n), () => sleep(100));
    new Worker("jobs", work, options).on("error", () => {});
  });
  w.host("producer", async ({ op, sleep, random, eventually }) => {
    const connection = { host: store, keepAlive: 2_000, maxRetriesPerRequest: 20 };
    const queue = new Queue("jobs", { connection });
    queue.on("error", () => {});
    for (let n = 0; ; n++) {
      await op("add", "jobs", n, () => queue.add("job", { n })).catch(() => {});
      const waiting = await op("count", "jobs", () => queue.getWaitingCount()).catch(
        () => undefined,
      );
      eventually("the queue becomes short", waiting !== undefined && waiting < 3, { waiting });
      await sleep(random.integer(100, 1_500));
    }
  });
  w.tolerate("uncaught");
  w.link({ latency: "1ms..10ms" });
  w.faults(
    w.crash(store),
    w.crash(store, { how: "process" }),
    w.crash(workers),
    w.partition(),
    w.pause(workers),
  );
  w.run("40s", { calm: "20s" });
});
