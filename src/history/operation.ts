/** The noun of this folder: an operation, what one client asked and what it was told. */

/**
 * How an operation ended.
 *
 * - `ok`: it took effect, at some moment between its invocation and its completion.
 * - `fail`: it did not take effect, and never will.
 * - `info`: nobody knows. It may take effect at any moment after its invocation, or never.
 */
export type Outcome = "ok" | "fail" | "info";

/** One operation of a history. */
export interface Operation {
  /** Where it stands in the history, by order of invocation: 0, 1, 2, ... */
  readonly index: number;
  /** Who ran it. One process runs one operation at a time. */
  readonly process: number | string;
  /** What was asked: `"read"`, `"write"`, `"cas"`, `"acquire"`, `"txn"`, ... */
  readonly f: string;
  /** The object it was asked of, where a history holds several independent ones. */
  readonly key?: unknown;
  /** What was given: the value to write, `[from, to]` of a cas, the micro-operations of a transaction. */
  readonly input: unknown;
  /** What came back; `undefined` unless `ok`. */
  readonly output: unknown;
  readonly outcome: Outcome;
  /** When it was invoked, in nanoseconds (or in ranks where a source has no clock). For people. */
  readonly invokeNs: number;
  /** When it completed; `Infinity` while `info` and never answered. For people. */
  readonly completeNs: number;
  /**
   * Its place among all invocations and completions of the history, without ties. This alone decides
   * real-time order: `a` precedes `b` when `a.completeRank < b.invokeRank`. Clocks tie and step; ranks do not.
   */
  readonly invokeRank: number;
  /** The same of its completion; `Infinity` while `info`: it may take effect at any time after. */
  readonly completeRank: number;
  /** The session it belongs to, where that is not its process. */
  readonly session?: number | string | undefined;
  /**
   * The client that ran it, where one client runs several operations at once, each as a process of the
   * history: what one of its processes acquired, another one may release.
   */
  readonly client?: number | undefined;
  /** Which trace events these were, when the history was recorded in a run. */
  readonly invokeEvent?: number | undefined;
  readonly completeEvent?: number | undefined;
  /** What it failed with, for a person. */
  readonly error?: string | undefined;
}

/** What a whole test recorded, in order of invocation. */
export interface History {
  readonly operations: readonly Operation[];
}
