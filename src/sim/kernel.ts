/**
 * Virtual time and event order. The kernel fires events by (time, sequence), keeps the run's fingerprint,
 * and reports each event to an observer (the trace). It knows hosts only by their numbers.
 */
import { InvariantError } from "../base/errors.ts";
import { Fingerprint } from "../base/fingerprint.ts";
import { Prng } from "../base/prng.ts";
import { WORLD_EPOCH_MS } from "../base/units.ts";
import { Kind, type EventKind } from "../trace/kinds.ts";
import { type Action, type EventHandle, EventQueue } from "./queue.ts";

/** The host number of events that belong to no host. */
export const NO_HOST = 0;

/** Receives the events of a run as they happen. Absent unless a trace is wanted. */
export interface KernelObserver {
  /**
   * Called when an event is about to run (or, for a mark, has happened inside the current one). `id` counts
   * from 1; `cause` is the event during which it was scheduled, 0 for none.
   */
  onEvent(
    id: number,
    timeNs: number,
    host: number,
    kind: number,
    cause: number,
    detail: unknown,
  ): void;
  /** Called when the cause of an event that has been reported turns out to be another one. */
  onCause?(id: number, cause: number): void;
  /** What turns out about an event while it runs. */
  onDetail?(id: number, detail: unknown): void;
}

/** The event loop of one run. */
export class Kernel {
  /** Virtual time since the start of the run, in integer nanoseconds. */
  nowNs = 0;
  /** When the run starts, in milliseconds since 1970 on a wall clock without error. */
  epochMs: number = WORLD_EPOCH_MS;
  /** The number of events that have run or been marked; the id of the latest. */
  eventId = 0;
  /** The host to which the current event belongs. */
  currentHost: number = NO_HOST;
  readonly fingerprint: Fingerprint = new Fingerprint();
  readonly prng: Prng;
  observer: KernelObserver | undefined;

  #queue = new EventQueue();
  #currentEvent = 0;
  #stopped = false;
  #abandoned = false;
  #afterwards: (() => void) | undefined;

  /** `branchable`: whether its random numbers can be changed on the way (`Prng.branch`). */
  constructor(options: { seed: number; observer?: KernelObserver; branchable?: boolean }) {
    this.prng = Prng.root(options.seed, { branchable: options.branchable === true });
    this.fingerprint.integer(options.seed);
    this.observer = options.observer;
  }

  /** The event that is running now. It is the cause of everything scheduled meanwhile. */
  get currentEvent(): number {
    return this.#currentEvent;
  }

  /** The number of pending events. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * Schedules `action(arg)` to run `delayNs` from now for `host`. Events with equal times run in the order
   * in which they were scheduled. `cause`: the event that leads to it. Throws an `InvariantError` if the
   * delay is not a whole number of nanoseconds, zero or more.
   */
  schedule<T>(
    delayNs: number,
    host: number,
    kind: EventKind,
    action: (arg: T) => void,
    arg: T,
    cause: number = this.#currentEvent,
  ): EventHandle {
    const timeNs = this.nowNs + delayNs;
    if (!(delayNs >= 0) || !Number.isSafeInteger(timeNs)) badTime(timeNs, this.nowNs);
    return this.#queue.push(timeNs, host, kind, cause, action as Action, arg);
  }

  /**
   * Schedules an event at an absolute time, which must not be in the past. `cause`: the event that leads to
   * it. Throws an `InvariantError` for a time in the past, or one that is not a whole number.
   */
  scheduleAt<T>(
    timeNs: number,
    host: number,
    kind: EventKind,
    action: (arg: T) => void,
    arg: T,
    cause: number = this.#currentEvent,
  ): EventHandle {
    if (!(timeNs >= this.nowNs) || !Number.isSafeInteger(timeNs)) badTime(timeNs, this.nowNs);
    return this.#queue.push(timeNs, host, kind, cause, action as Action, arg);
  }

  /** Cancels a pending event. Returns false if it has already run or been cancelled. */
  cancel(handle: EventHandle): boolean {
    return this.#queue.cancel(handle);
  }

  /**
   * Records something that happens inside the current event: it enters the fingerprint and the trace and
   * gets its own id. `digest` is a 32-bit digest of its payload, `cause` the event that leads to it.
   */
  mark(
    host: number,
    kind: EventKind,
    digest: number,
    detail?: unknown,
    cause: number = this.#currentEvent,
  ): number {
    const id = ++this.eventId;
    this.#mix(host, kind, digest);
    if (this.observer) this.observer.onEvent(id, this.nowNs, host, kind, cause, detail);
    return id;
  }

  /**
   * Runs `action(arg)` as a separate event, now and inside the current one. It continues the event `cause`,
   * which was received earlier and had to wait, for example because its process was paused.
   */
  resume<T>(cause: number, host: number, action: (arg: T) => void, arg: T): void {
    const outer = this.#currentEvent;
    this.#currentEvent = this.mark(host, Kind.resume, 0, undefined, cause);
    try {
      action(arg);
    } finally {
      this.#currentEvent = outer;
    }
  }

  /**
   * Begins a separate event, now and inside the current one: what follows belongs to it, until `leave` is called
   * with the result. `cause`: the event that leads to it.
   */
  begin(host: number, kind: EventKind, cause: number = this.#currentEvent): number {
    const outer = this.#currentEvent;
    this.#currentEvent = this.mark(host, kind, 0, undefined, cause);
    return outer;
  }

  /** Returns to the event that was current before `begin`. */
  leave(outer: number): void {
    this.#currentEvent = outer;
  }

  /** Corrects the cause of the current event in the trace. The run itself does not depend on causes. */
  attribute(cause: number): void {
    this.observer?.onCause?.(this.#currentEvent, cause);
  }

  /** Tells the observer what turns out about the current event, before anything else is recorded in it. */
  describe(detail: unknown): void {
    this.observer?.onDetail?.(this.#currentEvent, detail);
  }

  /** Mixes a payload's digest into the fingerprint without creating an event. */
  digest(word: number): void {
    this.fingerprint.word(word);
  }

  /** Runs until `untilNs` (including events at that time), until no event is pending, or until `stop`. */
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
      this.#currentEvent = id;
      this.currentHost = host;
      const action = queue.poppedAction;
      const arg = queue.poppedArg;
      queue.poppedArg = undefined;
      action(arg as never);
    }
    this.#currentEvent = 0;
    this.currentHost = NO_HOST;
    if (this.#abandoned) this.#finishAbandoned();
    else if (!this.#stopped && untilNs !== Infinity && this.nowNs < untilNs) this.nowNs = untilNs;
  }

  /** Ends `run` after the current event. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Ends the run permanently after the current event, because it will start again from its beginning and
   * the results of this attempt are discarded. `afterwards` runs when no program code is on the stack any
   * more. At that point no event is pending; `afterwards` may schedule new ones and call `run`.
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

function badTime(timeNs: number, nowNs: number): never {
  throw new InvariantError(
    `an event is scheduled for ${timeNs} ns at ${nowNs} ns, not a whole number from then on`,
  );
}

export { Kind };
export type { EventHandle };
