/** What a check says, and the evidence for it. */

/** One step of a violation's story: a sentence for a person, and where in the run it happened. */
export interface Step {
  /** When, in simulated nanoseconds; `undefined` where the history has no clock. */
  readonly atNs?: number;
  /** Whose step it is: a host, a process, a session. */
  readonly who?: string;
  /** The sentence: "acquire job -> held", "read 7, yet 7 was not written before". */
  readonly text: string;
  /** The history's operation that it speaks of (`Operation.index`). */
  readonly operation?: number;
  /** Trace events to show beside it. */
  readonly events?: readonly number[];
}

/** Why a check says `violated`: the smallest part of the history found that still violates. */
export interface Evidence {
  /** One sentence: what was promised and is not so. "two holders from 3.491s to 3.602s" */
  readonly summary: string;
  /** The field's name for it, where there is one: "G1c", "lost update", "stale read". */
  readonly anomaly?: string;
  readonly steps: readonly Step[];
  /** The operations (by index) of the smallest sub-history found that still violates. */
  readonly operations: readonly number[];
}

/** A judgement. */
export type Verdict =
  | { readonly result: "holds"; readonly note?: string }
  | { readonly result: "violated"; readonly evidence: readonly Evidence[] }
  | { readonly result: "unknown"; readonly why: string };
