/** The statements of `node:sqlite`: how they bind values, shape rows and fail, in each version of Node. */
import { textOf } from "./sqlite-errors.ts";
import {
  type Connection,
  type Cursor,
  type Prepared,
  SqliteFailure,
  type SqliteValue,
} from "./sqlite-database.ts";
import { expandedSql } from "./sqlite-parameters.ts";

const MAJOR = Number(process.versions.node.split(".")[0]);
const [TAKES_BOOLEANS, TAKES_UNDEFINED, KEEPS_ZEROS] = [MAJOR >= 24, MAJOR >= 26, MAJOR >= 24];

/** Node's error with a code. */
export function coded<T extends Error>(error: T, code: string): T {
  // As Node's own errors, it says its code beside its name.
  return Object.assign(error, { code });
}

export function invalidState(text: string): Error {
  return coded(new Error(text), "ERR_INVALID_STATE");
}

export function invalidType(text: string): TypeError {
  return coded(new TypeError(text), "ERR_INVALID_ARG_TYPE");
}

/** Runs a call, with Node's errors in place of SQLite's. */
export function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof SqliteFailure)) throw error;
    const { result, message } = error;
    const more = { code: "ERR_SQLITE_ERROR", errcode: result, errstr: textOf(result) };
    throw Object.assign(new Error(message), more);
  }
}

/** The booleans of `options` that have been given; others are refused. */
export function booleans<K extends string>(
  options: object,
  names: readonly K[],
): Partial<Record<K, boolean>> {
  const result: Partial<Record<K, boolean>> = {};
  for (const name of names) {
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined) continue;
    if (typeof value !== "boolean") {
      throw invalidType(`The "options.${name}" argument must be a boolean.`);
    }
    result[name] = value;
  }
  return result;
}

export const STATEMENT_OPTIONS = [
  "readBigInts",
  "returnArrays",
  "allowBareNamedParameters",
  "allowUnknownNamedParameters",
] as const;

/** How a statement reads and binds values. */
export type StatementOptions = Partial<Record<(typeof STATEMENT_OPTIONS)[number], boolean>>;

/** A value for SQLite; `undefined` if there is none for it. */
export function toSqlite(value: unknown): SqliteValue | undefined {
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  if (typeof value === "bigint") return value;
  if (!ArrayBuffer.isView(value)) return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** A value of SQLite's for a program. */
export function fromSqlite(value: SqliteValue, bigInts: boolean): unknown {
  if (typeof value === "string" && !KEEPS_ZEROS) return value.split("\0")[0];
  if (typeof value !== "bigint" || bigInts) return value;
  if (BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))) return Number(value);
  throw coded(
    new RangeError(`Value is too large to be represented as a JavaScript number: ${value}`),
    "ERR_OUT_OF_RANGE",
  );
}

/** What a statement has inside. */
interface Inner {
  readonly connection: () => Connection | undefined;
  readonly prepared: Prepared;
  readonly options: { -readonly [K in keyof StatementOptions]: boolean };
  values: SqliteValue[];
  isClosed: boolean;
  cursor: Cursor | undefined;
}

const inners = new WeakMap<object, Inner>();

function innerOf(statement: object): { inner: Inner; connection: Connection } {
  const inner = inners.get(statement);
  if (inner === undefined) throw new TypeError("Illegal invocation");
  const connection = inner.isClosed ? undefined : inner.connection();
  if (connection === undefined) throw invalidState("statement has been finalized");
  return { inner, connection };
}

/** Makes a statement of a database. */
export function statementOf(
  connection: () => Connection | undefined,
  prepared: Prepared,
  options: StatementOptions,
): StatementSync {
  const statement = new StatementSync();
  const { count } = prepared.parameters;
  const values = Array.from({ length: count }, (): SqliteValue => null);
  const own = { ...options } as Inner["options"];
  inners.set(statement, {
    connection,
    prepared,
    options: own,
    values,
    isClosed: false,
    cursor: undefined,
  });
  return statement;
}

