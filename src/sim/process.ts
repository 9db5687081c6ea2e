/**
 * A process of a simulated host, as its operating system sees it. It runs when something calls it, can be
 * stopped, and can be busy. Once it has ended, none of its code runs again. The Node-specific parts (a
 * library, an event loop, globals) are in `src/node` and are attached through {@link ProcessRunner}.
 */
import { assert, InvariantError } from "../base/errors.ts";
import type { EventKind } from "../trace/kinds.ts";
import type { Host } from "./host.ts";
import { type EventHandle, Kind } from "./kernel.ts";

/** Signals that have no effect without a listener. */
export const ignoredByDefault: ReadonlySet<string> = new Set([
  "SIGCHLD",
  "SIGCONT",
  "SIGURG",
  "SIGWINCH",
]);

/** Runs program code: catches what it throws and drains its microtasks. */
export interface ProcessRunner {
  /** The name of this method marks where a program begins in stack traces. */
  runTurn<T>(action: (arg: T) => void, arg: T): void;
  /** A signal from outside arrives, such as "SIGTERM": calls the program's listeners, or does its default action. */
  signal(name: string): void;
  /** Called when the process has ended (crash, kill or exit): releases all resources. Runs no program code. */
  dispose(): void;
}

/** How a process ended. */
export interface ProcessEnd {
  /** The exit code, or `null` when a signal or a crash ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Whether it ended because nothing kept it alive any more, without an explicit exit. */
  readonly idle?: boolean;
  /** For an idle end: whether its main program had come to its end, and did not still await something. */
  readonly settled?: boolean;
}

/** A call that waits, with the event in which it arrived. */
interface Deferred {
  readonly action: (arg: never) => void;
  readonly arg: unknown;
  readonly event: number;
}

/** An event that belongs to a process. It does nothing once the process has ended. */
class ProcessEvent {
  readonly process: Process;
  readonly action: (arg: never) => void;
  readonly arg: unknown;

  constructor(process: Process, action: (arg: never) => void, arg: unknown) {
    this.process = process;
    this.action = action;
    this.arg = arg;
  }
}

function fire(event: ProcessEvent): void {
  event.process.enter(event.action, event.arg as never);
}

/** The number of clock reads within one event that cost no time. */
const FREE_CLOCK_READS = 1_000;
/** The cost of each further clock read, so that a program that polls the clock in a loop makes time pass. */
const CLOCK_READ_NS = 1_000;

/** One process of a host. */
export class Process {
  readonly host: Host;
  readonly pid: number;
  readonly parentPid: number;
  /** The name of the program that it belongs to, with its descendants, if its host runs several. */
  readonly program: string | undefined;
  alive = true;
  /** The reading of its host's monotonic clock when it was created. */
  readonly bornNs: number;
  /** How it ended; undefined while it is running. */
  end: ProcessEnd | undefined;
  /** Set by the layer that gives the process its program. */
  runner: ProcessRunner | undefined;
  /** Called once when the process has ended for any reason; resources of the OS register here. */
  readonly onEnd: Set<(end: ProcessEnd) => void> = new Set();

  #paused = false;
  /** The true time until which the process computes and handles no calls. */
  #busyUntilNs = 0;
  #spentNs = 0;
  #spentBeforeNs = 0;
  #firstTurnEndNs: number | undefined;
  #clockReads = 0;
  #depth = 0;
  #inbox: Deferred[] = [];
  #wake: EventHandle | undefined;

  constructor(host: Host, pid: number, parentPid = 1, program?: string) {
    this.host = host;
    this.pid = pid;
    this.parentPid = parentPid;
    this.program = program;
    this.bornNs = host.clock.monotonicNs();
  }

