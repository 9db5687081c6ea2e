/**
 * `node:sqlite` by SQLite as WebAssembly, with its files on the host's disk, on the versions of Node that have it. What it does not
 * have throws `LC_NOT_SIMULATED` when it is called.
 */
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { LightconeError } from "../../base/errors.ts";
import { notSimulated } from "../not-simulated.ts";
import { type AddOn, ownClass, type SubstituteContext } from "./add-on.ts";
import {
  attempt,
  booleans,
  coded,
  fromSqlite,
  invalidState,
  invalidType,
  STATEMENT_OPTIONS,
  statementOf,
  StatementSync,
  toSqlite,
} from "./node-sqlite-statement.ts";
import {
  type Connection,
  SqliteFailure,
  sqliteOf,
  SQLITE_PEER,
  type Sqlite,
  type SqliteValue,
} from "./sqlite-database.ts";

type AnyFunction = (...args: unknown[]) => unknown;

const MAJOR = Number(process.versions.node.split(".")[0]);
const DATABASE_OPTIONS: readonly string[] = [
  ...["open", "readOnly", "enableForeignKeyConstraints", "enableDoubleQuotedStringLiterals"],
  ...["allowExtension", ...(MAJOR >= 24 ? ["defensive"] : [])],
];

export const nodeSqlite: AddOn = { peer: SQLITE_PEER, create };

function create(context: SubstituteContext): unknown {
  const sqlite = sqliteOf(context);
  if (MAJOR < 24) {
    const { emitWarning } = context.builtin("process") as typeof process;
    const text = "SQLite is an experimental feature and might change at any time";
    emitWarning(text, "ExperimentalWarning");
  }
  const isRenamed = MAJOR >= 26;
  const Statement = ownClass(StatementSync, isRenamed ? "Statement" : "StatementSync", () => {
    throw coded(new Error("Illegal constructor"), "ERR_ILLEGAL_CONSTRUCTOR");
  });
  const name = isRenamed ? "Database" : "DatabaseSync";
  const DatabaseSync = ownClass(Database, name, (target, args) => {
    if (target !== undefined) return new Database(sqlite, Statement.prototype, args);
    throw coded(
      new TypeError("Cannot call constructor without `new`"),
      "ERR_CONSTRUCT_CALL_REQUIRED",
    );
  });
  const own: Record<string, object> = {
    Database: DatabaseSync,
    DatabaseSync,
    Statement,
    StatementSync: Statement,
  };
  const real = context.shape("sqlite") as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(real).map(([name, value]) => {
      const mine = own[name];
      if (mine !== undefined) addMissing(mine, value, `node:sqlite.${name}`);
      return [name, mine ?? value];
    }),
  );
}

/** Gives a class the methods that Node's has beside its own; they throw. */
function addMissing(own: unknown, real: unknown, path: string): void {
  const { prototype } = own as { prototype: object };
  for (const name of Object.getOwnPropertyNames((real as { prototype: object }).prototype)) {
    if (name in prototype) continue;
    const value = notSimulated(`${path}.prototype.${name}`);
    Object.defineProperty(prototype, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: true,
    });
  }
}

function pathOf(given: unknown): string {
  const path = given instanceof URL ? fileUrl(given) : given;
  const text = path instanceof Uint8Array ? Buffer.from(path).toString() : path;
  if (typeof text === "string" && !text.includes("\0")) return text;
  throw invalidType('The "path" argument must be a string, Uint8Array, or URL without null bytes.');
}

function fileUrl(url: URL): string {
  if (url.protocol === "file:") return fileURLToPath(url);
  throw coded(new TypeError("The URL must be of scheme file:"), "ERR_INVALID_URL_SCHEME");
}

interface Settings {
  readonly path: string;
  readonly own: Partial<Record<string, boolean>>;
  readonly statements: Partial<Record<(typeof STATEMENT_OPTIONS)[number], boolean>>;
  readonly busyTimeoutMs: number;
}

