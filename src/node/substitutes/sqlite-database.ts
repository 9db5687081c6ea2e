/** A connection to an SQLite database, as all interfaces need it, over the WebAssembly of `node-sqlite3-wasm`. */
import type { SubstituteContext } from "./add-on.ts";
import {
  SqliteApi,
  type SqliteModule,
  type SqliteValue,
  type SqlFunction,
  SqliteFailure,
} from "./sqlite-api.ts";
import { parametersOf, type Parameters } from "./sqlite-parameters.ts";
import { forSimulatedHosts, sqliteFiles } from "./sqlite-files.ts";

export { SqliteFailure, type SqliteValue } from "./sqlite-api.ts";

/** What a statement has changed. */
export interface Changes {
  /** The rows of the last statement that changed some, as SQLite counts them. */
  readonly changes: number;
  /** Whether this statement changed any. */
  readonly changed: boolean;
  readonly lastInsertRowid: bigint;
}

/** SQLite as a process has it. */
export interface Sqlite {
  /** Loads it, if it is not loaded yet; throws `LC_NO_SUBSTITUTE` if it is not installed. */
  load(): void;
  /** Opens a database; throws `SqliteFailure`. */
  open(path: string, options: OpenOptions): Connection;
}

/** How a database is opened, and what an add-on's own SQLite was built with. */
export interface OpenOptions {
  readonly fileMustExist?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
  /** How long a lock is waited for: 0, unless given. */
  readonly busyTimeoutMs?: number | undefined;
  /** Whether foreign keys are enforced at first: yes, unless given. */
  readonly foreignKeys?: boolean | undefined;
  /** True if `PRAGMA synchronous` is NORMAL with a write-ahead log unless a program sets it: `SQLITE_DEFAULT_WAL_SYNCHRONOUS`. */
  readonly isWalNormal?: boolean | undefined;
  /** The size of the cache of pages: SQLite's 2,000, unless given. */
  readonly cacheKib?: number | undefined;
  /** True if paths may be URIs. */
  readonly isUri?: boolean | undefined;
  /** True if a name in double quotes that names nothing is a text: `SQLITE_DQS`. */
  readonly quotesTexts?: boolean | undefined;
}

/** The package that SQLite is taken from. */
export const SQLITE_PEER = "node-sqlite3-wasm";

const OPEN_READONLY = 1;
const OPEN_READWRITE = 2;
const OPEN_CREATE = 4;
const OPEN_URI = 0x40;

/** SQLite for a process. The package is loaded when it is needed for the first time. */
export function sqliteOf({ peer, builtin, process }: SubstituteContext): Sqlite {
  let api: SqliteApi | undefined;
  const load = (): SqliteApi => {
    if (api !== undefined) return api;
    const files = sqliteFiles(process, builtin("fs") as typeof import("node:fs"));
    const module = peer({ fs: files.fs }, forSimulatedHosts) as SqliteModule;
    files.attach(module);
    return (api = new SqliteApi(module, files.memory));
  };
  return {
    load,
    open(path, options) {
      const { readOnly = false, fileMustExist = false, isUri = false } = options;
      const writing = OPEN_READWRITE | (fileMustExist ? 0 : OPEN_CREATE);
      const flags = (readOnly ? OPEN_READONLY : writing) | (isUri ? OPEN_URI : 0);
      const loaded = load();
      const pointer = loaded.open(path || ":memory:", flags);
      return new Connection(loaded, pointer, options);
    },
  };
}

/** A statement that has been compiled once. */
export interface Prepared {
  readonly sql: string;
  /** Its own text, without what follows it. */
  readonly own: string;
  readonly parameters: Parameters;
  /** The names of its columns; none, if it returns no rows. */
  readonly columns: readonly string[];
  /** The table of each column, if it is of one. */
  readonly tables: readonly (string | undefined)[];
}

/** Compiled statements that are kept for the next use. */
const MAX_IDLE = 200;

/** An open connection. All methods throw `SqliteFailure`, or what a function that SQL calls has thrown. */
export class Connection {
  readonly #api: SqliteApi;
  readonly #pointer: number;
  /** Statements that are not in use, by their texts; those that were used last at the end. */
  readonly #idle = new Map<string, number[]>();
  #idleCount = 0;
  readonly #cursors = new Set<Cursor>();
  readonly #aggregates = new Map<string, Map<number, unknown>>();
  readonly #readOnly = new Map<string, boolean>();
  readonly #options: OpenOptions;
  #isFirst = true;
  #calls = 0;
  #isSynchronousSet = false;

