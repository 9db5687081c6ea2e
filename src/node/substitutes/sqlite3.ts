/**
 * `sqlite3` by SQLite as WebAssembly, with its files on the host's disk. The add-on runs statements on threads; here each
 * runs in a turn of its own, in the order of the calls. One that finds the database locked tries again, as SQLite does, until its
 * connection's busy timeout is over.
 */
import type { EventEmitter } from "node:events";
import { LightconeError } from "../../base/errors.ts";
import type { AddOn, SubstituteContext } from "./add-on.ts";
import {
  type Connection,
  type Prepared,
  sqliteOf,
  SQLITE_PEER,
  type Sqlite,
  type SqliteRow,
  type SqliteValue,
} from "./sqlite-database.ts";
import { sqliteFailure, sqliteNumbers } from "./sqlite-errors.ts";

type Callback = (this: unknown, error: Error | null, ...results: unknown[]) => void;

/** The waits between tries, in milliseconds: those of `sqliteDefaultBusyCallback`. */
const WAITS_MS = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];
const BUSY_TIMEOUT_MS = 1_000;

const OPEN_READONLY = 1;
const OPEN_READWRITE = 2;
const OPEN_CREATE = 4;

const constants: Readonly<Record<string, number>> = {
  ...sqliteNumbers,
  OPEN_READONLY,
  OPEN_READWRITE,
  OPEN_CREATE,
  OPEN_URI: 0x40,
  OPEN_FULLMUTEX: 0x10000,
  OPEN_SHAREDCACHE: 0x20000,
  OPEN_PRIVATECACHE: 0x40000,
};

class SqliteError extends Error {
  readonly errno: number;
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.errno = sqliteNumbers[code.slice("SQLITE_".length)] ?? 1;
    this.code = code;
  }
}
Object.defineProperty(SqliteError.prototype, "name", { value: "Error", configurable: true });

/** The add-on has primary codes only. */
function errorOf(error: unknown): unknown {
  const failure = sqliteFailure(error);
  if (failure === undefined) return error;
  const [primary] = /^SQLITE_[A-Z]+/.exec(failure.code) as RegExpExecArray;
  return new SqliteError(primary, failure.message);
}

/** Work of one database, one piece after the other. */
class Queue {
  readonly #timers: typeof import("node:timers");
  readonly #work: (() => void)[] = [];
  #running = false;
  busyTimeoutMs: number = BUSY_TIMEOUT_MS;

  constructor(timers: typeof import("node:timers")) {
    this.#timers = timers;
  }

  /** Runs `action` in a turn of its own, and gives its outcome to `done`. */
  add<T>(action: () => T, done: (error: unknown, result?: T) => void): void {
    let waitedMs = 0;
    let tries = 0;
    const attempt = (): void => {
      let result: T;
      try {
        result = action();
      } catch (thrown) {
        const error = errorOf(thrown);
        const waitMs = WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)] as number;
        const isBusy = (error as { code?: unknown }).code === "SQLITE_BUSY";
        if (isBusy && waitedMs < this.busyTimeoutMs) {
          const nextMs = Math.min(waitMs, this.busyTimeoutMs - waitedMs);
          waitedMs += nextMs;
          this.#timers.setTimeout(attempt, nextMs);
          return;
        }
        this.#next();
        done(error);
        return;
      }
      this.#next();
      done(null, result);
    };
    this.#work.push(attempt);
    if (!this.#running) this.#next();
  }

  #next(): void {
    const next = this.#work.shift();
    this.#running = next !== undefined;
    if (next !== undefined) this.#timers.setImmediate(next);
  }
}

/** Splits a call's arguments: parameters, and at last one or two functions. */
function splitArguments(given: readonly unknown[], functions = 1): [unknown[], Callback[]] {
  const rest = [...given];
  const callbacks: Callback[] = [];
  while (callbacks.length < functions && typeof rest.at(-1) === "function") {
    callbacks.unshift(rest.pop() as Callback);
  }
  return [rest, callbacks];
}

