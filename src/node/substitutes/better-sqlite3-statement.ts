/** The statements of `better-sqlite3` and their iterators, with its rules of binding and its errors. */
import type { Connection, Cursor, Prepared, SqliteValue } from "./sqlite-database.ts";
import { Buffer } from "node:buffer";
import { expandedSql, type Parameters } from "./sqlite-parameters.ts";

/** What statements share with their database. */
export interface BetterState {
  readonly connection: Connection;
  isOpen: boolean;
  /** Whether a query runs: a function that it calls may not use the database. */
  isBusy: boolean;
  isUnsafe: boolean;
  safeIntegers: boolean;
  iterators: number;
  readonly verbose: ((sql: string) => void) | undefined;
  /** Runs a query, with the package's errors in place of SQLite's. */
  attempt<T>(call: () => T): T;
  /** The process's own. */
  readonly statementPrototype: object;
}

type Mode = "flat" | "pluck" | "expand" | "raw";

/** Bound texts are shown up to this length. */
const TRACED_BYTES = 32;

const hidden = new WeakMap<object, Inner>();

/** What a statement has inside. */
interface Inner {
  readonly state: BetterState;
  readonly prepared: Prepared;
  readonly returnsData: boolean;
  mode: Mode;
  safeIntegers: boolean;
  isLocked: boolean;
  bound: SqliteValue[] | undefined;
}

function innerOf(statement: object): Inner {
  const inner = hidden.get(statement);
  if (inner === undefined) throw new TypeError("Illegal invocation");
  return inner;
}

/** Throws unless the database is open and does nothing else. */
export function requireIdle(state: BetterState): void {
  if (!state.isOpen) throw new TypeError("The database connection is not open");
  requireNotBusy(state);
}

/** Throws if a query is under way. */
export function requireNotBusy({ isBusy }: BetterState): void {
  if (isBusy) throw new TypeError("This database connection is busy executing a query");
}

/** Throws if rows of an iterator are still to come. */
export function requireNoIterators({ iterators }: BetterState): void {
  if (iterators > 0) throw new TypeError("This database connection is busy executing a query");
}

/** The first argument, which is a boolean; true without one. */
export function booleanArgument(args: readonly unknown[]): boolean {
  if (args.length === 0) return true;
  const [on] = args;
  if (typeof on !== "boolean") throw new TypeError("Expected first argument to be a boolean");
  return on;
}

/** Compiles a statement. A pragma returns data, whatever it does; of an explanation parameters stay empty. */
export function prepareStatement(
  database: object,
  state: BetterState,
  sql: unknown,
  kind: "plain" | "pragma" | "explain" = "plain",
): Statement {
  if (typeof sql !== "string") throw new TypeError("Expected first argument to be a string");
  requireIdle(state);
  if (kind === "pragma" && !state.isUnsafe) requireNoIterators(state);
  const found = state.attempt(() => state.connection.prepare(sql));
  if (found === undefined) throw new RangeError("The supplied SQL string contains no statements");
  if (!/^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*$/.test(found.tail)) {
    throw new RangeError("The supplied SQL string contains more than one statement");
  }
  const { prepared } = found;
  const inner: Inner = {
    state,
    prepared,
    returnsData: prepared.columns.length > 0 || kind === "pragma",
    mode: "flat",
    safeIntegers: state.safeIntegers,
    isLocked: false,
    bound: kind === "explain" ? [] : undefined,
  };
  const statement = new Statement(inner, database);
  return Object.setPrototypeOf(statement, state.statementPrototype) as Statement;
}

export class Statement {
  declare readonly reader: boolean;
  declare readonly readonly: boolean;
  declare readonly source: string;
  declare readonly database: object;
  declare readonly busy: boolean;

  constructor(inner: Inner, database: object) {
    hidden.set(this, inner);
    const { connection } = inner.state;
    const isReadOnly = inner.state.attempt(() => connection.isReadOnly(inner.prepared));
    const fixed = {
      reader: inner.returnsData,
      readonly: isReadOnly,
      source: inner.prepared.sql,
      database,
    };
    for (const [name, value] of Object.entries(fixed)) {
      Object.defineProperty(this, name, { value, enumerable: true });
    }
    const get = (): boolean => inner.state.isOpen && inner.isLocked;
    Object.defineProperty(this, "busy", { get, enumerable: true });
  }

  run(...params: unknown[]): { changes: number; lastInsertRowid: number | bigint } {
    const inner = innerOf(this);
    const { state, prepared, safeIntegers } = inner;
    const values = this.#start(inner, params, true);
    const done = this.#busy(inner, values, () => state.connection.run(prepared, values));
    return {
      changes: done.changed ? done.changes : 0,
      lastInsertRowid: safeIntegers ? done.lastInsertRowid : Number(done.lastInsertRowid),
    };
  }

