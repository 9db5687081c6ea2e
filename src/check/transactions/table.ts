/**
 * The central type of this folder: a table of transactions. Keys and values are interned and everything is
 * stored in flat columns. A million transactions as objects need gigabytes; as columns they need a few
 * dozen megabytes, which a checker reads at memory speed.
 */
import { LightconeError } from "../../base/errors.ts";
import type { History, Operation } from "../../history/operation.ts";
import type { Budget } from "../budget.ts";
import { ByteColumn, IntColumn, NumberColumn } from "./columns.ts";
import { textOf } from "../../history/values.ts";
import { keyOf } from "../objects/model.ts";

/** `append`: a key holds a list, writes append one element. `register`: a key holds one value. */
export type DataType = "append" | "register";

/** Outcomes, as the bytes of {@link TransactionTable.outcome}. */
export const OK = 0;
export const FAIL = 1;
export const INFO = 2;

/** A read that returned nothing: the initial state, or, unless the transaction is ok, unknown. */
export const NIL = -1;

/** One micro-operation as sources write it: `["r", "x", 3]`, `["append", "x", 4]`. */
export type MicroOperation = readonly [f: string, key: unknown, value?: unknown];

/** A transaction to be added to a table. */
export interface TransactionInput {
  /** `Operation.index`. */
  readonly operation: number;
  readonly process: number | string;
  readonly outcome: number;
  /** Rank of the invocation among all events; -1 if it was not recorded. */
  readonly invokeRank: number;
  /** Rank of the completion; `Infinity` if there is none. */
  readonly completeRank: number;
  readonly mops: readonly MicroOperation[];
}

/** Transactions in columns. A transaction, key or version is its row number. */
export interface TransactionTable {
  readonly type: DataType;
  /** How many transactions there are. */
  readonly count: number;
  readonly outcome: Uint8Array;
  /** Row of {@link processes}. */
  readonly process: Int32Array;
  readonly processes: readonly (number | string)[];
  /** `Operation.index` of each transaction. */
  readonly operation: Int32Array;
  /** Ranks of invocation (-1: not recorded) and completion (`Infinity`: none). */
  readonly invokeRank: Float64Array;
  readonly completeRank: Float64Array;
  /** Micro-operations of transaction t are the rows `mopStart[t]` to `mopStart[t + 1]`. */
  readonly mopStart: Int32Array;
  /** 1: a write or append, 0: a read. */
  readonly mopWrite: Uint8Array;
  readonly mopKey: Int32Array;
  /**
   * For a write: its version. For a register's read: the version read, or {@link NIL}. For a list's read:
   * the number of elements of the key's order that it saw, or {@link NIL}, or `-2 - i` for the irregular
   * list `i`.
   */
  readonly mopValue: Int32Array;
  readonly keys: readonly unknown[];
  readonly versionKey: Int32Array;
  readonly versionValue: readonly unknown[];
  /** The transaction that wrote it and did not fail; -1 if there is none. */
  readonly versionWriter: Int32Array;
  /** The transaction that wrote it and failed; -1 if there is none. */
  readonly versionFailedWriter: Int32Array;
  /** Lists: the longest read of key k, as versions, is `order` from `orderStart[k]` to `orderStart[k + 1]`. */
  readonly orderStart: Int32Array;
  readonly order: Int32Array;
  /** Lists: reads that are not a prefix of their key's longest one, as versions. */
  readonly irregular: readonly Int32Array[];
  /** A version that was written twice, if there is one. Nothing can be inferred from such a history. */
  readonly writtenTwice: { readonly version: number; readonly transaction: number } | undefined;
}

