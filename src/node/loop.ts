/**
 * Tracks what keeps a process alive: handles and requests in progress. When there are none left,
 * the process ends as a Node process does: `beforeExit`, then `exit`.
 */
import type { Process } from "../sim/process.ts";
import { Kind } from "../trace/kinds.ts";

/** The duration of a turn of the loop that only runs immediates. Time has to advance. */
export const TURN_NS = 1_000;

/** An action of the closing phase. */
interface Closing {
  readonly action: (arg: never) => void;
  readonly arg: unknown;
}

/** The liveness of one process's event loop, and its last phase. */
export class EventLoop {
  readonly #process: Process;
  readonly #onIdle: () => void;
  #retained = 0;
  #checkScheduled = false;
  /** Handles that are active and referenced. */
  readonly handles: Set<{ readonly resourceName: string }> = new Set();
  /** Pending file system requests, for `process._getActiveRequests`. */
  readonly requests: Set<object> = new Set();
  /** Sockets and servers that are not closed yet, active or not. */
  readonly opened: Set<{ readonly resourceName: string; hasRef(): boolean }> = new Set();
  /** True while `beforeExit` is emitted. The emitter checks again afterwards. */
  leaving = false;
  /** True while the check phase runs. */
  checking = false;
  readonly #closings: Closing[] = [];

  constructor(process: Process, onIdle: () => void) {
    this.#process = process;
    this.#onIdle = onIdle;
  }

  /** The referenced handles, for `process.getActiveResourcesInfo`. */
  get resources(): Iterable<{ readonly resourceName: string }> {
    const open = [...this.opened].filter((handle) => handle.hasRef());
    return new Set<{ readonly resourceName: string }>([...open, ...this.handles]);
  }

  /** Called when something begins that keeps the process alive. */
  retain(): void {
    this.#retained++;
  }

  /** Called when it has ended. */
  release(): void {
    this.#retained--;
    if (this.#retained === 0) this.checkIdle();
  }

  /** True if anything keeps the process alive. */
  get alive(): boolean {
    return this.#retained > 0;
  }

  /** Ends the process after the current turn if nothing keeps it alive. */
  checkIdle(): void {
    if (this.#checkScheduled || this.leaving) return;
    this.#checkScheduled = true;
    this.#process.schedule(0, Kind.internal, checkIdle, this as EventLoop);
  }

  /**
   * Calls into the process in the closing phase, after this turn's immediates. The latest of
   * several calls runs first, in the order of libuv's closing handles.
   */
  whenClosing<T>(action: (arg: T) => void, arg: T): void {
    this.#closings.push({ action: action as Closing["action"], arg });
    if (this.#closings.length > 1) return;
    const { host } = this.#process;
    const delayNs = this.checking ? 0 : TURN_NS + 1;
    host.kernel.schedule(delayNs, host.id, Kind.internal, runClosings, this as EventLoop);
  }

  /** @internal */
  runClosings(): void {
    for (const { action, arg } of this.#closings.splice(0).reverse()) {
      this.#process.enter(action as (arg: unknown) => void, arg);
    }
  }

  /** @internal */
  idle(): void {
    this.#checkScheduled = false;
    if (this.#retained === 0) this.#onIdle();
  }
}

function checkIdle(loop: EventLoop): void {
  loop.idle();
}

function runClosings(loop: EventLoop): void {
  loop.runClosings();
}