  get(...params: unknown[]): unknown {
    const inner = innerOf(this);
    requireData(inner);
    const values = this.#start(inner, params, false);
    return this.#busy(inner, values, () => {
      const cursor = inner.state.connection.cursor(inner.prepared, values);
      const row = cursor.next();
      const result = row && shaped(inner, cursor.columns, row, inner);
      cursor.close();
      return result;
    });
  }

  all(...params: unknown[]): unknown[] {
    const inner = innerOf(this);
    requireData(inner);
    const values = this.#start(inner, params, false);
    return this.#busy(inner, values, () => {
      const cursor = inner.state.connection.cursor(inner.prepared, values);
      const rows: unknown[] = [];
      let columns: string[] | undefined;
      for (let row = cursor.next(); row !== undefined; row = cursor.next()) {
        columns ??= cursor.columns;
        rows.push(shaped(inner, columns, row, inner));
      }
      return rows;
    });
  }

  iterate(...params: unknown[]): StatementIterator {
    const inner = innerOf(this);
    requireData(inner);
    const values = this.#start(inner, params, false);
    return new StatementIterator(this, inner, values);
  }

  bind(...params: unknown[]): this {
    const inner = innerOf(this);
    if (inner.bound) {
      throw new TypeError("The bind() method can only be invoked once per statement object");
    }
    requireIdle(inner.state);
    requireUnlocked(inner);
    inner.bound = boundValues(inner.prepared.parameters, params);
    return this;
  }

  pluck(...args: unknown[]): this {
    return this.#setMode("pluck", args);
  }

  expand(...args: unknown[]): this {
    return this.#setMode("expand", args);
  }

  raw(...args: unknown[]): this {
    return this.#setMode("raw", args);
  }

  safeIntegers(...args: unknown[]): this {
    const inner = innerOf(this);
    requireNotBusy(inner.state);
    requireUnlocked(inner);
    inner.safeIntegers = booleanArgument(args);
    return this;
  }

  columns(): object[] {
    const inner = innerOf(this);
    if (!inner.returnsData) throw onlyForData("columns");
    requireIdle(inner.state);
    return inner.state.attempt(() => inner.state.connection.describe(inner.prepared));
  }

  toString(): string {
    const { bound, prepared, state } = innerOf(this);
    return bound && state.isOpen ? expandedSql(prepared.sql, bound, TRACED_BYTES) : prepared.sql;
  }

  #setMode(mode: Mode, args: readonly unknown[]): this {
    const inner = innerOf(this);
    if (!inner.returnsData) throw onlyForData(mode);
    requireNotBusy(inner.state);
    requireUnlocked(inner);
    if (booleanArgument(args)) inner.mode = mode;
    else if (inner.mode === mode) inner.mode = "flat";
    return this;
  }

  /** Checks that the statement may run, and returns its values. */
  #start(inner: Inner, params: readonly unknown[], isMutating: boolean): SqliteValue[] {
    requireIdle(inner.state);
    requireUnlocked(inner);
    if (isMutating && !inner.state.isUnsafe) requireNoIterators(inner.state);
    if (inner.bound === undefined) return boundValues(inner.prepared.parameters, params);
    if (params.length > 0) throw new TypeError("This statement already has bound parameters");
    return inner.bound;
  }

  #busy<T>({ state, prepared }: Inner, values: SqliteValue[], call: () => T): T {
    state.isBusy = true;
    try {
      state.verbose?.(expandedSql(prepared.sql, values, TRACED_BYTES));
      return state.attempt(call);
    } finally {
      state.isBusy = false;
    }
  }
}

/** The rows of a statement, one by one. While it has some, its database runs nothing that changes it. */
export class StatementIterator {
  declare readonly statement: Statement;
  readonly #inner: Inner;
  readonly #values: SqliteValue[];
  readonly #form: Pick<Inner, "mode" | "safeIntegers">;
  #cursor: Cursor | undefined;
  #isAlive = true;

  constructor(statement: Statement, inner: Inner, values: SqliteValue[]) {
    this.#inner = inner;
    this.#values = values;
    this.#form = { mode: inner.mode, safeIntegers: inner.safeIntegers };
    inner.isLocked = true;
    inner.state.iterators++;
    Object.defineProperty(this, "statement", { value: statement, enumerable: true });
  }

