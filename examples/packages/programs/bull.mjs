/** bull (Lua scripts, read from its package) over the Redis block: jobs, retries, delays, priorities, repeats. */
import Queue from "bull";
import { serveRedis } from "./peers/redis-block.mjs";
import { host, port, roles, say } from "./roles.mjs";

await roles({
  server: serveRedis,
  async client() {
    const queue = new Queue("mail", { redis: { host, port } });
    await queue.isReady();
    const done = [];
    queue.process("*", async (job) => {
      if (job.name === "flaky" && job.attemptsMade < 2) throw new Error("try again");
      await job.progress(50);
      done.push(job.name);
      return { sent: job.data.to ?? null };
    });
    const hello = await queue.add("hello", { to: "ada" });
    say("result", await hello.finished());
    const flaky = await queue.add("flaky", {}, { attempts: 3, backoff: 50 });
    await flaky.finished();
    say("flaky", (await queue.getJob(flaky.id)).attemptsMade);
    const late = await queue.add("late", { to: "bob" }, { delay: 200 });
    say("late", await late.finished());
    await queue.pause();
    for (const [name, priority] of [
      ["low", 3],
      ["high", 1],
      ["middle", 2],
    ]) {
      await queue.add(name, {}, { priority });
    }
    say("paused", (await queue.getJobCounts()).paused);
    await queue.resume();
    await queue.whenCurrentJobsFinished();
    while ((await queue.getCompletedCount()) < 6) await new Promise((next) => setTimeout(next, 20));
    say("done", done);
    say("counts", await queue.getJobCounts());
    await queue.obliterate({ force: true });
    say("empty", await queue.count());
    await queue.close();
  },
});
