/** mqtt with aedes: retained messages, the three qualities of service, wildcards, a last will. */
import { Aedes } from "aedes";
import mqtt from "mqtt";
import { createServer } from "node:net";
import { host, port, ready, roles, say, until } from "./roles.mjs";

await roles({
  async server() {
    const broker = await Aedes.createBroker();
    createServer(broker.handle).listen(port, ready);
  },
  async client() {
    const connect = (options) =>
      mqtt.connectAsync(`mqtt://${host}:${port}`, { reconnectPeriod: 0, ...options });
    const reader = await connect({ clientId: "reader" });
    const writer = await connect({
      clientId: "writer",
      will: { topic: "status/writer", payload: "gone", qos: 1, retain: false },
    });
    const seen = [];
    reader.on("message", (topic, payload) => seen.push(`${topic}=${payload}`));
    await writer.publishAsync("config/mode", "fast", { retain: true, qos: 1 });
    const grants = await reader.subscribeAsync({
      "config/#": { qos: 1 },
      "room/+/temp": { qos: 2 },
      "status/+": { qos: 1 },
    });
    say(
      "granted",
      grants.map(({ topic, qos }) => `${topic}:${qos}`),
    );
    for (const qos of [0, 1, 2])
      await writer.publishAsync(`room/${qos}/temp`, String(20 + qos), { qos });
    await until(() => new Set(seen).size >= 4);
    // A retained message may come twice: as it is published, and with the subscription.
    say("seen", [...new Set(seen)].toSorted());
    writer.stream.destroy();
    await until(() => seen.includes("status/writer=gone"));
    say("will", "gone");
    await reader.endAsync();
  },
});
