/** A story: the few lines of a run that a person must read to understand what happened. */

/**
 * The subject of a line. The terminal marks lines accordingly. `cause`: a moment of the mechanism that the trace shows
 * and no check names, such as the end of a lease.
 */
export type StoryTone = "operation" | "fault" | "lift" | "note" | "cause" | "error";

/** One line of a story. */
export interface StoryLine {
  readonly atNs: number;
  /** The subject of the line: a host's name, or "fault". */
  readonly who: string;
  readonly text: string;
  readonly tone: StoryTone;
  /** The trace event that the line describes, if any. */
  readonly event?: number | undefined;
}

/** A violation, as it is described to a person. */
export interface Story {
  readonly lines: readonly StoryLine[];
  /** One sentence that explains why it is a violation. */
  readonly summary: string;
}
