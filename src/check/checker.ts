/** The interface of a checker: a model's name, the levels it decides, and a pure function. */
import type { History, Operation } from "../history/operation.ts";
import type { Format } from "../history/read.ts";
import type { Budget } from "./budget.ts";
import type { Verdict } from "./verdict.ts";

/** The options of a check, besides the history. */
export interface CheckOptions {
  /** The level of consistency to judge; the checker's `defaultLevel` if not given. */
  readonly level?: string | undefined;
  readonly budget: Budget;
  /** The object's initial state, if a source specifies one (Knossos: 0, `{x: 0, y: 0}`, `[]`). */
  readonly initial?: unknown;
  /** Only decide, without minimising a violation. For benchmarks, and for callers that shrink themselves. */
  readonly decideOnly?: boolean | undefined;
  /** Further settings of a model: `--set total=100`. The model rejects unknown names. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Judges one model at some levels. */
export interface Checker {
  /** "cas-register", "list-append", ... */
  readonly model: string;
  /** Other names that users know the model by. */
  readonly aliases?: readonly string[];
  /** One line for `lightcone check --help`. */
  readonly summary: string;
  /** The levels it decides, by their names in the table of levels. */
  readonly levels: readonly string[];
  readonly defaultLevel: string;
  /** The settings it supports, each with a line of help. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The names of the operations it supports, if it rejects all others. */
  readonly operations?: readonly string[];
  /** The operations whose answers it judges. A history without any of them always satisfies the model. */
  readonly answers?: readonly string[];
  /** Describes an operation in the model's terms: "read 7". */
  describe?(operation: Operation): string;
  /** Judges a history. Pure. Throws `LightconeError` for a history that the model cannot judge. */
  check(history: History, options: CheckOptions): CheckResult;
  /**
   * As `check`, directly from a file's bytes, for models whose histories are too large to keep in memory as
   * objects. `name` is the file's, for messages. Returns `undefined` unless the file is a single plain
   * history; the caller then has to read it into histories. Also throws `HistoryError`, and `BudgetSpent`
   * while reading.
   */
  checkBytes?(
    bytes: Uint8Array,
    name: string,
    options: CheckOptions & { readonly format?: Format | undefined },
  ): BytesResult | undefined;
}

/** A verdict on a file that was never converted to a complete history of objects. */
export interface BytesResult extends CheckResult {
  /** A history as long as the file's that contains only the operations that the evidence refers to. */
  readonly excerpt: History;
}

/** A verdict with additional details. */
export interface CheckResult {
  readonly verdict: Verdict;
  /** Figures for `--json`: the algorithm, the number of operations, lost elements, ... Plain data. */
  readonly details?: Readonly<Record<string, unknown>>;
}
