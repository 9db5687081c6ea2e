/** A server that ends each connection after an answer. The naive client relies on having heard of it by its next question. */
import { createConnection, createServer, type Socket } from "node:net";
import { world } from "lightcone";

export default world("every question is answered", (w) => {
  w.host("server", () => {
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => socket.end(bytes));
    }).listen(7000);
  });
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ always, sleep, host }) => {
      let kept: Socket | undefined;
      const ask = (question: string): Promise<string> =>
        new Promise((resolve) => {
          const socket = (kept ??= createConnection(7000, "server"));
          socket.on("data", (bytes) => resolve(String(bytes)));
          socket.on("end", () => (kept = undefined));
          socket.on("error", () => (kept = undefined));
          socket.on("close", () => resolve("no answer"));
          socket.write(question);
        });
      for (let number = 1; ; number++) {
        await sleep("100ms");
        const asked = String(number);
        let answer = await ask(asked);
        for (let tries = host === "careful" ? 9 : 0; answer === "no answer" && tries > 0; tries--) {
          answer = await ask(asked);
        }
        always(`${host} is answered`, answer === asked, { number });
      }
    });
  }
  w.faults(w.slowClose(["naive", "careful"], { by: "500ms..2s", every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
