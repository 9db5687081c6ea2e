/** An API server: takes orders, and tells what has become of them. */
import { Queue } from "bullmq";
import express from "express";

const orders = new Queue("orders", { connection: { host: "redis" } });
const app = express();
app.use(express.json());

// Express 5 handles rejections.
// oxlint-disable-next-line oxc/no-async-endpoint-handlers
app.post("/orders", async (request, response) => {
  const job = await orders.add("ship", request.body, { attempts: 3, removeOnComplete: 1_000 });
  response.status(202).json({ id: job.id });
});

// oxlint-disable-next-line oxc/no-async-endpoint-handlers
app.get("/orders/:id", async (request, response) => {
  const job = await orders.getJob(request.params.id);
  if (!job) return void response.status(404).json({ error: "no such order" });
  response.json({ id: job.id, state: await job.getState(), result: job.returnvalue });
});

app.listen(80);
