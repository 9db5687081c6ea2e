/**
 * The work of one database of `sqlite3`, which the add-on gives to threads that wait for one mutex, and the values of its
 * statements. Here each piece runs in a turn of its own, in the order in which it was given. One that finds the database
 * locked tries again, as SQLite does, until the connection's busy timeout is over, and the others wait for it.
 */
import { primaryName } from "./sqlite-errors.ts";
import { SqliteFailure, type SqliteValue } from "./sqlite-database.ts";
import { Buffer } from "node:buffer";
import type { Parameters } from "./sqlite-parameters.ts";

/** The waits between tries, in milliseconds: those of `sqliteDefaultBusyCallback`. */
const WAITS_MS = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];
const BUSY_TIMEOUT_MS = 1_000;
const BUSY = 5;
const RANGE = 25;

type Timers = typeof import("node:timers");

/** An error as the add-on makes it, with a primary code. */
export function sqlite3Error(result: number, message: string): Error {
  const code = primaryName(result);
  return Object.assign(new Error(`${code}: ${message}`), { errno: result & 0xff, code });
}

/** What came of a piece of work. */
export type Outcome<T> = { readonly value: T } | { readonly failure: SqliteFailure };

/** Runs pieces of work one after the other. */
export class WorkQueue {
  readonly #timers: Timers;
  readonly #work: (() => void)[] = [];
  #isRunning = false;
  busyTimeoutMs: number = BUSY_TIMEOUT_MS;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Runs `action` in a turn of its own, and gives its outcome to `after` in the same turn. */
  add<T>(action: () => T, after: (outcome: Outcome<T>) => void): void {
    let waitedMs = 0;
    let tries = 0;
    const attempt = (): void => {
      let outcome: Outcome<T>;
      try {
        outcome = { value: action() };
      } catch (error) {
        if (!(error instanceof SqliteFailure)) throw error;
        const waitMs = WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)] as number;
        if ((error.result & 0xff) === BUSY && waitedMs < this.busyTimeoutMs) {
          const nextMs = Math.min(waitMs, this.busyTimeoutMs - waitedMs);
          waitedMs += nextMs;
          this.#timers.setTimeout(attempt, nextMs);
          return;
        }
        outcome = { failure: error };
      }
      this.#next();
      after(outcome);
    };
    this.#work.push(attempt);
    if (!this.#isRunning) this.#next();
  }

  #next(): void {
    const next = this.#work.shift();
    this.#isRunning = next !== undefined;
    if (next !== undefined) this.#timers.setImmediate(next);
  }
}

/** A value to bind, by position or by name. */
export interface Field {
  readonly key: number | string;
  readonly value: SqliteValue;
}

/** The parameters of a call: positions, a list, or an object of names. What cannot be bound is left out. */
export function fieldsOf(args: readonly unknown[]): Field[] {
  const [first] = args;
  if (args.length === 0) return [];
  if (Array.isArray(first)) return positional(first);
  const isObject = typeof first === "object" && first !== null;
  if (!isObject || isScalar(first)) return positional(args);
  const fields: Field[] = [];
  for (const name in first) {
    const value = bindable((first as Record<string, unknown>)[name]);
    const number = Number(name);
    const key = Number.isInteger(number) && (number | 0) === number ? number : name;
    if (value !== undefined) fields.push({ key, value });
  }
  return fields;
}

function positional(values: readonly unknown[]): Field[] {
  const fields: Field[] = [];
  for (const [at, given] of values.entries()) {
    const value = bindable(given);
    if (value !== undefined) fields.push({ key: at + 1, value });
  }
  return fields;
}

function isScalar(value: object): boolean {
  return ArrayBuffer.isView(value) || value instanceof Date || value instanceof RegExp;
}

function bindable(value: unknown): SqliteValue | undefined {
  if (value === null) return null;
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number") return (value | 0) === value ? BigInt(value) : value;
  if (typeof value === "function") return "[object Object]";
  if (typeof value !== "object") return undefined;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (value instanceof Date) return Number(value);
  return value instanceof RegExp ? String(value) : "[object Object]";
}

/** The values of a statement's parameters. Throws `SqliteFailure` for one that it does not have. */
export function valuesOf({ count, names }: Parameters, fields: readonly Field[]): SqliteValue[] {
  const values = Array.from({ length: count }, (): SqliteValue => null);
  for (const { key, value } of fields) {
    const number = typeof key === "number" && key > 0 ? key : (names.get(String(key)) ?? 0);
    if (number < 1 || number > count) throw new SqliteFailure(RANGE, "column index out of range");
    values[number - 1] = value;
  }
  return values;
}

/** A row as programs get it. */
export function rowOf(columns: readonly string[], row: readonly SqliteValue[]): object {
  return Object.fromEntries(
    columns.map((name, at) => {
      const value = row[at] as SqliteValue;
      if (value instanceof Uint8Array) return [name, Buffer.from(value.buffer)];
      return [name, typeof value === "bigint" ? Number(value) : value];
    }),
  );
}
