/**
 * What keeps a process alive: handles and requests that are under way. When nothing does, the process
 * has nothing more to wait for, and ends as a Node process ends: `beforeExit`, then `exit`.
 */
import type { Process } from "../sim/process.ts";
import { Kind } from "../trace/kinds.ts";

/** The liveness of one process's event loop. */
export class EventLoop {
  readonly #process: Process;
  readonly #onIdle: () => void;
  #retained = 0;
  #checkScheduled = false;
  /** Handles that are active and referenced, for `process.getActiveResourcesInfo`. */
  readonly handles: Set<{ readonly resourceName: string }> = new Set();
  /** While the program hears `beforeExit`: whoever emits it looks again by itself. */
  leaving = false;

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

  /** @internal */
  idle(): void {
    this.#checkScheduled = false;
    if (this.#retained === 0) this.#onIdle();
  }
}

function checkIdle(loop: EventLoop): void {
  loop.idle();
}
