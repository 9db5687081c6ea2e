/**
 * Several processes may hold one socket: who was passed it over a Unix socket holds it beside whoever
 * passed it. The latest holder is told what happens; the socket closes with the last.
 */
import type { Process } from "../process.ts";
import type { HostStack } from "./stack.ts";

/** A socket as its holders see it. */
export interface Held<Events> {
  readonly stack: HostStack;
  process: Process | undefined;
  events: Events | undefined;
  /** Whether its latest holder reads. */
  reading?: boolean;
  close(): void;
  abandon(process: Process): void;
}

/** One who holds a socket. */
export interface Holder<Events> {
  readonly process: Process | undefined;
  readonly events: Events | undefined;
  readonly reading?: boolean | undefined;
}

/** The holders of a socket but for the latest, who stands in the socket itself. */
export class Holders<Events> {
  readonly #socket: Held<Events>;
  readonly #earlier: Holder<Events>[] = [];

  constructor(socket: Held<Events>) {
    this.#socket = socket;
  }

  /** One more process holds the socket, and is told from now on. */
  add(process: Process, events: Events): void {
    const socket = this.#socket;
    const { reading } = socket;
    this.#earlier.push({ process: socket.process, events: socket.events, reading });
    socket.process = process;
    socket.events = events;
    socket.stack.adopt(process, socket);
  }

  /** A holder lets go. False when it was the last: then the socket has to close. */
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

/** One of several holders who wait for the same. */
export interface Waiting<Events> {
  readonly process: Process;
  readonly events: Events;
}

/** Those who wait on one socket, each in turn: what arrives goes to one of them. */
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

  /** Whose turn it is. */
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
