/** What a run comes to. Plain data: it travels between processes and into files. */
import type { Evidence } from "../check/verdict.ts";
import type { Fault } from "../sim/faults.ts";
import type { Story, StoryLine } from "../trace/story.ts";
import type { Trace } from "../trace/trace.ts";
import type { Coverage } from "./coverage.ts";

/** What to run. */
export interface RunRequest {
  readonly seed: number;
  /** The faults; drawn from the seed unless given. */
  readonly schedule?: readonly Fault[] | undefined;
  /** End the run here, before its time. What takes a whole run to judge is then not judged. */
  readonly untilNs?: number | undefined;
  /** Keep every event, for the trace. Costs time and memory. */
  readonly trace?: boolean;
  /** Keep every line that a person may want to read: operations, faults, output, ends. */
  readonly timeline?: boolean;
  /** Keep a digest of the fingerprint after each event, to find where two runs part. */
  readonly digests?: boolean;
  /** Keep the stack that scheduled or marked this event; `causes` are the events it may come from. */
  readonly stackOf?: { readonly event: number; readonly causes: readonly number[] } | undefined;
}

/** A violated check of a run. */
export interface RunViolation {
  readonly check: string;
  readonly evidence: Evidence;
  /** What it is the same bug by: another violation of the check is it if it has the first of these. */
  readonly causes: readonly string[];
  /** When all of its evidence was there; `undefined` where only a run to its end shows it. */
  readonly completeNs: number | undefined;
  readonly story: Story;
}

/** What a run came to. */
export interface RunOutcome {
  readonly world: string;
  readonly seed: number;
  /** "unknown": a check could not decide, or had nothing to judge. */
  readonly verdict: "held" | "violated" | "unknown";
  readonly fingerprint: string;
  /** Digest of the files that its programs were made of and read: it changes when any of them does. */
  readonly code: string;
  readonly events: number;
  readonly simulatedNs: number;
  readonly operations: number;
  /** The faults of this run, whether drawn or given. */
  readonly schedule: readonly Fault[];
  readonly faultsBegun: number;
  readonly violations: readonly RunViolation[];
  /** Checks that could not decide, each with why. */
  readonly undecided: readonly { readonly check: string; readonly why: string }[];
  /** Each `sometimes`, and whether it was true at least once. */
  readonly sometimes: readonly (readonly [name: string, reached: boolean])[];
  /** What its checks printed while they judged; empty if nothing. */
  readonly printed?: string;
  /** What of it was judged; `undefined` of a run that was ended before its time. */
  readonly coverage?: Coverage | undefined;
  readonly trace?: Trace | undefined;
  readonly timeline?: readonly StoryLine[] | undefined;
  /** The low half of the fingerprint after each event, by event. */
  readonly digests?: Uint32Array | undefined;
  /** Where the event of `stackOf` was scheduled or marked, innermost first. */
  readonly stack?: readonly string[] | undefined;
}
