/**
 * Random programs of `node:dgram`, for the parity arm: sockets of both families that bind, connect, send
 * to each other and to nobody, join groups and close, and note what they are told. A program is a
 * function of its seed.
 */
import type * as dgram from "node:dgram";
import { Prng } from "../../src/base/prng.ts";
import type { Scenario, Scope } from "./arms.ts";
import { rest } from "./watch.ts";

/** Between two steps: long enough for a loopback interface to come to rest. */
const STEP_MS = 8;
const STEPS = 12;

interface Actor {
  readonly name: string;
  readonly type: "udp4" | "udp6";
  readonly socket: dgram.Socket;
}

type Op = (program: RandomDgram, actor: Actor) => void;

class RandomDgram {
  readonly scope: Scope;
  readonly actors: Actor[] = [];
  /** Groups of its own: other programs may run on the same machine at the same time. */
  readonly groups: readonly [string, string];
  readonly #root: Prng;
  #step = 0;
  prng: Prng;
  /** Who has sent in this step: one that is closed before it is bound would throw where none can catch. */
  readonly sending: Set<Actor> = new Set();

  constructor(scope: Scope, seed: number) {
    this.scope = scope;
    const own = `239.77.${(seed >> 7) & 255}`;
    this.groups = [`${own}.${(2 * seed) & 255}`, `${own}.${(2 * seed + 1) & 255}`];
    this.#root = Prng.root(seed);
    this.prng = this.#root.fork("start");
  }

  log(name: string, ...words: unknown[]): void {
    this.scope.log(name, this.#step, ...words);
  }

  start(): void {
    for (let i = 0; i < 3; i++) this.open();
    this.#next();
  }

  open(): void {
    const { prng, actors } = this;
    const name = `socket${actors.length}`;
    const type = prng.chance(0.6) ? "udp4" : "udp6";
    const options: dgram.SocketOptions = { type };
    if (prng.chance(0.4)) options.reuseAddr = true;
    if (type === "udp6" && prng.chance(0.4)) options.ipv6Only = true;
    const socket = this.scope.dgram.createSocket(options);
    for (const event of ["listening", "connect", "close"] as const) {
      socket.on(event, () => this.log(name, event));
    }
    socket.on("error", (error) => this.log(name, "error", error));
    socket.on("message", (message, { address, family, size }) => {
      const sum = message.reduce((all, byte) => (all * 31 + byte) % 1_000_003, 0);
      this.log(name, "message", `b${message.length}`, `s${sum}`, address, family, `b${size}`);
    });
    actors.push({ name, type, socket });
  }

  /** The port of a socket, or of nobody. */
  portOf(actor: Actor | undefined): number {
    try {
      return actor?.socket.address().port ?? 9;
    } catch {
      return 9;
    }
  }

  attempt(name: string, what: string, action: () => unknown): void {
    try {
      const result = action();
      if (typeof result !== "object" || result === null || "address" in result) {
        this.log(name, what, result);
      }
    } catch (error) {
      this.log(name, what, "throws", error);
    }
  }

  #next(): void {
    this.#step++;
    this.sending.clear();
    this.prng = this.#root.fork(`step ${this.#step}`);
    if (this.#step > STEPS) {
      for (const { name, socket } of this.actors) this.attempt(name, "close", () => socket.close());
      rest(this.scope, this.scope.done, STEP_MS);
      return;
    }
    const count = 1 + this.prng.below(3);
    for (let i = 0; i < count; i++) this.prng.pick(ops)(this, this.prng.pick(this.actors));
    rest(this.scope, () => this.#next(), STEP_MS);
  }
}

/** An address of this machine as a socket of that type may name it. */
function home(prng: Prng, type: Actor["type"]): string {
  if (type === "udp4") return prng.pick(["127.0.0.1", "127.0.0.1", "localhost"]);
  return prng.pick(["::1", "::1", "::ffff:127.0.0.1"]);
}

const send: Op = (program, actor) => {
  const { prng, scope, actors } = program;
  const { name, type, socket } = actor;
  program.sending.add(actor);
  const to = prng.chance(0.9) ? prng.pick(actors) : undefined;
  const bytes = prng.pick([0, 1, 20, 700, 1_500, 9_000, 60_000, 65_507, 65_508, 70_000]);
  const payload = scope.Buffer.alloc(bytes, 65 + prng.below(26));
  const id = prng.below(1_000);
  const done = (error: Error | null, sent?: number): void =>
    program.log(name, "sent", `i${id}`, error, sent === undefined ? "" : `b${sent}`);
  program.attempt(name, "send", () =>
    prng.chance(0.2)
      ? socket.send(payload, done)
      : socket.send(payload, program.portOf(to), home(prng, type), done),
  );
};

const bind: Op = (program, { name, type, socket }) => {
  const { prng, actors } = program;
  const port = prng.chance(0.3) ? program.portOf(prng.pick(actors)) : 0;
  const address = prng.pick([undefined, home(prng, type), type === "udp4" ? "0.0.0.0" : "::"]);
  program.attempt(name, "bind", () =>
    socket.bind({ port: port === 9 ? 0 : port, ...(address === undefined ? {} : { address }) }),
  );
};

const ops: readonly Op[] = [
  send,
  send,
  send,
  send,
  send,
  bind,
  bind,
  (program) => {
    if (program.actors.length < 6) program.open();
  },
  (program, actor) => {
    if (program.sending.has(actor)) return;
    program.sending.add(actor);
    program.attempt(actor.name, "close", () => actor.socket.close());
  },
  (program, { name, type, socket }) => {
    const to = program.prng.chance(0.8) ? program.prng.pick(program.actors) : undefined;
    program.attempt(name, "connect", () =>
      socket.connect(program.portOf(to), home(program.prng, type)),
    );
  },
  (program, { name, socket }) => program.attempt(name, "disconnect", () => socket.disconnect()),
  (program, { name, socket }) => program.attempt(name, "address", () => socket.address()),
  (program, { name, socket }) => program.attempt(name, "remote", () => socket.remoteAddress()),
  (program, { name, socket }) => {
    const { prng } = program;
    program.attempt(name, "ttl", () => socket.setTTL(prng.pick([0, 1, 64, 255, 256])));
    program.attempt(name, "broadcast", () => socket.setBroadcast(true));
    program.attempt(name, "loopback", () => socket.setMulticastLoopback(prng.chance(0.9)));
  },
  (program, { name, type, socket }) => {
    if (type !== "udp4") return;
    const group = program.prng.pick(program.groups);
    program.attempt(name, "join", () => socket.addMembership(group, "127.0.0.1"));
  },
  (program, { name, type, socket }) => {
    if (type !== "udp4") return;
    const group = program.prng.pick(program.groups);
    program.attempt(name, "leave", () => socket.dropMembership(group, "127.0.0.1"));
  },
  (program, actor) => {
    const { prng } = program;
    const { name, type, socket } = actor;
    if (type !== "udp4") return;
    program.sending.add(actor);
    const port = program.portOf(prng.pick(program.actors));
    program.attempt(name, "interface", () => socket.setMulticastInterface("127.0.0.1"));
    program.attempt(name, "send to group", () =>
      socket.send("to all", port, prng.pick(program.groups), (error, bytes) =>
        program.log(name, "sent to group", error, bytes),
      ),
    );
  },
];

/** The random program of a seed. */
export function randomDgram(seed: number): Scenario {
  return (scope) => new RandomDgram(scope, seed).start();
}
