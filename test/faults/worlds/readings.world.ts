/**
 * Two meters that send readings over UDP, and what receives them. The naive one sends each three times at once, which helps
 * where each datagram is lost by chance alone. The careful one sends until it is told that the reading has arrived.
 */
import { createSocket } from "node:dgram";
import { world } from "lightcone";

export default world("no reading is lost", (w) => {
  w.host("center", ({ op }) => {
    const seen = new Set<string>();
    const socket = createSocket("udp4", (bytes, { address, port }) => {
      const reading = `${bytes}`;
      if (!seen.has(reading)) void op("received", reading, () => {});
      seen.add(reading);
      socket.send(bytes, port, address);
    }).bind(9000);
  });
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ op, sleep }) => {
      const told = new Set<string>();
      const socket = createSocket("udp4", (bytes) => told.add(`${bytes}`)).bind(9000);
      for (let number = 1; ; number++) {
        await sleep(50);
        const reading = `${name} ${number}`;
        await op("sent", reading, async () => {
          const send = (): void => socket.send(reading, 9000, "center");
          if (name === "naive") for (let copy = 0; copy < 3; copy++) send();
          else for (send(); !told.has(reading); send()) await sleep(20);
        });
      }
    });
  }
  w.check({
    name: "what was sent has been received",
    looksFor: ["sent", "received"],
    judge({ history, durationNs }) {
      const received = new Set(
        history.operations.filter(({ f }) => f === "received").map(({ key }) => key),
      );
      const lost = history.operations.find(({ f, key, completeNs, outcome }) => {
        return (
          f === "sent" && outcome === "ok" && completeNs < durationNs - 1e9 && !received.has(key)
        );
      });
      return lost ? `${lost.key} was never received` : true;
    },
  });
  w.run("14s", { calm: "3s" });
});
