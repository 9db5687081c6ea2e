/**
 * The external view of transactions on registers: the first read of each key that no own write precedes,
 * and the last write of each key. Everything in between is internal to the transaction.
 */
import { bump, take } from "./columns.ts";
import { FAIL, NIL, OK, type TransactionTable } from "./table.ts";

/** External reads and writes, in columns. A row combines one transaction and one key. */
export interface RegisterIndex {
  /** Rows of transaction t: `start[t]` to `start[t + 1]`. */
  readonly start: Int32Array;
  readonly key: Int32Array;
  /** The version first read; {@link NIL} for the initial state, {@link NOT} if it did not read. */
  readonly read: Int32Array;
  /** The version last written; {@link NOT} if it did not write. */
  readonly write: Int32Array;
  /** The transaction of each row. */
  readonly transaction: Int32Array;
}

/** No such read or write, whereas {@link NIL} is a read of the initial state. */
export const NOT = -2;

/** Indexes the external reads and writes of all transactions. Reads of those that are not ok are unknown. */
export function registerIndex(table: TransactionTable): RegisterIndex {
  const capacity = table.mopKey.length;
  const start = new Int32Array(table.count + 1);
  const key = new Int32Array(capacity);
  const read = new Int32Array(capacity);
  const write = new Int32Array(capacity);
  const transaction = new Int32Array(capacity);
  const rowOf = new Int32Array(table.keys.length).fill(-1);
  let rows = 0;
  for (let t = 0; t < table.count; t++) {
    const first = rows;
    start[t] = first;
    const ok = table.outcome[t] === OK;
    for (let mop = table.mopStart[t] as number; mop < (table.mopStart[t + 1] as number); mop++) {
      const k = table.mopKey[mop] as number;
      const isWrite = table.mopWrite[mop] === 1;
      if (!isWrite && !ok) continue;
      let row = rowOf[k] as number;
      if (row < first) {
        row = rowOf[k] = rows++;
        key[row] = k;
        read[row] = NOT;
        write[row] = NOT;
        transaction[row] = t;
        if (!isWrite) read[row] = table.mopValue[mop] as number;
      }
      if (isWrite) write[row] = table.mopValue[mop] as number;
    }
  }
  start[table.count] = rows;
  return {
    start,
    key: key.slice(0, rows),
    read: read.slice(0, rows),
    write: write.slice(0, rows),
    transaction: transaction.slice(0, rows),
  };
}

/** Rows by key: those of key k are `row` from `start[k]` to `start[k + 1]`, in the order of transactions. */
export interface RowsByKey {
  readonly start: Int32Array;
  readonly row: Int32Array;
}

/** Groups the rows of an index by key, without those of failed transactions. */
export function rowsByKey(table: TransactionTable, index: RegisterIndex): RowsByKey {
  const keys = table.keys.length;
  const start = new Int32Array(keys + 1);
  const lives = (row: number): boolean => table.outcome[index.transaction[row] as number] !== FAIL;
  for (let row = 0; row < index.key.length; row++) {
    if (lives(row)) bump(start, (index.key[row] as number) + 1);
  }
  for (let k = 0; k < keys; k++) start[k + 1] = (start[k + 1] as number) + (start[k] as number);
  const next = start.slice(0, keys);
  const rows = new Int32Array(start[keys] as number);
  for (let row = 0; row < index.key.length; row++) {
    if (lives(row)) rows[take(next, index.key[row] as number)] = row;
  }
  return { start, row: rows };
}

/** Transactions in groups: the members of group g are `member` from `start[g]` to `start[g + 1]`. */
export interface Groups {
  readonly start: Int32Array;
  readonly member: Int32Array;
}

/**
 * The ok transactions that read each version externally. Those that read the initial state of key k are in
 * group `versions + k`.
 */
export function readersOf(table: TransactionTable, index: RegisterIndex): Groups {
  const versions = table.versionValue.length;
  const groups = versions + table.keys.length;
  const groupOf = (row: number): number => {
    const version = index.read[row] as number;
    if (version === NOT) return -1;
    return version === NIL ? versions + (index.key[row] as number) : version;
  };
  const start = new Int32Array(groups + 1);
  for (let row = 0; row < index.key.length; row++) {
    const group = groupOf(row);
    if (group >= 0) bump(start, group + 1);
  }
  for (let g = 0; g < groups; g++) start[g + 1] = (start[g + 1] as number) + (start[g] as number);
  const next = start.slice(0, groups);
  const member = new Int32Array(start[groups] as number);
  for (let row = 0; row < index.key.length; row++) {
    const group = groupOf(row);
    if (group >= 0) member[take(next, group)] = index.transaction[row] as number;
  }
  return { start, member };
}

/** The ok transaction that last wrote each version; -1 if there is none, -2 if there are several. */
export function okWriters(table: TransactionTable, index: RegisterIndex): Int32Array {
  const writer = new Int32Array(table.versionValue.length).fill(-1);
  for (let row = 0; row < index.key.length; row++) {
    const version = index.write[row] as number;
    const t = index.transaction[row] as number;
    if (version === NOT || table.outcome[t] !== OK) continue;
    writer[version] = writer[version] === -1 ? t : -2;
  }
  return writer;
}
