/** The scheduler: has a report made every five seconds. */
import { Queue } from "bullmq";

const orders = new Queue("orders", { connection: { host: "redis" } });
await orders.upsertJobScheduler("report", { every: 5_000 }, { name: "report" });
