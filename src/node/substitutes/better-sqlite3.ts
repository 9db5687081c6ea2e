/** `better-sqlite3` by SQLite as WebAssembly, with its files on the host's disk. */
import { Buffer } from "node:buffer";
import { posix } from "node:path";
import { LightconeError } from "../../base/errors.ts";
import { type AddOn, ownClass } from "./add-on.ts";
import {
  booleanArgument,
  type BetterState,
  prepareStatement,
  requireIdle,
  requireNoIterators,
  requireNotBusy,
  Statement,
  valueFrom,
  valueTo,
} from "./better-sqlite3-statement.ts";
import { extendedName } from "./sqlite-errors.ts";
import {
  SqliteFailure,
  sqliteOf,
  SQLITE_PEER,
  type Sqlite,
  type SqliteValue,
} from "./sqlite-database.ts";

type AnyFunction = (...args: unknown[]) => unknown;
type Options = Readonly<Record<string, unknown>>;

export const betterSqlite3: AddOn = {
  peer: SQLITE_PEER,
  create: (context) => {
    const sqlite = sqliteOf(context);
    const fs = context.builtin("fs") as typeof import("node:fs");
    class SqliteError extends Error {
      readonly code: string;
      constructor(message: string, code: string) {
        if (typeof code !== "string") {
          throw new TypeError("Expected second argument to be a string");
        }
        super(message);
        this.code = code;
      }
    }
    Object.defineProperty(SqliteError.prototype, "name", {
      value: "SqliteError",
      writable: true,
      configurable: true,
    });
    const attempt = <T>(call: () => T): T => {
      try {
        return call();
      } catch (error) {
        if (!(error instanceof SqliteFailure)) throw error;
        throw new SqliteError(error.message, extendedName(error.result));
      }
    };
    const statements = ownClass(Statement, "Statement", () => {
      throw new TypeError("Statements can only be constructed by the db.prepare() method");
    });
    const statementPrototype = statements.prototype;
    const own = { sqlite, fs, attempt, statementPrototype };
    // It may be called without `new`.
    const Database = ownClass(
      BetterDatabase,
      "Database",
      (_, [path, options]) => new BetterDatabase(own, path, options),
    );
    return Object.assign(Database, { SqliteError, default: Database });
  },
};

/** What one process has of it. */
interface Own {
  readonly sqlite: Sqlite;
  readonly fs: typeof import("node:fs");
  readonly attempt: BetterState["attempt"];
  readonly statementPrototype: object;
}

function booleanOption(options: Options, name: string): boolean {
  const value = name in options ? options[name] : false;
  if (typeof value !== "boolean") {
    throw new TypeError(`Expected the "${name}" option to be a boolean`);
  }
  return value;
}

/** Checks the options of a database as the package does. */
function optionsOf(given: unknown, isAnonymous: boolean) {
  const options = (given ?? {}) as Options;
  if (typeof options !== "object") {
    throw new TypeError("Expected second argument to be an options object");
  }
  if ("readOnly" in options) {
    throw new TypeError('Misspelled option "readOnly" should be "readonly"');
  }
  if ("memory" in options) {
    throw new TypeError('Option "memory" was removed in v7.0.0 (use ":memory:" filename instead)');
  }
  const readonly = booleanOption(options, "readonly");
  const fileMustExist = booleanOption(options, "fileMustExist");
  const timeout = "timeout" in options ? options["timeout"] : 5_000;
  const verbose = "verbose" in options ? options["verbose"] : undefined;
  if (readonly && isAnonymous) {
    throw new TypeError("In-memory/temporary databases cannot be readonly");
  }
  if (!Number.isInteger(timeout) || (timeout as number) < 0) {
    throw new TypeError('Expected the "timeout" option to be a positive integer');
  }
  if ((timeout as number) > 0x7fffffff) {
    throw new RangeError('Option "timeout" cannot be greater than 2147483647');
  }
  if (verbose !== undefined && verbose !== null && typeof verbose !== "function") {
    throw new TypeError('Expected the "verbose" option to be a function');
  }
  return {
    readonly,
    fileMustExist,
    busyTimeoutMs: timeout as number,
    verbose: (verbose ?? undefined) as ((sql: string) => void) | undefined,
  };
}

const states = new WeakMap<object, BetterState>();

function stateOf(database: object): BetterState {
  return states.get(database) as BetterState;
}

class BetterDatabase {
  declare readonly name: string;
  declare readonly open: boolean;
  declare readonly inTransaction: boolean;
  declare readonly readonly: boolean;
  declare readonly memory: boolean;

