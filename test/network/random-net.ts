/**
 * Random programs of `node:net`, for the parity arm: servers and sockets that do to each other whatever
 * the module offers, and note what they are told. A program is a function of its seed, so that both arms
 * run the same.
 *
 * What real machines leave to chance is left out: in one step one side of the connections acts, the next
 * step waits until that has come to rest, and data is noted as a sum, not as the chunks it comes in.
 */
import type * as net from "node:net";
import { Prng } from "../../src/base/prng.ts";
import type { Scenario, Scope } from "./arms.ts";
import { acceptedOps, clientOps, type Op, socketOps } from "./random-net-ops.ts";
import { rest } from "./watch.ts";

/** Between two steps: long enough for a loopback interface to come to rest. */
const STEP_MS = 20;
const STEPS = 10;
/** How much of what it receives a server sends back. */
const ECHOED_BYTES = 50_000;
/** How much of a stream is looked at, and not just counted. */
const SUMMED_BYTES = 100_000;

/** A socket of a program, what it is called, and what it has been told since the last step. */
export interface Actor {
  readonly name: string;
  readonly socket: net.Socket;
  received: number;
  sum: number;
}

/** A server of a program, and how it is reached. */
export interface Place {
  readonly name: string;
  readonly server: net.Server;
  readonly address: "127.0.0.1" | "::1" | "::" | "unix";
  readonly path: string;
  port: number;
  /** How many connections it has accepted. */
  accepted: number;
}

/** One random program. */
export class RandomNet {
  readonly scope: Scope;
  readonly places: Place[] = [];
  readonly clients: Actor[] = [];
  readonly accepted: Actor[] = [];
  /** What would abort a client. */
  readonly aborts: AbortController[] = [];
  /** Those that send back what they receive. */
  readonly echoes: Set<Actor> = new Set();
  readonly #root: Prng;
  readonly #seed: number;
  #step = 0;
  /** Whether someone has connected in this step. */
  #connected = false;
  /** What the current step draws from: a step's draws do not depend on those before. */
  prng: Prng;
  /** How long the current step needs to come to rest. */
  restMs: number = STEP_MS;

  constructor(scope: Scope, seed: number) {
    this.scope = scope;
    this.#seed = seed;
    this.#root = Prng.root(seed);
    this.prng = this.#root.fork("start");
  }

