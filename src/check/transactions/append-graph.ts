/**
 * The dependencies between transactions over lists: append after append (ww), read of an append (wr), and
 * read before an append (rw). Failed transactions take no part, because they did not happen.
 */
import { INIT, Lists, scanReads, type AppendOrder } from "./append-order.ts";
import { RW, WR, WW, type EdgeList } from "./graph.ts";
import { FAIL, type TransactionTable } from "./table.ts";
import { keyText, transactionText, valueText } from "./words.ts";

/** The readers of each state: of version v, and of the initial state of key k. */
interface Readers {
  /** Readers of version v begin at `start[v]`; those of key k's initial state at `start[versions + k]`. */
  readonly start: Int32Array;
  readonly reader: Int32Array;
}

/** Adds all ww, wr and rw edges. */
export function addAppendEdges(table: TransactionTable, order: AppendOrder, edges: EdgeList): void {
  const lists = new Lists(table);
  const readers = indexReaders(table, lists);
  const versions = table.versionValue.length;
  for (let t = 0; t < table.count; t++) {
    if (table.outcome[t] === FAIL) continue;
    for (let mop = table.mopStart[t] as number; mop < (table.mopStart[t + 1] as number); mop++) {
      if (table.mopWrite[mop] !== 1) continue;
      const key = table.mopKey[mop] as number;
      const before = versionBefore(order, key, table.mopValue[mop] as number);
      if (before !== INIT) {
        const writer = table.versionWriter[before] as number;
        if (writer >= 0 && writer !== t) edges.add(writer, t, WW);
      }
      const slot = before === INIT ? versions + key : before;
      for (let i = readers.start[slot] as number; i < (readers.start[slot + 1] as number); i++) {
        const reader = readers.reader[i] as number;
        if (reader !== t) edges.add(reader, t, RW);
      }
    }
  }
  scanReads(table, false, (mop, t) => {
    const last = lists.last(mop);
    if (last === INIT) return;
    const writer = table.versionWriter[last] as number;
    if (writer >= 0 && writer !== t) edges.add(writer, t, WR);
  });
}

/**
 * The version that precedes `version`; INIT if it is the first. A version that was never read comes after
 * all that were.
 */
export function versionBefore(order: AppendOrder, key: number, version: number): number {
  const place = order.place[version] as number;
  const start = order.start[key] as number;
  if (place > 0) return order.versions[start + place - 1] as number;
  if (place === 0) return INIT;
  const end = order.start[key + 1] as number;
  return end > start ? (order.versions[end - 1] as number) : INIT;
}

function indexReaders(table: TransactionTable, lists: Lists): Readers {
  const versions = table.versionValue.length;
  const slots = versions + table.keys.length;
  const start = new Int32Array(slots + 1);
  const slotOf = (mop: number): number => {
    const last = lists.last(mop);
    return last === INIT ? versions + (table.mopKey[mop] as number) : last;
  };
  scanReads(table, false, (mop) => {
    const slot = slotOf(mop);
    start[slot + 1] = (start[slot + 1] as number) + 1;
  });
  for (let i = 0; i < slots; i++) start[i + 1] = (start[i + 1] as number) + (start[i] as number);
  const next = start.slice(0, slots);
  const reader = new Int32Array(start[slots] as number);
  scanReads(table, false, (mop, t) => {
    const slot = slotOf(mop);
    const at = next[slot] as number;
    next[slot] = at + 1;
    reader[at] = t;
  });
  return { start, reader };
}

/** A sentence that explains why `a` comes before `b` by an edge of `kind`. */
export function explainAppendEdge(
  table: TransactionTable,
  order: AppendOrder,
  a: number,
  b: number,
  kind: number,
): string | undefined {
  const lists = new Lists(table);
  const nameA = transactionText(table, a);
  const nameB = transactionText(table, b);
  for (let mop = table.mopStart[b] as number; mop < (table.mopStart[b + 1] as number); mop++) {
    const key = table.mopKey[mop] as number;
    const where = keyText(table, key);
    if (kind === WR) {
      if (table.mopWrite[mop] !== 0) continue;
      const last = lists.last(mop);
      if (last === INIT || table.versionWriter[last] !== a) continue;
      return `${nameB} read ${where} up to ${valueText(table, last)}, which ${nameA} appended`;
    }
    if (table.mopWrite[mop] !== 1) continue;
    const version = table.mopValue[mop] as number;
    const before = versionBefore(order, key, version);
    if (kind === WW) {
      if (before === INIT || table.versionWriter[before] !== a) continue;
      return `${nameB} appended ${valueText(table, version)} to ${where} after ${nameA} had appended ${valueText(table, before)}`;
    }
    if (!readState(table, lists, a, key, before)) continue;
    return before === INIT
      ? `${nameA} read ${where} while it was still empty, and ${nameB} then appended ${valueText(table, version)}`
      : `${nameA} read ${where} up to ${valueText(table, before)}, so it missed ${valueText(table, version)}, which ${nameB} appended next`;
  }
  return undefined;
}

function readState(
  table: TransactionTable,
  lists: Lists,
  t: number,
  key: number,
  version: number,
): boolean {
  for (let mop = table.mopStart[t] as number; mop < (table.mopStart[t + 1] as number); mop++) {
    if (table.mopWrite[mop] === 0 && table.mopKey[mop] === key && lists.last(mop) === version)
      return true;
  }
  return false;
}
