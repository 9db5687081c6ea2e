/**
 * Several processes may hold one socket: a process that received it over a Unix socket holds it together
 * with the sender. Events go to the latest holder. The socket closes when the last holder releases it.
 */
import type { Process } from "../process.ts";
import type { HostStack } from "./stack.ts";

/** A socket, as far as its holders need it. */
export interface Held<Events> {
  readonly stack: HostStack;
  process: Process | undefined;
  events: Events | undefined;
  /** Whether its latest holder is reading. */
  reading?: boolean;
  close(): void;
  abandon(process: Process): void;
}

/** A process that holds a socket. */
export interface Holder<Events> {
  readonly process: Process | undefined;
  readonly events: Events | undefined;
  readonly reading?: boolean | undefined;
}

/** The holders of a socket except the latest one, which is stored in the socket itself. */
export class Holders<Events> {
  readonly #socket: Held<Events>;
  readonly #earlier: Holder<Events>[] = [];

  constructor(socket: Held<Events>) {
    this.#socket = socket;
  }

  /** Adds a holder. It receives the events from now on. */
  add(process: Process, events: Events): void {
    const socket = this.#socket;
    const { reading } = socket;
    this.#earlier.push({ process: socket.process, events: socket.events, reading });
    socket.process = process;
    socket.events = events;
    socket.stack.adopt(process, socket);
  }

  /** Releases one holder. Returns false if it was the last; the socket then has to close. */
  release(is: (holder: Holder<Events>) => boolean): boolean {
    const socket = this.#socket;
    const before = this.#earlier.pop();
    if (before === undefined) return false;
    if (is({ process: socket.process, events: socket.events })) {
      if (socket.process !== undefined) socket.stack.disown(socket.process, socket);
      socket.process = before.process;
      socket.events = before.events;
      if (before.reading !== undefined) socket.reading = before.reading;
      return true;
    }
    this.#earlier.push(before);
    const at = this.#earlier.findIndex(is);
    if (at < 0) return true;
    const [gone] = this.#earlier.splice(at, 1);
    if (gone?.process !== undefined) socket.stack.disown(gone.process, socket);
    return true;
  }
}

/** One of several holders that wait for the same event. */
export interface Waiting<Events> {
  readonly process: Process;
  readonly events: Events;
}

/** The holders that wait on one socket, in turn: each arrival goes to one of them. */
export class Turns<Events> {
  readonly #waiting: Waiting<Events>[] = [];
  #turn = 0;

  get length(): number {
    return this.#waiting.length;
  }

  add(process: Process, events: Events): void {
    if (!this.has(events)) this.#waiting.push({ process, events });
  }

  has(events: Events): boolean {
    return this.#waiting.some((one) => one.events === events);
  }

  remove(is: (one: Waiting<Events>) => boolean): void {
    const at = this.#waiting.findIndex(is);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Returns the next waiting holder in turn. */
  next(): Waiting<Events> | undefined {
    const waiting = this.#waiting;
    if (waiting.length <= 1) return waiting[0];
    this.#turn = (this.#turn + 1) % waiting.length;
    return waiting[this.#turn];
  }

  clear(): void {
    this.#waiting.length = 0;
  }
}
