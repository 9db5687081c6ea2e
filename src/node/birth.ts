/**
 * When a process began, as its own clocks tell it. The first line of a program never runs at 0 milliseconds:
 * Node has started before it, and programs take 0 for "never" (lru-cache does).
 */
import type { Process } from "../sim/process.ts";

/** What Node itself takes to start, as on a quick machine. */
const START_UP_NS = 25_000_000;

const births = new WeakMap<Process, number>();

/**
 * The beginning of a process, or of a thread, on its host's monotonic clock. One that somebody started has
 * waited for its start already; a host's first program is there at once, and seems to have begun before.
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
