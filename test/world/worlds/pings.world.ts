/** Clients that notice whatever goes wrong: no answer, a late answer, a clock that is off. */
import { createConnection, createServer } from "node:net";
import { world } from "lightcone";

export default world("answers are quick and clocks agree", (w) => {
  const servers = w.hosts("server", 2, () => {
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => socket.end(String(Date.now())));
    }).listen(7000);
  });
  w.hosts("client", 2, async ({ sleep, always, index }) => {
    const ask = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const socket = createConnection(7000, servers[index], () => socket.write("?"));
        socket.on("data", (told) => resolve(Number(told)));
        socket.on("error", reject);
        socket.setTimeout(5_000, () => socket.destroy(new Error("no answer")));
      });
    for (;;) {
      await sleep(50);
      const startMs = performance.now();
      try {
        const offMs = Math.abs((await ask()) - Date.now());
        always("clocks agree", offMs < 100, { offMs });
      } catch (error) {
        always("there is an answer", false, String(error));
      }
      always("answers are quick", performance.now() - startMs < 300);
    }
  });
  w.run("15s");
});
