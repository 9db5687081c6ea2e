/** Finds the last write of a key on a lane before some position, the query that all weak levels use. */
import type { Accesses } from "./accesses.ts";

/** The writes of one key on one lane, in order. */
export interface LaneWrites {
  readonly lane: number;
  readonly writes: readonly number[];
}

/** The writes of each key, by lane. */
export type WriteIndex = readonly (readonly LaneWrites[])[];

/** Collects the writes of each key by lane. */
export function indexWrites(accesses: Accesses): WriteIndex {
  const byKey: { lane: number; writes: number[] }[][] = accesses.keys.map(() => []);
  for (const [lane, members] of accesses.lanes.entries()) {
    for (const at of members) {
      if (accesses.isWrite[at] !== 1) continue;
      const lists = byKey[accesses.key[at] as number] as { lane: number; writes: number[] }[];
      const last = lists.at(-1);
      if (last?.lane === lane) last.writes.push(at);
      else lists.push({ lane, writes: [at] });
    }
  }
  return byKey;
}

/** The last of `writes` (of one lane) whose place is below `end`, or -1. */
export function lastBefore(place: Int32Array, writes: readonly number[], end: number): number {
  let low = 0;
  let high = writes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((place[writes[middle] as number] as number) < end) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? -1 : (writes[low - 1] as number);
}
