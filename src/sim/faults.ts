/**
 * Faults as plain data: the kind of fault, where it occurs, when it starts and how long it lasts. A
 * schedule is an array of faults; it can be printed, stored, replayed and shrunk.
 */

/** The fields that every fault has. */
interface FaultBase {
  /** The names of the affected hosts. */
  readonly targets: readonly string[];
  readonly startNs: number;
  readonly durationNs: number;
}

/** A process dies, loses its memory and is started again afterwards; or its machine loses power. */
export interface CrashFault extends FaultBase {
  readonly kind: "crash";
  /**
   * `process`: the operating system keeps running and resets the connections. `machine`: peers are not told
   * and keep half-open connections.
   */
  readonly params: { readonly how: "process" | "machine" };
}

/** A process stops running, as in a long garbage collection. Its sockets stay open. */
export interface PauseFault extends FaultBase {
  readonly kind: "pause";
  readonly params: Readonly<Record<string, never>>;
}

/** No packet gets from `from` to `to`, nor back if `both` is set. */
export interface PartitionFault extends FaultBase {
  readonly kind: "partition";
  readonly params: {
    readonly shape: "isolate" | "split" | "link";
    readonly from: readonly string[];
    readonly to: readonly string[];
    readonly both: boolean;
  };
}

/** Packets from `from` to `to` (and back if `both` is set) take longer. */
export interface LatencyFault extends FaultBase {
  readonly kind: "latency";
  readonly params: {
    readonly from: readonly string[];
    readonly to: readonly string[];
    readonly both: boolean;
    readonly addNs: number;
  };
}

/** Some packets from `from` to `to` (and back if `both` is set) are lost. */
export interface LossFault extends FaultBase {
  readonly kind: "loss";
  readonly params: {
    readonly from: readonly string[];
    readonly to: readonly string[];
    readonly both: boolean;
    readonly probability: number;
  };
}

/** A host's wall clock jumps. It is corrected when the fault is lifted. */
export interface ClockStepFault extends FaultBase {
  readonly kind: "clock-step";
  readonly params: { readonly stepNs: number };
}

/** A host's clocks run fast or slow. They are corrected when the fault is lifted. */
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

/** All kinds, for code that reads schedules from files. */
export const faultKinds: readonly FaultKind[] = [
  "crash",
  "pause",
  "partition",
  "latency",
  "loss",
  "clock-step",
  "clock-drift",
];

/** The time at which it is lifted, in nanoseconds since the start of the run. */
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

/**
 * The two sides of a link fault, cached as sets: a partition of a thousand hosts is queried for about half
 * a million links.
 */
const sides = new WeakMap<LinkFault, { readonly from: Set<string>; readonly to: Set<string> }>();

/** Whether a link fault concerns the link from `from` to `to`, that is, whether {@link linksOf} includes it. */
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
