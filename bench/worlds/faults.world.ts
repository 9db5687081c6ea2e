/** Two hosts that work, and two that are idle, for `faults.bench.mjs`. */
import { appendFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { world } from "lightcone";

export default world("faults elsewhere", (w) => {
  w.host("server", () => {
    createServer((socket) => socket.pipe(socket)).listen(7000);
  });
  w.host("client", async ({ op, sleep }) => {
    for (;;) {
      const socket = createConnection(7000, "server");
      for (let number = 0; number < 2_000; number++) {
        await op("ask", number % 10, () => {
          socket.write(`${number}`);
          return new Promise((resolve) => socket.once("data", () => resolve(number)));
        });
        if (number % 20 === 0) appendFileSync("/log", `${number}\n`);
      }
      socket.destroy();
      await sleep("1ms");
    }
  });
  w.hosts("idle", 2, () => void setInterval(() => {}, 60_000), {
    versions: { next: () => void setInterval(() => {}, 60_000) },
  });
  w.run("30s", { calm: "1s" });
});