  constructor(own: Own, given: unknown, options: unknown) {
    const { sqlite, fs, attempt, statementPrototype } = own;
    if (typeof given === "number" || Buffer.isBuffer(given))
      return missing("a descriptor or a buffer");
    const name = given ?? "";
    if (typeof name !== "string") throw new TypeError("Expected first argument to be a string");
    const path = name.trim();
    const memory = path === "" || path === ":memory:";
    const { readonly, fileMustExist, busyTimeoutMs, verbose } = optionsOf(options, memory);
    sqlite.load();
    if (!memory && !path.startsWith("file:") && !fs.existsSync(posix.dirname(path))) {
      throw new TypeError("Cannot open database because the directory does not exist");
    }
    const connection = attempt(() =>
      sqlite.open(path, {
        readOnly: readonly,
        fileMustExist,
        busyTimeoutMs,
        isWalNormal: true,
        cacheKib: 16_000,
      }),
    );
    const state: BetterState = {
      connection,
      isOpen: true,
      isBusy: false,
      isUnsafe: false,
      safeIntegers: false,
      iterators: 0,
      verbose,
      attempt,
      statementPrototype,
    };
    states.set(this, state);
    const get = {
      name: () => name,
      open: () => state.isOpen,
      inTransaction: () => state.isOpen && connection.inTransaction,
      readonly: () => readonly,
      memory: () => memory,
    };
    for (const [property, getter] of Object.entries(get)) {
      Object.defineProperty(this, property, { get: getter, enumerable: true });
    }
  }

  prepare(sql: unknown): Statement {
    return prepareStatement(this, stateOf(this), sql);
  }

  exec(sql: unknown): this {
    if (typeof sql !== "string") throw new TypeError("Expected first argument to be a string");
    const state = stateOf(this);
    requireIdle(state);
    if (!state.isUnsafe) requireNoIterators(state);
    state.isBusy = true;
    try {
      const { verbose } = state;
      state.attempt(() => state.connection.exec(sql, verbose && ((one) => verbose(one.trim()))));
    } finally {
      state.isBusy = false;
    }
    return this;
  }

  pragma(source: unknown, given?: unknown): unknown {
    const options = (given ?? {}) as Options;
    if (typeof source !== "string") throw new TypeError("Expected first argument to be a string");
    if (typeof options !== "object") {
      throw new TypeError("Expected second argument to be an options object");
    }
    const simple = booleanOption(options, "simple");
    const statement = prepareStatement(this, stateOf(this), `PRAGMA ${source}`, "pragma");
    return simple ? statement.pluck().get() : statement.all();
  }

  explain(source: unknown): unknown[] {
    if (typeof source !== "string") throw new TypeError("Expected first argument to be a string");
    return prepareStatement(this, stateOf(this), `EXPLAIN ${source}`, "explain").all();
  }

  transaction(call: unknown): AnyFunction {
    if (typeof call !== "function") {
      throw new TypeError("Expected first argument to be a function");
    }
    const kinds = ["DEFAULT", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"].map((kind) => {
      const begin = kind === "DEFAULT" ? "BEGIN" : `BEGIN ${kind}`;
      return [kind.toLowerCase(), this.#transaction(call as AnyFunction, begin)] as const;
    });
    const properties: PropertyDescriptorMap = {
      ...Object.fromEntries(kinds.map(([kind, value]) => [kind, { value }])),
      database: { value: this, enumerable: true },
    };
    for (const [, made] of kinds) Object.defineProperties(made, properties);
    return kinds[0]![1];
  }

