/**
 * The order of the versions of each list. Appends make it visible: a read of [3 1 2] shows that 3 came
 * before 1 and 1 before 2. The longest read of a key gives its order (Kingsbury and Alvaro, "Elle:
 * Inferring Isolation Anomalies from Experimental Observations", VLDB 2020).
 */
import { compareHashes, hashOfList, isLong } from "./clojure-order.ts";
import { FAIL, INFO, NIL, OK, type TransactionTable } from "./table.ts";

/** The initial state of a list, in place of a version. */
export const INIT = -1;

/** The order of the versions of every list. */
export interface AppendOrder {
  /** The order of key k is `versions` from `start[k]` to `start[k + 1]`, with each version once. */
  readonly start: Int32Array;
  readonly versions: Int32Array;
  /** The position of a version in its key's order; -1 if it was never read. */
  readonly place: Int32Array;
  /** Keys whose reads do not come from one order, with two reads that contradict each other. */
  readonly incompatible: ReadonlyMap<number, readonly [mop: number, mop: number]>;
}

/** Lists as the reads returned them. */
export class Lists {
  readonly #table: TransactionTable;

  constructor(table: TransactionTable) {
    this.#table = table;
  }

  /** The number of elements that the read `mop` returned. */
  length(mop: number): number {
    const value = this.#table.mopValue[mop] as number;
    if (value === NIL) return 0;
    return value >= 0 ? value : (this.#table.irregular[-2 - value] as Int32Array).length;
  }

  /** The version at position `i` of the read `mop`. */
  at(mop: number, i: number): number {
    const table = this.#table;
    const value = table.mopValue[mop] as number;
    if (value < 0) return (table.irregular[-2 - value] as Int32Array)[i] as number;
    return table.order[(table.orderStart[table.mopKey[mop] as number] as number) + i] as number;
  }

  /** The last version that it returned; INIT if none. */
  last(mop: number): number {
    const length = this.length(mop);
    return length === 0 ? INIT : this.at(mop, length - 1);
  }

  /** Whether the reads `a` and `b`, of one key, returned the same first `count` elements. */
  agree(a: number, b: number, count: number): boolean {
    const { mopValue } = this.#table;
    if (((mopValue[a] as number) >= NIL && (mopValue[b] as number) >= NIL) || a === b) return true;
    for (let i = 0; i < count; i++) if (this.at(a, i) !== this.at(b, i)) return false;
    return true;
  }
}

/** Infers the order of each list. With `failed`, reads of failed transactions also count. */
export function appendOrder(table: TransactionTable, failed = false): AppendOrder {
  const keys = table.keys.length;
  const longest = new Int32Array(keys).fill(-1);
  const incompatible = new Map<number, readonly [number, number]>();
  const lists = new Lists(table);
  scanReads(table, failed, (mop) => {
    const key = table.mopKey[mop] as number;
    const best = longest[key] as number;
    const length = lists.length(mop);
    if (length === 0) return;
    if (best < 0 || length > lists.length(best)) longest[key] = mop;
  });
  if (table.irregular.length > 0) settleTies(table, failed, lists, longest);
  if (table.irregular.length > 0) {
    scanReads(table, failed, (mop) => {
      const key = table.mopKey[mop] as number;
      const best = longest[key] as number;
      if (best < 0 || incompatible.has(key)) return;
      if (!lists.agree(mop, best, lists.length(mop))) incompatible.set(key, [mop, best]);
    });
  }
  return lay(table, lists, longest, failed ? undefined : loneAppends(table), incompatible);
}

/**
 * If several longest reads of a key contradict each other, any order is equally valid. Takes the one that
 * Elle takes, which is the last in a Clojure set. For lists that contain anything but integers, takes the
 * one whose first occurrence is the latest.
 */
function settleTies(
  table: TransactionTable,
  failed: boolean,
  lists: Lists,
  longest: Int32Array,
): void {
  const seen = new Map<number, number[]>();
  scanReads(table, failed, (mop) => {
    const key = table.mopKey[mop] as number;
    const best = longest[key] as number;
    const length = lists.length(mop);
    if (length === 0 || length !== lists.length(best)) return;
    const distinct = seen.get(key);
    if (!distinct) seen.set(key, [mop]);
    else if (!distinct.some((other) => lists.agree(mop, other, length))) distinct.push(mop);
  });
  for (const [key, distinct] of seen) {
    longest[key] = distinct.length === 1 ? (distinct[0] as number) : lastOf(table, lists, distinct);
  }
}

function lastOf(table: TransactionTable, lists: Lists, distinct: readonly number[]): number {
  let last = -1;
  let lastHash = 0;
  for (const mop of distinct) {
    const values = Array.from(
      { length: lists.length(mop) },
      (_, i) => table.versionValue[lists.at(mop, i)],
    );
    if (!values.every(isLong)) return distinct[distinct.length - 1] as number;
    const hash = hashOfList(values);
    if (last < 0 || compareHashes(hash, lastHash) >= 0) {
      last = mop;
      lastHash = hash;
    }
  }
  return last;
}

function lay(
  table: TransactionTable,
  lists: Lists,
  longest: Int32Array,
  lone: Int32Array | undefined,
  incompatible: ReadonlyMap<number, readonly [number, number]>,
): AppendOrder {
  const keys = table.keys.length;
  const start = new Int32Array(keys + 1);
  const versions = new Int32Array(table.versionValue.length);
  const place = new Int32Array(table.versionValue.length).fill(-1);
  let write = 0;
  for (let key = 0; key < keys; key++) {
    start[key] = write;
    const read = longest[key] as number;
    if (read >= 0) {
      const length = lists.length(read);
      for (let i = 0; i < length; i++) {
        const version = lists.at(read, i);
        if ((place[version] as number) >= 0) continue;
        place[version] = write - (start[key] as number);
        versions[write++] = version;
      }
    } else if (lone && (lone[key] as number) >= 0) {
      place[lone[key] as number] = 0;
      versions[write++] = lone[key] as number;
    }
  }
  start[keys] = write;
  return { start, versions: versions.subarray(0, write), place, incompatible };
}

/** For each key with a single append: that append. Its order is known without a read. */
function loneAppends(table: TransactionTable): Int32Array {
  const lone = new Int32Array(table.keys.length).fill(-1);
  for (let t = 0; t < table.count; t++) {
    if (table.outcome[t] === FAIL) continue;
    for (let mop = table.mopStart[t] as number; mop < (table.mopStart[t + 1] as number); mop++) {
      if (table.mopWrite[mop] !== 1) continue;
      const key = table.mopKey[mop] as number;
      lone[key] = lone[key] === -1 ? (table.mopValue[mop] as number) : -2;
    }
  }
  return lone;
}

/**
 * Calls `visit` for each read of a transaction that may have happened (or, with `failed`, of any
 * transaction).
 */
export function scanReads(
  table: TransactionTable,
  failed: boolean,
  visit: (mop: number, transaction: number) => void,
): void {
  for (let t = 0; t < table.count; t++) {
    const outcome = table.outcome[t];
    if (outcome === FAIL && !failed) continue;
    for (let mop = table.mopStart[t] as number; mop < (table.mopStart[t + 1] as number); mop++) {
      if (table.mopWrite[mop] !== 0) continue;
      // A nil in an unfinished transaction was never read.
      if (outcome === INFO && table.mopValue[mop] === NIL) continue;
      visit(mop, t);
    }
  }
}

/** Calls `visit` for each read of an ok transaction. */
export function scanOkReads(
  table: TransactionTable,
  visit: (mop: number, transaction: number) => void,
): void {
  for (let t = 0; t < table.count; t++) {
    if (table.outcome[t] !== OK) continue;
    for (let mop = table.mopStart[t] as number; mop < (table.mopStart[t + 1] as number); mop++) {
      if (table.mopWrite[mop] === 0) visit(mop, t);
    }
  }
}
