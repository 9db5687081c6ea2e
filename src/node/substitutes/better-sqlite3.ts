/** `better-sqlite3` by SQLite as WebAssembly, with its files on the host's disk. */
import { LightconeError } from "../../base/errors.ts";
import type { AddOn } from "./add-on.ts";
import { sqliteFailure } from "./sqlite-errors.ts";
import { isSeveral } from "./sqlite-parameters.ts";
import {
  type Changes,
  type Connection,
  type Prepared,
  sqliteOf,
  SQLITE_PEER,
  type Sqlite,
  type SqliteRow,
  type SqliteValue,
} from "./sqlite-database.ts";

interface DatabaseOptions {
  readonly readonly?: boolean;
  readonly fileMustExist?: boolean;
  readonly verbose?: (sql: string) => void;
}

type AnyFunction = (...args: unknown[]) => unknown;

export const betterSqlite3: AddOn = {
  peer: SQLITE_PEER,
  create: (context) => {
    const sqlite = sqliteOf(context);
    // It may be called without `new`.
    function Database(path?: unknown, options?: DatabaseOptions): BetterDatabase {
      return new BetterDatabase(sqlite, path, options);
    }
    Database.prototype = BetterDatabase.prototype;
    return Object.assign(Database, { SqliteError, default: Database });
  },
};

class SqliteError extends Error {
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}
Object.defineProperty(SqliteError.prototype, "name", { value: "SqliteError", configurable: true });

function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const failure = sqliteFailure(error);
    if (failure === undefined) throw error;
    throw new SqliteError(failure.message, failure.code);
  }
}

class BetterDatabase {
  readonly name: string;
  readonly readonly: boolean;
  readonly memory: boolean;
  open = true;
  readonly #connection: Connection;
  readonly #verbose: ((sql: string) => void) | undefined;

  constructor(sqlite: Sqlite, path: unknown = "", options: DatabaseOptions = {}) {
    if (typeof path !== "string") {
      throw new TypeError("Expected first argument to be a string");
    }
    this.name = path;
    this.memory = path === "" || path === ":memory:";
    this.readonly = options.readonly === true;
    this.#verbose = options.verbose;
    const mode = { fileMustExist: options.fileMustExist === true, readOnly: this.readonly };
    this.#connection = attempt(() => sqlite.open(this.memory ? ":memory:" : path, mode));
  }

  get inTransaction(): boolean {
    return this.open && this.#connection.inTransaction;
  }

  prepare(sql: string): BetterStatement {
    if (typeof sql !== "string") throw new TypeError("Expected first argument to be a string");
    const connection = this.#connectionNow();
    if (sql.trim() === "") {
      throw new RangeError("The supplied SQL string contains no statements");
    }
    if (isSeveral(sql)) {
      throw new RangeError("The supplied SQL string contains more than one statement");
    }
    const prepared = attempt(() => connection.prepare(sql));
    return new BetterStatement(this, () => this.#connectionNow(), prepared, this.#verbose);
  }

  exec(sql: string): this {
    const connection = this.#connectionNow();
    this.#verbose?.(sql);
    attempt(() => connection.exec(sql));
    return this;
  }

  pragma(source: string, { simple = false }: { readonly simple?: boolean } = {}): unknown {
    const statement = this.prepare(`PRAGMA ${source}`);
    if (!statement.reader) return statement.run() && (simple ? undefined : []);
    return simple ? statement.pluck().get() : statement.all();
  }

  transaction(call: AnyFunction): AnyFunction {
    if (typeof call !== "function") {
      throw new TypeError("Expected first argument to be a function");
    }
    const database = this;
    const kind = (begin: string): AnyFunction =>
      function (this: unknown, ...args: unknown[]) {
        const isNested = database.inTransaction;
        const [first, commit, undo] = isNested
          ? [
              "SAVEPOINT `\t_bs3.\t`",
              ["RELEASE `\t_bs3.\t`"],
              ["ROLLBACK TO `\t_bs3.\t`", "RELEASE `\t_bs3.\t`"],
            ]
          : [begin, ["COMMIT"], ["ROLLBACK"]];
        database.exec(first as string);
        try {
          const result = call.apply(this, args);
          for (const sql of commit as string[]) database.exec(sql);
          return result;
        } catch (error) {
          if (database.inTransaction) for (const sql of undo as string[]) database.exec(sql);
          throw error;
        }
      };
    const made = kind("BEGIN");
    const kinds = {
      default: made,
      deferred: kind("BEGIN DEFERRED"),
      immediate: kind("BEGIN IMMEDIATE"),
      exclusive: kind("BEGIN EXCLUSIVE"),
      database,
    };
    return Object.assign(made, kinds);
  }

  function(name: string, ...rest: readonly unknown[]): this {
    const call = rest.find((one) => typeof one === "function") as AnyFunction;
    const { deterministic = false } = (rest.find((one) => typeof one === "object") ?? {}) as {
      deterministic?: boolean;
    };
    const connection = this.#connectionNow();
    attempt(() => connection.define(name, call, deterministic));
    return this;
  }

  close(): this {
    if (this.open) attempt(() => this.#connection.close());
    this.open = false;
    return this;
  }

  aggregate(): never {
    return missing("aggregate");
  }
  table(): never {
    return missing("table");
  }
  loadExtension(): never {
    return missing("loadExtension");
  }
  backup(): never {
    return missing("backup");
  }
  serialize(): never {
    return missing("serialize");
  }
  defaultSafeIntegers(on = true): this {
    return on ? missing("defaultSafeIntegers") : this;
  }
  unsafeMode(): this {
    return this;
  }

  #connectionNow(): Connection {
    if (!this.open) throw new TypeError("The database connection is not open");
    return this.#connection;
  }
}

class BetterStatement {
  readonly database: BetterDatabase;
  readonly source: string;
  readonly reader: boolean;
  readonly readonly: boolean;
  readonly busy = false;
  readonly #connection: () => Connection;
  readonly #prepared: Prepared;
  readonly #verbose: ((sql: string) => void) | undefined;
  #bound: readonly unknown[] | undefined;
  #form: "row" | "pluck" | "raw" = "row";

