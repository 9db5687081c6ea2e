/**
 * aedes 1.1.3 keeps the identifier of a message that a publisher never released, beyond the end of its session, and takes
 * the next one with that identifier for the same message: it completes it and delivers it to nobody (moscajs/aedes#1153;
 * mended in 1.2.0). MQTT 3.1.1, section 4.3.3: what the broker has completed (PUBCOMP) it owns, and delivers to its
 * subscribers.
 */
import { createServer } from "node:net";
import { Aedes } from "aedes";
import { world } from "lightcone";
import { violated } from "lightcone/check";
import mqtt, { UniqueMessageIdProvider } from "mqtt";

/** Nothing is published later, so that all can arrive. */
const LAST_MS = Date.UTC(2026, 0, 1, 0, 0, 15);

export default world("a completed publish is delivered", (w) => {
  const broker = w.host("broker", async () => {
    const aedes = await Aedes.createBroker();
    createServer(aedes.handle).listen(1883);
  });
  w.host("subscriber", async ({ host, op }) => {
    const client = mqtt.connect(`mqtt://${broker}`, { clientId: host, clean: false });
    client.on("error", () => {});
    client.on(
      "message",
      (_topic, payload) => void op("receive", "news", payload.toString(), () => {}),
    );
    await op("subscribe", "news", () => client.subscribeAsync("news", { qos: 2 }));
  });
  const publisher = w.host("publisher", async ({ host, op, sleep, random }) => {
    // Message identifiers start at 1, as most clients' do.
    const messageIdProvider = new UniqueMessageIdProvider();
    const client = mqtt.connect(`mqtt://${broker}`, { clientId: host, messageIdProvider });
    client.on("error", () => {});
    while (Date.now() < LAST_MS) {
      await sleep(random.integer(20, 500));
      const text = new Date().toISOString();
      await op("publish", "news", text, () => client.publishAsync("news", text, { qos: 2 }));
    }
  });
  w.tolerate("hangs");
  w.link({ latency: "1ms..50ms" });
  w.faults(w.crash(publisher, { how: "process", lasts: "100ms..2s" }), w.latency());
  w.check({
    name: "completed messages are received",
    looksFor: ["publish"],
    judge({ history: { operations } }) {
      const publishes = operations.filter(({ f }) => f === "publish");
      const received = operations.filter(({ f }) => f === "receive");
      const subscribed = operations.find(({ f, outcome }) => f === "subscribe" && outcome === "ok");
      const lost = publishes.find(({ outcome, invokeRank, input }) => {
        const isAwaited = subscribed && subscribed.completeRank < invokeRank;
        return outcome === "ok" && isAwaited && !received.some((one) => one.input === input);
      });
      if (!lost) return true;
      // The last one before that was not completed is what the broker may have taken it for.
      const unreleased = publishes.findLast(
        ({ outcome, invokeRank }) => outcome !== "ok" && invokeRank < lost.invokeRank,
      );
      const told = [unreleased, lost].filter((one) => one !== undefined);
      return violated(`${String(lost.input)} was completed and never received`, told);
    },
  });
  w.run("25s", { calm: "10s" });
});
