/** A worker: ships orders, and counts for the report what has been shipped. */
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "bullmq";
import { Redis } from "ioredis";

const store = new Redis({ host: "redis" });

const worker = new Worker(
  "orders",
  async (job) => {
    if (job.name === "report") return await store.hgetall("shipped");
    const { item, count } = job.data;
    await job.updateProgress(50);
    await sleep(20);
    await store.hincrby("shipped", item, count);
    return { shipped: count };
  },
  { connection: { host: "redis" }, concurrency: 5 },
);
worker.on("error", (error) => console.error(error));
