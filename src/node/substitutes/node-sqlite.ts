/** `node:sqlite` by SQLite as WebAssembly, with its files on the host's disk, on the versions of Node that have it. */
import { LightconeError } from "../../base/errors.ts";
import type { AddOn } from "./add-on.ts";
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
  readonly open?: boolean;
  readonly readOnly?: boolean;
  readonly enableForeignKeyConstraints?: boolean;
}

export const nodeSqlite: AddOn = {
  peer: SQLITE_PEER,
  create: (context) => {
    const sqlite = sqliteOf(context);
    class DatabaseSync extends Database {
      constructor(path: unknown, options: DatabaseOptions = {}) {
        super(sqlite, path, options);
      }
    }
    return { DatabaseSync, StatementSync: Statement };
  },
};

/** SQLite's numbers and their texts, by the beginning of the messages. */
const codes: readonly (readonly [RegExp, number, string])[] = [
  [/^UNIQUE constraint failed/, 2067, "constraint failed"],
  [/^NOT NULL constraint failed/, 1299, "constraint failed"],
  [/^FOREIGN KEY constraint failed/, 787, "constraint failed"],
  [/^CHECK constraint failed/, 275, "constraint failed"],
  [/constraint failed/, 19, "constraint failed"],
  [/^database is locked/, 5, "database is locked"],
  [/^attempt to write a readonly/, 8, "attempt to write a readonly database"],
  [/^disk I\/O error/, 10, "disk I/O error"],
  [/malformed/, 11, "database disk image is malformed"],
  [/^unable to open/, 14, "unable to open database file"],
];

function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if ((error as Error).name !== "SQLite3Error") throw error;
    const message = (error as Error).message.replace(
      /^Could not open.*/,
      "unable to open database file",
    );
    const [, errcode, errstr] = codes.find(([form]) => form.test(message)) ?? [
      0,
      1,
      "SQL logic error",
    ];
    throw Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode, errstr });
  }
}

function invalid<T extends Error>(error: T, code: string): T {
  return Object.assign(error, { code });
}

class Database {
  readonly #sqlite: Sqlite;
  readonly #path: string;
  readonly #options: DatabaseOptions;
  #connection: Connection | undefined;

  constructor(sqlite: Sqlite, path: unknown, options: DatabaseOptions) {
    const text =
      path instanceof URL
        ? path.pathname
        : path instanceof Uint8Array
          ? Buffer.from(path).toString()
          : path;
    if (typeof text !== "string") {
      throw invalid(
        new TypeError(
          'The "path" argument must be a string, Uint8Array, or URL without null bytes.',
        ),
        "ERR_INVALID_ARG_TYPE",
      );
    }
    this.#sqlite = sqlite;
    this.#path = text;
    this.#options = options;
    if (options.open !== false) this.open();
  }

  get isOpen(): boolean {
    return this.#connection !== undefined;
  }

  get isTransaction(): boolean {
    return this.#now().inTransaction;
  }

