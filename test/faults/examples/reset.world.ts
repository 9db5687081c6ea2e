/** Two clients with one connection. Only the careful one makes another when it is gone. */
import { createConnection, createServer, type Socket } from "node:net";
import { world } from "lightcone";

export default world("every question is answered", (w) => {
  w.host("server", () => {
    createServer((socket) => socket.on("error", () => {}).pipe(socket)).listen(7000);
  });
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ op, sleep, host }) => {
      let socket: Socket | undefined;
      const ask = (question: string): Promise<void> =>
        new Promise((resolve) => {
          if (!socket) {
            socket = createConnection(7000, "server");
            if (host === "careful") socket.on("error", () => {});
          }
          socket.write(question);
          socket.once("data", () => resolve());
          if (host === "naive") return;
          socket.once("close", () => {
            socket = undefined;
            resolve(ask(question));
          });
        });
      for (let number = 1; ; number++) {
        await op("ask", host, () => ask(`${number}`));
        await sleep("100ms");
      }
    });
  }
  w.faults(w.reset(["naive", "careful"], { ends: "both", every: "1s..3s" }));
  w.run("6s", { calm: "3s" });
});
