/** The result of a run. Plain data, because it is passed between processes and stored in files. */
import type { Evidence } from "../check/verdict.ts";
import type { DrawnWord, Fault } from "../sim/faults/index.ts";
import type { Story, StoryLine } from "../trace/story.ts";
import type { OperationEvents, Trace } from "../trace/trace.ts";
import type { Coverage } from "./coverage.ts";

/** A fault that a test places: a word of worlds with its arguments, and when it begins and is lifted. */
export interface PlacedRequest {
  readonly word: string;
  /** As programs give them to `faults.crash(...)`. They must be JSON. */
  readonly args: readonly unknown[];
  /** Nanoseconds since the start of the run. */
  readonly atNs: number;
  readonly untilNs?: number;
}

/** A requested run. */
export interface RunRequest {
  readonly seed: number;
  /** The faults. Default: drawn from the seed. */
  readonly schedule?: readonly Fault[] | undefined;
  /** Faults to place besides. A run with a schedule takes them from there. Default: none. */
  readonly placed?: readonly PlacedRequest[] | undefined;
  /** Hosts whose programs are never started. Default: none. */
  readonly unstarted?: readonly string[] | undefined;
  /** End the run early at this time. What needs a complete run is then not judged. */
  readonly untilNs?: number | undefined;
  /**
   * From this time on draw other random numbers: the run is the same until everything at that time has happened, and
   * takes another course from then on. `salt` (an integer, 1 to 2^32 - 1) determines which.
   */
  readonly branch?: { readonly atNs: number; readonly salt: number } | undefined;
  /** Record every event, for the trace. Costs time and memory. */
  readonly trace?: boolean;
  /** Record every line for a readable timeline: operations, faults, output, ends. */
  readonly timeline?: boolean;
  /** Record a digest of the fingerprint after each event, to find where two runs diverge. */
  readonly digests?: boolean;
  /** Count the moments of this host's programs before the calm at which they could crash; see `sim/moments.ts`. */
  readonly momentsOf?: string | undefined;
  /**
   * Record the stack that scheduled or marked this event; `causes` are the events that may have scheduled
   * it.
   */
  readonly stackOf?: { readonly event: number; readonly causes: readonly number[] } | undefined;
}

/** A violated check of a run. */
export interface RunViolation {
  readonly check: string;
  readonly evidence: Evidence;
  /**
   * Identifiers of the bug. Another violation of the check is the same bug if its causes include the first
   * of these.
   */
  readonly causes: readonly string[];
  /** When all of its evidence was complete; `undefined` if only a complete run shows it. */
  readonly completeNs: number | undefined;
  readonly story: Story;
  /** The events of the operations that the evidence names. */
  readonly operations: readonly OperationEvents[];
}

/** The result of a run. */
export interface RunOutcome {
  readonly world: string;
  readonly seed: number;
  /** "unknown": a check could not decide, or had nothing to judge. */
  readonly verdict: "held" | "violated" | "unknown";
  readonly fingerprint: string;
  /** Digest of the files that its programs consist of and read. It changes if any of them does. */
  readonly code: string;
  readonly events: number;
  readonly simulatedNs: number;
  /** When it started on a wall clock without error, in milliseconds since 1970. */
  readonly startMs: number;
  readonly operations: number;
  /** The faults of this run, drawn or given. */
  readonly schedule: readonly Fault[];
  /** The hosts whose programs were not to be started; `undefined` for none. */
  readonly unstarted?: readonly string[] | undefined;
  readonly faultsBegun: number;
  /** What was drawn of each word for faults; `undefined` if the schedule was given. */
  readonly drawn?: readonly DrawnWord[] | undefined;
  readonly violations: readonly RunViolation[];
  /** Checks that could not decide, each with the reason. */
  readonly undecided: readonly { readonly check: string; readonly why: string }[];
  /** Each `sometimes`, and whether it was true at least once. */
  readonly sometimes: readonly (readonly [name: string, reached: boolean])[];
  /** The output of its checks while they judged; empty if there was none. */
  readonly printed?: string;
  /** What was judged; `undefined` for a run that was ended early. */
  readonly coverage?: Coverage | undefined;
  /** How many moments the host of `momentsOf` came to. */
  readonly moments?: number | undefined;
  readonly trace?: Trace | undefined;
  readonly timeline?: readonly StoryLine[] | undefined;
  /** The lower half of the fingerprint after each event, by event. */
  readonly digests?: Uint32Array | undefined;
  /** The stack at which the event of `stackOf` was scheduled or marked, innermost first. */
  readonly stack?: readonly string[] | undefined;
}
