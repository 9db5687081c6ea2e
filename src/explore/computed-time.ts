/**
 * How long the thread that runs the world has computed, as the watchdog measures it. Wall time would accuse a process
 * that is stopped or not scheduled, and the processor time of the whole process one whose other threads compile
 * WebAssembly or collect garbage while its own thread waits for a processor.
 */
import { readFileSync } from "node:fs";

/** The share of time without computing that counts. It covers a run that waits, which must not wait forever. */
const IDLE_SHARE = 0.1;

/** Measures from its creation on. Any thread of the process may use it. */
export class ComputedTime {
  /** The longest time between two questions that counts as waiting, in milliseconds. */
  readonly #lookMs: number;
  #lastMs: number = performance.now();
  #lastCpuMs: number = mainThreadMs();

  constructor(lookMs: number) {
    this.#lookMs = lookMs;
  }

  /** Returns how long the main thread computed since it was asked last, in milliseconds. */
  sinceLastMs(): number {
    const nowMs = performance.now();
    const nowCpuMs = mainThreadMs();
    const wallMs = nowMs - this.#lastMs;
    const computedMs = Math.min(wallMs, nowCpuMs - this.#lastCpuMs);
    this.#lastMs = nowMs;
    this.#lastCpuMs = nowCpuMs;
    return Math.max(computedMs, IDLE_SHARE * Math.min(wallMs, 2 * this.#lookMs));
  }
}

/** On Linux, the number of the main thread is the one of its process. Its first figure is nanoseconds. */
const SCHEDULED = `/proc/self/task/${process.pid}/schedstat`;

/** The processor time of the main thread in milliseconds; where the system does not tell it, of the process. */
export function mainThreadMs(): number {
  const ns = scheduledNs();
  if (ns !== undefined) return ns / 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function scheduledNs(): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const ns = Number(/^\d+/.exec(readFileSync(SCHEDULED, "latin1"))?.[0]);
    // Some containers show zeros.
    return ns > 0 ? ns : undefined;
  } catch {
    return undefined;
  }
}
