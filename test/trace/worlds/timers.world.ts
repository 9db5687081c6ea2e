/** A server that answers each question after the same while, whoever asks: its timers share one list. */
import { createConnection, createServer } from "node:net";
import { world } from "lightcone";

export default world("questions are answered later", (w) => {
  w.host("server", () => {
    createServer((socket) => {
      socket.on("data", (text) => void setTimeout(() => socket.write(`answer to ${text}`), 50));
      socket.on("error", () => {});
    }).listen(7000);
  });
  w.hosts("client", 3, async ({ host, op, sleep }) => {
    await sleep(100);
    const socket = createConnection(7000, "server");
    // Two of them are answered in the same turn of the server's loop, the third a little later.
    if (host === "client-3") await sleep(20);
    await op("ask", host, () => {
      socket.write(host);
      return new Promise((done) => socket.once("data", () => socket.end(() => done("answered"))));
    });
  });
  w.link({ latency: "0.5ms" });
  w.check({ name: "it is asked", looksFor: ["ask"], judge: () => true });
  w.run("1s", { calm: 0 });
});
