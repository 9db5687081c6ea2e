/**
 * What keeps a process alive: handles and requests that are under way. When nothing does, the process
 * has nothing more to wait for, and ends as a Node process ends: `beforeExit`, then `exit`.
 */
import type { Process } from "../sim/process.ts";
import { Kind } from "../trace/kinds.ts";

/** How long a turn of the loop takes that does nothing but immediates: time must move. */
export const TURN_NS = 1_000;

/** What is done in the closing phase. */
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
  /** Handles that are active and referenced, for `process.getActiveResourcesInfo`. */
  readonly handles: Set<{ readonly resourceName: string }> = new Set();
  /** While the program hears `beforeExit`: whoever emits it looks again by itself. */
  leaving = false;
  /** Whether the check phase runs right now. */
  checking = false;
  readonly #closings: Closing[] = [];

  constructor(process: Process, onIdle: () => void) {
    this.#process = process;
    this.#onIdle = onIdle;
  }

  /** Something begins that the process waits for. */
  retain(): void {
    this.#retained++;
  }

  /** It ended. */
  release(): void {
    this.#retained--;
    if (this.#retained === 0) this.checkIdle();
  }

  /** Whether anything keeps the process alive. */
  get alive(): boolean {
    return this.#retained > 0;
  }

  /** After the current turn, ends the process if nothing keeps it alive. */
  checkIdle(): void {
    if (this.#checkScheduled || this.leaving) return;
    this.#checkScheduled = true;
    this.#process.schedule(0, Kind.internal, checkIdle, this as EventLoop);
  }

  /**
   * Calls into the process in the closing phase, after this turn's immediates. Of several calls the latest
   * comes first, as libuv keeps its closing handles.
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
