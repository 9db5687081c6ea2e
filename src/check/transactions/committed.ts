/**
 * The part of a register history that an order must explain: the transactions that took effect, and the
 * source of each read among them. A crashed transaction took effect if its writes were read. If they were
 * not, it may as well not have happened, and is left out.
 */
import { INIT, Lists, scanOkReads } from "./append-order.ts";
import { intermediateWrites } from "./append-anomalies.ts";
import type { AnomalySet } from "./anomaly.ts";
import { IntColumn } from "./columns.ts";
import { NIL, OK, type TransactionTable } from "./table.ts";
import { keyText, transactionText, valueText } from "./words.ts";

/** The writer of the initial state of every key. */
export const FIRST = -1;

/** Committed transactions, renumbered 0, 1, 2, ... */
export interface Committed {
  readonly table: TransactionTable;
  readonly count: number;
  /** Row in the table. */
  readonly row: Int32Array;
  /** By row of the table: the number here, or -1. */
  readonly numberOf: Int32Array;
  /** External reads of c: `readStart[c]` to `readStart[c + 1]`; their key, and the writer of the value read. */
  readonly readStart: Int32Array;
  readonly readKey: Int32Array;
  readonly readFrom: Int32Array;
  /** All reads of c in order, including repeated ones, except those after an own write of the key. */
  readonly sightStart: Int32Array;
  readonly sightKey: Int32Array;
  readonly sightFrom: Int32Array;
  /** Keys written by c: `writeKey` from `writeStart[c]` to `writeStart[c + 1]`. */
  readonly writeStart: Int32Array;
  readonly writeKey: Int32Array;
}

/** The source of a read, if it is a committed transaction or the initial state. */
type SourceOf = (mop: number, t: number) => number | undefined;

/**
 * Extracts the committed part of a register history. Reads of values that were never written are recorded
 * as anomalies and left out.
 */
export function committedPart(table: TransactionTable, found: AnomalySet): Committed {
  const intermediate = intermediateWrites(table);
  const initial = initialValues(table);
  return gather(
    table,
    liveRows(table, (mop) => table.mopValue[mop] as number),
    (mop, t) => {
      const key = table.mopKey[mop] as number;
      const version = table.mopValue[mop] as number;
      if (version === NIL || initial[key] === version) return FIRST;
      const writer = table.versionWriter[version] as number;
      if (writer >= 0 && intermediate[version] === -1 && writer !== t) return writer;
      noteBadRead(table, t, key, version, writer, found);
      return undefined;
    },
  );
}

/**
 * As above, for a list history: the source of a read is the transaction that appended the last element
 * read.
 */
export function committedAppends(table: TransactionTable): Committed {
  const lists = new Lists(table);
  const intermediate = intermediateWrites(table);
  return gather(
    table,
    liveRows(table, (mop) => lists.last(mop)),
    (mop, t) => {
      const version = lists.last(mop);
      if (version === INIT) return FIRST;
      const writer = table.versionWriter[version] as number;
      return writer >= 0 && intermediate[version] === -1 && writer !== t ? writer : undefined;
    },
  );
}

function gather(table: TransactionTable, lives: Uint8Array, sourceOf: SourceOf): Committed {
  const numberOf = new Int32Array(table.count).fill(-1);
  const row: number[] = [];
  for (let t = 0; t < table.count; t++) {
    if (lives[t] !== 1) continue;
    numberOf[t] = row.length;
    row.push(t);
  }
  const read = { start: new IntColumn(), key: new IntColumn(), from: new IntColumn() };
  const sight = { start: new IntColumn(), key: new IntColumn(), from: new IntColumn() };
  const write = { start: new IntColumn(), key: new IntColumn() };
  const readBy = new Int32Array(table.keys.length).fill(-1);
  const writtenBy = new Int32Array(table.keys.length).fill(-1);
  for (const t of row) {
    read.start.push(read.key.length);
    sight.start.push(sight.key.length);
    write.start.push(write.key.length);
    for (let mop = table.mopStart[t] as number; mop < (table.mopStart[t + 1] as number); mop++) {
      const key = table.mopKey[mop] as number;
      if (table.mopWrite[mop] === 1) {
        if (writtenBy[key] !== t) write.key.push(key);
        writtenBy[key] = t;
        continue;
      }
      if (table.outcome[t] !== OK || writtenBy[key] === t) continue;
      const source = sourceOf(mop, t);
      if (source !== undefined) {
        const from = source === FIRST ? FIRST : (numberOf[source] as number);
        sight.key.push(key);
        sight.from.push(from);
        if (readBy[key] !== t) {
          read.key.push(key);
          read.from.push(from);
        }
      }
      readBy[key] = t;
    }
  }
  for (const columns of [read, sight, write]) columns.start.push(columns.key.length);
  return {
    table,
    count: row.length,
    row: Int32Array.from(row),
    numberOf,
    readStart: read.start.finish(),
    readKey: read.key.finish(),
    readFrom: read.from.finish(),
    sightStart: sight.start.finish(),
    sightKey: sight.key.finish(),
    sightFrom: sight.from.finish(),
    writeStart: write.start.finish(),
    writeKey: write.key.finish(),
  };
}

/** Ok transactions, and crashed ones from which an ok one read something. */
function liveRows(table: TransactionTable, versionRead: (mop: number) => number): Uint8Array {
  const lives = new Uint8Array(table.count);
  scanOkReads(table, (mop) => {
    const version = versionRead(mop);
    const writer = version < 0 ? -1 : (table.versionWriter[version] as number);
    if (writer >= 0) lives[writer] = 1;
  });
  for (let t = 0; t < table.count; t++) if (table.outcome[t] === OK) lives[t] = 1;
  return lives;
}

/**
 * The initial value of a key may be non-nil and unknown. If a key was never read as nil, and exactly one
 * value was read that was never written, that value is taken as the initial one.
 */
function initialValues(table: TransactionTable): Int32Array {
  const initial = new Int32Array(table.keys.length).fill(NIL);
  const several = -2;
  for (let t = 0; t < table.count; t++) {
    if (table.outcome[t] !== OK) continue;
    for (let mop = table.mopStart[t] as number; mop < (table.mopStart[t + 1] as number); mop++) {
      if (table.mopWrite[mop] === 1) continue;
      const key = table.mopKey[mop] as number;
      const version = table.mopValue[mop] as number;
      if (version === NIL) initial[key] = several;
      else if ((table.versionWriter[version] as number) < 0) {
        if ((table.versionFailedWriter[version] as number) >= 0) continue;
        const known = initial[key] as number;
        initial[key] = known === NIL || known === version ? version : several;
      }
    }
  }
  return initial;
}

function noteBadRead(
  table: TransactionTable,
  t: number,
  key: number,
  version: number,
  writer: number,
  found: AnomalySet,
): void {
  const who = transactionText(table, t);
  const what = `${keyText(table, key)} = ${valueText(table, version)}`;
  if (writer === t) {
    found.note("future-read", () => ({
      transactions: [t],
      key,
      text: `${who} read ${what} before it wrote it`,
    }));
    return;
  }
  const failed = table.versionFailedWriter[version] as number;
  // Aborted and intermediate reads are found by examining every read, not only external ones.
  if (writer >= 0 || failed >= 0) return;
  found.note("thin-air-read", () => ({
    transactions: [t],
    key,
    text: `${who} read ${what}, which nobody ever wrote`,
  }));
}