  #transaction(call: AnyFunction, begin: string): AnyFunction {
    const database = this;
    const run = (sql: string): void => void database.prepare(sql).run();
    const [save, release, undo] = ["SAVEPOINT", "RELEASE", "ROLLBACK TO"].map(
      (word) => `${word} \`\t_bs3.\t\``,
    ) as [string, string, string];
    return function sqliteTransaction(this: unknown, ...args: unknown[]) {
      const isNested = database.inTransaction;
      run(isNested ? save : begin);
      try {
        const result = Reflect.apply(call, this, args);
        if (typeof (result as { then?: unknown } | undefined | null)?.then === "function") {
          throw new TypeError("Transaction function cannot return a promise");
        }
        run(isNested ? release : "COMMIT");
        return result;
      } catch (error) {
        if (database.inTransaction) {
          run(isNested ? undo : "ROLLBACK");
          if (isNested) run(release);
        }
        throw error;
      }
    };
  }

  function(name: unknown, given: unknown, last?: unknown): this {
    const call = typeof given === "function" ? given : last;
    const options = (typeof given === "function" ? {} : (given ?? {})) as Options;
    if (typeof name !== "string") throw new TypeError("Expected first argument to be a string");
    if (typeof call !== "function") {
      throw new TypeError("Expected last argument to be a function");
    }
    if (typeof options !== "object") {
      throw new TypeError("Expected second argument to be an options object");
    }
    const form = functionForm(name, options, () => call.length);
    const state = stateOf(this);
    this.#requireDefinable();
    const safeIntegers = form.safeIntegers ?? state.safeIntegers;
    state.attempt(() =>
      state.connection.define(name, form, (args) =>
        resultOf(
          name,
          Reflect.apply(
            call,
            undefined,
            args.map((one) => valueFrom(one, safeIntegers)),
          ),
        ),
      ),
    );
    return this;
  }

  aggregate(name: unknown, given: unknown): this {
    if (typeof name !== "string") throw new TypeError("Expected first argument to be a string");
    if (typeof given !== "object" || given === null) {
      throw new TypeError("Expected second argument to be an options object");
    }
    const options = given as Options;
    const functionOption = (key: string, isRequired: boolean): AnyFunction | undefined => {
      const value = key in options ? options[key] : undefined;
      if (typeof value === "function") return value as AnyFunction;
      if (value !== undefined && value !== null) {
        throw new TypeError(`Expected the "${key}" option to be a function`);
      }
      if (isRequired) throw new TypeError(`Missing required option "${key}"`);
      return undefined;
    };
    if (name === "") throw new TypeError("User-defined function name cannot be an empty string");
    const start = "start" in options ? options["start"] : null;
    const step = functionOption("step", true) as AnyFunction;
    if (functionOption("inverse", false) !== undefined) return missing("inverse of an aggregate");
    const result = functionOption("result", false);
    const form = functionForm(name, options, () => Math.max(0, step.length - 1));
    const state = stateOf(this);
    this.#requireDefinable();
    const safeIntegers = form.safeIntegers ?? state.safeIntegers;
    state.attempt(() =>
      state.connection.aggregate<unknown>(name, form, {
        start: () => (typeof start === "function" ? (start as AnyFunction)() : start),
        step: (sum, args) => {
          const next = step(sum, ...args.map((one) => valueFrom(one, safeIntegers)));
          return next === undefined ? sum : next;
        },
        result: (sum) => resultOf(name, result === undefined ? sum : result(sum)),
      }),
    );
    return this;
  }

  close(): this {
    const state = stateOf(this);
    if (!state.isOpen) return this;
    requireNotBusy(state);
    requireNoIterators(state);
    state.isOpen = false;
    state.attempt(() => state.connection.close());
    return this;
  }

  defaultSafeIntegers(...args: unknown[]): this {
    stateOf(this).safeIntegers = booleanArgument(args);
    return this;
  }

  unsafeMode(...args: unknown[]): this {
    const state = stateOf(this);
    if (!state.isOpen) throw new TypeError("The database connection is not open");
    state.isUnsafe = booleanArgument(args);
    return this;
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

  #requireDefinable(): void {
    const state = stateOf(this);
    requireIdle(state);
    requireNoIterators(state);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    const Named = function Database() {} as unknown as new () => object;
    return Object.assign(new Named(), this);
  }
}

/** The options of a function that SQL calls. */
function functionForm(name: string, options: Options, length: () => unknown) {
  if (name === "") throw new TypeError("User-defined function name cannot be an empty string");
  const safeIntegers =
    "safeIntegers" in options ? booleanOption(options, "safeIntegers") : undefined;
  const deterministic = booleanOption(options, "deterministic");
  const directOnly = booleanOption(options, "directOnly");
  const arity = booleanOption(options, "varargs") ? -1 : length();
  if (!Number.isInteger(arity) || ((arity as number) < 0 && arity !== -1)) {
    throw new TypeError("Expected function.length to be a positive integer");
  }
  if ((arity as number) > 100) {
    throw new RangeError("User-defined functions cannot have more than 100 arguments");
  }
  return { safeIntegers, deterministic, directOnly, arity: arity as number };
}

function resultOf(name: string, value: unknown): SqliteValue {
  const result = valueTo(value);
  if (result !== undefined) return result;
  const prefix = `User-defined function ${name}() returned`;
  if (typeof value === "bigint") throw new RangeError(`${prefix} a bigint that was too big`);
  throw new TypeError(`${prefix} an invalid value`);
}

function missing(name: string): never {
  throw new LightconeError(
    "LC_NOT_SIMULATED",
    `${name} of better-sqlite3 is not simulated: what stands in for it does not have it`,
  );
}
