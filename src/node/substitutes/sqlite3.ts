/**
 * `sqlite3` by SQLite as WebAssembly, with its files on the host's disk. Calls are put in order as the add-on does it: a
 * statement's own calls one after the other, those of different statements side by side unless the database is serialized.
 */
import type { EventEmitter } from "node:events";
import { posix } from "node:path";
import { LightconeError } from "../../base/errors.ts";
import type { AddOn, SubstituteContext } from "./add-on.ts";
import { sqliteNumbers } from "./sqlite-errors.ts";
import {
  type Connection,
  type Cursor,
  type Prepared,
  SqliteFailure,
  sqliteOf,
  SQLITE_PEER,
  type SqliteValue,
} from "./sqlite-database.ts";
import { expandedSql } from "./sqlite-parameters.ts";
import {
  type Field,
  fieldsOf,
  type Outcome,
  rowOf,
  sqlite3Error,
  valuesOf,
  WorkQueue,
} from "./sqlite3-work.ts";

type Callback = (this: unknown, ...results: unknown[]) => void;

const MISUSE = 21;
const BUSY = 5;
const OPEN_READONLY = 1;
const OPEN_READWRITE = 2;
const OPEN_CREATE = 4;
const OPEN_FULLMUTEX = 0x10000;
const LIMITS =
  "LENGTH SQL_LENGTH COLUMN EXPR_DEPTH COMPOUND_SELECT VDBE_OP FUNCTION_ARG ATTACHED LIKE_PATTERN_LENGTH VARIABLE_NUMBER TRIGGER_DEPTH WORKER_THREADS";

const constants: Readonly<Record<string, number>> = {
  OPEN_READONLY,
  OPEN_READWRITE,
  OPEN_CREATE,
  OPEN_FULLMUTEX,
  OPEN_URI: 0x40,
  OPEN_SHAREDCACHE: 0x20000,
  OPEN_PRIVATECACHE: 0x40000,
  ...Object.fromEntries(Object.entries(sqliteNumbers).filter(([, number]) => number <= 26)),
  ...Object.fromEntries(LIMITS.split(" ").map((name, number) => [`LIMIT_${name}`, number])),
};

export const sqlite3: AddOn = { peer: SQLITE_PEER, create };

/** The last argument, if it is a function, and those before it. */
function split(args: readonly unknown[]): { params: unknown[]; callback: Callback | undefined } {
  const callback = args.at(-1);
  if (typeof callback !== "function") return { params: [...args], callback: undefined };
  return { params: args.slice(0, -1), callback: callback as Callback };
}

/** A function, or nothing. */
function optionalFunction(args: readonly unknown[], at: number): Callback | undefined {
  const given = args[at];
  if (given === undefined || typeof given === "function") return given as Callback | undefined;
  throw new TypeError(`Argument ${at} must be a function`);
}

