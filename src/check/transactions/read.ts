/**
 * Reads a file of transactions straight into a table. A million transactions as objects take gigabytes;
 * this holds one event at a time, and makes operations again for the few that evidence speaks of.
 *
 * It takes the plain case alone: one history of Jepsen's events, each ok after its invocation. Whatever is
 * special about a file, the reader of histories knows how to take, or what to say of it.
 */
import { EdnReader } from "../../history/edn.ts";
import { readHistories } from "../../history/index.ts";
import { JsonReader } from "../../history/json.ts";
import type { Operation } from "../../history/operation.ts";
import { detect, type ReadOptions } from "../../history/read.ts";
import { NumberColumn } from "./columns.ts";
import type { Lookup } from "./evidence.ts";
import {
  FAIL,
  INFO,
  OK,
  TableBuilder,
  tableOf,
  type DataType,
  type MicroOperation,
  type TransactionTable,
} from "./table.ts";

/** A table, and its operations by index. */
export interface ReadTransactions {
  readonly table: TransactionTable;
  readonly lookup: Lookup;
}

/** Reads a file for the model "list-append" or "rw-register". Throws `HistoryError`. */
export function readTransactions(
  bytes: Uint8Array,
  options: ReadOptions & { readonly model: string },
): ReadTransactions {
  const type: DataType = options.model === "list-append" ? "append" : "register";
  const name = options.name ?? "history";
  const format = options.format ?? detect(bytes, name);
  if (format === "json" || format === "edn") {
    const reader = format === "json" ? new JsonReader(bytes, name) : new EdnReader(bytes, name);
    const plain = readPlain(reader, type);
    if (plain) return plain;
  }
  const [first] = readHistories(bytes, options).histories;
  const history = first?.history ?? { operations: [] };
  return { table: tableOf(history, type), lookup: (index) => history.operations[index] };
}

/** An operation that is under way. */
interface Open {
  readonly index: number;
  readonly rank: number;
  readonly atNs: number;
  readonly mops: readonly MicroOperation[];
}

const outcomes: Readonly<Record<string, number>> = { ok: OK, fail: FAIL, info: INFO };

/** Reads events one after another; `undefined` where anything is out of the ordinary. */
function readPlain(reader: JsonReader | EdnReader, type: DataType): ReadTransactions | undefined {
  const builder = new TableBuilder(type);
  const open = new Map<number | string, Open>();
  const beganNs = new NumberColumn();
  const endedNs = new NumberColumn();
  let rank = 0;
  let index = 0;
  const add = (process: number | string, began: Open, outcome: number, mops: unknown): boolean => {
    if (!Array.isArray(mops) || !mops.every((mop) => Array.isArray(mop))) return false;
    builder.add({
      operation: began.index,
      process,
      outcome,
      invokeRank: began.rank,
      completeRank: outcome === INFO ? Infinity : rank,
      mops: mops as unknown as MicroOperation[],
    });
    beganNs.push(began.atNs);
    return true;
  };
  for (let byte = reader.peek(); byte !== -1; byte = reader.peek()) {
    if (byte !== 0x7b) return undefined;
    const event = reader.value() as Record<string, unknown>;
    if (event instanceof Map) return undefined;
    const { type: kind, process, value, time } = event;
    if (process === "nemesis") continue;
    if (typeof process !== "number" && typeof process !== "string") return undefined;
    const atNs = typeof time === "number" ? time : rank;
    const began = open.get(process);
    if (kind === "invoke") {
      if (began || !Array.isArray(value)) return undefined;
      open.set(process, { index: index++, rank: rank++, atNs, mops: value as MicroOperation[] });
      continue;
    }
    const outcome = outcomes[kind as string];
    if (outcome === undefined || !began || !Number.isFinite(atNs)) return undefined;
    if (!add(process, began, outcome, value ?? began.mops)) return undefined;
    endedNs.push(atNs);
    rank++;
    open.delete(process);
  }
  for (const [process, began] of open) {
    if (!add(process, began, INFO, began.mops)) return undefined;
    endedNs.push(Infinity);
  }
  if (index === 0) return undefined;
  const table = builder.finish();
  return { table, lookup: lookupIn(table, beganNs.finish(), endedNs.finish()) };
}

/** Makes operations of the table's rows again. */
function lookupIn(table: TransactionTable, beganNs: Float64Array, endedNs: Float64Array): Lookup {
  const rowOf = new Int32Array(table.count);
  for (let t = 0; t < table.count; t++) rowOf[table.operation[t] as number] = t;
  return (index) => {
    const t = rowOf[index];
    if (t === undefined) return undefined;
    const mops = mopsOfRow(table, t);
    const outcome = (["ok", "fail", "info"] as const)[table.outcome[t] as number] ?? "info";
    return {
      index,
      process: table.processes[table.process[t] as number] as number | string,
      f: "txn",
      input: mops,
      output: outcome === "ok" ? mops : undefined,
      outcome,
      invokeNs: beganNs[t] as number,
      completeNs: endedNs[t] as number,
      invokeRank: table.invokeRank[t] as number,
      completeRank: table.completeRank[t] as number,
    } satisfies Operation;
  };
}

function mopsOfRow(table: TransactionTable, t: number): MicroOperation[] {
  const mops: MicroOperation[] = [];
  for (let mop = table.mopStart[t] as number; mop < (table.mopStart[t + 1] as number); mop++) {
    const key = table.mopKey[mop] as number;
    const value = table.mopValue[mop] as number;
    const write = table.mopWrite[mop] === 1;
    const f = write ? (table.type === "append" ? "append" : "w") : "r";
    mops.push([f, table.keys[key], valueOf(table, key, value, write)]);
  }
  return mops;
}

function valueOf(table: TransactionTable, key: number, value: number, write: boolean): unknown {
  if (write || table.type === "register") return value < 0 ? null : table.versionValue[value];
  if (value === -1) return null;
  const start = table.orderStart[key] as number;
  const versions =
    value < -1
      ? (table.irregular[-2 - value] as Int32Array)
      : table.order.subarray(start, start + value);
  return Array.from(versions, (version) => table.versionValue[version]);
}
