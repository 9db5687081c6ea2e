/**
 * Two services that can answer 5 questions a second, of which their own clients ask 3. Naive clients ask again when an
 * answer is late, and the service works on what nobody waits for: once a flood has filled its queue, it stays full. The careful
 * service drops what has waited too long, and its clients ask once.
 */
import { createServer, request } from "node:http";
import { world } from "lightcone";

const PATIENCE_MS = 1_000;

export default world("a service recovers when a flood is over", (w) => {
  for (const kind of ["naive", "careful"]) {
    const isCareful = kind === "careful";
    w.host(`${kind}-service`, () => {
      const waiting: { answer: (status: number) => void; sinceMs: number }[] = [];
      createServer((_, response) => {
        const answer = (status: number): void => void response.writeHead(status).end();
        waiting.push({ answer, sinceMs: Date.now() });
      }).listen(80);
      const work = (): void => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const isLate = Date.now() - next.sinceMs > PATIENCE_MS;
          next.answer(isLate && isCareful ? 503 : 200);
          if (!isLate || !isCareful) break;
        }
        setTimeout(work, 200);
      };
      work();
    });
    w.host(`${kind}-clients`, async ({ op, sleep, eventually }) => {
      const ask = (): Promise<boolean> =>
        new Promise((resolve) => {
          const asked = request({ host: `${kind}-service`, timeout: PATIENCE_MS });
          asked.on("response", ({ statusCode }) => resolve(statusCode === 200));
          asked.on("timeout", () => asked.destroy());
          asked.on("error", () => resolve(false));
          asked.end();
        });
      const answered = async (): Promise<boolean> => {
        for (let tries = isCareful ? 1 : 4; tries > 0; tries--) if (await ask()) return true;
        return false;
      };
      for (;;) {
        void op("ask", kind, answered).then((isAnswered) => {
          eventually(`${kind} clients are answered`, isAnswered);
        });
        await sleep("333ms");
      }
    });
  }
  const services = ["naive-service", "careful-service"];
  w.faults(w.flood(services, { rate: [20, 50], lasts: "1s..2s", every: "1s..2s" }));
  w.run("15s", { calm: "10s" });
});
