/** A client that asks in two writes of one turn, and a server that keeps a log and answers. */
import { appendFileSync, closeSync, fsyncSync, openSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { world } from "lightcone";

export default world("questions are answered", (w) => {
  w.host("server", () => {
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        appendFileSync("/log", bytes);
        const fd = openSync("/log", "r+");
        fsyncSync(fd);
        closeSync(fd);
        socket.write("answer");
      });
    }).listen(7000);
  });
  w.host("client", async ({ sleep, op }) => {
    const ask = () =>
      new Promise((resolve, reject) => {
        const socket = createConnection(7000, "server", () => {
          socket.write("first ");
          socket.write("second");
        });
        socket.on("error", reject);
        socket.on("data", () => socket.end(() => resolve("answered")));
      });
    for (;;) {
      await sleep(100);
      await op("ask", "server", ask).catch(() => {});
    }
  });
  w.check({ name: "it is asked", looksFor: ["ask"], judge: () => true });
  w.tolerate("hangs");
  w.run("8s", { calm: "2s" });
});
