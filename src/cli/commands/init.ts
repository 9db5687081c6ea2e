/** `lightcone init`: a first world file to start from. */
import { existsSync, writeFileSync } from "node:fs";
import { type Command, parseOptions } from "../command.ts";
import { usage } from "../session.ts";

const sample = `import { world } from "lightcone";
import { mutex } from "lightcone/check";
import { createConnection, createServer } from "node:net";

// A lock server that forgets its holder when it crashes. Can two workers hold the lock at once?
export default world("a lock is held by one worker at a time", (w) => {
  const server = w.host("lock", () => {
    let holder: string | undefined;
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => {
        const [verb, who] = data.toString().trim().split(" ");
        if (verb === "acquire" && holder === undefined) holder = who;
        else if (verb === "release" && holder === who) holder = undefined;
        else return void socket.end("no\\n");
        socket.end("yes\\n");
      });
    }).listen(7000);
  });

  w.hosts("worker", 3, async ({ host, op, sleep, random }) => {
    const ask = (verb: string) =>
      new Promise<void>((resolve, reject) => {
        const socket = createConnection(7000, server, () => socket.write(\`\${verb} \${host}\\n\`));
        socket.on("data", (answer) => (answer.toString() === "yes\\n" ? resolve() : reject(new Error("no"))));
        socket.setTimeout(1_000, () => socket.destroy());
        socket.on("error", reject);
        socket.on("close", () => reject(new Error("closed")));
      });
    for (;;) {
      await sleep(random.integer(10, 500));
      try {
        await op("acquire", "job", () => ask("acquire"));
        await sleep(2_000); // What the lock is held for.
        await op("release", "job", () => ask("release"));
      } catch {
        // Refused or out of reach: try again.
      }
    }
  });

  w.link({ latency: "1ms..5ms" });
  w.faults(w.crash(server), w.partition());
  w.check(mutex());
  w.run("30s");
});
`;

export const command: Command = {
  summary: "write a first world file to start from",
  usage: `
lightcone init [FILE]

Writes a small world (default: lock.world.ts): a lock server, three workers, and a bug to find.
`,
  run(args) {
    const { positionals } = parseOptions("init", args, {});
    const [file = "lock.world.ts", ...rest] = positionals;
    if (rest.length > 0) throw usage("init", `one file at a time, not also ${rest.join(", ")}`);
    if (existsSync(file)) throw usage("init", `${file} is there already`);
    writeFileSync(file, sample);
    process.stdout.write(`wrote ${file}; now: npx lightcone explore ${file}\n`);
    return Promise.resolve(0);
  },
};
