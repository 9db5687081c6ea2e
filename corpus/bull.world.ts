/**
 * bull 1.0.0 lists the active jobs when a queue is opened and then takes the lock of each, so that a job which
 * has been completed in between runs again (OptimalBits/bull#356; mended in 1.1.1). "Guaranteed at least once" is
 * for workers that die; here nobody does, and no job takes longer than its lock.
 */
import Queue from "bull";
import { world } from "lightcone";
import { redis } from "lightcone/blocks";
import { violated } from "lightcone/check";

export default world("a job runs once", (w) => {
  const store = w.host("redis", redis());
  const workers = w.hosts("worker", 2, async ({ op, sleep, random }) => {
    // Deployed one after the other.
    await sleep(random.integer(0, 5_000));
    const queue = new Queue("jobs", 6379, store);
    queue.on("error", () => {});
    queue.process((job) => op("run", `job ${job.jobId}`, () => sleep(300)));
    queue.on("completed", (job) => job.remove().catch(() => {}));
  });
  w.host("producer", async ({ op, sleep, random }) => {
    const queue = new Queue("jobs", 6379, store);
    queue.on("error", () => {});
    for (let n = 0; ; n++) {
      await op("add", "jobs", n, () => queue.add({ n }).then((job) => job.jobId)).catch(() => {});
      await sleep(random.integer(50, 1_000));
    }
  });
  w.tolerate("hangs", "uncaught");
  w.link({ latency: "1ms..20ms" });
  w.faults(w.latency(workers, { by: "50ms..2s" }));
  w.check({
    name: "a job runs once",
    looksFor: ["run"],
    judge({ history: { operations } }) {
      const runs = operations.filter(({ f }) => f === "run");
      const again = runs.find((one, at) => runs.findIndex(({ key }) => key === one.key) < at);
      return again
        ? violated(
            `${String(again.key)} ran twice`,
            runs.filter(({ key }) => key === again.key),
          )
        : true;
    },
  });
  w.run("30s");
});