  constructor(api: SqliteApi, pointer: number, options: OpenOptions) {
    this.#api = api;
    this.#pointer = pointer;
    this.#options = options;
    // The package is built with these on.
    this.#quietly("PRAGMA recursive_triggers = OFF");
    if (options.foreignKeys === false) this.#quietly("PRAGMA foreign_keys = OFF");
  }

  get inTransaction(): boolean {
    return this.#api.call("get_autocommit", this.#pointer) === 0;
  }

  /** Whether a function that SQL calls is under way. */
  get isCalling(): boolean {
    return this.#calls > 0;
  }

  /** The file of an attached database; `undefined` if it has none. */
  fileOf(name: string): string | undefined {
    const found = this.query("PRAGMA database_list").find(([, own]) => isSameName(own, name));
    return (found?.[2] as string | undefined) || undefined;
  }

  /** Runs all statements of a text. `before` is called before each of them with its text. */
  exec(sql: string, before?: (sql: string) => void): void {
    this.#beginFirst();
    let rest = sql;
    while (rest !== "") {
      const { statement, tail, sql: text } = this.#compile(rest);
      const own = text.slice(0, text.length - tail.length);
      rest = tail;
      if (statement === 0) continue;
      this.#noteBefore(own);
      try {
        before?.(own);
        while (this.#api.step(this.#pointer, statement));
      } finally {
        this.#api.finalize(statement);
      }
      this.#noteAfter(own);
    }
  }

  /** Compiles the first statement of a text; `undefined`: it has none. `tail` is what follows it. */
  prepare(sql: string): { readonly prepared: Prepared; readonly tail: string } | undefined {
    this.#beginFirst();
    const { statement, tail, sql: text } = this.#compile(sql);
    if (statement === 0) return undefined;
    const { columns, tables } = this.#columnsOf(statement);
    this.#keep(sql, statement);
    const own = tail === "" ? text : text.slice(0, text.length - tail.length);
    return { prepared: { sql, own, parameters: parametersOf(own), columns, tables }, tail };
  }

  #columnsOf(statement: number): Pick<Prepared, "columns" | "tables"> {
    const count = this.#api.call("column_count", statement);
    const columns = Array.from({ length: count }, (_, at) => this.#api.columnName(statement, at));
    return { columns, tables: columns.map((_, at) => this.#api.columnTable(statement, at)) };
  }

  /** Begins to run a statement. */
  cursor({ sql }: Prepared, values: readonly SqliteValue[]): Cursor {
    const statement = this.#take(sql);
    this.#noteBefore(sql);
    const end = (finished: Cursor): void => {
      this.#cursors.delete(finished);
      this.#api.reset(statement);
      this.#keep(sql, statement);
      this.#noteAfter(sql);
    };
    const cursor = new Cursor(this.#api, this.#pointer, statement, end);
    this.#cursors.add(cursor);
    try {
      for (const [at, value] of values.entries()) {
        this.#api.bind(this.#pointer, statement, at + 1, value);
      }
    } catch (error) {
      cursor.close();
      throw error;
    }
    return cursor;
  }

  /** Runs a statement to its end; returns the values of each row. */
  all(prepared: Prepared, values: readonly SqliteValue[]): SqliteValue[][] {
    const cursor = this.cursor(prepared, values);
    const rows: SqliteValue[][] = [];
    for (let row = cursor.next(); row !== undefined; row = cursor.next()) rows.push(row);
    return rows;
  }

  /** Takes one step of a statement, and says what it has changed. */
  run(prepared: Prepared, values: readonly SqliteValue[]): Changes {
    const before = this.#totalChanges();
    const cursor = this.cursor(prepared, values);
    cursor.next();
    cursor.close();
    return {
      changes: this.#api.call("changes", this.#pointer),
      changed: this.#totalChanges() !== before,
      lastInsertRowid: BigInt(this.#api.call("last_insert_rowid", this.#pointer)),
    };
  }

  /** The last row that was inserted, and how many rows the last statement that changed some has changed. */
  lastChanges(): [id: number, changes: number] {
    const id = this.#api.call("last_insert_rowid", this.#pointer);
    return [Number(id), this.#api.call("changes", this.#pointer)];
  }

  /** Whether a statement changes no database, as `sqlite3_stmt_readonly` decides it. */
  isReadOnly({ sql }: Prepared): boolean {
    let known = this.#readOnly.get(sql);
    if (known === undefined) {
      const explained = sql.replace(/^\s*EXPLAIN\s+(?:QUERY\s+PLAN\s+)?/i, "");
      known = !this.query(`EXPLAIN ${explained}`).some(changesDatabase);
      this.#readOnly.set(sql, known);
    }
    return known;
  }

  /** What `sqlite3_column_name` and its kin say of a statement's columns, as far as the names of its tables tell. */
  describe({ sql }: Prepared): ColumnDescription[] {
    const { statement } = this.#compile(sql);
    const { columns, tables } = this.#columnsOf(statement);
    this.#api.finalize(statement);
    return columns.map((name, at) => {
      const table = tables[at];
      if (table === undefined) {
        return { name, column: null, table: null, database: null, type: null };
      }
      const database = this.#schemaOf(table);
      const declared = this.query(
        `SELECT name, type FROM pragma_table_xinfo(${quoted(table)}, ${quoted(database)})`,
      );
      const alias = name.replaceAll(/\W/g, "\\$&");
      const renamed = new RegExp(`(\\w+)["\`\\]]?\\s+(?:AS\\s+)?["\`[]?${alias}(?!\\w)`, "i").exec(
        sql,
      )?.[1];
      const found = [renamed, name]
        .map((one) => declared.find(([own]) => isSameName(own, one)))
        .find((one) => one !== undefined);
      const type = (found?.[1] as string | undefined) || null;
      return { name, column: (found?.[0] as string | undefined) ?? null, table, database, type };
    });
  }

  #schemaOf(table: string): string {
    const schemas = this.query("PRAGMA database_list").map(([, name]) => name as string);
    const has = (schema: string): boolean =>
      this.query(
        `SELECT 1 FROM "${schema}".sqlite_schema WHERE name = ${quoted(table)} COLLATE NOCASE`,
      ).length > 0;
    return ["temp", ...schemas].find((schema) => schemas.includes(schema) && has(schema)) ?? "main";
  }

  /** The rows of a query without parameters. */
  query(sql: string): SqliteValue[][] {
    return this.all((this.prepare(sql) as { prepared: Prepared }).prepared, []);
  }

  define(name: string, options: SqlFunction, call: (args: SqliteValue[]) => SqliteValue): void {
    this.#api.define(this.#pointer, name, options, this.#counted(call));
  }

  /** Defines an aggregate: what a group begins with, what a row makes of it, and what its result is. */
  aggregate<T>(
    name: string,
    options: SqlFunction,
    calls: {
      readonly start: () => T;
      readonly step: (state: T, args: SqliteValue[]) => T;
      readonly result: (state: T) => SqliteValue;
    },
  ): void {
    const states = new Map<number, T>();
    // A statement that was given up has left its groups.
    this.#aggregates.set(name, states);
    this.#api.aggregate(this.#pointer, name, options, {
      step: this.#counted((group: number, args: SqliteValue[]) => {
        const state = states.has(group) ? (states.get(group) as T) : calls.start();
        states.set(group, calls.step(state, args));
      }),
      end: this.#counted((group: number) => {
        const state = states.has(group) ? (states.get(group) as T) : calls.start();
        states.delete(group);
        return calls.result(state);
      }),
    });
  }

  #counted<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      this.#calls++;
      try {
        return call(...args);
      } finally {
        this.#calls--;
      }
    };
  }

  close(): void {
    for (const cursor of this.#cursors) cursor.close();
    for (const statements of this.#idle.values()) {
      for (const statement of statements) this.#api.finalize(statement);
    }
    this.#idle.clear();
    this.#api.close(this.#pointer);
  }

  /** Compiles a text's first statement; `sql` is the text as it is understood. */
  #compile(sql: string): {
    readonly statement: number;
    readonly tail: string;
    readonly sql: string;
  } {
    try {
      return { ...this.#api.prepare(this.#pointer, sql), sql };
    } catch (error) {
      const name = /^no such column: "(.+)" - should this be a string/.exec(
        (error as Error).message,
      )?.[1];
      const quoted = `"${name}"`;
      if (this.#options.quotesTexts !== true || !name || !sql.includes(quoted)) throw error;
      return this.#compile(sql.replace(quoted, () => `'${name.replaceAll("'", "''")}'`));
    }
  }

  /** Before the first statement, the database is not looked at. */
  #beginFirst(): void {
    if (!this.#isFirst) return;
    this.#isFirst = false;
    const { busyTimeoutMs = 0, cacheKib } = this.#options;
    // Whoever holds a lock is met by the statement that follows.
    this.#setWalSynchronous();
    if (cacheKib !== undefined) this.#attempt(`PRAGMA cache_size = -${cacheKib}`);
    if (busyTimeoutMs > 0) this.#quietly(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  }

  #noteBefore(sql: string): void {
    if (/\bsynchronous\s*[=(]/i.test(sql)) this.#isSynchronousSet = true;
  }

  #noteAfter(sql: string): void {
    if (/\bjournal_mode\b/i.test(sql)) this.#setWalSynchronous();
  }

  #setWalSynchronous(): void {
    if (this.#options.isWalNormal !== true || this.#isSynchronousSet) return;
    if (this.#attempt("PRAGMA journal_mode") === "wal") {
      this.#attempt("PRAGMA synchronous = NORMAL");
    }
  }

  /** As `#quietly`; `undefined` if it fails. */
  #attempt(sql: string): SqliteValue | undefined {
    try {
      return this.#quietly(sql);
    } catch (error) {
      if (error instanceof SqliteFailure) return undefined;
      throw error;
    }
  }

  /** Runs a statement that no program has asked for; returns its first value. */
  #quietly(sql: string): SqliteValue | undefined {
    const { statement } = this.#api.prepare(this.#pointer, sql);
    try {
      const hasRow = this.#api.step(this.#pointer, statement);
      return hasRow ? this.#api.column(statement, 0) : undefined;
    } finally {
      this.#api.finalize(statement);
    }
  }

  #totalChanges(): SqliteValue {
    return (this.query("SELECT total_changes()")[0] as SqliteValue[])[0] as SqliteValue;
  }

  #take(sql: string): number {
    // With no statement under way, the states of aggregates are left over from a statement that failed.
    if (this.#cursors.size === 0) for (const states of this.#aggregates.values()) states.clear();
    const statements = this.#idle.get(sql);
    const known = statements?.pop();
    if (known === undefined) return this.#compile(sql).statement;
    this.#idleCount--;
    if (statements?.length === 0) this.#idle.delete(sql);
    return known;
  }

  #keep(sql: string, statement: number): void {
    const statements = this.#idle.get(sql) ?? [];
    statements.push(statement);
    this.#idle.delete(sql);
    this.#idle.set(sql, statements);
    if (++this.#idleCount <= MAX_IDLE) return;
    const [oldest, those] = this.#idle.entries().next().value as [string, number[]];
    this.#api.finalize(those.pop() as number);
    this.#idleCount--;
    if (those.length === 0) this.#idle.delete(oldest);
  }
}

