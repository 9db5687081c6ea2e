/**
 * A client that asks a server, and an operator who breaks things at certain steps. What the operator does is written here, so
 * that the run has no other faults.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { world } from "lightcone";

export default world("an answer comes within a second", (w) => {
  w.host("server", () => {
    const socket = createSocket("udp4").bind(7000);
    socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address));
  });
  w.host("client", async ({ always, sleep }) => {
    for (let number = 1; ; number++) {
      const socket = createSocket("udp4").bind();
      const ask = (): void => socket.send(`ask ${number}`, 7000, "server");
      ask();
      const again = setInterval(ask, 200);
      const signal = AbortSignal.timeout(1_000);
      const heard = await once(socket, "message", { signal }).catch(() => []);
      clearInterval(again);
      socket.close();
      always("there is an answer", heard.length > 0, { number });
      await sleep("50ms");
    }
  });
  w.host("operator", async ({ faults, sleep }) => {
    const slow = faults.latency("client", "server", { by: "50ms" });
    await sleep("1s");
    slow.lift();
    faults.pause("server", { in: "500ms", lasts: "200ms" });
    await sleep("2s");
    faults.crash("server", { how: "process", lasts: "100ms", after: "ask" });
    await sleep("1s");
    const cut = faults.partition("client", ["server"]);
    await sleep("1500ms");
    cut[Symbol.dispose]();
  });
  w.run("8s", { calm: "2s" });
});
