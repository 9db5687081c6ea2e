/** The result of a campaign as plain data: what the library returns, and what reporters render. */

/** The result of a campaign. */
export interface Explored {
  /** The world's name, which states what should hold. */
  readonly world: string;
  /** The world file's absolute path. */
  readonly path: string;
  /**
   * "violated" if a run was violated, if a `sometimes` was true in no run, or, where it was to be strict, if something
   * was not judged.
   */
  readonly verdict: "held" | "violated";
  /** The violated run of the lowest seed. */
  readonly finding: ExploredFinding | undefined;
  /** The findings of earlier campaigns that were run again first, with what is known of each now. */
  readonly reruns: readonly ExploredRerun[];
  /** The number of runs, without those that were repeated and those of shrinking. */
  readonly runs: number;
  readonly violatedRuns: number;
  /** The number of runs in which a check could not decide. */
  readonly undecidedRuns: number;
  readonly firstSeed: number;
  /** In milliseconds of real time, with shrinking. */
  readonly wallMs: number;
  /** The simulated time of the runs together, in milliseconds. */
  readonly simulatedMs: number;
  readonly operations: number;
  /** The number of faults that began in the runs. */
  readonly faults: number;
  /** What was not judged, a sentence each: these are errors where it was to be strict. */
  readonly unjudged: readonly string[];
  /** The conditions of `sometimes` that were true in no run. */
  readonly neverTrue: readonly string[];
  /** What else is good to know, a sentence each. */
  readonly remarks: readonly string[];
  /** The error of a run that could not be made, which ended the campaign. */
  readonly failure: string | undefined;
}

/** What is known of a finding over campaigns. */
export interface ExploredRecord {
  /**
   * "new": found once. "ongoing": found again, or still there when it was run again. "resolved": held when it was run
   * again. "regressed": was resolved, and is there again.
   */
  readonly state: "new" | "ongoing" | "resolved" | "regressed";
  /** The number of campaigns that found it. */
  readonly count: number;
  /** When it was found first: ISO 8601. */
  readonly firstFound: string;
}

/** A finding of an earlier campaign that was run again. */
export interface ExploredRerun extends ExploredRecord {
  /** The absolute path of its replay file. */
  readonly replayFile: string;
  /** The check that it is about, and what was violated when it was found. */
  readonly check: string;
  readonly summary: string;
}

/** A violated run. */
export interface ExploredFinding extends ExploredRecord {
  readonly seed: number;
  /** The check that was violated. */
  readonly check: string;
  /** What was violated, in a sentence. */
  readonly summary: string;
  /** The story as the terminal shows it, without colours; several lines. */
  readonly story: string;
  /** How it is known that the faults are needed, and what was not tried; a sentence each. */
  readonly notes: readonly string[];
  /** The faults that are left, a line each, in order of time. */
  readonly faults: readonly string[];
  /** How many there were before shrinking. */
  readonly faultsBefore: number;
  /** The replay file's absolute path; `undefined` if it could not be written. */
  readonly replayFile: string | undefined;
  /** The command that replays it, for a shell in the folder below which the files were written. */
  readonly replayCommand: string | undefined;
  /** The trace file's absolute path, if it was written. */
  readonly traceFile: string | undefined;
  /** The absolute path of the page that shows it, if it was written. */
  readonly pageFile: string | undefined;
}
