/**
 * Reads a file of transactions directly into a table. A million transactions as objects need gigabytes.
 * This reader holds one event at a time, and recreates operations only for the few that evidence refers to.
 *
 * It supports only the plain case: one history of Jepsen's events, with each ok after its invocation. The
 * reader of histories handles everything else, or reports what is wrong with it.
 */
import { LightconeError } from "../../base/errors.ts";
import { EdnReader } from "../../history/edn.ts";
import { readHistories } from "../../history/index.ts";
import { JsonReader } from "../../history/json.ts";
import type { History, Operation } from "../../history/operation.ts";
import { detect, type ReadOptions } from "../../history/read.ts";
import type { Budget } from "../budget.ts";
import type { Evidence } from "../verdict.ts";
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

/**
 * Reads a file of a plain history directly into a table; `undefined` if anything is unusual. Throws
 * `HistoryError` if it is not JSON or EDN, and `BudgetSpent` if there is a budget.
 */
export function readPlainTransactions(
  bytes: Uint8Array,
  options: ReadOptions & { readonly model: string; readonly budget?: Budget },
): ReadTransactions | undefined {
  const name = options.name ?? "history";
  const format = options.format ?? detect(bytes, name);
  if (format !== "json" && format !== "edn") return undefined;
  const reader = format === "json" ? new JsonReader(bytes, name) : new EdnReader(bytes, name);
  const type: DataType = options.model === "list-append" ? "append" : "register";
  return readPlain(reader, type, options.budget);
}

/** Reads a file for the model "list-append" or "rw-register". Throws `HistoryError`. */
export function readTransactions(
  bytes: Uint8Array,
  options: ReadOptions & { readonly model: string },
): ReadTransactions {
  const plain = readPlainTransactions(bytes, options);
  if (plain) return plain;
  const type: DataType = options.model === "list-append" ? "append" : "register";
  const [first] = readHistories(bytes, options).histories;
  const history = first?.history ?? { operations: [] };
  return { table: tableOf(history, type), lookup: (index) => history.operations[index] };
}

/** An operation that is open, or that waits for earlier ones. */
interface Pending {
  readonly index: number;
  readonly process: number | string;
  readonly rank: number;
  readonly atNs: number;
  readonly event: number;
  /** The requested micro-operations, later the executed ones. */
  mops: readonly MicroOperation[];
  outcome: number;
  completeRank: number;
  endedNs: number;
  endedEvent: number;
  /** The position of its completion in the file. */
  place: number;
}

/** No trace event recorded it. */
const NO_EVENT = -1;

const outcomes: Readonly<Record<string, number>> = { ok: OK, fail: FAIL, info: INFO };

/** The number of operations that may begin after an open one before it loses its position; a power of two. */
const waitingMax = 4096;

/**
 * Fills a table in the order of invocations, as the reader of histories does: of two lists that contradict
 * each other, the one of the earlier transaction counts. An operation that stays open while thousands of
 * others end loses its position.
 */
class Rows {
  readonly #builder: TableBuilder;
  readonly #complain: (message: string, place: number, hint?: string) => Error;
  readonly #beganNs = new NumberColumn();
  readonly #endedNs = new NumberColumn();
  readonly #beganEvent = new NumberColumn();
  readonly #endedEvent = new NumberColumn();
  /** Operations that ended out of order, by their index modulo the length. */
  readonly #waiting: (Pending | undefined)[] = Array.from({ length: waitingMax });
  #next = 0;

  constructor(
    builder: TableBuilder,
    complain: (message: string, place: number, hint?: string) => Error,
  ) {
    this.#builder = builder;
    this.#complain = complain;
  }

  take(ended: Pending): void {
    if (ended.index < this.#next) {
      this.#add(ended);
      return;
    }
    while (ended.index - this.#next >= waitingMax) this.#pass();
    if (ended.index === this.#next) {
      this.#next++;
      this.#add(ended);
    } else this.#waiting[ended.index & (waitingMax - 1)] = ended;
    while (this.#waiting[this.#next & (waitingMax - 1)]) this.#pass();
  }

  /** Advances to the next index. The operation with that index is added if it has ended. */
  #pass(): void {
    const slot = this.#next++ & (waitingMax - 1);
    const waiting = this.#waiting[slot];
    this.#waiting[slot] = undefined;
    if (waiting) this.#add(waiting);
  }

  /** Adds all operations that still wait. */
  #rest(): void {
    for (let i = 0; i < waitingMax; i++) this.#pass();
  }

