/** kafkajs against a scripted peer: batches with keys and headers, a consumer group, commits, seeking back. */
import { Kafka, logLevel } from "kafkajs";
import { serveKafka } from "./peers/kafka-peer.mjs";
import { host, port, roles, say, until } from "./roles.mjs";

await roles({
  server: serveKafka,
  async client() {
    const kafka = new Kafka({
      brokers: [`${host}:${port}`],
      logLevel: logLevel.NOTHING,
      clientId: "test",
    });
    const producer = kafka.producer();
    await producer.connect();
    const [result] = await producer.send({
      topic: "events",
      messages: [1, 2, 3].map((n) => ({ key: `k${n}`, value: `v${n}`, headers: { n: String(n) } })),
    });
    say("produced", result.topicName, result.baseOffset, result.errorCode);
    const consumer = kafka.consumer({ groupId: "g", maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topics: ["events"], fromBeginning: true });
    const seen = [];
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        seen.push([
          partition,
          message.offset,
          String(message.key),
          String(message.value),
          String(message.headers.n),
        ]);
      },
    });
    await until(() => seen.length === 3);
    say("consumed", seen);
    await producer.send({
      topic: "events",
      messages: [{ key: "k4", value: "v4", headers: { n: "4" } }],
    });
    await until(() => seen.length === 4);
    say("later", seen.at(-1));
    consumer.seek({ topic: "events", partition: 0, offset: "1" });
    await until(() => seen.length >= 7);
    say(
      "again",
      seen.slice(4).map(([, offset]) => offset),
    );
    await consumer.disconnect();
    await producer.disconnect();
  },
});