  open(): void {
    if (this.#connection) throw invalid(new Error("database is already open"), "ERR_INVALID_STATE");
    const { readOnly = false, enableForeignKeyConstraints = true } = this.#options;
    const connection = attempt(() =>
      this.#sqlite.open(this.#path === "" ? ":memory:" : this.#path, { readOnly }),
    );
    if (!enableForeignKeyConstraints) connection.exec("PRAGMA foreign_keys = OFF");
    this.#connection = connection;
  }

  close(): void {
    const connection = this.#now();
    this.#connection = undefined;
    attempt(() => connection.close());
  }

  exec(sql: string): void {
    const connection = this.#now();
    attempt(() => connection.exec(sql));
  }

  prepare(sql: string): Statement {
    const connection = this.#now();
    const prepared = attempt(() => connection.prepare(sql));
    return new Statement(() => this.#connection, prepared);
  }

  function(name: string, ...rest: readonly unknown[]): void {
    const connection = this.#now();
    const call = rest.at(-1) as (...args: never[]) => unknown;
    const { deterministic = false } = (rest.length > 1 ? rest[0] : {}) as {
      deterministic?: boolean;
    };
    attempt(() => connection.define(name, call, deterministic));
  }

  location(): string | null {
    this.#now();
    return this.#path === "" || this.#path === ":memory:" ? null : this.#path;
  }

  [Symbol.for("nodejs.dispose")](): void {
    if (this.#connection) this.close();
  }

  #now(): Connection {
    if (this.#connection) return this.#connection;
    throw invalid(new Error("database is not open"), "ERR_INVALID_STATE");
  }
}

for (const name of [
  "aggregate",
  "createSession",
  "applyChangeset",
  "createTagStore",
  "serialize",
  "deserialize",
  "loadExtension",
  "setAuthorizer",
]) {
  const value = (): never => {
    throw new LightconeError(
      "LC_NOT_SIMULATED",
      `${name} of node:sqlite is not simulated: what stands in for it does not have it`,
    );
  };
  Object.defineProperty(Database.prototype, name, { value, writable: true, configurable: true });
}

class Statement {
  readonly #connection: () => Connection | undefined;
  readonly #prepared: Prepared;
  #bigInts = false;
  #arrays = false;
  #bareNames = true;
  #unknownNames = false;

  constructor(connection: () => Connection | undefined, prepared: Prepared) {
    this.#connection = connection;
    this.#prepared = prepared;
  }

  get sourceSQL(): string {
    return this.#prepared.sql;
  }

  run(...params: readonly unknown[]): Changes {
    const connection = this.#now();
    const values = this.#values(params);
    const { changes, lastInsertRowid } = attempt(() => connection.run(this.#prepared, values));
    if (!this.#bigInts) return { changes, lastInsertRowid };
    return { changes: BigInt(changes), lastInsertRowid: BigInt(lastInsertRowid) } as never;
  }

  all(...params: readonly unknown[]): unknown[] {
    const connection = this.#now();
    const values = this.#values(params);
    return attempt(() => connection.all(this.#prepared, values)).map((row) => this.#shaped(row));
  }

  get(...params: readonly unknown[]): unknown {
    return this.all(...params)[0];
  }

  iterate(...params: readonly unknown[]): IterableIterator<unknown> {
    return this.all(...params)[Symbol.iterator]();
  }

  columns(): object[] {
    return this.#prepared.columns.map((name) => ({
      __proto__: null,
      column: null,
      database: null,
      name,
      table: null,
      type: null,
    }));
  }

  setReadBigInts(on: boolean): void {
    this.#bigInts = on;
  }

  setReturnArrays(on: boolean): void {
    this.#arrays = on;
  }

  setAllowBareNamedParameters(on: boolean): void {
    this.#bareNames = on;
  }

  setAllowUnknownNamedParameters(on: boolean): void {
    this.#unknownNames = on;
  }

  #shaped(row: SqliteRow): unknown {
    const entries = Object.entries(row).map(([name, value]) => [name, this.#read(value)] as const);
    if (this.#arrays) return entries.map(([, value]) => value);
    return Object.assign(Object.create(null), Object.fromEntries(entries)) as object;
  }

  #read(value: SqliteValue): unknown {
    if (typeof value === "number" && this.#bigInts && Number.isInteger(value)) return BigInt(value);
    if (typeof value !== "bigint" || this.#bigInts) return value;
    throw invalid(
      new RangeError(`Value is too large to be represented as a JavaScript number: ${value}`),
      "ERR_OUT_OF_RANGE",
    );
  }

  #values(params: readonly unknown[]): SqliteValue[] {
    const { positions, names, count } = this.#prepared.parameters;
    const values: SqliteValue[] = Array.from({ length: count }, () => null);
    const [first] = params;
    const hasNamed = typeof first === "object" && first !== null && !(first instanceof Uint8Array);
    if (hasNamed) {
      for (const [name, value] of Object.entries(first)) {
        const prefixed = this.#bareNames ? [name, `:${name}`, `$${name}`, `@${name}`] : [name];
        const number = prefixed.map((one) => names.get(one)).find((one) => one !== undefined);
        if (number !== undefined) values[number - 1] = bindable(value, number);
        else if (!this.#unknownNames) {
          throw invalid(new Error(`Unknown named parameter '${name}'`), "ERR_INVALID_STATE");
        }
      }
    }
    const positional = hasNamed ? params.slice(1) : params;
    if (positional.length > positions.length) {
      const error = new Error("column index out of range");
      throw Object.assign(invalid(error, "ERR_SQLITE_ERROR"), {
        errcode: 25,
        errstr: "column index out of range",
      });
    }
    for (const [at, value] of positional.entries()) {
      const number = positions[at] as number;
      values[number - 1] = bindable(value, number);
    }
    return values;
  }

  #now(): Connection {
    const connection = this.#connection();
    if (connection) return connection;
    throw invalid(new Error("statement has been finalized"), "ERR_INVALID_STATE");
  }
}

function bindable(value: unknown, number: number): SqliteValue {
  if (value === null || ["number", "string", "bigint"].includes(typeof value)) {
    return value as SqliteValue;
  }
  if (value instanceof Uint8Array) return value;
  throw invalid(
    new TypeError(`Provided value cannot be bound to SQLite parameter ${number}.`),
    "ERR_INVALID_ARG_TYPE",
  );
}