/** Fills a table. Transactions may come in any order. */
export class TableBuilder {
  readonly #type: DataType;
  readonly #budget: Budget | undefined;
  readonly #outcome = new ByteColumn();
  readonly #process = new IntColumn();
  readonly #processes = new Map<number | string, number>();
  readonly #operation = new IntColumn();
  readonly #invokeRank = new NumberColumn();
  readonly #completeRank = new NumberColumn();
  readonly #mopStart = new IntColumn();
  readonly #mopWrite = new ByteColumn();
  readonly #mopKey = new IntColumn();
  readonly #mopValue = new IntColumn();
  readonly #keys = new Map<unknown, number>();
  readonly #keyValues: unknown[] = [];
  readonly #versionsOf: Map<unknown, number>[] = [];
  readonly #versionKey = new IntColumn();
  readonly #versionValue: unknown[] = [];
  readonly #versionWriter = new IntColumn();
  readonly #versionFailedWriter = new IntColumn();
  readonly #orders: unknown[][] = [];
  readonly #irregular: unknown[][] = [];
  readonly #irregularKey = new IntColumn();
  #writtenTwice: { version: number; transaction: number } | undefined;

  /** `budget` is polled from time to time; `add` and `finish` throw `BudgetSpent` when it is used up. */
  constructor(type: DataType, budget?: Budget) {
    this.#type = type;
    this.#budget = budget;
    this.#mopStart.push(0);
  }

  /** Adds a transaction. Throws `LC_BAD_HISTORY` for a micro-operation that is neither read nor write. */
  add(transaction: TransactionInput): void {
    this.#budget?.demand();
    const row = this.#outcome.length;
    this.#outcome.push(transaction.outcome);
    this.#process.push(intern(this.#processes, transaction.process));
    this.#operation.push(transaction.operation);
    this.#invokeRank.push(transaction.invokeRank);
    this.#completeRank.push(transaction.completeRank);
    for (const mop of transaction.mops) this.#mop(row, transaction, mop);
    this.#mopStart.push(this.#mopKey.length);
  }

  #mop(row: number, transaction: TransactionInput, mop: MicroOperation): void {
    const f = mop[0];
    const key = this.#key(mop[1]);
    if (f === "r" || f === "read") {
      this.#mopWrite.push(0);
      this.#mopKey.push(key);
      const value = mop[2] ?? null;
      // The read value of a failed or crashed transaction is a placeholder if it is nil.
      if (this.#type === "append") this.#mopValue.push(this.#list(key, value, transaction));
      else this.#mopValue.push(value === null ? NIL : this.#version(key, value));
      return;
    }
    if (f !== (this.#type === "append" ? "append" : "w") && f !== "write") {
      throw new LightconeError(
        "LC_BAD_HISTORY",
        `operation ${transaction.operation}: ${textOf(mop)} is neither a read nor ${this.#type === "append" ? "an append" : "a write"}`,
        this.#type === "append"
          ? 'A transaction over lists is made of ["r", key, list] and ["append", key, element].'
          : 'A transaction over registers is made of ["r", key, value] and ["w", key, value].',
      );
    }
    const version = this.#version(key, mop[2] ?? null);
    this.#mopWrite.push(1);
    this.#mopKey.push(key);
    this.#mopValue.push(version);
    const writers = this.#versionWriter.data;
    const failed = this.#versionFailedWriter.data;
    if ((writers[version] as number) >= 0 || (failed[version] as number) >= 0) {
      this.#writtenTwice ??= { version, transaction: row };
    }
    if (transaction.outcome === FAIL) failed[version] = row;
    else writers[version] = row;
  }

  #key(raw: unknown): number {
    const name = plain(raw);
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = this.#keyValues.length;
    this.#keys.set(name, key);
    this.#keyValues.push(raw);
    this.#versionsOf.push(new Map());
    this.#orders.push([]);
    return key;
  }

