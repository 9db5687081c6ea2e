/**
 * SQLite's C interface in WebAssembly, as far as the package `node-sqlite3-wasm` exports it. The package's own classes are not
 * used: they give rows as objects, in which columns of one name are lost, and errors without codes.
 */
import { Buffer } from "node:buffer";

/** A value in SQLite: an integer is a `bigint`, a real a `number`. */
export type SqliteValue = number | bigint | string | Uint8Array | null;

type Pointer = number;

/** What the package exports, and what `extend` adds to it. */
export interface SqliteModule {
  /** The memory as it is now: it moves when it grows. */
  readonly heap: () => Uint8Array;
  /** The path of an open file. */
  readonly path: (file: Pointer) => string;
  readonly addFunction: (call: (...args: never[]) => unknown, signature: string) => Pointer;
  readonly removeFunction: (pointer: Pointer) => void;
  readonly _malloc: (size: number) => Pointer;
  readonly _free: (pointer: Pointer) => void;
  readonly [name: `_sqlite3_${string}`]: (...args: (number | bigint)[]) => never;
}

/** What the package's text is followed by. */
export const MODULE_EXTRAS: string = ";Module.heap=()=>HEAPU8;Module.path=_path;";

export const SQLITE_ROW = 100;
const SQLITE_DONE = 101;
const SQLITE_TRANSIENT = -1;
const SQLITE_UTF8 = 1;
const SQLITE_DETERMINISTIC = 0x800;
const SQLITE_DIRECTONLY = 0x80000;
/** Results are extended codes. */
const SQLITE_OPEN_EXRESCODE = 0x2000000;
const INTEGER = 1;
const FLOAT = 2;
const TEXT = 3;
const BLOB = 4;

/** An error of SQLite's: its extended code and its message. */
export class SqliteFailure extends Error {
  /** The extended result code. */
  readonly result: number;
  constructor(result: number, message: string) {
    super(message);
    this.result = result;
  }
}

/** How a function is defined in SQL. */
export interface SqlFunction {
  /** The number of arguments; -1: any. */
  readonly arity: number;
  readonly deterministic?: boolean | undefined;
  readonly directOnly?: boolean | undefined;
}

/** SQLite in one process. */
export class SqliteApi {
  readonly #module: SqliteModule;
  readonly #out: Pointer;
  readonly #around: { enter(): void; leave(): void };
  /** An exception of a function that a program defined. The statement that called it fails with it. */
  #thrown: { readonly error: unknown } | undefined;

  /** `around` is told of each call that may look at shared memory. */
  constructor(module: SqliteModule, around: { enter(): void; leave(): void }) {
    this.#module = module;
    this.#around = around;
    this.#out = module._malloc(8);
  }