  /** Notes a line of an actor's, with the step in which it was told. */
  log(name: string, ...words: unknown[]): void {
    this.scope.log(name, this.#step, ...words);
  }

  start(): void {
    const { prng } = this;
    const count = 1 + prng.below(2);
    for (let i = 0; i < count; i++) this.#serve(i);
    rest(this.scope, () => this.#next(), STEP_MS);
  }

  #serve(number: number): void {
    const { prng, scope } = this;
    const name = `server${number}`;
    const address = prng.pick(["127.0.0.1", "127.0.0.1", "::1", "::", "unix"] as const);
    // Simulated sockets do without Nagle's algorithm.
    const options: net.ServerOpts = { noDelay: true };
    if (prng.chance(0.3)) options.allowHalfOpen = true;
    if (prng.chance(0.2)) options.pauseOnConnect = true;
    if (prng.chance(0.2)) Object.assign(options, { keepAlive: true, keepAliveInitialDelay: 5_000 });
    const server = scope.net.createServer(options);
    // Five digits are left out of the comparison, as if they were a port.
    const path = `\0lightcone-${10_000 + (scope.process.pid % 50_000)}-${this.#seed}-${number}`;
    const place: Place = { name, server, address, path, port: 0, accepted: 0 };
    if (prng.chance(0.2)) server.maxConnections = 1 + prng.below(2);
    this.places.push(place);
    server.on("connection", (socket: net.Socket) => {
      const actor = this.adopt(`${name}.${place.accepted++}`, socket);
      this.accepted.push(actor);
      this.log(actor.name, "accepted", options.allowHalfOpen ?? false);
      if (this.#root.fork(actor.name).chance(0.4)) {
        this.echoes.add(actor);
        let left = ECHOED_BYTES;
        socket.on("data", (data: Buffer | string) => {
          const back = data.slice(0, left);
          left -= back.length;
          if (socket.writable && back.length > 0) socket.write(back);
        });
      }
    });
    for (const event of ["listening", "close"]) server.on(event, () => this.log(name, event));
    server.on("error", (error: Error) => this.log(name, "error", error));
    server.on("drop", (data?: object) => this.log(name, "drop", Object.keys(data ?? {})));
    this.listen(place);
  }

  /** Makes a server listen where it belongs. */
  listen(place: Place): void {
    const { server, address, path } = place;
    const ready = (): void => {
      if (address !== "unix") place.port = (server.address() as net.AddressInfo).port;
    };
    if (address === "unix") server.listen(path, ready);
    else server.listen({ port: place.port, host: address }, ready);
  }

  /** Gives a socket a name, and notes all that it tells. */
  adopt(name: string, socket: net.Socket): Actor {
    const actor: Actor = { name, socket, received: 0, sum: 0 };
    const told = ["connect", "ready", "end", "finish", "drain", "timeout", "pause", "resume"];
    for (const event of told) socket.on(event, () => this.log(name, event));
    socket.on("lookup", (...args: unknown[]) => this.log(name, "lookup", ...args));
    socket.on("connectionAttempt", (ip) => this.log(name, "attempt", ip));
    socket.on("connectionAttemptFailed", (ip, _port, _family, error) =>
      this.log(name, "attempt failed", ip, error),
    );
    socket.on("error", (error) => this.log(name, "error", error));
    socket.on("close", (hadError) => this.log(name, "close", hadError));
    if (this.#root.fork(`reads ${name}`).chance(0.85)) {
      socket.on("data", (data: Buffer | string) => this.note(actor, data));
    }
    return actor;
  }

  /** Whether someone may connect in this step: libuv accepts one connection in a turn of its loop. */
  mayConnect(): boolean {
    const may = !this.#connected;
    this.#connected = true;
    return may;
  }

  /** Whether a socket may be destroyed: how far a large write has come is the machine's whim. */
  get mayDestroy(): boolean {
    return this.restMs === STEP_MS;
  }

  /** Counts what a socket has received. */
  note(actor: Actor, data: Buffer | string): void {
    const bytes = typeof data === "string" ? this.scope.Buffer.from(data) : data;
    // The rest of a large write is not worth the time.
    for (const byte of bytes.subarray(0, Math.max(0, SUMMED_BYTES - actor.received))) {
      actor.sum = (Math.imul(actor.sum, 31) + byte) | 0;
    }
    actor.received += bytes.length;
  }

  #next(): void {
    for (const actor of this.clients) this.#snapshot(actor);
    for (const actor of this.accepted) this.#snapshot(actor);
    this.#step++;
    this.#connected = false;
    this.prng = this.#root.fork(`step ${this.#step}`);
    if (this.#step > STEPS) {
      this.#finish();
      return;
    }
    this.restMs = STEP_MS;
    this.#act();
    rest(this.scope, () => this.#next(), this.restMs);
  }

  #act(): void {
    const { prng } = this;
    const ofClients = prng.chance(0.6);
    const actors = ofClients ? this.clients : this.accepted;
    const count = 1 + prng.below(4);
    for (let i = 0; i < count; i++) {
      const op: Op =
        actors.length > 0 && prng.chance(0.8)
          ? prng.pick(socketOps)
          : prng.pick(ofClients ? clientOps : acceptedOps);
      const actor = actors.length > 0 ? prng.pick(actors) : undefined;
      op(this, actor as Actor);
    }
  }

  #snapshot({ name, socket, received, sum }: Actor): void {
    this.log(
      name,
      socket.readyState,
      // Who does not read stops at a chunk that brings him above his high water mark.
      socket.readableLength < 16_384 ? `in=b${socket.bytesRead},b${received},s${sum}` : "in=full",
      `out=b${socket.bytesWritten},b${socket.writableLength}`,
      `left=b${Math.min(socket.readableLength, 16_384)}`,
      [
        socket.destroyed && "destroyed",
        socket.connecting && "connecting",
        socket.pending && "pending",
        socket.closed && "closed",
        socket.readable && "readable",
        socket.writable && "writable",
        socket.readableEnded && "readableEnded",
        socket.writableFinished && "writableFinished",
        socket.readableAborted && "aborted",
        socket.errored && "errored",
        socket.isPaused() && "paused",
      ]
        .filter(Boolean)
        .join(","),
      socket.localAddress,
      socket.remoteAddress,
      socket.remoteFamily,
      socket.timeout,
    );
  }

  #finish(): void {
    for (const { server, name } of this.places) {
      server.getConnections((error, count) => this.log(name, "connections", error, count));
      server.close((error) => this.log(name, "closed", error));
    }
    for (const { socket } of [...this.clients, ...this.accepted]) socket.destroy();
    rest(this.scope, this.scope.done, STEP_MS);
  }
}

/** The random program of a seed. */
export function randomNet(seed: number): Scenario {
  return (scope) => new RandomNet(scope, seed).start();
}
