/** Two programs that save numbers at another host. Only the careful one waits until that host has said that it has them. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { world } from "lightcone";
import { violated } from "lightcone/check";

export default world("what is saved is there", (w) => {
  w.host("store", () => {
    const socket = createSocket("udp4").bind(7000);
    socket.on("message", (bytes, from) => {
      appendFileSync("/saved", `${bytes}\n`);
      socket.send(bytes, from.port, from.address);
    });
  });
  w.host("naive", async ({ op, sleep }) => {
    const socket = createSocket("udp4");
    for (let number = 1; ; number++) {
      await op("save", `naive ${number}`, () => socket.send(`naive ${number}`, 7000, "store"));
      await sleep("50ms");
    }
  });
  w.host("careful", async ({ op, sleep }) => {
    const socket = createSocket("udp4").bind();
    for (let number = 1; ; number++) {
      await op("save", `careful ${number}`, async () => {
        for (let answer = ""; answer !== `careful ${number}`;) {
          socket.send(`careful ${number}`, 7000, "store");
          const signal = AbortSignal.timeout(100);
          const heard = await once(socket, "message", { signal }).catch(() => []);
          answer = String(heard[0]);
        }
      });
      await sleep("50ms");
    }
  });
  w.check({
    name: "every saved number is in the store",
    judge({ history, hosts, calmFromNs }) {
      const saved = hosts["store"]?.disk.readText("/saved")?.split("\n") ?? [];
      const lost = history.operations.find(
        ({ key, outcome, completeNs }) =>
          outcome === "ok" && completeNs < calmFromNs && !saved.includes(String(key)),
      );
      return lost === undefined || violated(`${lost.key} is lost`, [lost]);
    },
  });
  w.faults(w.loss(["naive", "careful"], { probability: [0.1, 0.4], every: "1s..2s" }));
  w.run("6s", { calm: "2s" });
});
