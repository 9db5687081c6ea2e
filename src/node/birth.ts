/**
 * When a process began, by its own clocks. The first line of a program never runs at 0
 * milliseconds: Node has started before it, and some programs take 0 for "never" (lru-cache does).
 */
import type { Process } from "../sim/process.ts";

/** The time that Node itself takes to start, as on a fast machine. */
const START_UP_NS = 25_000_000;

const births = new WeakMap<Process, number>();

/**
 * Returns the beginning of a process, or of a thread, on its host's monotonic clock. A process
 * started by another one has already waited for its start. A host's first program runs at once, so
 * its beginning is put before that.
 */
export function birthOf(process: Process, isThread: boolean): number {
  if (isThread) return process.bornNs;
  let birthNs = births.get(process);
  if (birthNs === undefined) {
    birthNs = Math.min(process.bornNs, process.host.clock.monotonicNs() - START_UP_NS);
    births.set(process, birthNs);
  }
  return birthNs;
}
