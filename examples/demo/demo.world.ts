/**
 * A lock in Redis, as many programs have it: SET with NX and PX to take it, DEL to give it back. The server is sound,
 * the network is sound, and no worker has a bug that a test of its own would find. Is the lock ever held by two?
 */
import { createConnection } from "node:net";
import { world } from "lightcone";
import { redis } from "lightcone/blocks";
import { mutex } from "lightcone/check";

export default world("a lock in Redis is held by one worker at a time", (w) => {
  const server = w.host("redis", redis());

  const workers = w.hosts("worker", 3, async ({ host, op, sleep, random }) => {
    const ask = connect(server);
    for (;;) {
      await sleep(random.integer(50, 500));
      try {
        await op("acquire", "job", async () => {
          // It expires by itself, so that a worker that dies does not keep it for ever.
          const answer = await ask("SET", "job", host, "NX", "PX", "1000");
          if (answer !== "+OK") throw new Error("another one has it");
        });
      } catch {
        continue;
      }
      await sleep(random.integer(200, 600)); // The work that the lock is for.
      await op("release", "job", () => ask("DEL", "job").then(() => undefined));
    }
  });

  w.definite((error) => error instanceof Error && error.message === "another one has it");
  w.link({ latency: "1ms..5ms" });
  w.faults(w.pause(workers, { every: "1s..3s", lasts: "500ms..2s" }), w.crash(workers));
  w.check(mutex());
  w.run("8s");
});

/** A client of Redis in a few lines: each call is a command, and its promise the first line of the reply. */
function connect(host: string): (...words: readonly string[]) => Promise<string> {
  const waiting: ((line: string) => void)[] = [];
  let rest = "";
  const socket = createConnection(6379, host);
  socket.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) waiting.shift()?.(line);
  });
  return (...words) => {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${parts.join("")}`);
    return new Promise((done) => waiting.push(done));
  };
}
