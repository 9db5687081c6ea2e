/**
 * A host's high-resolution clock, as its programs read it. It starts when the machine is switched
 * on.
 */
import type { Process } from "../sim/process.ts";

/**
 * A machine has been up for a while when the run begins, so its monotonic clock does not start at
 * zero.
 */
export const UP_BEFORE_NS = 1_000_000_000;

/** Returns the nanoseconds since the machine was switched on, as `process.hrtime` does. */
export function highResolutionNs(process: Process): number {
  return process.readMonotonicNs() + UP_BEFORE_NS;
}
