/**
 * A lock that is given away again after a second of silence. Whoever holds it asks for it again and again, and works
 * until it hears "no" (naive), or until the second is over (careful).
 */
import { createSocket } from "node:dgram";
import { world } from "lightcone";
import { violated } from "lightcone/check";

export default world("one at a time", (w) => {
  w.host("lock", () => {
    const held = new Map<string, { who: string; untilMs: number }>();
    const socket = createSocket("udp4").bind(7000);
    socket.on("message", (bytes, from) => {
      const [lock = "", who = ""] = String(bytes).split(" ");
      const holder = held.get(lock);
      const isFree = !holder || holder.who === who || holder.untilMs < performance.now();
      if (isFree) held.set(lock, { who, untilMs: performance.now() + 1_000 });
      socket.send(isFree ? "yes" : "no", from.port, from.address);
    });
  });
  for (const name of ["naive", "careful"]) {
    w.hosts(name, 2, async ({ op, sleep, host }) => {
      let holds = false;
      let [askedMs, untilMs] = [0, 0];
      const socket = createSocket("udp4").on("message", (bytes) => {
        holds = String(bytes) === "yes";
        untilMs = askedMs + 900;
      });
      for (;;) {
        askedMs = performance.now();
        socket.send(`${name} ${host}`, 7000, "lock");
        await sleep("100ms");
        if (name === "careful" && performance.now() + 50 > untilMs) holds = false;
        if (holds) await op("work", name, () => sleep("50ms"));
      }
    });
  }
  w.check({
    name: "one works at a time",
    judge({ history: { operations } }) {
      for (const one of operations) {
        const other = operations.find(
          ({ key, process, invokeNs }) =>
            key === one.key &&
            process !== one.process &&
            invokeNs >= one.invokeNs &&
            invokeNs < one.completeNs,
        );
        if (other) return violated(`${one.process} and ${other.process} both work`, [one, other]);
      }
      return true;
    },
  });
  w.faults(w.partition(["naive-1", "naive-2", "careful-1", "careful-2"], { every: "1s..3s" }));
  w.run("8s", { calm: "2s" });
});
