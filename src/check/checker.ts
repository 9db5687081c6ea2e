/** What a checker is to the front doors: a model's name, the levels it decides, and a pure function. */
import type { History, Operation } from "../history/operation.ts";
import type { Format } from "../history/read.ts";
import type { Budget } from "./budget.ts";
import type { Verdict } from "./verdict.ts";

/** What a check is told besides the history. */
export interface CheckOptions {
  /** The level of consistency to judge; the checker's `defaultLevel` if not given. */
  readonly level?: string | undefined;
  readonly budget: Budget;
  /** The object's first state, where a source names one (Knossos: 0, `{x: 0, y: 0}`, `[]`). */
  readonly initial?: unknown;
  /** Decide only: a violation is not made small first. For benchmarks, and for shrinking on top. */
  readonly decideOnly?: boolean | undefined;
  /** Whatever else a model understands: `--set total=100`. Unknown names are refused by the model. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Judges one model at some levels. */
export interface Checker {
  /** "cas-register", "list-append", ... */
  readonly model: string;
  /** Other names that users know it by. */
  readonly aliases?: readonly string[];
  /** One line for `lightcone check --help`. */
  readonly summary: string;
  /** The levels it decides, by their names in the table of levels. */
  readonly levels: readonly string[];
  readonly defaultLevel: string;
  /** The settings it understands, each with a line of help. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The operations that it knows by name, where it refuses others. */
  readonly operations?: readonly string[];
  /** The operations whose answers it judges: a history without any of them holds whatever happened. */
  readonly answers?: readonly string[];
  /** An operation in the model's words: "read 7". */
  describe?(operation: Operation): string;
  /** Pure. Throws `LightconeError` for a history that the model cannot be asked about. */
  check(history: History, options: CheckOptions): CheckResult;
  /**
   * The same straight from a file's bytes, for models whose histories outgrow memory as objects. `name` is
   * the file's, for messages. `undefined` if the file is anything but one plain history: read it into
   * histories then. Throws `HistoryError` besides, and `BudgetSpent` while it reads.
   */
  checkBytes?(
    bytes: Uint8Array,
    name: string,
    options: CheckOptions & { readonly format?: Format | undefined },
  ): BytesResult | undefined;
}

/** A verdict on a file that never was a history of objects as a whole. */
export interface BytesResult extends CheckResult {
  /** As long as the file's history, holding only the operations that the evidence is about. */
  readonly excerpt: History;
}

/** A verdict, and what is worth telling besides. */
export interface CheckResult {
  readonly verdict: Verdict;
  /** Figures for `--json`: the algorithm, how many operations, lost elements, ... Plain data. */
  readonly details?: Readonly<Record<string, unknown>>;
}