function bindable(value: unknown): SqliteValue {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" || typeof value === "string" || typeof value === "bigint")
    return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return value.getTime();
  return String(value);
}

function valuesFor({ parameters }: Prepared, given: readonly unknown[]): SqliteValue[] {
  const { count, names, positions } = parameters;
  const values: SqliteValue[] = Array.from({ length: count }, () => null);
  const [first] = given;
  const isNamed =
    typeof first === "object" &&
    first !== null &&
    !Array.isArray(first) &&
    !(first instanceof Uint8Array) &&
    !(first instanceof Date);
  const set = (number: number | undefined, value: unknown): void => {
    if (number === undefined || number < 1 || number > count) {
      throw new SqliteError("SQLITE_RANGE", "column index out of range");
    }
    values[number - 1] = bindable(value);
  };
  if (isNamed) {
    for (const [name, value] of Object.entries(first)) {
      set(
        /^\d+$/.test(name) ? (positions[Number(name) - 1] ?? Number(name)) : names.get(name),
        value,
      );
    }
    return values;
  }
  const list = Array.isArray(first) ? (first as unknown[]) : given;
  for (const [at, value] of list.entries()) set(at + 1, value);
  return values;
}

function shown(row: SqliteRow): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (value instanceof Uint8Array) return [name, Buffer.from(value)];
      return [name, typeof value === "bigint" ? Number(value) : value];
    }),
  );
}

export const sqlite3: AddOn = { peer: SQLITE_PEER, create };