function create(context: SubstituteContext): unknown {
  const sqlite = sqliteOf(context);
  const timers = context.builtin("timers") as typeof import("node:timers");
  const { cwd, nextTick } = context.builtin("process") as typeof globalThis.process;
  const emitter = (context.builtin("events") as typeof import("node:events")).prototype;

  /** Tells a failure to a callback or, without one, to whoever listens. */
  function fail(self: EventEmitter, callback: Callback | undefined, error: Error): void {
    if (callback) callback.call(self, error);
    else self.emit("error", error);
  }

  interface Call {
    readonly run: () => void;
    readonly isExclusive: boolean;
    readonly callback: Callback | undefined;
  }

  class Database {
    declare readonly filename: string;
    declare readonly mode: number;
    /** @internal */
    readonly inner: DatabaseInner;

    constructor(...args: unknown[]) {
      const [filename] = args;
      if (typeof filename !== "string") throw new TypeError("String expected");
      sqlite.load();
      const hasMode = typeof args[1] === "number" && (args[1] | 0) === args[1];
      const mode = hasMode ? (args[1] as number) : OPEN_READWRITE | OPEN_CREATE | OPEN_FULLMUTEX;
      const last = args[hasMode ? 2 : 1];
      Object.defineProperty(this, "filename", { value: filename });
      Object.defineProperty(this, "mode", { value: mode });
      this.inner = undefined as never;
      Object.defineProperty(this, "inner", {
        value: new DatabaseInner(this as never),
        enumerable: false,
      });
      this.inner.begin(filename, mode, typeof last === "function" ? (last as Callback) : undefined);
    }

    get open(): boolean {
      return this.inner.isOpen;
    }

    exec(...args: unknown[]): this {
      const [sql] = args;
      if (typeof sql !== "string") throw new TypeError("Argument 0 must be a string");
      const callback = optionalFunction(args, 1);
      const { inner } = this;
      inner.work(callback, true, () => {
        inner.withBusyTimeout(sql, (connection) => connection.exec(sql, inner.tracer()));
      });
      return this;
    }

    wait(...args: unknown[]): this {
      const callback = optionalFunction(args, 0);
      const run = (): void => {
        callback?.call(this, null);
        this.inner.process();
      };
      this.inner.schedule({ run, callback, isExclusive: true });
      return this;
    }

    close(...args: unknown[]): this {
      this.inner.close(optionalFunction(args, 0));
      return this;
    }

    serialize(...args: unknown[]): this {
      return this.#ordered(true, optionalFunction(args, 0));
    }

    parallelize(...args: unknown[]): this {
      return this.#ordered(false, optionalFunction(args, 0));
    }

    #ordered(isSerialized: boolean, callback: Callback | undefined): this {
      const before = this.inner.isSerialized;
      this.inner.isSerialized = isSerialized;
      if (callback !== undefined) {
        callback.call(this);
        this.inner.isSerialized = before;
      }
      this.inner.process();
      return this;
    }

    configure(...args: unknown[]): this {
      if (args.length < 2) throw new TypeError("Expected 2arguments");
      const [option, value] = args;
      const { inner } = this;
      let run: () => void;
      if (option === "busyTimeout") {
        if (typeof value !== "number") throw new TypeError("Value must be an integer");
        run = () => void (inner.queue.busyTimeoutMs = value | 0);
      } else if (option === "trace") run = () => void (inner.isTraced = !inner.isTraced);
      else if (option === "profile") run = () => void (inner.isProfiled = !inner.isProfiled);
      else if (option === "change") return missing("the event change");
      else if (option === "limit") {
        if (args.length < 3) throw new TypeError("Expected 3arguments");
        if (typeof value !== "number") throw new TypeError("limit id must be an integer");
        if (typeof args[2] !== "number") throw new TypeError("limit value must be an integer");
        run = () => {};
      } else throw new TypeError(`${String(option)} is not a valid configuration option`);
      inner.schedule({ run, callback: undefined, isExclusive: false });
      inner.process();
      return this;
    }

    interrupt(): this {
      if (!this.inner.isOpen) throw new Error("Database is not open");
      return this;
    }

    loadExtension(): never {
      return missing("loadExtension");
    }
    backup(): never {
      return missing("backup");
    }

    prepare(sql: unknown, ...rest: unknown[]): Statement {
      const statement = this.#statement(sql, rest);
      return rest.length > 0 ? statement.bind(...rest) : statement;
    }
    run(sql: unknown, ...rest: unknown[]): this {
      this.#statement(sql, rest)
        .run(...rest)
        .finalize();
      return this;
    }
    get(sql: unknown, ...rest: unknown[]): this {
      this.#statement(sql, rest)
        .get(...rest)
        .finalize();
      return this;
    }
    all(sql: unknown, ...rest: unknown[]): this {
      this.#statement(sql, rest)
        .all(...rest)
        .finalize();
      return this;
    }
    each(sql: unknown, ...rest: unknown[]): this {
      this.#statement(sql, rest)
        .each(...rest)
        .finalize();
      return this;
    }
    map(sql: unknown, ...rest: unknown[]): this {
      this.#statement(sql, rest)
        .map(...rest)
        .finalize();
      return this;
    }

    /** The last callback is told as well that a statement does not compile. */
    #statement(sql: unknown, rest: readonly unknown[]): Statement {
      const { callback } = split(rest);
      const onError =
        callback &&
        ((error: unknown): void => {
          if (error) Reflect.apply(callback, undefined, [error]);
        });
      return new Statement(this, sql, onError);
    }

    on(name: string, ...rest: never[]): unknown {
      const result: unknown = Reflect.apply(emitter.addListener, this, [name, ...rest]);
      if (EVENTS.includes(name)) this.configure(name, true);
      return result;
    }
    addListener(name: string, ...rest: never[]): unknown {
      return this.on(name, ...rest);
    }
    removeListener(name: string, ...rest: never[]): unknown {
      const result: unknown = Reflect.apply(emitter.removeListener, this, [name, ...rest]);
      const left = (this as unknown as { _events: Record<string, unknown> })._events[name];
      if (EVENTS.includes(name) && !left) this.configure(name, false);
      return result;
    }
    removeAllListeners(name: string, ...rest: never[]): unknown {
      const result: unknown = Reflect.apply(emitter.removeAllListeners, this, [name, ...rest]);
      if (EVENTS.includes(name)) this.configure(name, false);
      return result;
    }
  }

  /** What a database has inside. */
  class DatabaseInner {
    readonly queue: WorkQueue = new WorkQueue(timers);
    readonly #self: EventEmitter;
    readonly #calls: Call[] = [];
    connection: Connection | undefined;
    isOpen = false;
    #isLocked = false;
    pending = 0;
    isSerialized = false;
    isTraced = false;
    isProfiled = false;
    statements = 0;

    constructor(self: EventEmitter) {
      this.#self = self;
    }

    begin(filename: string, mode: number, callback: Callback | undefined): void {
      const options = {
        readOnly: (mode & OPEN_READONLY) !== 0,
        fileMustExist: (mode & OPEN_CREATE) === 0,
        foreignKeys: false,
        quotesTexts: true,
      };
      this.queue.add(
        () => sqlite.open(filename, options),
        (outcome) => {
          if ("failure" in outcome) {
            fail(this.#self, callback, errorOf(outcome.failure));
            return;
          }
          this.connection = outcome.value;
          this.isOpen = true;
          callback?.call(this.#self, null);
          this.#self.emit("open");
          this.process();
        },
      );
    }

    schedule(call: Call): void {
      if (!this.isOpen && this.#isLocked) {
        fail(this.#self, call.callback, sqlite3Error(MISUSE, "Database is closed"));
        return;
      }
      const isInOrder = this.#isLocked || call.isExclusive || this.isSerialized;
      if (!this.isOpen || (isInOrder && this.pending > 0)) {
        this.#calls.push({ ...call, isExclusive: call.isExclusive || this.isSerialized });
        return;
      }
      this.#isLocked = call.isExclusive;
      call.run();
    }

    /** Begins what can be begun. */
    process(): void {
      if (!this.isOpen && this.#isLocked && this.#calls.length > 0) {
        const error = sqlite3Error(MISUSE, "Database handle is closed");
        const callbacks = this.#calls.splice(0).map(({ callback }) => callback);
        for (const callback of callbacks) callback?.call(this.#self, error);
        if (!callbacks.some((callback) => callback !== undefined)) {
          this.#self.emit("error", error);
        }
        return;
      }
      while (this.isOpen && (!this.#isLocked || this.pending === 0) && this.#calls.length > 0) {
        const call = this.#calls[0] as Call;
        if (call.isExclusive && this.pending > 0) break;
        this.#calls.shift();
        this.#isLocked = call.isExclusive;
        call.run();
        if (this.#isLocked) break;
      }
    }

    /** Does a piece of work of the database itself. */
    work(callback: Callback | undefined, isExclusive: boolean, action: () => void): void {
      const run = (): void => {
        this.pending++;
        this.queue.add(action, (outcome) => {
          this.pending--;
          if ("failure" in outcome) fail(this.#self, callback, errorOf(outcome.failure));
          else callback?.call(this.#self, null);
          this.process();
        });
      };
      this.schedule({ run, callback, isExclusive });
    }

    close(callback: Callback | undefined): void {
      const action = (): SqliteFailure | undefined => {
        // It is not waited for.
        if (this.statements > 0) {
          const text = "unable to close due to unfinalized statements or unfinished backups";
          return new SqliteFailure(BUSY, text);
        }
        this.connection?.close();
        this.connection = undefined;
        return undefined;
      };
      const run = (): void => {
        this.pending++;
        this.isTraced = this.isProfiled = false;
        const after = (outcome: Outcome<SqliteFailure | undefined>): void => {
          this.pending--;
          const failure = "failure" in outcome ? outcome.failure : outcome.value;
          if (failure !== undefined) {
            fail(this.#self, callback, errorOf(failure));
            return;
          }
          this.isOpen = false;
          callback?.call(this.#self, null);
          this.#self.emit("close");
          this.process();
        };
        this.queue.add(action, after);
      };
      this.schedule({ run, callback, isExclusive: true });
    }

    /**
     * Compiles statements. SQLite itself does not wait, as it would in the process's own time; `PRAGMA busy_timeout`, which works
     * when it is compiled, shows and sets how long the queue waits.
     */
    withBusyTimeout<T>(sql: string, use: (connection: Connection) => T): T {
      const connection = this.connection as Connection;
      if (!/\bbusy_timeout\b/i.test(sql)) return use(connection);
      connection.query(`PRAGMA busy_timeout = ${this.queue.busyTimeoutMs}`);
      try {
        return use(connection);
      } finally {
        this.queue.busyTimeoutMs = Number(connection.query("PRAGMA busy_timeout")[0]?.[0]);
        connection.query("PRAGMA busy_timeout = 0");
      }
    }

    /** Tells of a statement that begins, if anybody listens. */
    tracer(): ((sql: string) => void) | undefined {
      if (!this.isTraced && !this.isProfiled) return undefined;
      return (sql) => {
        const text = sql.trimStart();
        if (this.isTraced) timers.setImmediate(() => this.#self.emit("trace", text));
        if (this.isProfiled) timers.setImmediate(() => this.#self.emit("profile", text, 0));
      };
    }
  }

  /** Where a statement stands. */
  type Status = "ok" | "row" | "done" | "failed";

  class Statement {
    declare readonly sql: string;
    declare lastID: number;
    declare changes: number;
    readonly #database: Database;
    readonly #calls: { readonly run: () => void; readonly callback: Callback | undefined }[] = [];
    #prepared: Prepared | undefined;
    #isPrepared = false;
    #isLocked = false;
    #isFinalized = false;
    #status: Status = "ok";
    #cursor: Cursor | undefined;
    #values: SqliteValue[] = [];

    constructor(database: unknown, sql: unknown, callback?: unknown) {
      if (!(database instanceof Database)) throw new TypeError("Database object expected");
      if (typeof sql !== "string") throw new TypeError("SQL query expected");
      if (callback !== undefined && typeof callback !== "function") {
        throw new TypeError("Callback expected");
      }
      this.#database = database;
      Object.defineProperty(this, "sql", { value: sql });
      this.#prepare(callback as Callback | undefined);
    }

    get #self(): EventEmitter {
      return this as unknown as EventEmitter;
    }

    #prepare(callback: Callback | undefined): void {
      const { inner } = this.#database;
      const action = (): Prepared | undefined =>
        inner.withBusyTimeout(this.sql, (connection) => connection.prepare(this.sql)?.prepared);
      const run = (): void => {
        inner.pending++;
        this.#isLocked = true;
        inner.queue.add(action, (outcome) => {
          if ("failure" in outcome) {
            fail(this.#self, callback, errorOf(outcome.failure));
            this.#end();
          } else {
            this.#prepared = outcome.value;
            this.#isPrepared = true;
            if (outcome.value !== undefined) inner.statements += 1;
            callback?.call(this, null);
          }
          this.#workEnds();
        });
      };
      inner.schedule({ run, callback, isExclusive: false });
    }

    #workEnds(): void {
      this.#isLocked = false;
      this.#database.inner.pending--;
      this.#process();
      this.#database.inner.process();
    }

    #schedule(callback: Callback | undefined, run: () => void): void {
      if (this.#isFinalized) {
        this.#calls.push({ run, callback });
        this.#clean();
      } else if (!this.#isPrepared || this.#isLocked) this.#calls.push({ run, callback });
      else run();
    }

    #process(): void {
      if (this.#isFinalized && this.#calls.length > 0) {
        this.#clean();
        return;
      }
      while (this.#isPrepared && !this.#isLocked && this.#calls.length > 0) {
        this.#calls.shift()?.run();
      }
    }

    /** Of what waits for a statement that is finalized, the callbacks get an error. */
    #clean(): void {
      const calls = this.#calls.splice(0);
      if (!this.#isPrepared || calls.length === 0) return;
      const error = sqlite3Error(MISUSE, "Statement is already finalized");
      for (const { callback } of calls) callback?.call(this, error);
      if (!calls.some(({ callback }) => callback !== undefined)) this.#self.emit("error", error);
    }

    #end(): void {
      this.#isFinalized = true;
      this.#clean();
      this.#cursor?.close();
      if (this.#prepared !== undefined) this.#database.inner.statements -= 1;
      this.#prepared = undefined;
    }

    /** Does a piece of work of this statement, and tells its outcome. */
    #do<T>(
      callback: Callback | undefined,
      action: () => T,
      done: (value: T) => void,
      failed?: () => void,
    ): this {
      const { inner } = this.#database;
      this.#schedule(callback, () => {
        this.#isLocked = true;
        inner.pending++;
        inner.queue.add(action, (outcome) => {
          if ("failure" in outcome) {
            this.#status = "failed";
            fail(this.#self, callback, errorOf(outcome.failure));
            failed?.();
          } else done(outcome.value);
          this.#workEnds();
        });
      });
      return this;
    }

    /** Takes values; with some, the statement begins anew. */
    #bind(fields: readonly Field[]): void {
      if (fields.length === 0) return;
      this.#reset();
      this.#values = this.#prepared ? valuesOf(this.#prepared.parameters, fields) : [];
    }

    #reset(): void {
      this.#cursor?.close();
      this.#cursor = undefined;
    }

    /** Takes a step, from the beginning if the last one was the last. */
    #step(): object | undefined {
      const { inner } = this.#database;
      // A text without a statement.
      if (this.#prepared === undefined) throw new SqliteFailure(MISUSE, "not an error");
      if (this.#cursor === undefined) {
        const { connection } = inner;
        const { count } = this.#prepared.parameters;
        const values =
          this.#values.length === count ? this.#values : Array.from({ length: count }, () => null);
        inner.tracer()?.(expandedSql(this.sql, values));
        this.#cursor = (connection as Connection).cursor(this.#prepared, values);
      }
      try {
        const row = this.#cursor.next();
        if (row !== undefined) {
          this.#status = "row";
          return rowOf(this.#cursor.columns, row);
        }
      } catch (error) {
        this.#reset();
        throw error;
      }
      this.#status = "done";
      this.#reset();
      return undefined;
    }

    bind(...args: unknown[]): this {
      const { params, callback } = split(args);
      const fields = fieldsOf(params);
      const done = (): void => callback?.call(this, null);
      return this.#do(callback, () => this.#bind(fields), done);
    }

    get(...args: unknown[]): this {
      const { params, callback } = split(args);
      const fields = fieldsOf(params);
      const action = (): object | undefined => {
        if (this.#status === "done" && fields.length === 0) return undefined;
        this.#bind(fields);
        return this.#step();
      };
      return this.#do(callback, action, (row) => {
        if (row === undefined) callback?.call(this, null);
        else callback?.call(this, null, row);
      });
    }

    run(...args: unknown[]): this {
      const { params, callback } = split(args);
      const fields = fieldsOf(params);
      const action = (): [id: number, changes: number] => {
        this.#reset();
        this.#bind(fields);
        this.#step();
        return (this.#database.inner.connection as Connection).lastChanges();
      };
      return this.#do(callback, action, ([id, changes]) => {
        if (callback === undefined) return;
        this.lastID = id;
        this.changes = changes;
        callback.call(this, null);
      });
    }

    #rows(fields: readonly Field[], rows: object[] = []): object[] {
      rows.length = 0;
      this.#reset();
      this.#bind(fields);
      for (let row = this.#step(); row !== undefined; row = this.#step()) rows.push(row);
      return rows;
    }

    all(...args: unknown[]): this {
      const { params, callback } = split(args);
      const fields = fieldsOf(params);
      return this.#do(
        callback,
        () => this.#rows(fields),
        (rows) => callback?.call(this, null, rows),
      );
    }

    each(...args: unknown[]): this {
      const [before, last] = args.slice(-2);
      const completed =
        typeof before === "function" && typeof last === "function" ? (last as Callback) : undefined;
      const { params, callback } = split(completed ? args.slice(0, -1) : args);
      const fields = fieldsOf(params);
      const rows: object[] = [];
      // Of the rows that there were, and of their end, it tells after an error as well.
      const tell = (): void => {
        for (const row of rows) callback?.call(this, null, row);
        completed?.call(this, null, rows.length);
      };
      return this.#do(callback, () => this.#rows(fields, rows), tell, tell);
    }

    map(...args: unknown[]): this {
      const params = [...args];
      const callback = params.pop() as Callback;
      const told = (error: unknown, rows: object[]): void => {
        if (error) {
          Reflect.apply(callback, undefined, [error]);
          return;
        }
        const result: Record<string, unknown> = {};
        const [key, value, ...more] = Object.keys(rows[0] ?? {}) as [string, string];
        for (const row of rows as Record<string, unknown>[]) {
          result[String(row[key])] = more.length > 0 ? row : row[value];
        }
        Reflect.apply(callback, undefined, [error, result]);
      };
      return this.all(...params, told);
    }

    reset(...args: unknown[]): this {
      const callback = optionalFunction(args, 0);
      const action = (): void => {
        this.#reset();
        this.#status = "ok";
      };
      return this.#do(callback, action, () => callback?.call(this, null));
    }

    finalize(...args: unknown[]): Database {
      const callback = optionalFunction(args, 0);
      this.#schedule(callback, () => {
        this.#end();
        callback?.call(this);
      });
      return this.#database;
    }
  }

  // The add-on's classes have an emitter's methods without being emitters.
  for (const name in emitter) {
    const value = emitter[name as keyof typeof emitter];
    for (const { prototype } of [Database, Statement]) {
      if (!Object.hasOwn(prototype, name)) {
        Object.defineProperty(prototype, name, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
    }
  }

  const objects: Record<string, Database> = {};
  function CachedDatabase(given: string, first?: unknown, second?: unknown): Database {
    if (given === "" || given === ":memory:") return new Database(given, first, second);
    const file = posix.resolve(cwd(), given);
    const known = objects[file];
    if (known === undefined) return (objects[file] = new Database(file, first, second));
    const callback = typeof first === "number" ? second : first;
    if (typeof callback === "function") {
      const tell = (): void => (callback as Callback).call(known, null);
      if (known.open) nextTick(tell);
      else (known as unknown as EventEmitter).once("open", tell);
    }
    return known;
  }

  const exports: Record<string, unknown> = {
    Database,
    Statement,
    ...constants,
    cached: { Database: CachedDatabase, objects },
    verbose: () => exports,
  };
  return exports;
}

/** Events that SQLite is asked to tell of. */
const EVENTS = ["trace", "profile", "change"];

function errorOf({ result, message }: SqliteFailure): Error {
  return sqlite3Error(result, message);
}

function missing(name: string): never {
  throw new LightconeError(
    "LC_NOT_SIMULATED",
    `${name} of sqlite3 is not simulated: what stands in for it does not have it`,
  );
}
