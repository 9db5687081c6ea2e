/** amqplib against a scripted peer: queues, properties, acknowledgements, redelivery, confirms, closing. */
import amqp from "amqplib";
import { serveAmqp } from "./peers/amqp-peer.mjs";
import { host, port, roles, say } from "./roles.mjs";

await roles({
  server: serveAmqp,
  async client() {
    const connection = await amqp.connect(`amqp://${host}:${port}`);
    const channel = await connection.createConfirmChannel();
    say("queue", await channel.assertQueue("jobs", { durable: true }));
    await channel.prefetch(1);
    for (const n of [1, 2, 3]) {
      channel.sendToQueue("jobs", Buffer.from(`job ${n}`), {
        messageId: String(n),
        headers: { n },
      });
    }
    channel.sendToQueue("jobs", Buffer.alloc(200_000, 7), { messageId: "large" });
    await channel.waitForConfirms();
    say("confirmed");
    const seen = [];
    let refused = false;
    await new Promise((resolve) => {
      void channel.consume("jobs", (message) => {
        const { messageId, headers } = message.properties;
        if (messageId === "2" && !refused) {
          refused = true;
          channel.nack(message, false, true);
          return;
        }
        seen.push([
          messageId,
          headers.n ?? null,
          message.content.length,
          message.fields.redelivered,
        ]);
        channel.ack(message);
        if (seen.length === 4) resolve();
      });
    });
    say("seen", seen.toSorted());
    await channel.close();
    await connection.close();
    say("closed");
  },
});
