/** Two clients that connect for each question. Only the careful one tries again when it is refused. */
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { world } from "lightcone";

export default world("every question is answered", (w) => {
  w.host("server", () => {
    createServer((socket) => socket.end("yes")).listen(7000);
  });
  const ask = async (): Promise<string> =>
    String(await once(createConnection(7000, "server"), "data"));
  w.host("naive", async ({ op, sleep, host }) => {
    for (;;) {
      await op("ask", host, ask);
      await sleep("100ms");
    }
  });
  w.host("careful", async ({ op, sleep, host }) => {
    for (;;) {
      await op("ask", host, async () => {
        for (;;) {
          const answer = await ask().catch(() => undefined);
          if (answer !== undefined) return answer;
          await sleep("100ms");
        }
      });
      await sleep("100ms");
    }
  });
  w.faults(w.refuse(["naive", "careful"], { lasts: "500ms..1s", every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
