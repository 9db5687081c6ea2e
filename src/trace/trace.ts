/**
 * The record of a run, in columns: one typed array a field, one row an event. Event ids count from 1, so
 * row `id - 1` is event `id`. Details (what an operation asked, which fault began) stand beside it.
 */

/** A whole run's events. */
export interface Trace {
  /** How many events there are. */
  readonly length: number;
  readonly timeNs: Float64Array;
  /** The host in whose name it ran; 0 for none. */
  readonly host: Uint16Array;
  readonly kind: Uint8Array;
  /** The event during which it was scheduled; 0 for none. */
  readonly cause: Uint32Array;
  /** Index into `details`, plus one; 0 for none. */
  readonly detail: Uint32Array;
  readonly details: readonly unknown[];
  /** Names by host number; `hosts[0]` is the simulator itself. */
  readonly hosts: readonly string[];
}

/** One event, read out of its columns. */
export interface TraceEvent {
  readonly id: number;
  readonly timeNs: number;
  readonly host: number;
  readonly kind: number;
  readonly cause: number;
  readonly detail: unknown;
}

/** Event `id` (from 1), or `undefined` beyond the ends. */
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
    detail: detail === 0 ? undefined : trace.details[detail - 1],
  };
}
