/** Two clients of two servers each. The naive one asks the first for ever, the careful one asks the other one, too. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { world } from "lightcone";

export default world("every question is answered", (w) => {
  for (const name of ["naive", "careful"]) {
    const servers = w.hosts(name, 2, () => {
      const socket = createSocket("udp4").bind(7000);
      socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address));
    });
    w.host(`client-of-${name}`, async ({ op, sleep }) => {
      const socket = createSocket("udp4").bind();
      const asks = async (server: string): Promise<boolean> => {
        socket.send("?", 7000, server);
        const answer = once(socket, "message", { signal: AbortSignal.timeout(100) });
        return answer.then(
          () => true,
          () => false,
        );
      };
      for (;;) {
        await op("ask", name, async () => {
          for (let at = 0; ; at++) {
            if (await asks(servers[name === "careful" ? at % 2 : 0] as string)) return;
          }
        });
        await sleep("100ms");
      }
    });
  }
  w.faults(w.die(["naive-1", "naive-2", "careful-1", "careful-2"], { atMost: 1, every: "1s..3s" }));
  w.run("6s", { calm: "3s" });
});