function create(context: SubstituteContext): unknown {
  const sqlite: Sqlite = sqliteOf(context);
  const timers = context.builtin("timers") as typeof import("node:timers");
  const { EventEmitter } = context.builtin("events") as {
    EventEmitter: new () => EventEmitter;
  };

  /** Tells the outcome of a call to its callback, or, of an error without one, to whoever listens. */
  function tell(
    self: EventEmitter,
    callback: Callback | undefined,
    error: unknown,
    ...results: unknown[]
  ): void {
    if (callback !== undefined) callback.call(self, error as Error | null, ...results);
    else if (error !== null) self.emit("error", error);
  }

  class Database extends EventEmitter {
    filename: string;
    mode: number;
    open = false;
    readonly #queue: Queue = new Queue(timers);
    #connection: Connection | undefined;
    #closed = false;
    #statements = 0;

    constructor(filename: unknown, ...rest: unknown[]) {
      super();
      if (typeof filename !== "string") throw new TypeError("String expected");
      const [[mode = OPEN_READWRITE | OPEN_CREATE], [callback]] = splitArguments(rest);
      this.filename = filename;
      this.mode = mode as number;
      const options = {
        readOnly: (this.mode & OPEN_READONLY) !== 0,
        fileMustExist: (this.mode & OPEN_CREATE) === 0,
      };
      const path = filename === "" ? ":memory:" : filename;
      this.#queue.add(
        () => (this.#connection = sqlite.open(path, options)),
        (error) => {
          this.open = error === null;
          tell(this, callback, error);
          if (error === null) this.emit("open");
          else this.#closed = true;
        },
      );
    }

    /** @internal Runs `action` with the connection, in its turn. */
    schedule<T>(
      self: EventEmitter,
      action: (connection: Connection) => T,
      callback: Callback | undefined,
      done: (result: T) => void,
    ): void {
      if (this.#closed) {
        tell(self, callback, new SqliteError("SQLITE_MISUSE", "Database is closed"));
        return;
      }
      const work = (): T => {
        if (this.#connection === undefined) {
          throw new SqliteError("SQLITE_MISUSE", "Database handle is closed");
        }
        return action(this.#connection);
      };
      this.#queue.add(work, (error, result) => {
        if (error === null) done(result as T);
        else tell(self, callback, error);
      });
    }

    /** @internal A statement was prepared, or finalized. */
    count(change: number): void {
      this.#statements += change;
    }

    #statement(sql: unknown): Statement {
      if (typeof sql !== "string") throw new TypeError("Argument 0 must be a string");
      this.emit("trace", sql);
      return new Statement(this, sql);
    }

    run(sql: unknown, ...rest: unknown[]): this {
      this.#statement(sql).run(...rest);
      return this;
    }
    get(sql: unknown, ...rest: unknown[]): this {
      this.#statement(sql).get(...rest);
      return this;
    }
    all(sql: unknown, ...rest: unknown[]): this {
      this.#statement(sql).all(...rest);
      return this;
    }
    each(sql: unknown, ...rest: unknown[]): this {
      this.#statement(sql).each(...rest);
      return this;
    }
    map(sql: unknown, ...rest: unknown[]): this {
      this.#statement(sql).map(...rest);
      return this;
    }

    exec(sql: string, callback?: Callback): this {
      this.schedule(
        this,
        (connection) => connection.exec(sql),
        callback,
        () => tell(this, callback, null),
      );
      return this;
    }

    prepare(sql: string, ...rest: unknown[]): Statement {
      const [params, [callback]] = splitArguments(rest);
      const statement = new Statement(this, sql, callback ?? (() => {}), callback === undefined);
      this.count(1);
      return params.length === 0 ? statement : statement.bind(...params);
    }

    close(callback?: Callback): this {
      this.schedule(
        this,
        (connection) => {
          if (this.#statements > 0) {
            const text = "unable to close due to unfinalized statements or unfinished backups";
            throw new SqliteError("SQLITE_BUSY", text);
          }
          connection.close();
        },
        callback,
        () => {
          this.#connection = undefined;
          this.#closed = true;
          this.open = false;
          tell(this, callback, null);
          this.emit("close");
        },
      );
      return this;
    }

    configure(option: string, value: unknown): this {
      if (option === "busyTimeout") this.#queue.busyTimeoutMs = Number(value);
      else if (!["trace", "profile", "change", "limit"].includes(option)) {
        throw new Error(`${option} is not a valid configuration option`);
      }
      return this;
    }

    /** Calls run in order anyway. */
    serialize(call?: () => void): this {
      call?.();
      return this;
    }
    parallelize(call?: () => void): this {
      call?.();
      return this;
    }
    wait(callback?: Callback): this {
      this.schedule(
        this,
        () => undefined,
        callback,
        () => tell(this, callback, null),
      );
      return this;
    }
    interrupt(): this {
      return this;
    }
    loadExtension(): never {
      return missing("loadExtension");
    }
    backup(): never {
      return missing("backup");
    }
  }

  class Statement extends EventEmitter {
    readonly sql: string;
    lastID = 0;
    changes = 0;
    readonly #database: Database;
    #prepared: Prepared | undefined;
    #bound: readonly unknown[] = [];
    /** The rows of `get`, of which each call takes the next. */
    #rows: SqliteRow[] | undefined;
    #finalized = false;

    constructor(database: Database, sql: string, onPrepared?: Callback, isQuiet = false) {
      super();
      this.sql = sql;
      this.#database = database;
      if (onPrepared === undefined) return;
      const prepare = (connection: Connection): Prepared => this.#with(connection);
      database.schedule(this, prepare, isQuiet ? undefined : onPrepared, () => {
        tell(this, onPrepared, null);
      });
    }

    #with(connection: Connection): Prepared {
      if (this.#finalized) {
        throw new SqliteError("SQLITE_MISUSE", "Statement is already finalized");
      }
      return (this.#prepared ??= connection.prepare(this.sql));
    }

    #do<T>(
      params: readonly unknown[],
      callback: Callback | undefined,
      action: (connection: Connection, prepared: Prepared, values: SqliteValue[]) => T,
      done: (result: T) => void,
    ): this {
      const work = (connection: Connection): T => {
        const prepared = this.#with(connection);
        if (params.length > 0) this.#setBound(params);
        return action(connection, prepared, valuesFor(prepared, this.#bound));
      };
      this.#database.schedule(this, work, callback, done);
      return this;
    }

    #setBound(params: readonly unknown[]): void {
      this.#bound = params;
      this.#rows = undefined;
    }

    bind(...given: unknown[]): this {
      const [params, [callback]] = splitArguments(given);
      return this.#do(
        params,
        callback,
        () => undefined,
        () => tell(this, callback, null),
      );
    }

    run(...given: unknown[]): this {
      const [params, [callback]] = splitArguments(given);
      return this.#do(
        params,
        callback,
        (connection, prepared, values) => connection.run(prepared, values),
        ({ changes, lastInsertRowid }) => {
          this.lastID = Number(lastInsertRowid);
          this.changes = changes;
          tell(this, callback, null);
        },
      );
    }

    get(...given: unknown[]): this {
      const [params, [callback]] = splitArguments(given);
      return this.#do(
        params,
        callback,
        (connection, prepared, values) => {
          this.#rows ??= connection.all(prepared, values);
          return this.#rows.shift();
        },
        (row) => {
          if (row === undefined) {
            this.#rows = undefined;
            tell(this, callback, null);
          } else tell(this, callback, null, shown(row));
        },
      );
    }

    #all(
      params: readonly unknown[],
      callback: Callback | undefined,
      done: (rows: object[]) => void,
    ) {
      return this.#do(
        params,
        callback,
        (connection, prepared, values) => connection.all(prepared, values).map(shown),
        done,
      );
    }

    all(...given: unknown[]): this {
      const [params, [callback]] = splitArguments(given);
      return this.#all(params, callback, (rows) => tell(this, callback, null, rows));
    }

    each(...given: unknown[]): this {
      const [params, callbacks] = splitArguments(given, 2);
      const [onRow, onEnd] = callbacks;
      return this.#all(params, onEnd ?? onRow, (rows) => {
        for (const row of rows) tell(this, onRow, null, row);
        tell(this, onEnd, null, rows.length);
      });
    }

    map(...given: unknown[]): this {
      const [params, [callback]] = splitArguments(given);
      return this.#all(params, callback, (rows) => {
        const pairs = rows.map((row) => {
          const values = Object.values(row);
          return [String(values[0]), values.length === 2 ? values[1] : row];
        });
        tell(this, callback, null, Object.fromEntries(pairs));
      });
    }

    reset(callback?: Callback): this {
      return this.#do(
        [],
        callback,
        () => (this.#rows = undefined),
        () => tell(this, callback, null),
      );
    }

    finalize(callback?: Callback): Database {
      const database = this.#database;
      database.schedule(
        this,
        () => {
          if (!this.#finalized && this.#prepared !== undefined) database.count(-1);
          this.#finalized = true;
        },
        callback,
        () => callback?.call(this, null),
      );
      return database;
    }
  }

  const shared = new Map<string, Database>();
  class CachedDatabase {
    constructor(filename: string, ...rest: unknown[]) {
      if (filename === "" || filename === ":memory:")
        return new Database(filename, ...rest) as never;
      const known = shared.get(filename);
      const [, [callback]] = splitArguments(rest);
      if (known !== undefined) {
        if (callback) known.wait(() => callback.call(known, null));
        return known as never;
      }
      const made = new Database(filename, ...rest);
      shared.set(filename, made);
      return made as never;
    }
  }
  const exports: Record<string, unknown> = {
    ...constants,
    Database,
    Statement,
    cached: { Database: CachedDatabase, objects: {} },
    verbose: () => exports,
  };
  return exports;
}

function missing(name: string): never {
  throw new LightconeError(
    "LC_NOT_SIMULATED",
    `${name} of sqlite3 is not simulated: what stands in for it does not have it`,
  );
}
