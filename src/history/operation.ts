/** The central type of this folder: an operation, that is, a client's request and its answer. */

/**
 * How an operation ended.
 *
 * - `ok`: it took effect at some moment between its invocation and its completion.
 * - `fail`: it did not take effect, and never will.
 * - `info`: unknown. It may take effect at any moment after its invocation, or never.
 */
export type Outcome = "ok" | "fail" | "info";

/** One operation of a history. */
export interface Operation {
  /** Its position in the history, by order of invocation: 0, 1, 2, ... */
  readonly index: number;
  /** The process that ran it. A process runs one operation at a time. */
  readonly process: number | string;
  /** The name of the operation: `"read"`, `"write"`, `"cas"`, `"acquire"`, `"txn"`, ... */
  readonly f: string;
  /** The object it applies to, if a history contains several independent ones. */
  readonly key?: unknown;
  /** The argument: the value to write, `[from, to]` of a cas, the micro-operations of a transaction. */
  readonly input: unknown;
  /** The result; `undefined` unless `ok`. */
  readonly output: unknown;
  readonly outcome: Outcome;
  /** The time of invocation, in nanoseconds (or in ranks if a source has no clock). For display only. */
  readonly invokeNs: number;
  /** The time of completion; `Infinity` for an `info` operation that was never answered. For display only. */
  readonly completeNs: number;
  /**
   * Its position among all invocations and completions of the history, without ties. Only ranks decide
   * real-time order: `a` precedes `b` if `a.completeRank < b.invokeRank`. Clocks may have ties and jumps;
   * ranks do not.
   */
  readonly invokeRank: number;
  /** The rank of its completion; `Infinity` if `info`, because it may take effect at any later time. */
  readonly completeRank: number;
  /** The session it belongs to, if that is not its process. */
  readonly session?: number | string | undefined;
  /**
   * The client that ran it, if one client runs several operations at once, each as a separate process of
   * the history. A lock acquired by one of its processes may be released by another one.
   */
  readonly client?: number | undefined;
  /** The trace events of the invocation and the completion, if the history was recorded in a run. */
  readonly invokeEvent?: number | undefined;
  readonly completeEvent?: number | undefined;
  /** The error it failed with, for display. */
  readonly error?: string | undefined;
}

/** The operations recorded in a whole test, in order of invocation. */
export interface History {
  readonly operations: readonly Operation[];
}
