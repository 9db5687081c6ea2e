/** bullmq over the Redis block: jobs, retries with backoff, delays, priorities, progress, a flow. */
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { serveRedis } from "./peers/redis-block.mjs";
import { host, port, roles, say } from "./roles.mjs";

await roles({
  server: serveRedis,
  async client() {
    const connection = { host, port, maxRetriesPerRequest: null };
    const queue = new Queue("mail", { connection });
    const events = new QueueEvents("mail", { connection });
    await events.waitUntilReady();
    const done = [];
    const worker = new Worker(
      "mail",
      async (job) => {
        if (job.name === "flaky" && job.attemptsMade < 2) throw new Error("try again");
        await job.updateProgress(50);
        done.push(job.name);
        return { sent: job.data.to ?? null };
      },
      { connection },
    );
    await worker.waitUntilReady();
    const job = await queue.add("hello", { to: "ada" });
    say("result", await job.waitUntilFinished(events));
    const flaky = await queue.add(
      "flaky",
      {},
      { attempts: 3, backoff: { type: "fixed", delay: 50 } },
    );
    await flaky.waitUntilFinished(events);
    const again = await queue.getJob(flaky.id);
    say("flaky", again.attemptsMade, again.stacktrace.length);
    const late = await queue.add("late", {}, { delay: 200 });
    await late.waitUntilFinished(events);
    const flow = new FlowProducer({ connection });
    const { job: parent } = await flow.add({
      name: "parent",
      queueName: "mail",
      children: [
        { name: "child-1", queueName: "mail", data: { to: 1 } },
        { name: "child-2", queueName: "mail", data: { to: 2 } },
      ],
    });
    await parent.waitUntilFinished(events);
    say(
      "children",
      Object.values(await parent.getChildrenValues())
        .map(({ sent }) => sent)
        .toSorted(),
    );
    say("done", done.toSorted());
    say("counts", await queue.getJobCounts("completed", "failed", "waiting", "delayed"));
    for (const one of [worker, events, queue, flow]) await one.close();
  },
});