  #version(key: number, raw: unknown): number {
    const name = plain(raw);
    const versions = this.#versionsOf[key] as Map<unknown, number>;
    const known = versions.get(name);
    if (known !== undefined) return known;
    const version = this.#versionValue.length;
    versions.set(name, version);
    this.#versionKey.push(key);
    this.#versionValue.push(raw);
    this.#versionWriter.push(-1);
    this.#versionFailedWriter.push(-1);
    return version;
  }

  /** Encodes a read list. Usually it is a prefix of the longest one so far, or extends it. */
  #list(key: number, value: unknown, transaction: TransactionInput): number {
    if (value === null) return NIL;
    if (!Array.isArray(value)) {
      throw new LightconeError(
        "LC_BAD_HISTORY",
        `operation ${transaction.operation}: a read of ${textOf(this.#keyValues[key])} returned ${textOf(value)}, which is no list`,
        "For registers, use the model rw-register.",
      );
    }
    const list = value as unknown[];
    const order = this.#orders[key] as unknown[];
    const both = Math.min(list.length, order.length);
    for (let i = 0; i < both; i++) {
      if (list[i] !== order[i] && plain(list[i]) !== plain(order[i])) {
        this.#irregular.push(list);
        this.#irregularKey.push(key);
        return -1 - this.#irregular.length;
      }
    }
    if (transaction.outcome !== FAIL) {
      for (let i = order.length; i < list.length; i++) order.push(list[i]);
    } else if (list.length > order.length) {
      this.#irregular.push(list);
      this.#irregularKey.push(key);
      return -1 - this.#irregular.length;
    }
    return list.length;
  }

  /** Returns the table. The builder must not be used afterwards. */
  finish(): TransactionTable {
    const irregular = this.#irregular.map((list, i) => {
      const key = this.#irregularKey.data[i] as number;
      return Int32Array.from(list, (value) => this.#version(key, value));
    });
    const orderStart = new Int32Array(this.#orders.length + 1);
    const order = new IntColumn();
    for (let key = 0; key < this.#orders.length; key++) {
      this.#budget?.demand();
      for (const value of this.#orders[key] as unknown[]) order.push(this.#version(key, value));
      orderStart[key + 1] = order.length;
    }
    return {
      type: this.#type,
      count: this.#outcome.length,
      outcome: this.#outcome.finish(),
      process: this.#process.finish(),
      processes: [...this.#processes.keys()],
      operation: this.#operation.finish(),
      invokeRank: this.#invokeRank.finish(),
      completeRank: this.#completeRank.finish(),
      mopStart: this.#mopStart.finish(),
      mopWrite: this.#mopWrite.finish(),
      mopKey: this.#mopKey.finish(),
      mopValue: this.#mopValue.finish(),
      keys: this.#keyValues,
      versionKey: this.#versionKey.finish(),
      versionValue: this.#versionValue,
      versionWriter: this.#versionWriter.finish(),
      versionFailedWriter: this.#versionFailedWriter.finish(),
      orderStart,
      order: order.finish(),
      irregular,
      writtenTwice: this.#writtenTwice,
    };
  }
}

/** Numbers and strings are their own map keys; other values are identified by their key. */
function plain(value: unknown): unknown {
  return typeof value === "object" && value !== null ? `json ${keyOf(value)}` : value;
}

function intern(names: Map<number | string, number>, name: number | string): number {
  const known = names.get(name);
  if (known !== undefined) return known;
  names.set(name, names.size);
  return names.size - 1;
}

/** The micro-operations of an operation: the result if it is ok, the request otherwise. */
export function mopsOf(operation: Operation): readonly MicroOperation[] {
  const told =
    operation.outcome === "ok" && Array.isArray(operation.output)
      ? operation.output
      : operation.input;
  if (!Array.isArray(told)) {
    throw new LightconeError(
      "LC_BAD_HISTORY",
      `operation ${operation.index}: ${textOf(told)} is no transaction`,
      'A transaction is a list of micro-operations such as ["r", "x", 1].',
    );
  }
  return told as MicroOperation[];
}

/** The table of a history's transactions. Throws `LC_BAD_HISTORY`, and `BudgetSpent` if there is a budget. */
export function tableOf(history: History, type: DataType, budget?: Budget): TransactionTable {
  const builder = new TableBuilder(type, budget);
  for (const operation of history.operations) {
    builder.add({
      operation: operation.index,
      process: operation.session ?? operation.process,
      outcome: operation.outcome === "ok" ? OK : operation.outcome === "fail" ? FAIL : INFO,
      invokeRank: operation.invokeRank,
      completeRank: operation.completeRank,
      mops: mopsOf(operation),
    });
  }
  return builder.finish();
}
