/** bee-queue (Lua scripts) over the Redis block: jobs, progress, retries with backoff, delays, stalled jobs, a server that crashes. */
import Queue from "bee-queue";
import { serveRedis } from "../../packages/programs/peers/redis-block.mjs";
import { crash, host, port, roles, say } from "./roles.mjs";

await roles({
  server: serveRedis,
  async client() {
    const errors = [];
    const redis = { host, port, retryStrategy: () => 50, retry_strategy: () => 50 };
    const make = (name, isWorker) => {
      const queue = new Queue(name, {
        redis,
        isWorker,
        activateDelayedJobs: true,
        delayedDebounce: 20,
        autoConnect: true,
      });
      queue.on("error", (error) => errors.push(error.code ?? error.name));
      return queue;
    };
    const [queue, worker] = [make("mail", false), make("mail", true)];
    await Promise.all([queue.ready(), worker.ready()]);
    worker.process(2, async (job) => {
      job.reportProgress(50);
      if (job.options.retries >= job.data.failAbove) throw new Error("try again");
      return { sent: job.data.to };
    });
    const finish = (job) =>
      new Promise((resolve) => {
        const seen = [];
        job.on("progress", (progress) => seen.push(progress));
        job.on("retrying", (error) => seen.push(error.message));
        job.on("succeeded", (result) => resolve([...seen, "succeeded", result]));
        job.on("failed", (error) => resolve([...seen, "failed", error.message]));
      });
    const one = queue.createJob({ to: "ada", failAbove: 9 });
    let finished = finish(one);
    await one.save();
    say("one", one.id, await finished);
    const flaky = queue.createJob({ to: "bob", failAbove: 1 }).retries(2).backoff("fixed", 20);
    finished = finish(flaky);
    await flaky.save();
    say("flaky", await finished);
    const bad = queue.createJob({ to: "eve", failAbove: 0 });
    finished = finish(bad);
    await bad.save();
    say("bad", await finished);
    const late = queue.createJob({ to: "late", failAbove: 9 }).delayUntil(Date.now() + 300);
    finished = finish(late);
    await late.save();
    say("late", await finished);
    say("health", await queue.checkHealth());
    say(
      "failed",
      (await queue.getJobs("failed", { size: 10 })).map(({ id }) => id),
    );
    await queue.saveAll(
      [1, 2, 3].map((n) => queue.createJob({ to: n, failAbove: 9 }).setId(`all${n}`)),
    );
    let done;
    do {
      await new Promise((resolve) => setTimeout(resolve, 20));
      done = await queue.checkHealth();
    } while (done.succeeded < 7);
    say("all", done);

    // What the worker publishes has arrived, so that nothing is under way when the server crashes.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    crash();
    // A server that starts again knows the scripts no more; the queues of before do not load them again.
    let code;
    do {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const job = queue.createJob({ to: "nobody", failAbove: 9 });
      code = await job.save().then(
        () => "saved",
        (error) => error.code,
      );
    } while (code === "UNCERTAIN_STATE" || code === "NR_CLOSED" || code === "ECONNREFUSED");
    say("after the crash", code);
    const fresh = make("letters", true);
    fresh.process(async (job) => job.data.to);
    const again = fresh.createJob({ to: "eve" });
    finished = finish(again);
    await again.save();
    say("a fresh queue", await finished);
    await fresh.close();
    await queue.close();
    await worker.close();
  },
});
