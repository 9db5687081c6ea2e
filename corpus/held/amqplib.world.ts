/**
 * amqplib 2.3.1: a publish is confirmed, or fails with its connection. A client that has heartbeats, keep-alive and a
 * time limit for connecting learns of every lost connection within the calm.
 */
import amqp, { type ConfirmChannel } from "amqplib";
import { world } from "lightcone";
import { serveAmqp } from "../../examples/packages/programs/peers/amqp-peer.mjs";

export default world("every publish is confirmed or fails", (w) => {
  const broker = w.host("broker", () => serveAmqp());
  const clients = w.hosts("client", 2, async ({ op, sleep, random }) => {
    const options = { keepAlive: true, keepAliveDelay: 2_000, timeout: 5_000 };
    for (;;) {
      try {
        const connection = await op("connect", "broker", () =>
          amqp.connect(`amqp://${broker}:7000?heartbeat=5`, options),
        );
        const state = { isOpen: true };
        connection.on("error", () => {});
        connection.on("close", () => (state.isOpen = false));
        const channel = await op("channel", "broker", () => connection.createConfirmChannel());
        channel.on("error", () => {});
        await op("queue", "broker", () => channel.assertQueue("jobs", { durable: true }));
        while (state.isOpen) {
          await op("publish", "jobs", () => publish(channel));
          await sleep(random.integer(50, 500));
        }
      } catch {
        // The connection is lost; the next one begins anew.
      }
      await sleep(200);
    }
  });
  w.tolerate("uncaught");
  w.link({ latency: "1ms..10ms" });
  w.faults(w.crash(broker), w.crash(broker, { how: "process" }), w.partition(), w.pause(clients));
  w.run("40s", { calm: "20s" });
});

function publish(channel: ConfirmChannel): Promise<string> {
  return new Promise((resolve, reject) => {
    channel.sendToQueue("jobs", Buffer.from("x"), {}, (error: unknown) =>
      error ? reject(error as Error) : resolve("confirmed"),
    );
  });
}