/** What is known of a column. */
export interface ColumnDescription {
  readonly name: string;
  /** The column of the table that it is; null if it is computed. */
  readonly column: string | null;
  readonly table: string | null;
  readonly database: string | null;
  /** The type that it was declared with. */
  readonly type: string | null;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function isSameName(own: SqliteValue | undefined, other: string | undefined): boolean {
  return typeof own === "string" && own.toLowerCase() === other?.toLowerCase();
}

/** Whether an instruction of SQLite's machine makes its program one that writes. */
function changesDatabase([, code, , p2]: SqliteValue[]): boolean {
  if (code === "Transaction") return p2 !== 0n;
  return code === "Checkpoint" || code === "Vacuum" || code === "JournalMode";
}

/** A statement that is under way. It is closed when it has no more rows, or has failed. */
export class Cursor {
  readonly #api: SqliteApi;
  readonly #database: number;
  readonly #statement: number;
  readonly #end: (cursor: Cursor) => void;
  #isOpen = true;

  constructor(api: SqliteApi, database: number, statement: number, end: (cursor: Cursor) => void) {
    this.#api = api;
    this.#database = database;
    this.#statement = statement;
    this.#end = end;
  }

  /** The names of the columns; they follow the tables as these are changed. */
  get columns(): string[] {
    const count = this.#api.call("column_count", this.#statement);
    return Array.from({ length: count }, (_, at) => this.#api.columnName(this.#statement, at));
  }

  /** The values of the next row; `undefined`: there is none. */
  next(): SqliteValue[] | undefined {
    if (!this.#isOpen) return undefined;
    let hasRow: boolean;
    try {
      hasRow = this.#api.step(this.#database, this.#statement);
    } catch (error) {
      this.close();
      throw error;
    }
    if (!hasRow) {
      this.close();
      return undefined;
    }
    const count = this.#api.call("column_count", this.#statement);
    return Array.from({ length: count }, (_, at) => this.#api.column(this.#statement, at));
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#end(this);
  }
}
