/**
 * The part of a register history that an order must explain: the transactions that took effect, and which
 * of them each read came from. A crashed transaction took effect if somebody saw it; if nobody did, it
 * may as well never have happened, and is left out.
 */
import { intermediateWrites } from "./append-anomalies.ts";
import type { AnomalySet } from "./anomaly.ts";
import { IntColumn } from "./columns.ts";
import { NOT, registerIndex } from "./register-index.ts";
import { NIL, OK, type TransactionTable } from "./table.ts";
import { keyText, transactionText, valueText } from "./words.ts";

/** Who wrote the first state of every key. */
export const FIRST = -1;

/** Committed transactions, renumbered 0, 1, 2, ... */
export interface Committed {
  readonly table: TransactionTable;
  readonly count: number;
  /** Row of the table. */
  readonly row: Int32Array;
  /** By row of the table: the number here, or -1. */
  readonly numberOf: Int32Array;
  /** External reads of c: `readStart[c]` to `readStart[c + 1]`; their key, and who wrote what they saw. */
  readonly readStart: Int32Array;
  readonly readKey: Int32Array;
  readonly readFrom: Int32Array;
  /** Keys written by c: `writeKey` from `writeStart[c]` to `writeStart[c + 1]`. */
  readonly writeStart: Int32Array;
  readonly writeKey: Int32Array;
}

/** Picks out what committed. Reads of what nobody committed are noted as anomalies, and left out. */
export function committedPart(table: TransactionTable, found: AnomalySet): Committed {
  const index = registerIndex(table);
  const lives = liveRows(table);
  const numberOf = new Int32Array(table.count).fill(-1);
  const row: number[] = [];
  for (let t = 0; t < table.count; t++) {
    if (lives[t] !== 1) continue;
    numberOf[t] = row.length;
    row.push(t);
  }
  const intermediate = intermediateWrites(table);
  const initial = initialValues(table);
  const readStart = new IntColumn();
  const readKey = new IntColumn();
  const readFrom = new IntColumn();
  const writeStart = new IntColumn();
  const writeKey = new IntColumn();
  for (const t of row) {
    readStart.push(readKey.length);
    writeStart.push(writeKey.length);
    for (let at = index.start[t] as number; at < (index.start[t + 1] as number); at++) {
      const key = index.key[at] as number;
      if (index.write[at] !== NOT) writeKey.push(key);
      const version = index.read[at] as number;
      if (version === NOT) continue;
      if (version === NIL || initial[key] === version) {
        readKey.push(key);
        readFrom.push(FIRST);
        continue;
      }
      const writer = table.versionWriter[version] as number;
      if (writer >= 0 && intermediate[version] === -1 && writer !== t) {
        readKey.push(key);
        readFrom.push(numberOf[writer] as number);
      } else noteBadRead(table, t, key, version, writer, found);
    }
  }
  readStart.push(readKey.length);
  writeStart.push(writeKey.length);
  return {
    table,
    count: row.length,
    row: Int32Array.from(row),
    numberOf,
    readStart: readStart.finish(),
    readKey: readKey.finish(),
    readFrom: readFrom.finish(),
    writeStart: writeStart.finish(),
    writeKey: writeKey.finish(),
  };
}

/** Ok transactions, and crashed ones of which an ok one read something. */
function liveRows(table: TransactionTable): Uint8Array {
  const lives = new Uint8Array(table.count);
  for (let t = 0; t < table.count; t++) {
    if (table.outcome[t] !== OK) continue;
    lives[t] = 1;
    for (let mop = table.mopStart[t] as number; mop < (table.mopStart[t + 1] as number); mop++) {
      const version = table.mopValue[mop] as number;
      if (table.mopWrite[mop] === 1 || version < 0) continue;
      const writer = table.versionWriter[version] as number;
      if (writer >= 0) lives[writer] = 1;
    }
  }
  return lives;
}

/**
 * A source may start its keys at some value that it does not tell. Where a key was never read as nil, and
 * exactly one value was read that nobody wrote, that value is taken for the first.
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
  // Aborted and intermediate reads are found by a look at every read, not just at external ones.
  if (writer >= 0 || failed >= 0) return;
  found.note("thin-air-read", () => ({
    transactions: [t],
    key,
    text: `${who} read ${what}, which nobody ever wrote`,
  }));
}
