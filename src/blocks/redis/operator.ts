/**
 * An operator of a Redis server: does with `redis-cli`'s means what `faults.ts` describes, and undoes it on `SIGTERM`. It is started
 * as `operator --port 6379 --requirepass secret --do evict --share 0.5`.
 */
import { connect, type Socket } from "node:net";
import { encodeRequest, type Reply, ReplyDecoder, RespError } from "../../wire/index.ts";

const argv = process.argv.slice(2);
const values: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from({ length: argv.length >> 1 }, (_, at) => {
    return [(argv[2 * at] as string).replace(/^--/, ""), argv[2 * at + 1] as string];
  }),
);

/** A connection to the server. */
class Connection {
  readonly #socket: Socket;
  readonly #decoder = new ReplyDecoder();
  readonly #waiting: ((reply: Reply) => void)[] = [];

  constructor() {
    this.#socket = connect(Number(values["port"] ?? 6_379), values["host"] ?? "127.0.0.1");
    this.#socket.on("data", (chunk) => {
      this.#decoder.push(chunk);
      for (let next = this.#decoder.next(); next; next = this.#decoder.next()) {
        this.#waiting.shift()?.(next.reply);
      }
    });
    // A server that is gone has nothing to undo either.
    this.#socket.on("error", () => process.exit(1));
    this.#socket.on("close", () => process.exit(1));
    const password = values["requirepass"];
    if (password !== undefined) void this.command("AUTH", password);
  }

  command(...words: readonly string[]): Promise<Reply> {
    this.#socket.write(encodeRequest(words), "latin1");
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }
}

/** Does something, and returns what undoes it. */
type Deed = (server: Connection) => Promise<(() => Promise<unknown>) | undefined>;

/** Changes settings; what it returns puts the former ones back. */
async function set(
  server: Connection,
  settings: Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  const before: [string, string][] = [];
  for (const [name, value] of Object.entries(settings)) {
    const reply = await server.command("CONFIG", "GET", name);
    if (Array.isArray(reply)) before.push([name, textOf(reply[1] as Reply)]);
    refuse(await server.command("CONFIG", "SET", name, value));
  }
  return async () => {
    for (const [name, value] of before) await server.command("CONFIG", "SET", name, value);
  };
}

function textOf(reply: Reply): string {
  return typeof reply === "string" ? reply : String(reply);
}

function refuse(reply: Reply): void {
  if (reply instanceof RespError) throw new Error(reply.text);
}

const PAUSE_MS = 86_400_000;
/** After this long a script is one that does not end. */
const BUSY_MS = 100;

const deeds: Readonly<Record<string, Deed>> = {
  async "pause-writes"(server) {
    refuse(await server.command("CLIENT", "PAUSE", String(PAUSE_MS), "WRITE"));
    return () => server.command("CLIENT", "UNPAUSE");
  },
  async "kill-clients"(server) {
    for (const type of ["normal", "pubsub"]) {
      refuse(await server.command("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"));
    }
    return undefined;
  },
  async evict(server) {
    const used = /used_memory:(\d+)/.exec(textOf(await server.command("INFO", "memory")));
    const left = Number(used?.[1] ?? 0) * (1 - Number(values["share"] ?? 0.5));
    return set(server, {
      "maxmemory-policy": "allkeys-random",
      maxmemory: String(Math.max(1, Math.round(left))),
    });
  },
  "refuse-writes": (server) => set(server, { "maxmemory-policy": "noeviction", maxmemory: "1" }),
  async "busy-script"(server) {
    const undo = await set(server, { "busy-reply-threshold": String(BUSY_MS) });
    const other = new Connection();
    void other.command("EVAL", "while true do end", "0");
    return async () => {
      await server.command("SCRIPT", "KILL");
      other.close();
      await undo();
    };
  },
};

try {
  const deed = deeds[values["do"] ?? ""];
  if (!deed) throw new Error(`there is nothing called ${values["do"]} to do`);
  const server = new Connection();
  const undo = await deed(server);
  console.log("done");
  const end = async (): Promise<void> => {
    await undo?.();
    server.close();
    process.exit(0);
  };
  if (undo === undefined) await end();
  else process.once("SIGTERM", () => void end());
} catch (error) {
  console.error(`redis operator: ${(error as Error).message}`);
  process.exit(1);
}