  /** Opens a database; throws `SqliteFailure`. */
  open(path: string, flags: number): Pointer {
    const result = this.#withText(path, (text) =>
      this.#enter("open_v2", text, this.#out, flags | SQLITE_OPEN_EXRESCODE, 0),
    );
    const database = this.#view().getInt32(this.#out, true);
    if (result === 0) return database;
    const message = database === 0 ? "out of memory" : this.message(database);
    if (database !== 0) this.call("close_v2", database);
    throw new SqliteFailure(result, message);
  }

  /** Compiles the first statement of a text; 0: there is none. `tail` is what follows it. */
  prepare(database: Pointer, sql: string): { readonly statement: Pointer; readonly tail: string } {
    const bytes = Buffer.from(`${sql}\0`);
    const text = this.#copied(bytes);
    try {
      this.check(database, this.#enter("prepare_v2", database, text, -1, this.#out, this.#out + 4));
      const view = this.#view();
      const end = view.getInt32(this.#out + 4, true) - text;
      return {
        statement: view.getInt32(this.#out, true),
        tail: bytes.subarray(end, -1).toString(),
      };
    } finally {
      this.#module._free(text);
    }
  }

  /** Takes a step of a statement; returns whether there is a row. */
  step(database: Pointer, statement: Pointer): boolean {
    const result = this.#enter("step", statement);
    const thrown = this.#thrown;
    if (thrown !== undefined) {
      this.#thrown = undefined;
      throw thrown.error;
    }
    if (result === SQLITE_ROW) return true;
    if (result !== SQLITE_DONE) throw new SqliteFailure(result, this.message(database));
    return false;
  }

  /** Begins a statement anew. */
  reset(statement: Pointer): void {
    this.#enter("reset", statement);
    this.call("clear_bindings", statement);
  }

  finalize(statement: Pointer): void {
    this.#enter("finalize", statement);
  }

  close(database: Pointer): void {
    this.check(database, this.#enter("close_v2", database));
  }

  /** Binds the parameter with a number, from 1. */
  bind(database: Pointer, statement: Pointer, at: number, value: SqliteValue): void {
    this.check(database, this.#give("bind", [statement, at], value));
  }

  /** The value of a column of the current row, from 0. */
  column(statement: Pointer, at: number): SqliteValue {
    return this.#take("column", statement, at);
  }

  /** The name of a column, from 0. */
  columnName(statement: Pointer, at: number): string {
    return this.text(this.call("column_name", statement, at));
  }

  /** The table that a column is of; `undefined` if it is of none. */
  columnTable(statement: Pointer, at: number): string | undefined {
    const pointer = this.call("column_table_name", statement, at);
    return pointer === 0 ? undefined : this.text(pointer);
  }

  /** The last message of a database. */
  message(database: Pointer): string {
    return this.text(this.call("errmsg", database));
  }

  /** Calls a function of SQLite's that may read or write a database. */
  #enter(name: string, ...args: (number | bigint)[]): number {
    this.#around.enter();
    try {
      return this.call(name, ...args);
    } finally {
      this.#around.leave();
    }
  }

  /** Calls a function of SQLite's by its name without prefix. */
  call(name: string, ...args: (number | bigint)[]): number {
    return this.#module[`_sqlite3_${name}`]!(...args);
  }

  /** Throws the failure that a result is, if it is one. */
  check(database: Pointer, result: number): void {
    if (result !== 0) throw new SqliteFailure(result, this.message(database));
  }

  /** Defines a function. What it throws is thrown by the statement that called it. */
  define(
    database: Pointer,
    name: string,
    options: SqlFunction,
    call: (args: SqliteValue[]) => SqliteValue,
  ): void {
    const run = (context: Pointer, count: number, values: Pointer): void => {
      this.#guarded(context, () => {
        this.#give("result", [context], call(this.#arguments(count, values)));
      });
    };
    this.#create(database, name, options, [this.#module.addFunction(run, "viii"), 0, 0]);
  }

  /** Defines an aggregate. A group is named by a number that its steps and its end have in common. */
  aggregate(
    database: Pointer,
    name: string,
    options: SqlFunction,
    calls: {
      readonly step: (group: number, args: SqliteValue[]) => void;
      readonly end: (group: number) => SqliteValue;
    },
  ): void {
    // The third field of a call's context is the cell of the group's state.
    const groupOf = (context: Pointer): number => this.#view().getInt32(context + 8, true);
    const step = (context: Pointer, count: number, values: Pointer): void => {
      this.#guarded(context, () => calls.step(groupOf(context), this.#arguments(count, values)));
    };
    const end = (context: Pointer): void => {
      this.#guarded(context, () => this.#give("result", [context], calls.end(groupOf(context))));
    };
    const { addFunction } = this.#module;
    this.#create(database, name, options, [0, addFunction(step, "viii"), addFunction(end, "vi")]);
  }

  #create(
    database: Pointer,
    name: string,
    { arity, deterministic, directOnly }: SqlFunction,
    pointers: readonly Pointer[],
  ): void {
    const flags =
      SQLITE_UTF8 |
      (deterministic === true ? SQLITE_DETERMINISTIC : 0) |
      (directOnly === true ? SQLITE_DIRECTONLY : 0);
    const result = this.#withText(name, (text) =>
      this.call("create_function_v2", database, text, arity, flags, 0, ...pointers, 0),
    );
    this.check(database, result);
  }

  #guarded(context: Pointer, call: () => void): void {
    if (this.#thrown !== undefined) return;
    try {
      call();
    } catch (error) {
      this.#thrown = { error };
      this.#withText("", (text) => this.call("result_error", context, text, 0));
    }
  }

  #arguments(count: number, values: Pointer): SqliteValue[] {
    return Array.from({ length: count }, (_, at) =>
      this.#take("value", this.#view().getInt32(values + 4 * at, true)),
    );
  }

  #take(from: "column" | "value", ...args: number[]): SqliteValue {
    const type = this.call(`${from}_type`, ...args);
    if (type === INTEGER) return BigInt(this.call(`${from}_int64`, ...args));
    if (type === FLOAT) return this.call(`${from}_double`, ...args);
    if (type !== TEXT && type !== BLOB) return null;
    const start = this.call(`${from}_${type === TEXT ? "text" : "blob"}`, ...args);
    const bytes = this.#module.heap().subarray(start, start + this.call(`${from}_bytes`, ...args));
    return type === BLOB ? bytes.slice() : Buffer.from(bytes).toString();
  }

  #give(to: "bind" | "result", args: number[], value: SqliteValue): number {
    if (value === null) return this.call(`${to}_null`, ...args);
    if (typeof value === "number") return this.call(`${to}_double`, ...args, value);
    if (typeof value === "bigint") return this.call(`${to}_int64`, ...args, value);
    const isText = typeof value === "string";
    const bytes = isText ? Buffer.from(value) : value;
    const start = this.#copied(bytes);
    const name = `${to}_${isText ? "text" : "blob"}`;
    const result = this.call(name, ...args, start, bytes.length, SQLITE_TRANSIENT);
    this.#module._free(start);
    return result;
  }

  /** A text that ends with a zero. */
  text(start: Pointer): string {
    const heap = this.#module.heap();
    return Buffer.from(heap.subarray(start, heap.indexOf(0, start))).toString();
  }

  #withText<T>(text: string, use: (start: Pointer) => T): T {
    const start = this.#copied(Buffer.from(`${text}\0`));
    try {
      return use(start);
    } finally {
      this.#module._free(start);
    }
  }

  #copied(bytes: Uint8Array): Pointer {
    const start = this.#module._malloc(Math.max(1, bytes.length));
    this.#module.heap().set(bytes, start);
    return start;
  }

  #view(): DataView {
    return new DataView(this.#module.heap().buffer);
  }
}