export class StatementSync {
  declare readonly sourceSQL: string;
  declare readonly expandedSQL: string;

  constructor() {
    const getters = {
      sourceSQL: () => sourceOf(innerOf(this).inner),
      expandedSQL: () => {
        const { inner } = innerOf(this);
        return expandedSql(sourceOf(inner), inner.values);
      },
    };
    for (const [name, get] of Object.entries(getters)) {
      Object.defineProperty(this, name, { get, enumerable: true });
    }
  }

  iterate(...params: unknown[]): object {
    const { inner, connection } = innerOf(this);
    bind(inner, params);
    const cursor = attempt(() => connection.cursor(inner.prepared, inner.values));
    inner.cursor = cursor;
    return new StatementSyncIterator(this, cursor);
  }

  all(...params: unknown[]): unknown[] {
    const { inner, connection } = innerOf(this);
    bind(inner, params);
    const { bigInts, shape } = shaper(inner);
    return attempt(() => {
      const cursor = connection.cursor(inner.prepared, inner.values);
      const rows: unknown[] = [];
      let columns: string[] | undefined;
      try {
        for (let row = cursor.next(); row !== undefined; row = cursor.next()) {
          columns ??= cursor.columns;
          rows.push(
            shape(
              columns,
              row.map((value) => fromSqlite(value, bigInts)),
            ),
          );
        }
      } finally {
        cursor.close();
      }
      return rows;
    });
  }

  get(...params: unknown[]): unknown {
    const { inner, connection } = innerOf(this);
    bind(inner, params);
    const { bigInts, shape } = shaper(inner);
    return attempt(() => {
      const cursor = connection.cursor(inner.prepared, inner.values);
      try {
        const row = cursor.next();
        if (row === undefined) return undefined;
        return shape(
          cursor.columns,
          row.map((value) => fromSqlite(value, bigInts)),
        );
      } finally {
        cursor.close();
      }
    });
  }

  run(...params: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    const { inner, connection } = innerOf(this);
    bind(inner, params);
    const done = attempt(() => connection.run(inner.prepared, inner.values));
    const isBig = inner.options.readBigInts === true;
    const changes = isBig ? BigInt(done.changes) : done.changes;
    const lastInsertRowid = isBig ? done.lastInsertRowid : Number(done.lastInsertRowid);
    return MAJOR >= 24 ? { changes, lastInsertRowid } : { lastInsertRowid, changes };
  }

  columns(): object[] {
    const { inner, connection } = innerOf(this);
    return attempt(() => connection.describe(inner.prepared)).map(
      ({ column, database, name, table, type }) => ({
        __proto__: null,
        column,
        database,
        name,
        table,
        type,
      }),
    );
  }

  setAllowBareNamedParameters(on: unknown): void {
    set(this, "allowBareNamedParameters", on);
  }

  setAllowUnknownNamedParameters(on: unknown): void {
    set(this, "allowUnknownNamedParameters", on, "enabled");
  }

  setReadBigInts(on: unknown): void {
    set(this, "readBigInts", on);
  }

  setReturnArrays(on: unknown): void {
    set(this, "returnArrays", on);
  }

  close(): void {
    const { inner } = innerOf(this);
    inner.cursor?.close();
    inner.isClosed = true;
  }
}
for (const name of Object.getOwnPropertyNames(StatementSync.prototype)) {
  if (name === "constructor") continue;
  Object.defineProperty(StatementSync.prototype, name, { enumerable: true });
}
if (MAJOR < 24) Reflect.deleteProperty(StatementSync.prototype, "close");

const iteratorPrototype = Object.getPrototypeOf(
  Object.getPrototypeOf([][Symbol.iterator]()),
) as object;

class StatementSyncIterator {
  readonly #statement: StatementSync;
  readonly #cursor: Cursor;
  #isDone = false;

  constructor(statement: StatementSync, cursor: Cursor) {
    this.#statement = statement;
    this.#cursor = cursor;
  }