  constructor(
    database: BetterDatabase,
    connection: () => Connection,
    prepared: Prepared,
    verbose: ((sql: string) => void) | undefined,
  ) {
    this.database = database;
    this.source = prepared.sql;
    this.reader = prepared.columns.length > 0;
    this.readonly = this.reader && !/\b(?:INSERT|UPDATE|DELETE|REPLACE)\b/i.test(prepared.sql);
    this.#connection = connection;
    this.#prepared = prepared;
    this.#verbose = verbose;
  }

  run(...params: readonly unknown[]): Changes {
    if (this.reader) {
      throw new TypeError("This statement returns data. Use get(), all(), or iterate() instead");
    }
    const connection = this.#connection();
    const values = this.#values(params);
    this.#verbose?.(this.source);
    const { changes, lastInsertRowid } = attempt(() => connection.run(this.#prepared, values));
    return { changes, lastInsertRowid: Number(lastInsertRowid) };
  }

  get(...params: readonly unknown[]): unknown {
    return this.all(...params)[0];
  }

  all(...params: readonly unknown[]): unknown[] {
    if (!this.reader) {
      throw new TypeError("This statement does not return data. Use run() instead");
    }
    const connection = this.#connection();
    const values = this.#values(params);
    this.#verbose?.(this.source);
    return attempt(() => connection.all(this.#prepared, values)).map((row) => this.#shaped(row));
  }

  iterate(...params: readonly unknown[]): IterableIterator<unknown> {
    return this.all(...params)[Symbol.iterator]();
  }

  bind(...params: readonly unknown[]): this {
    if (this.#bound) {
      throw new TypeError("The bind() method can only be invoked once per statement object");
    }
    this.#values(params);
    this.#bound = params;
    return this;
  }

  pluck(on = true): this {
    this.#form = on ? "pluck" : "row";
    return this;
  }

  raw(on = true): this {
    this.#form = on ? "raw" : "row";
    return this;
  }

  expand(on = true): this {
    return on ? missing("expand") : this;
  }

  safeIntegers(on = true): this {
    return on ? missing("safeIntegers") : this;
  }

  columns(): object[] {
    if (!this.reader)
      throw new TypeError("The columns() method is only for statements that return data");
    const unknown = { column: null, table: null, database: null, type: null };
    return this.#prepared.columns.map((name) => ({ name, ...unknown }));
  }

  #shaped(row: SqliteRow): unknown {
    const values = Object.entries(row).map(([name, value]) => [name, shown(value)] as const);
    if (this.#form === "pluck") return values[0]?.[1];
    if (this.#form === "raw") return values.map(([, value]) => value);
    return Object.fromEntries(values);
  }

  #values(given: readonly unknown[]): SqliteValue[] {
    if (this.#bound && given.length > 0) {
      throw new TypeError("This statement already has bound parameters");
    }
    const params = this.#bound ?? given;
    const positional: unknown[] = [];
    let named: Record<string, unknown> | undefined;
    for (const param of params) {
      if (Array.isArray(param)) positional.push(...(param as unknown[]));
      else if (isPlain(param)) {
        if (named)
          throw new TypeError("You cannot specify named parameters in two different objects");
        named = param;
      } else positional.push(param);
    }
    const { positions, names, count } = this.#prepared.parameters;
    if (positional.length < positions.length) {
      throw new RangeError("Too few parameter values were provided");
    }
    if (positional.length > positions.length) {
      throw new RangeError("Too many parameter values were provided");
    }
    const values: SqliteValue[] = Array.from({ length: count }, () => null);
    for (const [at, number] of positions.entries()) values[number - 1] = bindable(positional[at]);
    for (const [name, number] of names) {
      const bare = name.slice(1);
      if (named === undefined || !(bare in named)) {
        throw new RangeError(
          named === undefined
            ? "Too few parameter values were provided"
            : `Missing named parameter "${bare}"`,
        );
      }
      values[number - 1] = bindable(named[bare]);
    }
    return values;
  }
}

function bindable(value: unknown): SqliteValue {
  if (value === null || ["number", "string", "bigint"].includes(typeof value)) {
    return value as SqliteValue;
  }
  if (value instanceof Uint8Array) return value;
  throw new TypeError("SQLite3 can only bind numbers, strings, bigints, buffers, and null");
}

function shown(value: SqliteValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  return typeof value === "bigint" ? Number(value) : value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function missing(name: string): never {
  throw new LightconeError(
    "LC_NOT_SIMULATED",
    `${name} of better-sqlite3 is not simulated: what stands in for it does not have it`,
  );
}
