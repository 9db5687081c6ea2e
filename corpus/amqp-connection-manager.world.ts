/**
 * amqp-connection-manager 3.2.1 takes any confirm for that of the message which was sent first. A broker may confirm
 * in another order; after a reset the wrong ones are sent again, and others are forgotten
 * (jwalton/node-amqp-connection-manager#142; mended in 3.2.2). Its README: "Messages are ... guaranteed to be delivered": each
 * publish is confirmed, or fails, in the end.
 */
import amqp from "amqp-connection-manager";
import { world } from "lightcone";
import { serveAmqp } from "../examples/packages/programs/peers/amqp-peer.mjs";

export default world("every publish settles", (w) => {
  // A persistent message is confirmed when it is on the broker's disk.
  const broker = w.host("broker", ({ random }) =>
    serveAmqp({ syncMs: () => random.integer(1, 50) }),
  );
  const publisher = w.host("publisher", async ({ op, sleep, random }) => {
    const manager = amqp.connect([`amqp://${broker}:7000`], {
      heartbeatIntervalInSeconds: 2,
      reconnectTimeInSeconds: 1,
      // TCP asks for a connection again after 1, 2, 4, 8 ... seconds, so that one that began in a partition may take long.
      connectionOptions: { timeout: 5_000 },
    });
    const channel = manager.createChannel({
      setup: (confirms) => confirms.assertQueue("jobs", { durable: true }),
    });
    channel.on("error", () => {});
    for (let n = 0; ; n++) {
      // Orders must survive, statistics need not.
      const persistent = random() < 0.5;
      const body = Buffer.from(`${persistent ? "order" : "statistics"} ${n}`);
      void op("publish", n, () => channel.sendToQueue("jobs", body, { persistent })).catch(
        () => {},
      );
      await sleep(random.integer(5, 300));
    }
  });
  w.link({ latency: "1ms..20ms" });
  w.faults(w.reset(publisher, { ends: "both" }), w.partition());
  w.run("34s", { calm: "14s" });
});
