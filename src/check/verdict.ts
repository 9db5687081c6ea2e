/** The result of a check, and the evidence for it. */

/** One step of the description of a violation: a sentence, and where in the run it happened. */
export interface Step {
  /** The time in simulated nanoseconds; `undefined` if the history has no clock. */
  readonly atNs?: number | undefined;
  /** The host, process or session of the step. */
  readonly who?: string;
  /** The sentence: "acquire job -> held", "read 7, yet 7 was not written before". */
  readonly text: string;
  /** The history's operation that it refers to (`Operation.index`). */
  readonly operation?: number;
  /** Trace events to show beside it. */
  readonly events?: readonly number[];
}

/** One edge of a dependency cycle: why `from` must come before `to`. */
export interface CycleEdge {
  /** Operations (by `Operation.index`). */
  readonly from: number;
  readonly to: number;
  /** "ww", "wr", "rw", "process", "realtime", "session", ... */
  readonly kind: string;
  /** The sentence: "T1 appended 3 to x before T2 appended 4". */
  readonly text: string;
}

/** The evidence for a `violated` verdict: the smallest part found of the history that still violates. */
export interface Evidence {
  /** One sentence that says which promise is broken. "two holders from 3.491s to 3.602s" */
  readonly summary: string;
  /** The established name of the anomaly, if there is one: "G1c", "lost update", "stale read". */
  readonly anomaly?: string;
  /**
   * How it came about, if the check tells several ways apart. Shrinking may change it, and says so:
   * "one holder asked while the other one held".
   */
  readonly manner?: string;
  /** The affected object, if a history contains several. */
  readonly key?: unknown;
  readonly steps: readonly Step[];
  /** The operations (by index) of the smallest sub-history found that still violates. */
  readonly operations: readonly number[];
  /** The cycle, edge by edge (each edge's `to` is the next one's `from`), for transactions. */
  readonly cycle?: readonly CycleEdge[];
}

/** The result of a check. */
export type Verdict =
  | {
      readonly result: "holds";
      readonly note?: string;
      /** No violation was found, but that is no proof: `note` gives the reason. */
      readonly inferred?: true;
    }
  | {
      readonly result: "violated";
      readonly evidence: readonly Evidence[];
      /** The weakest levels of consistency that are violated, by name in the table of levels. */
      readonly violates?: readonly string[];
      /** The stronger levels that are therefore violated as well. */
      readonly alsoViolates?: readonly string[];
      readonly note?: string;
    }
  | {
      readonly result: "unknown";
      /** The limit that was reached, in a sentence: "the time budget of 60s was spent". */
      readonly why: string;
      /** What was decided before that: "11 of 12 keys hold; key 7 is undecided". */
      readonly decided?: string;
    };
