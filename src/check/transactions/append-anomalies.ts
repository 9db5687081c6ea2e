/** Anomalies of lists without a cycle: they are visible in one transaction, or in one read and its writers. */
import { Lists, appendOrder, scanOkReads, scanReads, type AppendOrder } from "./append-order.ts";
import type { AnomalySet } from "./anomaly.ts";
import { FAIL, OK, type TransactionTable } from "./table.ts";
import { keyText, transactionText, valueText } from "./words.ts";

/** Finds all of these anomalies. `order` is the order of transactions that may have happened. */
export function findAppendAnomalies(
  table: TransactionTable,
  order: AppendOrder,
  found: AnomalySet,
): void {
  const lists = new Lists(table);
  findBadElements(table, lists, found);
  findIntermediateReads(table, lists, found);
  findInternal(table, lists, found);
  findLostUpdates(table, found);
  findDirtyUpdates(table, found);
  for (const [key, [a, b]] of order.incompatible) {
    const readers = [readerOf(table, a), readerOf(table, b)];
    found.add({
      type: "incompatible-order",
      transactions: readers,
      key,
      text: `${transactionText(table, readers[0] as number)} read ${keyText(table, key)} as ${listText(table, lists, a)}, and ${transactionText(table, readers[1] as number)} as ${listText(table, lists, b)}: no single order of appends gives both`,
    });
  }
}

/** G1a, thin-air reads and duplicate elements: all concern elements that should not be in a list. */
function findBadElements(table: TransactionTable, lists: Lists, found: AnomalySet): void {
  const first = firstBad(table);
  scanReads(table, false, (mop, t) => {
    const length = lists.length(mop);
    if (length === 0) return;
    const value = table.mopValue[mop] as number;
    const key = table.mopKey[mop] as number;
    const irregular = value < -1;
    if (table.outcome[t] === OK) {
      if (irregular || (first.aborted[key] as number) < length)
        noteAborted(table, lists, mop, t, found);
      if (irregular || (first.unwritten[key] as number) < length)
        noteUnwritten(table, lists, mop, t, found);
    }
    if (irregular || (first.repeated[key] as number) < length)
      noteRepeated(table, lists, mop, t, found);
  });
}

interface FirstBad {
  /**
   * For each key, the position in its order of the first element of each kind; a large number if there is
   * none.
   */
  readonly aborted: Int32Array;
  readonly unwritten: Int32Array;
  readonly repeated: Int32Array;
}

function firstBad(table: TransactionTable): FirstBad {
  const keys = table.keys.length;
  const never = 0x7fffffff;
  const aborted = new Int32Array(keys).fill(never);
  const unwritten = new Int32Array(keys).fill(never);
  const repeated = new Int32Array(keys).fill(never);
  const seenBy = new Int32Array(table.versionValue.length).fill(-1);
  for (let key = 0; key < keys; key++) {
    const from = table.orderStart[key] as number;
    const to = table.orderStart[key + 1] as number;
    for (let i = to - 1; i >= from; i--) {
      const version = table.order[i] as number;
      const writer = table.versionWriter[version] as number;
      const failed = table.versionFailedWriter[version] as number;
      if (failed >= 0) aborted[key] = i - from;
      if (writer < 0 && failed < 0) unwritten[key] = i - from;
    }
    for (let i = from; i < to && repeated[key] === never; i++) {
      const version = table.order[i] as number;
      if (seenBy[version] === key) repeated[key] = i - from;
      seenBy[version] = key;
    }
  }
  return { aborted, unwritten, repeated };
}

function noteAborted(
  table: TransactionTable,
  lists: Lists,
  mop: number,
  t: number,
  found: AnomalySet,
): void {
  for (let i = 0; i < lists.length(mop); i++) {
    const version = lists.at(mop, i);
    const writer = table.versionFailedWriter[version] as number;
    if (writer < 0) continue;
    const key = table.mopKey[mop] as number;
    found.note("G1a", () => ({
      transactions: [writer, t],
      key,
      text: `${transactionText(table, t)} read ${valueText(table, version)} in ${keyText(table, key)}, which ${transactionText(table, writer)} appended and then aborted`,
    }));
  }
}

function noteUnwritten(
  table: TransactionTable,
  lists: Lists,
  mop: number,
  t: number,
  found: AnomalySet,
): void {
  for (let i = 0; i < lists.length(mop); i++) {
    const version = lists.at(mop, i);
    if ((table.versionWriter[version] as number) >= 0) continue;
    if ((table.versionFailedWriter[version] as number) >= 0) continue;
    const key = table.mopKey[mop] as number;
    found.note("thin-air-read", () => ({
      transactions: [t],
      key,
      text: `${transactionText(table, t)} read ${valueText(table, version)} in ${keyText(table, key)}, which nobody ever appended`,
    }));
  }
}

