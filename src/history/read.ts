/**
 * Reads a file of any known format into histories. The file is given as bytes: reading it (and
 * unpacking .gz) is the front door's business, as this folder is pure.
 */
import { LightconeError } from "../base/errors.ts";
import type { History } from "./operation.ts";

/** The formats that `readHistories` knows. */
export const formats = [
  /** Jepsen's and Knossos' EDN: one vector or list of events, or one event a line. */
  "edn",
  /** The same events in JSON: one array, or one event a line (jsonl). */
  "json",
  /** Lines of `{"model", "init", "history", ...}`: many histories in one file (knossos-gen). */
  "json-cases",
  /** `INFO  jepsen.util - PROCESS :TYPE :F VALUE`, as in Porcupine's etcd logs. */
  "jepsen-log",
  /** `{:process 0, :type :invoke, :f :append, :key "0", :value "x"}` a line: Porcupine's key-value logs. */
  "kv-log",
  /** `client,call,ret,op,a,b,out,ok`: complete operations with call and return times. */
  "csv",
] as const;

/** One of {@link formats}. */
export type Format = (typeof formats)[number];

/** How to read. */
export interface ReadOptions {
  /** The file's name, for messages and to tell formats apart. */
  readonly name?: string;
  /** Detected from the name and the first bytes if not given. */
  readonly format?: Format | undefined;
  /** Jepsen's `independent`: each value is `[key value]`; the key goes to `Operation.key`. */
  readonly independent?: boolean;
  /** Take an `ok` without an invocation as an operation of an instant (Elle's hand-written cases). */
  readonly lonely?: boolean;
}

/** One history of a file, with what the file says about it. */
export interface ReadHistory {
  readonly history: History;
  /** The model that the file names, if it does. */
  readonly model?: string | undefined;
  /** The first state that the file names, if it does. */
  readonly initial?: unknown;
  /** The line on which it starts, from 1. */
  readonly line: number;
  /** All other fields of its case (verdicts of other checkers). */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** What was read. */
export interface ReadResult {
  readonly format: Format;
  readonly histories: readonly ReadHistory[];
}

/**
 * A file that cannot be read: one message, `FILE:LINE:COLUMN: what is wrong`, code `LC_BAD_HISTORY`.
 */
export class HistoryError extends LightconeError {
  /** From 1. */
  readonly line: number;
  /** From 1, in bytes. */
  readonly column: number;

  constructor(name: string, line: number, column: number, message: string, hint?: string) {
    super("LC_BAD_HISTORY", `${name}:${line}:${column}: ${message}`, hint);
    this.name = "HistoryError";
    this.line = line;
    this.column = column;
  }
}

/** Reads `bytes`. Throws {@link HistoryError} for whatever is malformed. */
export function readHistories(bytes: Uint8Array, options: ReadOptions = {}): ReadResult {
  const name = options.name ?? "history";
  throw new HistoryError(name, 1, 1, `cannot tell the format of ${bytes.length} bytes yet`);
}
