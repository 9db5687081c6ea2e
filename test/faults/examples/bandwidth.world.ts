/** Two programs that send what they have, as fast as it comes. Only the careful one waits while the other end is behind. */
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { world } from "lightcone";

export default world("what waits to be sent is bounded", (w) => {
  w.host("sink", () => {
    createServer((socket) => socket.resume()).listen(7000);
  });
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ always, sleep, host }) => {
      const socket = createConnection(7000, "sink");
      for (;;) {
        const isFull = !socket.write(Buffer.alloc(4_000));
        always(`${host} keeps little in memory`, socket.writableLength < 100_000);
        if (isFull && host === "careful") await once(socket, "drain");
        await sleep("20ms");
      }
    });
  }
  w.faults(w.bandwidth(["naive", "careful"], { bytesPerSecond: [1_000, 10_000] }));
  w.run("10s", { calm: "3s" });
});