  next(): object {
    const { inner } = innerOf(this.#statement);
    if (this.#isDone) return { __proto__: null, done: true, value: null };
    if (inner.cursor !== this.#cursor) throw invalidState("iterator was invalidated");
    const row = attempt(() => this.#cursor.next());
    if (row === undefined) return this.return();
    const { bigInts, shape } = shaper(inner);
    const values = row.map((value) => fromSqlite(value, bigInts));
    return { __proto__: null, done: false, value: shape(this.#cursor.columns, values) };
  }

  return(): object {
    innerOf(this.#statement);
    this.#isDone = true;
    this.#cursor.close();
    return { __proto__: null, done: true, value: null };
  }
}
Object.setPrototypeOf(StatementSyncIterator.prototype, iteratorPrototype);

function sourceOf({ prepared: { own } }: Inner): string {
  return own;
}

function set(
  statement: object,
  option: keyof StatementOptions,
  on: unknown,
  name: string = option,
): void {
  const { inner } = innerOf(statement);
  if (typeof on !== "boolean") throw invalidType(`The "${name}" argument must be a boolean.`);
  inner.options[option] = on;
}

function shaper({ options }: Inner): {
  readonly bigInts: boolean;
  readonly shape: (columns: readonly string[], values: unknown[]) => unknown;
} {
  const bigInts = options.readBigInts === true;
  if (options.returnArrays === true) return { bigInts, shape: (_, values) => values };
  return {
    bigInts,
    shape: (columns, values) => {
      const row = Object.create(null) as Record<string, unknown>;
      for (const [at, name] of columns.entries()) row[name] = values[at];
      return row;
    },
  };
}

/** Binds what a call is given: an object of names first, if there is one, and then values by position. */
function bind(inner: Inner, params: readonly unknown[]): void {
  inner.cursor?.close();
  inner.cursor = undefined;
  const { prepared, options } = inner;
  const { count, names } = prepared.parameters;
  const values = Array.from({ length: count }, (): SqliteValue => null);
  inner.values = values;
  const put = (value: unknown, number: number): void => {
    let converted = toSqlite(value);
    if (TAKES_BOOLEANS && typeof value === "boolean") converted = value ? 1n : 0n;
    if (TAKES_UNDEFINED && value === undefined) converted = null;
    if (converted === undefined) {
      throw invalidType(`Provided value cannot be bound to SQLite parameter ${number}.`);
    }
    if (typeof converted === "bigint" && BigInt.asIntN(64, converted) !== converted) {
      throw coded(new TypeError("BigInt value is too large to bind."), "ERR_INVALID_ARG_VALUE");
    }
    if (number > count) attempt(() => refuse());
    values[number - 1] = converted;
  };
  const [first] = params;
  const hasNames = typeof first === "object" && first !== null && !ArrayBuffer.isView(first);
  if (hasNames) {
    const allowBare = options.allowBareNamedParameters !== false;
    const bare = allowBare ? bareNames(names) : new Map<string, number>();
    for (const [name, value] of Object.entries(first)) {
      const number = names.get(name) ?? bare.get(name);
      if (number !== undefined) put(value, number);
      else if (options.allowUnknownNamedParameters !== true) {
        throw invalidState(`Unknown named parameter '${name}'`);
      }
    }
  }
  const named = new Set(
    [...names].filter(([name]) => !name.startsWith("?")).map(([, number]) => number),
  );
  let number = 0;
  for (const value of hasNames ? params.slice(1) : params) {
    do number++;
    while (named.has(number));
    put(value, number);
  }
}

function refuse(): never {
  throw new SqliteFailure(25, "column index out of range");
}

function bareNames(names: ReadonlyMap<string, number>): Map<string, number> {
  const bare = new Map<string, number>();
  const full = new Map<string, string>();
  for (const [name, number] of names) {
    const short = name.slice(1);
    const other = full.get(short);
    if (other !== undefined) {
      throw invalidState(
        `Cannot create bare named parameter '${short}' because of conflicting names '${other}' and '${name}'.`,
      );
    }
    full.set(short, name);
    bare.set(short, number);
  }
  return bare;
}
