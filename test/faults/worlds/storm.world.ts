/**
 * Two servers that work for ten milliseconds on each request, and a crowd of customers of each, who ask again after 300 ms. They use
 * less than half of what a server can do. The naive server works on whatever has come, for customers who have asked again long
 * since: once it is behind, it stays so. The careful one drops what nobody waits for any more.
 */
import { createSocket } from "node:dgram";
import { world } from "lightcone";

export default world("service is quick again when the trouble is over", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, ({ host }) => {
      const socket = createSocket("udp4").bind(7000);
      const queue: { request: string; port: number; address: string; atMs: number }[] = [];
      socket.on("message", (bytes, { port, address }) => {
        queue.push({ request: String(bytes), port, address, atMs: performance.now() });
      });
      setInterval(() => {
        if (host === "careful") {
          const fresh = queue.findIndex(({ atMs }) => performance.now() - atMs <= 300);
          queue.splice(0, fresh < 0 ? queue.length : fresh);
        }
        const next = queue.shift();
        if (next) socket.send(next.request, next.port, next.address);
      }, 10);
    });
    w.host(`customers-of-${name}`, ({ eventually }) => {
      const waiting = new Map<string, { atMs: number; again: NodeJS.Timeout }>();
      const socket = createSocket("udp4").bind(7000);
      socket.on("message", (bytes) => {
        const asked = waiting.get(String(bytes));
        if (!asked) return;
        waiting.delete(String(bytes));
        clearInterval(asked.again);
        const tookMs = performance.now() - asked.atMs;
        eventually(`${name} answers at once`, tookMs < 300, { tookMs });
      });
      let number = 0;
      setInterval(() => {
        const request = `${++number}`;
        const ask = (): void => socket.send(request, 7000, name);
        waiting.set(request, { atMs: performance.now(), again: setInterval(ask, 300) });
        ask();
      }, 25);
    });
  }
  w.run("10s", { calm: "4s" });
});
