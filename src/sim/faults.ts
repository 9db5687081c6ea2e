/**
 * Faults as plain data: what goes wrong, where, from when, for how long. A schedule is an array of them;
 * it can be printed, stored, replayed and shrunk.
 */

/** What every fault has. */
interface FaultBase {
  /** The hosts that it happens to, by name. */
  readonly targets: readonly string[];
  readonly startNs: number;
  readonly durationNs: number;
}

/** A process dies with its memory and is started again afterwards; or its machine loses power. */
export interface CrashFault extends FaultBase {
  readonly kind: "crash";
  /**
   * `process`: the operating system lives on and resets the connections.
   * `machine`: nobody is told; peers are left with half-open connections.
   */
  readonly params: { readonly how: "process" | "machine" };
}

/** A process stops where it is, as in a long garbage collection; its sockets stay. */
export interface PauseFault extends FaultBase {
  readonly kind: "pause";
  readonly params: Readonly<Record<string, never>>;
}

/** Nothing gets from `from` to `to`, nor back if `both`. */
export interface PartitionFault extends FaultBase {
  readonly kind: "partition";
  readonly params: {
    readonly shape: "isolate" | "split" | "link";
    readonly from: readonly string[];
    readonly to: readonly string[];
    readonly both: boolean;
  };
}

/** Whatever goes from `from` to `to` (and back if `both`) takes longer. */
export interface LatencyFault extends FaultBase {
  readonly kind: "latency";
  readonly params: {
    readonly from: readonly string[];
    readonly to: readonly string[];
    readonly both: boolean;
    readonly addNs: number;
  };
}

/** Some of what goes from `from` to `to` (and back if `both`) is lost. */
export interface LossFault extends FaultBase {
  readonly kind: "loss";
  readonly params: {
    readonly from: readonly string[];
    readonly to: readonly string[];
    readonly both: boolean;
    readonly probability: number;
  };
}

/** A host's wall clock jumps, and is set right when the fault is lifted. */
export interface ClockStepFault extends FaultBase {
  readonly kind: "clock-step";
  readonly params: { readonly stepNs: number };
}

/** A host's clocks run fast or slow, and are set right when the fault is lifted. */
export interface ClockDriftFault extends FaultBase {
  readonly kind: "clock-drift";
  readonly params: { readonly ppm: number };
}

/** One entry of a schedule. */
export type Fault =
  | CrashFault
  | PauseFault
  | PartitionFault
  | LatencyFault
  | LossFault
  | ClockStepFault
  | ClockDriftFault;

/** A fault that concerns links. */
export type LinkFault = PartitionFault | LatencyFault | LossFault;

/** A fault's kind. */
export type FaultKind = Fault["kind"];

/** Every kind, for whoever reads schedules from files. */
export const faultKinds: readonly FaultKind[] = [
  "crash",
  "pause",
  "partition",
  "latency",
  "loss",
  "clock-step",
  "clock-drift",
];

/** When it is lifted, in nanoseconds since the start of the run. */
export function endNs(fault: Fault): number {
  return fault.startNs + fault.durationNs;
}

/** The directed links that a link fault concerns, as pairs of host names, in a stable order. */
export function linksOf(fault: LinkFault): (readonly [string, string])[] {
  const { from, to, both } = fault.params;
  const pairs: [string, string][] = [];
  for (const a of from) {
    for (const b of to) {
      if (a === b) continue;
      pairs.push([a, b]);
      if (both) pairs.push([b, a]);
    }
  }
  return pairs;
}

/** The two sides of a link fault, as sets: a partition of a thousand hosts is asked about half a million links. */
const sides = new WeakMap<LinkFault, { readonly from: Set<string>; readonly to: Set<string> }>();

/** Whether a link fault concerns the link from `from` to `to`: whether {@link linksOf} has it. */
export function concernsLink(fault: LinkFault, from: string, to: string): boolean {
  let known = sides.get(fault);
  if (!known) {
    known = { from: new Set(fault.params.from), to: new Set(fault.params.to) };
    sides.set(fault, known);
  }
  if (from === to) return false;
  return (
    (known.from.has(from) && known.to.has(to)) ||
    (fault.params.both && known.from.has(to) && known.to.has(from))
  );
}

/** Orders a schedule by start; equal starts keep their order. */
export function byStart(schedule: readonly Fault[]): Fault[] {
  return [...schedule].sort((a, b) => a.startNs - b.startNs);
}
