/** A queue and its worker. There is no Redis, so both keep trying to connect. */
import { Queue, Worker } from "bullmq";

const connection = { host: "127.0.0.1" };
for (const one of [
  new Queue("mail", { connection }),
  new Worker("mail", async () => {}, { connection }),
]) {
  one.on("error", () => {});
}