function settingsOf(args: readonly unknown[]): Settings {
  const path = pathOf(args[0]);
  const options = args.length > 1 ? args[1] : {};
  if (typeof options !== "object" || options === null) {
    throw invalidType('The "options" argument must be an object.');
  }
  const own = booleans(options, DATABASE_OPTIONS);
  const { timeout = 0 } = options as { timeout?: unknown };
  if (!Number.isInteger(timeout)) {
    throw invalidType('The "options.timeout" argument must be an integer.');
  }
  const statements = booleans(options, STATEMENT_OPTIONS);
  return { path, own, statements, busyTimeoutMs: Math.max(0, timeout as number) };
}

class Database {
  declare readonly isOpen: boolean;
  declare readonly isTransaction: boolean;
  readonly #sqlite: Sqlite;
  readonly #statementPrototype: object;
  readonly #settings: Settings;
  #connection: Connection | undefined;

  constructor(sqlite: Sqlite, statementPrototype: object, args: readonly unknown[]) {
    this.#sqlite = sqlite;
    this.#statementPrototype = statementPrototype;
    this.#settings = settingsOf(args);
    sqlite.load();
    const getters = {
      isOpen: () => this.#connection !== undefined,
      isTransaction: () => this.#now().inTransaction,
    };
    for (const [name, get] of Object.entries(getters)) {
      Object.defineProperty(this, name, { get, enumerable: true });
    }
    if (this.#settings.own["open"] !== false) this.open();
  }

  open(): void {
    if (this.#connection) throw invalidState("database is already open");
    const { path, own, busyTimeoutMs } = this.#settings;
    this.#connection = attempt(() =>
      this.#sqlite.open(path, {
        readOnly: own["readOnly"] === true,
        foreignKeys: own["enableForeignKeyConstraints"] !== false,
        quotesTexts: own["enableDoubleQuotedStringLiterals"] === true,
        isUri: true,
        busyTimeoutMs,
      }),
    );
  }

  close(): void {
    const connection = this.#now();
    if (connection.isCalling) {
      throw invalidState("database cannot be closed while in a callback");
    }
    this.#connection = undefined;
    attempt(() => connection.close());
  }

  prepare(sql: unknown, given?: unknown): StatementSync {
    const connection = this.#now();
    const text = requireText(sql, "sql");
    let { statements } = this.#settings;
    if (given !== undefined && MAJOR >= 24) {
      if (typeof given !== "object" || given === null) {
        throw invalidType('The "options" argument must be an object.');
      }
      statements = { ...statements, ...booleans(given, STATEMENT_OPTIONS) };
    }
    const found = attempt(() => connection.prepare(text));
    if (found === undefined) {
      if (MAJOR < 24) throw invalidState("statement has been finalized");
      throw coded(new TypeError("The SQL query contains no statements."), "ERR_INVALID_ARG_VALUE");
    }
    const open = (): Connection | undefined =>
      this.#connection === connection ? connection : undefined;
    const statement = statementOf(open, found.prepared, statements);
    return Object.setPrototypeOf(statement, this.#statementPrototype) as StatementSync;
  }

  exec(sql: unknown): void {
    const connection = this.#now();
    const text = requireText(sql, "sql");
    attempt(() => connection.exec(text));
  }

  function(name: unknown, ...rest: readonly unknown[]): void {
    const connection = this.#now();
    const text = requireText(name, "name");
    const options = rest.length > 1 ? rest[0] : {};
    const call = rest.length > 1 ? rest[1] : rest[0];
    if (typeof options !== "object" || options === null) {
      throw invalidType('The "options" argument must be an object.');
    }
    const form = booleans(options, [...FUNCTION_OPTIONS, "deterministic"]);
    if (typeof call !== "function") {
      throw invalidType('The "function" argument must be a function.');
    }
    const arity = form.varargs === true ? -1 : call.length;
    const bigInts = form.useBigIntArguments === true;
    attempt(() =>
      connection.define(text, { arity, ...form }, (args) =>
        resultOf(
          Reflect.apply(
            call,
            undefined,
            args.map((one) => fromSqlite(one, bigInts)),
          ),
        ),
      ),
    );
  }

  aggregate(name: unknown, given: unknown): void {
    const connection = this.#now();
    if (MAJOR >= 26) requireText(name, "name");
    const options = given as Record<string, unknown>;
    if (MAJOR >= 26 && (typeof given !== "object" || given === null)) {
      throw invalidType('The "options" argument must be an object.');
    }
    const start = options["start"];
    if (start === undefined || (typeof start === "object" && start !== null)) {
      throw invalidType('The "options.start" argument must be a function or a primitive value.');
    }
    const { step, inverse, result } = options;
    if (typeof step !== "function") {
      throw invalidType('The "options.step" argument must be a function.');
    }
    const text = requireText(name, "name");
    const form = booleans(options, FUNCTION_OPTIONS);
    if (inverse !== undefined) {
      if (typeof inverse !== "function") {
        throw invalidType('The "options.inverse" argument must be a function.');
      }
      throw new LightconeError(
        "LC_NOT_SIMULATED",
        "an aggregate with inverse of node:sqlite is not simulated: what stands in for it has no window functions of programs",
      );
    }
    const arity = form.varargs === true ? -1 : Math.max(0, step.length - 1);
    const bigInts = form.useBigIntArguments === true;
    attempt(() =>
      connection.aggregate<unknown>(
        text,
        { arity, ...form },
        {
          start: () => (typeof start === "function" ? (start as AnyFunction)() : start),
          step: (sum, args) =>
            (step as AnyFunction)(sum, ...args.map((one) => fromSqlite(one, bigInts))),
          result: (sum) =>
            resultOf(typeof result === "function" ? (result as AnyFunction)(sum) : sum),
        },
      ),
    );
  }

  location(name: unknown = "main"): string | null {
    const connection = this.#now();
    const text = requireText(name, "dbName");
    return connection.fileOf(text) ?? null;
  }

  enableDefensive(on: unknown): void {
    this.#now();
    if (typeof on !== "boolean") throw invalidType('The "active" argument must be a boolean.');
  }

  enableLoadExtension(on: unknown): void {
    this.#now();
    if (typeof on !== "boolean") throw invalidType('The "allow" argument must be a boolean.');
    if (!on) return;
    if (this.#settings.own["allowExtension"] !== true) {
      throw invalidState(
        "Cannot enable extension loading because it was disabled at database creation.",
      );
    }
    (notSimulated("node:sqlite.DatabaseSync.prototype.enableLoadExtension") as () => never)();
  }

  loadExtension(): never {
    this.#now();
    throw invalidState("extension loading is not allowed");
  }

  [Symbol.dispose ?? Symbol.for("nodejs.dispose")](): void {
    if (this.#connection) this.close();
  }

  #now(): Connection {
    if (this.#connection) return this.#connection;
    throw invalidState("database is not open");
  }
}
if (MAJOR < 24) Reflect.deleteProperty(Database.prototype, "enableDefensive");
for (const name of Object.getOwnPropertyNames(Database.prototype)) {
  if (name !== "constructor") Object.defineProperty(Database.prototype, name, { enumerable: true });
}

const FUNCTION_OPTIONS = ["useBigIntArguments", "varargs", "directOnly"] as const;

function requireText(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw invalidType(`The "${name}" argument must be a string.`);
}

/** What a function of a program gives to SQL. */
function resultOf(value: unknown): SqliteValue {
  if (value === undefined) return null;
  if (typeof (value as { then?: unknown } | null)?.then === "function") {
    throw new SqliteFailure(1, "Asynchronous user-defined functions are not supported");
  }
  const result = toSqlite(value);
  if (result === undefined) {
    throw new SqliteFailure(1, "Returned JavaScript value cannot be converted to a SQLite value");
  }
  if (typeof result === "bigint" && BigInt.asIntN(64, result) !== result) {
    throw new SqliteFailure(1, "BigInt value is too large for SQLite");
  }
  return result;
}
