/**
 * A fault as plain data: its kind, the hosts that it affects, when it starts and how long it lasts. A schedule
 * is an array of faults; it can be printed, stored, replayed and shrunk.
 */

/** The parameters of a fault; its kind defines which there are. They must be JSON. */
export type FaultParams = Readonly<Record<string, unknown>>;

/** One entry of a schedule. */
export interface Fault<Params extends object = FaultParams> {
  /** The name of a kind in the registry. */
  readonly kind: string;
  /** The names of the affected hosts. */
  readonly targets: readonly string[];
  /** Nanoseconds since the start of the run. */
  readonly startNs: number;
  readonly durationNs: number;
  readonly params: Params;
  /** Which program has placed it: "worker-1#2" is the second one of worker-1. Absent for all others. */
  readonly placed?: string;
}

/** An inclusive range of nanoseconds. */
export interface RangeNs {
  readonly minNs: number;
  readonly maxNs: number;
}

/** The time at which a fault is lifted, in nanoseconds since the start of the run. */
export function endNs(fault: Fault): number {
  return fault.startNs + fault.durationNs;
}

/** Orders a schedule by start; equal starts keep their order. */
export function byStart(schedule: readonly Fault[]): Fault[] {
  return [...schedule].sort((a, b) => a.startNs - b.startNs);
}
