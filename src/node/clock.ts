/** The high-resolution clock of a host, as its programs read it: it started when the machine was switched on. */
import type { Process } from "../sim/process.ts";

/** Monotonic clocks start somewhere: a machine has been up for a while when the run begins, not for no time. */
export const UP_BEFORE_NS = 1_000_000_000;

/** Nanoseconds since the machine was switched on, as `process.hrtime` gives them. */
export function highResolutionNs(process: Process): number {
  return process.readMonotonicNs() + UP_BEFORE_NS;
}
