/** Finds where two traces diverge. */
import { eventAt, type Trace, type TraceEvent } from "./trace.ts";

/** The first event that differs. One side is `undefined` if its trace ended before it. */
export interface Divergence {
  readonly id: number;
  readonly left: TraceEvent | undefined;
  readonly right: TraceEvent | undefined;
}

/** Returns the first event in which two traces differ, or `undefined` if they are the same. */
export function firstDivergence(left: Trace, right: Trace): Divergence | undefined {
  const common = Math.min(left.length, right.length);
  for (let row = 0; row < common; row++) {
    const same =
      left.timeNs[row] === right.timeNs[row] &&
      left.host[row] === right.host[row] &&
      left.kind[row] === right.kind[row] &&
      left.cause[row] === right.cause[row] &&
      sameDetail(left, right, row);
    if (!same) return divergence(left, right, row + 1);
  }
  return left.length === right.length ? undefined : divergence(left, right, common + 1);
}

function divergence(left: Trace, right: Trace, id: number): Divergence {
  return { id, left: eventAt(left, id), right: eventAt(right, id) };
}

function sameDetail(left: Trace, right: Trace, row: number): boolean {
  const a = left.detail[row] as number;
  const b = right.detail[row] as number;
  if (a === 0 || b === 0) return a === b;
  return JSON.stringify(left.details.at(a - 1)) === JSON.stringify(right.details.at(b - 1));
}
