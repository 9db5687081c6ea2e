/**
 * The record of a run, in columns: one typed array per field, one row per event. Event ids start at
 * 1, so row `id - 1` is event `id`. Details (an operation's arguments, the fault that began) are
 * stored separately.
 */

/** All events of a run. */
export interface Trace {
  /** The number of events. */
  readonly length: number;
  readonly timeNs: Float64Array;
  /** The number of the host that it ran on, or 0 for none. */
  readonly host: Uint16Array;
  readonly kind: Uint8Array;
  /** The id of the event during which it was scheduled, or 0 for none. */
  readonly cause: Uint32Array;
  /** Index into `details` plus one, or 0 for none. */
  readonly detail: Uint32Array;
  readonly details: Details;
  /** Index into `stacks` plus one, or 0 for none. Absent in traces of format 2 and before. */
  readonly stack?: Uint32Array;
  /** Where programs were: the places in their files, innermost first, one a line: "worker.ts:12:5 takeJob". */
  readonly stacks?: readonly string[];
  /** Names by host number; `hosts[0]` is the simulator itself. */
  readonly hosts: readonly string[];
  /** Where the trace comes from. */
  readonly meta?: TraceMeta;
}

/** The details of a trace, by index. An array is one; a decoded trace creates each when it is asked for. */
export interface Details {
  readonly length: number;
  at(index: number): unknown;
  /**
   * Where the payload of packet `index` lies among all payloads, in bytes, if the trace was decoded without them;
   * `undefined` for a detail without a payload.
   */
  payloadRange?(index: number): readonly [from: number, to: number] | undefined;
}

/** Where a trace comes from: enough to make the run again, and to say what it showed. */
export interface TraceMeta {
  /** The version of Lightcone, and of Node. */
  readonly lightcone: string;
  readonly node: string;
  readonly world: string;
  readonly seed: number;
  /** When the run started on a wall clock without error, in milliseconds since 1970. Default: the start of 2026. */
  readonly startMs?: number;
  /** The faults of the run. */
  readonly schedule: readonly unknown[];
  readonly verdict: "held" | "violated" | "unknown";
  readonly fingerprint: string;
  /** The violated checks, each with its story, whose lines name events by their ids. */
  readonly violations: readonly ViolationTold[];
  /** The faults of `schedule` in words, in the same order. */
  readonly faults?: readonly FaultTold[];
  /** The faults of the run as it was found, before shrinking. */
  readonly faultsBefore?: readonly FaultTold[];
}

/** A violated check. */
export interface ViolationTold {
  readonly check: string;
  readonly story: unknown;
  /** The established name of the anomaly, if there is one. */
  readonly anomaly?: string;
  /** How it came about, in one sentence: its pieces, to be read one after the other. */
  readonly mechanism?: readonly SentencePart[];
  /** The operations that contradict each other: the smallest part of the history that still violates. */
  readonly operations?: readonly OperationEvents[];
  /** The event in which it went wrong, where that is known and not the one in which it came to light. */
  readonly turn?: number;
  /**
   * The `invoke` events of the operations that did it, where those of {@link operations} are more and only show it, or
   * where others suffered the same.
   */
  readonly did?: readonly number[];
  /** The ends of the leases under which clients held something. */
  readonly leases?: readonly LeaseTold[];
  /** The cycle that the operations form, edge by edge, for transactions. */
  readonly cycle?: readonly EdgeTold[];
}

/** A piece of a sentence, with the event that it is about; 0 for none. */
export interface SentencePart {
  readonly text: string;
  readonly event: number;
}

/** A lease: for how long a client was given something. */
export interface LeaseTold {
  /** The event of the answer with which the client began to hold it. */
  readonly event: number;
  /** When it ended, if nothing extended it. */
  readonly untilNs: number;
}

/** The events of an operation. */
export interface OperationEvents {
  /** Its position in the history. */
  readonly index: number;
  readonly invoke: number;
  /** Absent if it was not answered. */
  readonly complete?: number;
}

/** Why one operation must come before another; both by their position in the history. */
export interface EdgeTold {
  readonly from: number;
  readonly to: number;
  /** "ww", "wr", "rw", "process", "realtime". */
  readonly kind: string;
  readonly text: string;
}

/** A fault in words, with what identifies it. */
export interface FaultTold {
  readonly kind: string;
  /** "worker-1 pauses for 2.1s". */
  readonly text: string;
  readonly targets: readonly string[];
  readonly startNs: number;
  readonly durationNs: number;
}

/** The places in a program's files that led to event `id`, innermost first; empty where none is on record. */
export function stackOf({ stack, stacks }: Trace, id: number): readonly string[] {
  const number = stack?.[id - 1] ?? 0;
  return number === 0 ? [] : (stacks?.[number - 1]?.split("\n") ?? []);
}

/** One event, read from the columns. */
export interface TraceEvent {
  readonly id: number;
  readonly timeNs: number;
  readonly host: number;
  readonly kind: number;
  readonly cause: number;
  readonly detail: unknown;
}

/** Returns event `id` (starting at 1), or `undefined` if there is no such event. */
export function eventAt(trace: Trace, id: number): TraceEvent | undefined {
  const row = id - 1;
  if (row < 0 || row >= trace.length) return undefined;
  const detail = trace.detail[row] as number;
  return {
    id,
    timeNs: trace.timeNs[row] as number,
    host: trace.host[row] as number,
    kind: trace.kind[row] as number,
    cause: trace.cause[row] as number,
    detail: detail === 0 ? undefined : trace.details.at(detail - 1),
  };
}
