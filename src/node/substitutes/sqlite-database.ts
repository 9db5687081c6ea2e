/** A connection to an SQLite database, as both interfaces need it, over `node-sqlite3-wasm`. */
import type { SubstituteContext } from "./add-on.ts";
import { parametersOf, type Parameters } from "./sqlite-parameters.ts";
import { lockByLevels, sqliteFiles } from "./sqlite-files.ts";

/** A value of a column or a parameter. */
export type SqliteValue = number | bigint | string | Uint8Array | null;
export type SqliteRow = Record<string, SqliteValue>;

/** What a statement has changed. */
export interface Changes {
  readonly changes: number;
  readonly lastInsertRowid: number | bigint;
}

interface RawStatement {
  run(values: readonly SqliteValue[]): Changes;
  all(values: readonly SqliteValue[]): SqliteRow[];
  finalize(): void;
  _getColumnNames(): string[];
}

interface RawDatabase {
  readonly inTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): RawStatement;
  function(name: string, call: (...args: never[]) => unknown, options: object): unknown;
  close(): void;
}

interface Peer {
  readonly Database: new (
    path: string,
    options: { readonly fileMustExist?: boolean; readonly readOnly?: boolean },
  ) => RawDatabase;
}

/** SQLite as a process has it. */
export interface Sqlite {
  open(path: string, options: { fileMustExist?: boolean; readOnly?: boolean }): Connection;
}

/** The package that SQLite is taken from. */
export const SQLITE_PEER = "node-sqlite3-wasm";

/** Loads SQLite into a process. */
export function sqliteOf({ peer, builtin, process }: SubstituteContext): Sqlite {
  const fs = sqliteFiles(process, builtin("fs") as typeof import("node:fs"));
  const { Database } = peer({ fs }, lockByLevels) as Peer;
  return { open: (path, options) => new Connection(new Database(path, options)) };
}

/** A statement that is prepared. */
export interface Prepared {
  readonly sql: string;
  readonly parameters: Parameters;
  /** The names of its columns; none, if it returns no rows. */
  readonly columns: readonly string[];
}

/** An open connection. All methods throw the package's errors, whose messages are SQLite's. */
export class Connection {
  readonly #raw: RawDatabase;
  /** Statements are kept until the end: the package does not collect them. */
  readonly #statements = new Map<string, RawStatement>();

  constructor(raw: RawDatabase) {
    this.#raw = raw;
  }

  get inTransaction(): boolean {
    return this.#raw.inTransaction;
  }

  exec(sql: string): void {
    this.#raw.exec(sql);
  }

  prepare(sql: string): Prepared {
    const columns = this.#statement(sql)._getColumnNames();
    return { sql, parameters: parametersOf(sql), columns };
  }

  /** Runs a statement to its end. */
  all({ sql }: Prepared, values: readonly SqliteValue[]): SqliteRow[] {
    return this.#attempt(sql, (statement) => statement.all(values));
  }

  /** Runs a statement without rows. */
  run(prepared: Prepared, values: readonly SqliteValue[]): Changes {
    const before = this.#totalChanges();
    let done: Changes;
    if (prepared.columns.length === 0) {
      done = this.#attempt(prepared.sql, (statement) => statement.run(values));
    } else {
      this.all(prepared, values);
      done = this.#lastChanges();
    }
    // SQLite keeps the count of the last statement that changed rows.
    return this.#totalChanges() === before ? { ...done, changes: 0 } : done;
  }

  define(name: string, call: (...args: never[]) => unknown, deterministic: boolean): void {
    this.#raw.function(name, call, { deterministic });
  }

  close(): void {
    for (const sql of [...this.#statements.keys()]) this.#drop(sql);
    this.#raw.close();
  }

  #lastChanges(): Changes {
    const sql = "SELECT changes() AS changes, last_insert_rowid() AS id";
    const [row] = this.#attempt(sql, (statement) => statement.all([]));
    return { changes: row?.["changes"] as number, lastInsertRowid: row?.["id"] as number };
  }

  #totalChanges(): SqliteValue | undefined {
    const sql = "SELECT total_changes() AS total";
    return this.#attempt(sql, (statement) => statement.all([]))[0]?.["total"];
  }

  #attempt<T>(sql: string, use: (statement: RawStatement) => T): T {
    try {
      return use(this.#statement(sql));
    } catch (error) {
      // The package cannot use a statement again that has failed.
      this.#drop(sql);
      throw error;
    }
  }

  #statement(sql: string): RawStatement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#raw.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #drop(sql: string): void {
    const statement = this.#statements.get(sql);
    this.#statements.delete(sql);
    try {
      statement?.finalize();
    } catch {
      // It repeats the error of its last step.
    }
  }
}
