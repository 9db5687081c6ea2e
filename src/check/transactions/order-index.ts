/** Indexes for the search for an order: the writers of a key, the readers of a write, and a cycle to report. */
import { Budget } from "../budget.ts";
import { bump, take } from "./columns.ts";
import { FIRST, type Committed } from "./committed.ts";
import { PathFinder } from "./cycle-paths.ts";
import { components, graphOf, type EdgeList } from "./graph.ts";

/** The vertices of a short cycle of a cyclic graph. */
export function someCycle(size: number, edges: EdgeList): readonly number[] {
  const graph = graphOf(size, edges);
  const found = components(graph);
  let best: readonly number[] = [];
  const paths = new PathFinder(graph);
  let tries = 0;
  for (let v = 0; v < size && tries < 64; v++) {
    if ((found.sizes[found.of[v] as number] as number) < 2) continue;
    for (let i = graph.start[v] as number; i < (graph.start[v + 1] as number); i++) {
      const to = graph.target[i] as number;
      if (found.of[to] !== found.of[v]) continue;
      tries++;
      const limit = best.length === 0 ? Infinity : best.length - 1;
      const path = paths.find(to, v, 255, new Budget(), { limit });
      if (path && (best.length === 0 || path.length < best.length)) best = path;
    }
  }
  return best;
}

/** The readers of each write. */
export interface Readers {
  /** The readers of `writer`'s write to `key`; for FIRST, of the key's initial state. */
  of(key: number, writer: number): Int32Array;
}

/** Writers by key: those of key k are the second column from `start[k]` to `start[k + 1]`. */
export function writersByKey(committed: Committed, keys: number): [Int32Array, Int32Array] {
  const start = new Int32Array(keys + 1);
  for (const key of committed.writeKey) bump(start, key + 1);
  for (let k = 0; k < keys; k++) start[k + 1] = (start[k + 1] as number) + (start[k] as number);
  const next = start.slice(0, keys);
  const writer = new Int32Array(committed.writeKey.length);
  for (let c = 0; c < committed.count; c++) {
    for (
      let i = committed.writeStart[c] as number;
      i < (committed.writeStart[c + 1] as number);
      i++
    ) {
      writer[take(next, committed.writeKey[i] as number)] = c;
    }
  }
  return [start, writer];
}

/** Indexes the external reads of committed transactions. */
export function readersByWriter(committed: Committed, keys: number): Readers {
  const { count, readStart, readKey, readFrom, writeStart, writeKey } = committed;
  const slots = writeKey.length + keys;
  const slotOf = (key: number, writer: number): number => {
    if (writer === FIRST) return writeKey.length + key;
    for (let i = writeStart[writer] as number; i < (writeStart[writer + 1] as number); i++) {
      if (writeKey[i] === key) return i;
    }
    return -1;
  };
  const start = new Int32Array(slots + 1);
  const slotOfRead = new Int32Array(readKey.length);
  for (let i = 0; i < readKey.length; i++) {
    const slot = slotOf(readKey[i] as number, readFrom[i] as number);
    slotOfRead[i] = slot;
    if (slot >= 0) bump(start, slot + 1);
  }
  for (let s = 0; s < slots; s++) start[s + 1] = (start[s + 1] as number) + (start[s] as number);
  const next = start.slice(0, slots);
  const reader = new Int32Array(start[slots] as number);
  for (let c = 0; c < count; c++) {
    for (let i = readStart[c] as number; i < (readStart[c + 1] as number); i++) {
      if ((slotOfRead[i] as number) >= 0) reader[take(next, slotOfRead[i] as number)] = c;
    }
  }
  const none = new Int32Array(0);
  return {
    of(key, writer) {
      const slot = slotOf(key, writer);
      return slot < 0 ? none : reader.subarray(start[slot], start[slot + 1]);
    },
  };
}
