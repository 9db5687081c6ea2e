/** Reading the rows of a trace: details, times, and which events a person looks for. */
import { Kind } from "../../trace/kinds.ts";
import type { Trace } from "../../trace/trace.ts";

/** The detail of the event in `row`, if it has one. */
export function detailOf(trace: Trace, row: number): unknown {
  const index = trace.detail[row];
  return index === undefined || index === 0 ? undefined : trace.details.at(index - 1);
}

/** The first row whose time is at least `timeNs`; the number of rows if there is none. */
export function rowAt(timeNs: Float64Array, at: number, length: number = timeNs.length): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((timeNs[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Whether an event is one that a person looks for. The others are turns of event loops, which only carry causes
 * from one event to the next.
 */
export function isNotable(kind: number): boolean {
  return !(
    kind === Kind.internal ||
    kind === Kind.timer ||
    kind === Kind.completion ||
    kind === Kind.immediate ||
    kind === Kind.resume
  );
}