function noteRepeated(
  table: TransactionTable,
  lists: Lists,
  mop: number,
  t: number,
  found: AnomalySet,
): void {
  const seen = new Set<number>();
  for (let i = 0; i < lists.length(mop); i++) {
    const version = lists.at(mop, i);
    if (!seen.has(version)) {
      seen.add(version);
      continue;
    }
    const key = table.mopKey[mop] as number;
    found.note("duplicate-elements", () => ({
      transactions: [t],
      key,
      text: `${transactionText(table, t)} read ${valueText(table, version)} in ${keyText(table, key)} more than once, though it was appended once`,
    }));
    return;
  }
}

/** G1b: a read whose last element is not the last one that its writer appended to this key. */
function findIntermediateReads(table: TransactionTable, lists: Lists, found: AnomalySet): void {
  const intermediate = intermediateWrites(table);
  scanOkReads(table, (mop, t) => {
    const last = lists.last(mop);
    if (last < 0) return;
    const writer = intermediate[last] as number;
    if (writer < 0 || writer === t) return;
    const key = table.mopKey[mop] as number;
    found.note("G1b", () => ({
      transactions: [writer, t],
      key,
      text: `${transactionText(table, t)} read ${keyText(table, key)} up to ${valueText(table, last)}, an intermediate state of ${transactionText(table, writer)}, which went on to append more`,
    }));
  });
}

/** For each version: the transaction that wrote it and then wrote the same key again; -1 if there is none. */
export function intermediateWrites(table: TransactionTable): Int32Array {
  const intermediate = new Int32Array(table.versionValue.length).fill(-1);
  const lastWrite = new Int32Array(table.keys.length).fill(-1);
  for (let t = 0; t < table.count; t++) {
    const from = table.mopStart[t] as number;
    const to = table.mopStart[t + 1] as number;
    for (let mop = from; mop < to; mop++) {
      if (table.mopWrite[mop] !== 1) continue;
      const key = table.mopKey[mop] as number;
      const before = lastWrite[key] as number;
      if (before >= from) intermediate[table.mopValue[before] as number] = t;
      lastWrite[key] = mop;
    }
  }
  return intermediate;
}

/**
 * internal: a read contradicts the transaction's own earlier reads and appends. future-read: a read
 * returned the transaction's own later append.
 */
function findInternal(table: TransactionTable, lists: Lists, found: AnomalySet): void {
  for (let t = 0; t < table.count; t++) {
    if (table.outcome[t] !== OK) continue;
    const from = table.mopStart[t] as number;
    const to = table.mopStart[t + 1] as number;
    if (to - from < 2) continue;
    let internal = -1;
    let future = -1;
    for (let mop = from + 1; mop < to; mop++) {
      if (table.mopWrite[mop] === 0) {
        if (internal < 0 && contradicts(table, lists, from, mop)) internal = mop;
      } else if (future < 0 && readEarlier(table, lists, from, mop)) future = mop;
    }
    if (internal >= 0) {
      const key = table.mopKey[internal] as number;
      found.note("internal", () => ({
        transactions: [t],
        key,
        text: `${transactionText(table, t)} read ${keyText(table, key)} as ${listText(table, lists, internal)}, which contradicts what it had itself read or appended before`,
      }));
    }
    if (future >= 0) {
      const key = table.mopKey[future] as number;
      found.note("future-read", () => ({
        transactions: [t],
        key,
        text: `${transactionText(table, t)} read ${valueText(table, table.mopValue[future] as number)} in ${keyText(table, key)} before it appended it`,
      }));
    }
  }
}

function contradicts(table: TransactionTable, lists: Lists, from: number, read: number): boolean {
  const key = table.mopKey[read];
  const length = lists.length(read);
  let expected = length;
  // Go backwards: own appends must be the tail of the list, and the remainder is the earlier read.
  for (let mop = read - 1; mop >= from; mop--) {
    if (table.mopKey[mop] !== key) continue;
    if (table.mopWrite[mop] === 0) {
      return lists.length(mop) !== expected || !lists.agree(mop, read, expected);
    }
    if (expected === 0) return true;
    expected--;
    if (lists.at(read, expected) !== table.mopValue[mop]) return true;
  }
  return false;
}

