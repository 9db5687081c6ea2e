/** One connection through a proxy: a client's socket, the server's, and a link each way. */
import { connect, type Socket } from "node:net";
import type { Prng } from "../base/prng.ts";
import type { Address } from "./address.ts";
import { Link } from "./link.ts";
import type { Direction, Stage, StageContext, Toxic } from "./toxic.ts";

/** What a connection tells its proxy. */
export interface ConnectionEvents {
  /** Both sockets are closed, and no timer is left. `reason` is empty if it ended as connections do. */
  closed(connection: Connection, reason: string): void;
  /** A toxic has decided something. */
  decided(connection: Connection, toxic: Toxic, what: string): void;
}

/** A connection through a proxy, counted from 1. */
export class Connection {
  readonly number: number;
  /** Resolves when both sockets are closed. */
  readonly closed: Promise<void>;
  readonly #resolveClosed: () => void;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #prng: Prng;
  readonly #events: ConnectionEvents;
  readonly #links: Readonly<Record<Direction, Link>>;
  readonly #timers = new Set<NodeJS.Timeout>();
  #open = 2;
  #reason = "";
  #over = false;
  /** The socket that is left open with nobody there. */
  #deserted: Socket | undefined;

  constructor(
    number: number,
    client: Socket,
    upstream: Address,
    prng: Prng,
    events: ConnectionEvents,
  ) {
    this.number = number;
    this.#client = client;
    this.#prng = prng;
    this.#events = events;
    let resolveClosed = (): void => {};
    this.closed = new Promise((resolve) => (resolveClosed = resolve));
    this.#resolveClosed = resolveClosed;
    this.#server = connect({ ...upstream, allowHalfOpen: true, noDelay: true });
    this.#links = {
      upstream: this.#link("upstream", client, this.#server),
      downstream: this.#link("downstream", this.#server, client),
    };
    for (const socket of [client, this.#server]) {
      socket.on("error", (error: NodeJS.ErrnoException) => this.#lost(socket, error));
      socket.on("close", () => this.#closed());
      socket.on("end", () => {
        if (socket === this.#deserted) socket.destroy();
      });
    }
  }

  /** The number of bytes passed on, each way. */
  get passedBytes(): Readonly<Record<Direction, number>> {
    const { upstream, downstream } = this.#links;
    return { upstream: upstream.passedBytes, downstream: downstream.passedBytes };
  }

  /** Brings a toxic that is new or has changed to work, or takes it away, by its toxicity. */
  apply(toxic: Toxic): void {
    if (this.#over) return;
    const link = this.#links[toxic.stream];
    const applies = this.#streamOf(toxic).fork("toxicity").float() < toxic.toxicity;
    const there = link.has(toxic);
    if (applies && there) link.change(toxic);
    else if (applies) link.add(toxic);
    else if (there) link.remove(toxic);
    if (applies !== there)
      this.#events.decided(this, toxic, applies ? "applies" : "does not apply");
  }

  /** Takes a toxic away. */
  remove(toxic: Toxic): void {
    this.#links[toxic.stream].remove(toxic);
  }

  /** Ends both sides at once. */
  destroy(reason: string): void {
    this.#finish(reason);
    this.#client.destroy();
    this.#server.destroy();
  }

  #streamOf(toxic: Toxic): Prng {
    return this.#prng.fork(toxic.stream).fork(toxic.name);
  }

  #link(direction: Direction, from: Socket, to: Socket): Link {
    return new Link(from, to, (toxic, output) => {
      const timers = new Set<NodeJS.Timeout>();
      const cancel = (timer: NodeJS.Timeout): void => {
        clearTimeout(timer);
        timers.delete(timer);
        this.#timers.delete(timer);
      };
      const context: StageContext = {
        get: (name) => toxic.attributes[name] as number,
        prng: this.#streamOf(toxic).fork("work"),
        nowMs: () => performance.now(),
        after: (delayMs, then) => {
          if (this.#over) return () => {};
          const timer = setTimeout(() => {
            cancel(timer);
            then();
          }, delayMs);
          timers.add(timer);
          this.#timers.add(timer);
          return () => cancel(timer);
        },
        ...output,
        close: () => this.#close(from, to, `closed by ${toxic.name}`),
        reset: () => this.#reset(`reset by ${toxic.name}`),
        vanish: () => this.#vanish(from, to, `half open by ${toxic.name}`),
        tell: (what) => this.#events.decided(this, toxic, what),
      };
      const stage: Stage = toxic.kind.start(context);
      return { stage, cancelTimers: () => timers.forEach(cancel) };
    });
  }

  /** What was passed on to `to` still arrives. */
  #close(from: Socket, to: Socket, reason: string): void {
    this.#finish(reason);
    from.destroy();
    to.destroySoon();
  }

  #reset(reason: string): void {
    this.#finish(reason);
    for (const socket of [this.#client, this.#server]) abort(socket);
  }

  #vanish(from: Socket, to: Socket, reason: string): void {
    this.#reason = reason;
    this.#deserted = to;
    // The stage itself stays, to learn that its toxic is removed.
    for (const link of Object.values(this.#links)) link.silence();
    abort(from);
    if (to.readableEnded) to.destroy();
  }

  /** A socket has failed: the other end learns of it, after what was on the way to it. */
  #lost(socket: Socket, error: NodeJS.ErrnoException): void {
    if (this.#over || this.#deserted !== undefined) return;
    const other = socket === this.#client ? this.#server : this.#client;
    const { upstream, downstream } = this.#links;
    const [away, towards] =
      socket === this.#client ? [upstream, downstream] : [downstream, upstream];
    this.#reason ||= `${socket === this.#client ? "client" : "server"}: ${error.code ?? error.message}`;
    if (away.sourceEnded && !other.writableFinished) {
      towards.abandon();
      away.onFinished = () => other.destroy();
      return;
    }
    this.#finish(this.#reason);
    if (error.code === "ECONNRESET" || error.code === "EPIPE") abort(other);
    else other.destroy();
  }

  /** From now on no stage works, and no timer runs. */
  #finish(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#reason = reason;
    for (const link of Object.values(this.#links)) link.abandon();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #closed(): void {
    this.#open--;
    if (this.#open > 0) return;
    this.#finish(this.#reason);
    this.#events.closed(this, this.#reason);
    this.#resolveClosed();
  }
}

/**
 * Resets a connection; one that does not stand yet is given up. While an end is on its way out, libuv
 * refuses to reset (EINVAL), and Node's socket would never close: then it is closed.
 */
function abort(socket: Socket): void {
  if (socket.destroyed) return;
  const ending = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || ending) socket.destroy();
  else socket.resetAndDestroy();
}