  /** Whether code of this process is running now. */
  get running(): boolean {
    return this.#depth > 0;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /**
   * Calls into the process: every timer, packet and completion uses this. While the process is paused or
   * busy the call waits in a queue. Nested calls (a callback within a callback) run immediately.
   */
  enter<T>(action: (arg: T) => void, arg: T): void {
    if (!this.alive) return;
    if (this.#depth > 0) {
      action(arg);
      return;
    }
    if (this.#paused || this.#inbox.length > 0 || this.#busyUntilNs > this.host.kernel.nowNs) {
      const event = this.host.kernel.currentEvent;
      this.#inbox.push({ action: action as Deferred["action"], arg, event });
      this.#wakeWhenFree();
      return;
    }
    this.#run(action, arg);
  }

  /** Schedules a call into the process after `delayNs` of true time. */
  schedule<T>(delayNs: number, kind: EventKind, action: (arg: T) => void, arg: T): EventHandle {
    const { host } = this;
    return host.kernel.schedule(
      delayNs,
      host.id,
      kind,
      fire,
      new ProcessEvent(this, action as Deferred["action"], arg),
    );
  }

  /** Schedules a call into the process after `delayNs` measured by the host's own clock. */
  scheduleLocal<T>(
    delayNs: number,
    kind: EventKind,
    action: (arg: T) => void,
    arg: T,
  ): EventHandle {
    return this.schedule(this.host.clock.trueDelayNs(delayNs), kind, action, arg);
  }

  cancel(handle: EventHandle): boolean {
    return this.host.kernel.cancel(handle);
  }

  /** The monotonic clock in nanoseconds as the program reads it; it advances while the program computes. */
  readMonotonicNs(): number {
    return this.host.clock.monotonicNs() + this.#readCost();
  }

  /** The wall clock in milliseconds as the program reads it. */
  readWallMs(): number {
    return this.host.clock.readWallMs() + this.#readCost() / 1_000_000;
  }

  /**
   * How long the process has computed in this turn. Its own clock already includes it; the world's does not
   * yet.
   */
  get spentNs(): number {
    return this.#spentNs;
  }

  /** When the first call into the process ended, on the host's monotonic clock; undefined until then. */
  get firstTurnEndNs(): number | undefined {
    return this.#firstTurnEndNs;
  }

  /** The total time that the process has computed since it started. */
  get totalSpentNs(): number {
    return this.#spentBeforeNs + this.#spentNs;
  }

  /** Records that the program computes for `ns`. Calls that arrive meanwhile wait. */
  spend(ns: number): void {
    assert(ns >= 0 && Number.isSafeInteger(ns), `a process computes for ${ns} ns`);
    this.#spentNs += ns;
  }

  /** Stops the process (SIGSTOP, a long garbage collection). Its sockets stay open. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#wakeWhenFree();
  }

  /** A signal arrives, such as "SIGTERM". A process without a program yet has no listeners. */
  signal(name: string): void {
    if (this.runner) this.runner.signal(name);
    else if (name === "SIGSTOP") this.pause();
    else if (name === "SIGCONT") this.resume();
    else if (!ignoredByDefault.has(name)) this.terminate({ code: null, signal: name });
  }

  /** Ends the process. None of its code runs after this; the operating system cleans up. */
  terminate(end: ProcessEnd): void {
    if (!this.alive) return;
    this.alive = false;
    this.end = end;
    this.#inbox = [];
    if (this.#wake !== undefined) this.cancel(this.#wake);
    this.host.processes.delete(this);
    this.runner?.dispose();
    this.runner = undefined;
    for (const listener of this.onEnd) listener(end);
    this.onEnd.clear();
  }

  #run<T>(action: (arg: T) => void, arg: T): void {
    if (!this.alive) throw new InvariantError(`process ${this.pid} runs after its end`);
    this.#depth++;
    try {
      if (this.runner) this.runner.runTurn(action, arg);
      else action(arg);
    } finally {
      this.#depth--;
      this.#firstTurnEndNs ??= this.host.clock.monotonicNs() + this.#spentNs;
      this.#clockReads = 0;
      this.#spentNs += this.host.turnNs;
      if (this.#spentNs > 0) {
        this.#busyUntilNs = this.host.kernel.nowNs + this.#spentNs;
        this.#spentBeforeNs += this.#spentNs;
        this.#spentNs = 0;
      }
    }
  }

  readonly #runDeferred = ({ action, arg }: Deferred): void => {
    this.#run(action as (arg: unknown) => void, arg);
  };

  #readCost(): number {
    if (++this.#clockReads > FREE_CLOCK_READS) this.#spentNs += CLOCK_READ_NS;
    return this.#spentNs;
  }

  #wakeWhenFree(): void {
    if (this.#paused || this.#wake !== undefined || this.#inbox.length === 0) return;
    const { kernel, id } = this.host;
    const freeNs = Math.max(this.#busyUntilNs, kernel.nowNs);
    this.#wake = kernel.scheduleAt(freeNs, id, Kind.internal, wake, this as Process);
  }

  /** @internal Runs the waiting calls, in order, until the process is stopped or busy again. */
  drainInbox(): void {
    const { kernel, id } = this.host;
    this.#wake = undefined;
    while (this.alive && !this.#paused && this.#inbox.length > 0) {
      if (this.#busyUntilNs > kernel.nowNs) break;
      const deferred = this.#inbox.shift() as Deferred;
      kernel.resume(deferred.event, id, this.#runDeferred, deferred);
    }
    if (this.alive) this.#wakeWhenFree();
  }
}

function wake(process: Process): void {
  process.drainInbox();
}