function readEarlier(table: TransactionTable, lists: Lists, from: number, append: number): boolean {
  const key = table.mopKey[append];
  const version = table.mopValue[append];
  for (let mop = from; mop < append; mop++) {
    if (table.mopKey[mop] !== key || table.mopWrite[mop] !== 0) continue;
    for (let i = lists.length(mop) - 1; i >= 0; i--) if (lists.at(mop, i) === version) return true;
  }
  return false;
}

/** lost-update: two committed transactions read the same state of a key and then both wrote it. */
function findLostUpdates(table: TransactionTable, found: AnomalySet): void {
  const groups = new Map<number | string, number[]>();
  const firstRead = new Int32Array(table.keys.length).fill(-1);
  const wrote = new Int32Array(table.keys.length).fill(-1);
  // One slot for each position in each key's order, and one before each for the initial state.
  const keys = table.keys.length;
  const owner = new Int32Array(table.order.length + keys + 1).fill(-1);
  for (let t = 0; t < table.count; t++) {
    if (table.outcome[t] !== OK) continue;
    const from = table.mopStart[t] as number;
    for (let mop = from; mop < (table.mopStart[t + 1] as number); mop++) {
      const key = table.mopKey[mop] as number;
      if (table.mopWrite[mop] === 0) {
        if ((firstRead[key] as number) < from) firstRead[key] = mop;
        continue;
      }
      const read = firstRead[key] as number;
      if (read < from || wrote[key] === t) continue;
      wrote[key] = t;
      const value = table.mopValue[read] as number;
      if (value < -1) {
        const name = `${key}:${(table.irregular[-2 - value] as Int32Array).join()}`;
        pushTo(groups, name, t);
        continue;
      }
      const slot = (table.orderStart[key] as number) + key + Math.max(value, 0);
      const other = owner[slot] as number;
      if (other < 0) owner[slot] = t;
      else {
        if (!groups.has(slot)) groups.set(slot, [other]);
        pushTo(groups, slot, t);
      }
    }
  }
  noteLostUpdates(table, groups, found);
}

function pushTo(groups: Map<number | string, number[]>, name: number | string, t: number): void {
  const group = groups.get(name);
  if (group) group.push(t);
  else groups.set(name, [t]);
}

/** Reports each group of two or more transactions that read one state of a key and overwrote it. */
export function noteLostUpdates(
  table: TransactionTable,
  groups: ReadonlyMap<number | string, readonly number[]>,
  found: AnomalySet,
): void {
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    const [a, b] = group as [number, number];
    found.note("lost-update", () => ({
      transactions: group.slice(0, 8),
      text: `${transactionText(table, a)} and ${transactionText(table, b)} read the same state of a key, and both went on to write it: one update was made without knowing of the other`,
    }));
  }
}

/** dirty-update: a committed transaction appended after an element that an aborted one had appended. */
function findDirtyUpdates(table: TransactionTable, found: AnomalySet): void {
  let anyFailed = false;
  for (let t = 0; t < table.count && !anyFailed; t++) anyFailed = table.outcome[t] === FAIL;
  if (!anyFailed) return;
  const order = appendOrder(table, true);
  for (let key = 0; key < table.keys.length; key++) {
    let aborted = -1;
    for (let i = order.start[key] as number; i < (order.start[key + 1] as number); i++) {
      const version = order.versions[i] as number;
      const writer = table.versionWriter[version] as number;
      if (writer < 0) {
        const failed = table.versionFailedWriter[version] as number;
        if (failed >= 0) aborted = failed;
        continue;
      }
      if (table.outcome[writer] !== OK) continue;
      if (aborted >= 0) {
        const from = aborted;
        found.note("dirty-update", () => ({
          transactions: [from, writer],
          key,
          text: `${transactionText(table, writer)} appended ${valueText(table, version)} to ${keyText(table, key)} on top of what ${transactionText(table, from)} had appended and aborted`,
        }));
      }
      aborted = -1;
    }
  }
}

function readerOf(table: TransactionTable, mop: number): number {
  let low = 0;
  let high = table.count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((table.mopStart[middle] as number) <= mop) low = middle;
    else high = middle - 1;
  }
  return low;
}

function listText(table: TransactionTable, lists: Lists, mop: number): string {
  const length = lists.length(mop);
  const shown: string[] = [];
  const skipped = Math.max(0, length - 8);
  if (skipped > 0) shown.push("...");
  for (let i = skipped; i < length; i++) shown.push(valueText(table, lists.at(mop, i)));
  return `[${shown.join(" ")}]`;
}
