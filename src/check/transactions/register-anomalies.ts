/**
 * Anomalies of registers without a cycle: they are visible in one transaction, or in one read and its
 * writer.
 */
import { intermediateWrites, noteLostUpdates } from "./append-anomalies.ts";
import { scanOkReads } from "./append-order.ts";
import type { AnomalySet } from "./anomaly.ts";
import { NIL, OK, type TransactionTable } from "./table.ts";
import { keyText, transactionText, valueText } from "./words.ts";

/** Finds all of these anomalies. */
export function findRegisterAnomalies(table: TransactionTable, found: AnomalySet): void {
  const intermediate = intermediateWrites(table);
  scanOkReads(table, (mop, t) => {
    const version = table.mopValue[mop] as number;
    if (version === NIL) return;
    const key = table.mopKey[mop] as number;
    const failed = table.versionFailedWriter[version] as number;
    if (failed >= 0) {
      found.note("G1a", () => ({
        transactions: [failed, t],
        key,
        text: `${transactionText(table, t)} read ${keyText(table, key)} = ${valueText(table, version)}, which ${transactionText(table, failed)} wrote and then aborted`,
      }));
    }
    const writer = intermediate[version] as number;
    if (writer >= 0 && writer !== t) {
      found.note("G1b", () => ({
        transactions: [writer, t],
        key,
        text: `${transactionText(table, t)} read ${keyText(table, key)} = ${valueText(table, version)}, which ${transactionText(table, writer)} itself overwrote before it committed`,
      }));
    }
  });
  findInternal(table, found);
  findLostUpdates(table, found);
}

/** internal: a read returns something other than the transaction's own last read or write of that key. */
function findInternal(table: TransactionTable, found: AnomalySet): void {
  const stateMop = new Int32Array(table.keys.length).fill(-1);
  for (let t = 0; t < table.count; t++) {
    if (table.outcome[t] !== OK) continue;
    const from = table.mopStart[t] as number;
    for (let mop = from; mop < (table.mopStart[t + 1] as number); mop++) {
      const key = table.mopKey[mop] as number;
      const before = stateMop[key] as number;
      stateMop[key] = mop;
      if (table.mopWrite[mop] === 1 || before < from) continue;
      const expected = table.mopValue[before] as number;
      const version = table.mopValue[mop] as number;
      if (expected === version) continue;
      found.note("internal", () => ({
        transactions: [t],
        key,
        text: `${transactionText(table, t)} read ${keyText(table, key)} = ${valueText(table, version)}, though it had itself just ${table.mopWrite[before] === 1 ? "written" : "read"} ${valueText(table, expected)}`,
      }));
      break;
    }
  }
}

/**
 * lost-update: two committed transactions read the same version of a key and then both wrote it. A read of
 * an own write counts, as in Elle: if others read that version too, it was not private.
 */
function findLostUpdates(table: TransactionTable, found: AnomalySet): void {
  const versions = table.versionValue.length;
  const keys = table.keys.length;
  const firstRead = new Int32Array(keys).fill(-1);
  const wrote = new Int32Array(keys).fill(-1);
  const first = new Int32Array(versions + keys).fill(-1);
  const groups = new Map<number, number[]>();
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
      const slot = value === NIL ? versions + key : value;
      const other = first[slot] as number;
      if (other < 0) {
        first[slot] = t;
        continue;
      }
      const group = groups.get(slot);
      if (group) group.push(t);
      else groups.set(slot, [other, t]);
    }
  }
  noteLostUpdates(table, groups, found);
}
