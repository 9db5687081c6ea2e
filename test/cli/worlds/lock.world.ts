/** A lock server that forgets its holder when it crashes: two workers get the lock. */
import { createConnection, createServer } from "node:net";
import { world } from "lightcone";
import { mutex } from "lightcone/check";

let starts = 0;

export default world("one holder at a time", (w) => {
  // Hosts share no variables: each counts its own starts, and each start is the first.
  const server = w.host("lock", () => {
    if (++starts !== 1) throw new Error("hosts share variables");
    let holder: string | undefined;
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => {
        const [verb, who] = data.toString().trim().split(" ");
        if (verb === "acquire" && holder === undefined) holder = who;
        else if (verb === "release" && holder === who) holder = undefined;
        else return void socket.end("no\n");
        socket.end("yes\n");
      });
    }).listen(7000);
  });
  w.hosts("worker", 2, async ({ host, op, sleep, random }) => {
    if (++starts !== 1) throw new Error("hosts share variables");
    const ask = (verb: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const socket = createConnection(7000, server, () => socket.write(`${verb} ${host}\n`));
        socket.setTimeout(1_000, () => socket.destroy());
        socket.on("data", (answer) => {
          if (answer.toString() === "yes\n") resolve();
          else reject(new Error("taken"));
        });
        socket.on("error", reject);
        socket.on("close", () => reject(new Error("closed")));
      });
    for (;;) {
      await sleep(random.integer(10, 300));
      try {
        await op("acquire", "job", () => ask("acquire"));
        await sleep(600);
        await op("release", "job", () => ask("release"));
      } catch {
        // Taken, or out of reach: try again.
      }
    }
  });
  w.link({ latency: "1ms..5ms" });
  w.faults(w.crash(server, { every: "500ms..2s", lasts: "100ms..500ms" }), w.partition());
  w.check(mutex());
  w.run("5s");
});
