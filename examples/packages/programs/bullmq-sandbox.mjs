/** bullmq with processors in files of their own: CommonJS and ES modules, in processes and in threads. */
import { fileURLToPath } from "node:url";
import { Queue, QueueEvents, Worker } from "bullmq";
import { serveRedis } from "./peers/redis-block.mjs";
import { host, port, roles, say } from "./roles.mjs";

const processors = {
  process: new URL("./beside/processor.cjs", import.meta.url),
  module: new URL("./beside/processor.mjs", import.meta.url),
  thread: fileURLToPath(new URL("./beside/processor.cjs", import.meta.url)),
};

await roles({
  server: serveRedis,
  async client() {
    const connection = { host, port, maxRetriesPerRequest: null };
    for (const [name, processor] of Object.entries(processors)) {
      const queue = new Queue(name, { connection });
      const events = new QueueEvents(name, { connection });
      await events.waitUntilReady();
      const useWorkerThreads = name === "thread";
      const worker = new Worker(name, processor, { connection, useWorkerThreads });
      worker.on("error", console.error);
      await worker.waitUntilReady();
      const job = await queue.add("job", { to: "ada" });
      say(name, await job.waitUntilFinished(events));
      const bad = await queue.add("bad", { to: "bob", fail: true });
      say(name, await bad.waitUntilFinished(events).catch(({ message }) => message));
      for (const one of [worker, events, queue]) await one.close();
    }
  },
});
