/** What a check says, and the evidence for it. */

/** One step of a violation's story: a sentence for a person, and where in the run it happened. */
export interface Step {
  /** When, in simulated nanoseconds; `undefined` where the history has no clock. */
  readonly atNs?: number | undefined;
  /** Whose step it is: a host, a process, a session. */
  readonly who?: string;
  /** The sentence: "acquire job -> held", "read 7, yet 7 was not written before". */
  readonly text: string;
  /** The history's operation that it speaks of (`Operation.index`). */
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

/** Why a check says `violated`: the smallest part of the history found that still violates. */
export interface Evidence {
  /** One sentence: what was promised and is not so. "two holders from 3.491s to 3.602s" */
  readonly summary: string;
  /** The field's name for it, where there is one: "G1c", "lost update", "stale read". */
  readonly anomaly?: string;
  /** The object it happened to, where a history holds several. */
  readonly key?: unknown;
  readonly steps: readonly Step[];
  /** The operations (by index) of the smallest sub-history found that still violates. */
  readonly operations: readonly number[];
  /** The cycle, edge by edge (each edge's `to` is the next one's `from`), for transactions. */
  readonly cycle?: readonly CycleEdge[];
}

/** A judgement. */
export type Verdict =
  | {
      readonly result: "holds";
      readonly note?: string;
      /** Nothing forbidden was found, yet that proves nothing: `note` says why. */
      readonly inferred?: true;
    }
  | {
      readonly result: "violated";
      readonly evidence: readonly Evidence[];
      /** The weakest levels of consistency that are violated, by name in the table of levels. */
      readonly violates?: readonly string[];
      /** The stronger ones that therefore are violated too. */
      readonly alsoViolates?: readonly string[];
      readonly note?: string;
    }
  | {
      readonly result: "unknown";
      /** Which limit was met, in a sentence: "the time budget of 60s was spent". */
      readonly why: string;
      /** What was decided before that: "11 of 12 keys hold; key 7 is undecided". */
      readonly decided?: string;
    };
