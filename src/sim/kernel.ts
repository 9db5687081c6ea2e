/**
 * Time and order. The kernel fires events by (time, sequence), keeps the run's fingerprint, and tells
 * whoever listens (the trace) of each one. It knows nothing of hosts but their numbers.
 */
import { Fingerprint } from "../base/fingerprint.ts";
import { Prng } from "../base/prng.ts";
import { Kind, type EventKind } from "../trace/kinds.ts";
import { type Action, type EventHandle, EventQueue } from "./queue.ts";

/** The host number of events that belong to no host. */
export const NO_HOST = 0;

/** Receives what a run does, as it does it. Absent unless someone wants the trace. */
export interface KernelObserver {
  /**
   * An event is about to run (or, for a mark, has happened inside the current one).
   * `id` counts from 1; `cause` is the event during which it was scheduled, 0 for none.
   */
  onEvent(
    id: number,
    timeNs: number,
    host: number,
    kind: number,
    cause: number,
    detail: unknown,
  ): void;
}

/** The heart of one run. */
export class Kernel {
  /** Virtual time since the start of the run, in integer nanoseconds. */
  nowNs = 0;
  /** How many events have run or been marked; the id of the latest. */
  eventId = 0;
  /** The event that is running now, the cause of whatever is scheduled meanwhile. */
  currentEvent = 0;
  /** The host in whose name the current event runs. */
  currentHost: number = NO_HOST;
  readonly fingerprint: Fingerprint = new Fingerprint();
  readonly prng: Prng;
  observer: KernelObserver | undefined;

  #queue = new EventQueue();
  #stopped = false;
  #abandoned = false;
  #afterwards: (() => void) | undefined;

  constructor(options: { seed: number; observer?: KernelObserver }) {
    this.prng = Prng.root(options.seed);
    this.fingerprint.integer(options.seed);
    this.observer = options.observer;
  }

  /** How many events are pending. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * Schedules `action(arg)` to run `delayNs` from now in the name of `host`.
   * Equal times run in the order in which they were scheduled.
   */
  schedule<T>(
    delayNs: number,
    host: number,
    kind: EventKind,
    action: (arg: T) => void,
    arg: T,
  ): EventHandle {
    return this.#queue.push(
      this.nowNs + delayNs,
      host,
      kind,
      this.currentEvent,
      action as Action,
      arg,
    );
  }

  /** Schedules at an absolute time, not before now. */
  scheduleAt<T>(
    timeNs: number,
    host: number,
    kind: EventKind,
    action: (arg: T) => void,
    arg: T,
  ): EventHandle {
    const at = timeNs < this.nowNs ? this.nowNs : timeNs;
    return this.#queue.push(at, host, kind, this.currentEvent, action as Action, arg);
  }

  /** Takes a pending event back. False when it ran or was cancelled before. */
  cancel(handle: EventHandle): boolean {
    return this.#queue.cancel(handle);
  }

  /**
   * Notes something that happens inside the current event: it enters the fingerprint and the trace and
   * gets an id of its own. `digest` is a 32-bit digest of its payload.
   */
  mark(host: number, kind: EventKind, digest: number, detail?: unknown): number {
    const id = ++this.eventId;
    this.#mix(host, kind, digest);
    if (this.observer) this.observer.onEvent(id, this.nowNs, host, kind, this.currentEvent, detail);
    return id;
  }

  /** Mixes a payload's digest into the fingerprint without an event of its own. */
  digest(word: number): void {
    this.fingerprint.word(word);
  }

  /** Runs until `untilNs` (events at that time included), until nothing is pending, or until `stop`. */
  run(untilNs: number = Infinity): void {
    if (this.#abandoned) return;
    const queue = this.#queue;
    this.#stopped = false;
    while (!this.#stopped && queue.length > 0 && queue.peekTimeNs() <= untilNs) {
      queue.pop();
      this.nowNs = queue.poppedTimeNs;
      const host = queue.poppedHost;
      const kind = queue.poppedKind;
      const id = ++this.eventId;
      this.#mix(host, kind, 0);
      if (this.observer)
        this.observer.onEvent(id, this.nowNs, host, kind, queue.poppedCause, undefined);
      this.currentEvent = id;
      this.currentHost = host;
      const action = queue.poppedAction;
      const arg = queue.poppedArg;
      queue.poppedArg = undefined;
      action(arg as never);
    }
    this.currentEvent = 0;
    this.currentHost = NO_HOST;
    if (this.#abandoned) this.#finishAbandoned();
    else if (!this.#stopped && untilNs !== Infinity && this.nowNs < untilNs) this.nowNs = untilNs;
  }

  /** Ends `run` after the current event. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Ends the run for good after the current event: it starts again from its beginning, and nothing of this
   * attempt counts. `afterwards` runs once no program code is on the stack any more. No event is pending
   * then, and it may schedule new ones and call `run`.
   */
  abandon(afterwards?: () => void): void {
    this.#stopped = true;
    this.#abandoned = true;
    this.#afterwards = afterwards;
  }

  #finishAbandoned(): void {
    const afterwards = this.#afterwards;
    this.#afterwards = undefined;
    if (afterwards === undefined) return;
    this.#queue = new EventQueue();
    this.#abandoned = false;
    try {
      afterwards();
    } finally {
      this.#abandoned = true;
    }
  }

  /** Whether `stop` ended the latest `run`. */
  get stopped(): boolean {
    return this.#stopped;
  }

  #mix(host: number, kind: number, digest: number): void {
    const fingerprint = this.fingerprint;
    fingerprint.word(this.nowNs | 0);
    fingerprint.word((this.nowNs / 0x1_0000_0000) ^ (host << 8) ^ kind ^ digest);
  }
}

export { Kind };
export type { EventHandle };