  next(): IteratorResult<unknown> {
    const { state, prepared } = this.#inner;
    requireNotBusy(state);
    if (!this.#isAlive) return { value: undefined, done: true };
    state.isBusy = true;
    try {
      if (this.#cursor === undefined) {
        state.verbose?.(expandedSql(prepared.sql, this.#values, TRACED_BYTES));
        this.#cursor = state.connection.cursor(prepared, this.#values);
      }
      const cursor = this.#cursor;
      const row = state.attempt(() => cursor.next());
      if (row !== undefined) {
        return { value: shaped(this.#inner, cursor.columns, row, this.#form), done: false };
      }
    } catch (error) {
      this.#close();
      throw error;
    } finally {
      state.isBusy = false;
    }
    return this.return();
  }

  return(): IteratorResult<unknown> {
    requireNotBusy(this.#inner.state);
    if (this.#isAlive) this.#close();
    return { value: undefined, done: true };
  }

  [Symbol.iterator](): this {
    return this;
  }

  #close(): void {
    this.#isAlive = false;
    this.#inner.isLocked = false;
    this.#inner.state.iterators--;
    this.#cursor?.close();
  }
}

function requireData({ returnsData }: Inner): void {
  if (!returnsData) {
    throw new TypeError("This statement does not return data. Use run() instead");
  }
}

function requireUnlocked({ isLocked }: Inner): void {
  if (isLocked) throw new TypeError("This statement is busy executing a query");
}

function onlyForData(name: string): TypeError {
  return new TypeError(`The ${name}() method is only for statements that return data`);
}

function shaped(
  { prepared }: Inner,
  columns: readonly string[],
  row: readonly SqliteValue[],
  { mode, safeIntegers }: Pick<Inner, "mode" | "safeIntegers">,
): unknown {
  const values = row.map((value) => valueFrom(value, safeIntegers));
  if (mode === "pluck") return values[0];
  if (mode === "raw") return values;
  if (mode === "flat") return objectOf(columns.map((name, at) => [name, values[at]]));
  const tables = new Map<string, [string, unknown][]>();
  for (const [at, name] of columns.entries()) {
    const table = prepared.tables[at] ?? "$";
    tables.set(table, [...(tables.get(table) ?? []), [name, values[at]]]);
  }
  return objectOf([...tables].map(([table, entries]) => [table, objectOf(entries)]));
}

/** An object in whose order the first of two equal names counts, and in whose values the last one. */
function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  const row: Record<string, unknown> = {};
  for (const [name, value] of entries) row[name] = value;
  return row;
}

/** A value as programs get it. */
export function valueFrom(value: SqliteValue, safeIntegers: boolean): unknown {
  if (typeof value === "bigint") return safeIntegers ? value : Number(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer);
  return value;
}

/** A program's value for SQLite; `undefined` if there is none for it, or it is too big. */
export function valueTo(value: unknown): SqliteValue | undefined {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "string") return value;
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value ? value : undefined;
  if (!ArrayBuffer.isView(value)) return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The values of a statement's parameters, from what a call is given: positions, lists of them, and one object of names. */
function boundValues(parameters: Parameters, args: readonly unknown[]): SqliteValue[] {
  const { names, positions, count } = parameters;
  const values = Array.from({ length: count }, (): SqliteValue => null);
  let anonymous = 0;
  let bound = 0;
  let hasObject = false;
  const put = (value: unknown, number: number | undefined): void => {
    const converted = valueTo(value);
    if (converted === undefined) {
      throw typeof value === "bigint"
        ? new RangeError("The bound string, buffer, or bigint is too big")
        : new TypeError("SQLite3 can only bind numbers, strings, bigints, buffers, and null");
    }
    if (number === undefined) throw new RangeError("Too many parameter values were provided");
    values[number - 1] = converted;
    bound++;
  };
  const putNext = (value: unknown): void => put(value, positions[anonymous++]);
  for (const arg of args) {
    if (Array.isArray(arg)) {
      for (const value of arg as unknown[]) putNext(value);
    } else if (typeof arg !== "object" || arg === null || ArrayBuffer.isView(arg)) putNext(arg);
    else if (isPlain(arg)) {
      if (hasObject) {
        throw new TypeError("You cannot specify named parameters in two different objects");
      }
      hasObject = true;
      for (const [name, number] of names) {
        const bare = name.slice(1);
        if (!Object.hasOwn(arg, bare)) throw new RangeError(`Missing named parameter "${bare}"`);
        put((arg as Record<string, unknown>)[bare], number);
      }
    } else if (names.size > 0) {
      throw new TypeError("Named parameters can only be passed within plain objects");
    } else putNext(arg);
  }
  if (bound > count) throw new RangeError("Too many parameter values were provided");
  if (bound < count) {
    throw !hasObject && names.size > 0
      ? new TypeError("Missing named parameters")
      : new RangeError("Too few parameter values were provided");
  }
  return values;
}