  #add(ended: Pending): void {
    try {
      this.#builder.add({
        operation: ended.index,
        process: ended.process,
        outcome: ended.outcome,
        invokeRank: ended.rank,
        completeRank: ended.completeRank,
        mops: ended.mops,
      });
    } catch (error) {
      if (!(error instanceof LightconeError)) throw error;
      throw this.#complain(error.message, ended.place, error.hint);
    }
    this.#beganNs.push(ended.atNs);
    this.#endedNs.push(ended.endedNs);
    this.#beganEvent.push(ended.event);
    this.#endedEvent.push(ended.endedEvent);
  }

  finish(): ReadTransactions {
    this.#rest();
    const ns = { began: this.#beganNs.finish(), ended: this.#endedNs.finish() };
    const events = { began: this.#beganEvent.finish(), ended: this.#endedEvent.finish() };
    const table = this.#builder.finish();
    return { table, lookup: lookupIn(table, ns, events) };
  }
}

function isTransaction(value: unknown): value is readonly MicroOperation[] {
  return Array.isArray(value) && value.every((mop) => Array.isArray(mop));
}

/** Reads events one after another; `undefined` if anything is unusual. */
function readPlain(
  reader: JsonReader | EdnReader,
  type: DataType,
  budget: Budget | undefined,
): ReadTransactions | undefined {
  const rows = new Rows(new TableBuilder(type, budget), (...told) => reader.error(...told));
  const open = new Map<number | string, Pending>();
  let rank = 0;
  let index = 0;
  for (let byte = reader.peek(); byte !== -1; byte = reader.peek()) {
    if (byte !== 0x7b) return undefined;
    const place = reader.at;
    const fields = reader.value() as Record<string, unknown>;
    if (!isPlainEvent(fields)) return undefined;
    const { type: kind, process, value, time, event } = fields;
    if (process === "nemesis") continue;
    const atNs = time ?? rank;
    const traced = typeof event === "number" ? event : NO_EVENT;
    const began = open.get(process);
    if (kind === "invoke") {
      if (began || !isTransaction(value)) return undefined;
      open.set(process, {
        index: index++,
        process,
        rank: rank++,
        atNs,
        event: traced,
        mops: value,
        outcome: INFO,
        completeRank: Infinity,
        endedNs: Infinity,
        endedEvent: NO_EVENT,
        place,
      });
      continue;
    }
    if (!began) return undefined;
    began.outcome = outcomes[kind] as number;
    // Only the value of an ok is known to have been executed. For any other outcome only the request is
    // known.
    if (began.outcome === OK && (value ?? undefined) !== undefined) {
      if (!isTransaction(value)) return undefined;
      began.mops = value;
    }
    if (began.outcome !== INFO) began.completeRank = rank;
    rank++;
    began.endedNs = atNs;
    began.endedEvent = traced;
    began.place = place;
    rows.take(began);
    open.delete(process);
  }
  if (index === 0) return undefined;
  for (const began of open.values()) rows.take(began);
  return rows.finish();
}

interface PlainEvent {
  readonly type: string;
  readonly process: number | string;
  readonly value?: unknown;
  readonly time?: number | null;
  readonly event?: unknown;
}

/** Whether an event has no feature that only the reader of histories can interpret. */
function isPlainEvent(fields: object): fields is PlainEvent {
  if (fields instanceof Map) return false;
  const { type, process, time, f, session } = fields as Record<string, unknown>;
  if (type !== "invoke" && outcomes[type as string] === undefined) return false;
  const named = f === undefined || f === "txn" || (process === "nemesis" && typeof f === "string");
  if (!named || (session ?? undefined) !== undefined) return false;
  if ((time ?? undefined) !== undefined && !Number.isFinite(time)) return false;
  return typeof process === "string" || Number.isFinite(process);
}

interface Ends {
  readonly began: Float64Array;
  readonly ended: Float64Array;
}

/** Other operations are shown around those of an evidence if there are at most this many. */
const contextMax = 64;

/**
 * A history as long as the file's that contains only the operations that evidence refers to, and a few
 * others of the same time: small enough for a page to draw.
 */
export function excerptOf(
  { table, lookup }: ReadTransactions,
  evidence: readonly Evidence[],
): History {
  const operations: Operation[] = [];
  operations.length = table.count;
  const keep = (index: number): void => {
    const operation = lookup(index);
    if (operation) operations[index] = operation;
  };
  for (const { operations: core } of evidence) {
    let from = Infinity;
    let to = -Infinity;
    for (const index of core) {
      keep(index);
      const { invokeRank = 0, completeRank = 0 } = operations[index] ?? {};
      from = Math.min(from, invokeRank);
      to = Math.max(to, completeRank < Infinity ? completeRank : invokeRank);
    }
    const around: number[] = [];
    for (let t = 0; t < table.count && around.length <= contextMax; t++) {
      const began = table.invokeRank[t] as number;
      const ended = table.completeRank[t] as number;
      if (began <= to && ended >= from) around.push(table.operation[t] as number);
    }
    if (around.length <= contextMax) around.forEach(keep);
  }
  return { operations };
}

/** Recreates operations from the table's rows. */
function lookupIn(table: TransactionTable, ns: Ends, events: Ends): Lookup {
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
      invokeNs: ns.began[t] as number,
      completeNs: ns.ended[t] as number,
      invokeRank: table.invokeRank[t] as number,
      completeRank: table.completeRank[t] as number,
      invokeEvent: eventOf(events.began[t] as number),
      completeEvent: eventOf(events.ended[t] as number),
    } satisfies Operation;
  };
}

function eventOf(event: number): number | undefined {
  return event === NO_EVENT ? undefined : event;
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
