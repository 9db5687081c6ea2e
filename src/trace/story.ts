/** A story: the few lines of a run that a person has to read to understand what happened. */

/** What a line is about; the terminal marks it so. */
export type StoryTone = "operation" | "fault" | "lift" | "note" | "error";

/** One line of a story. */
export interface StoryLine {
  readonly atNs: number;
  /** Whose line it is: a host's name, or "fault". */
  readonly who: string;
  readonly text: string;
  readonly tone: StoryTone;
  /** The trace event it stands for, where there is one. */
  readonly event?: number | undefined;
}

/** What a violation looks like to a person. */
export interface Story {
  readonly lines: readonly StoryLine[];
  /** The reason why it is a violation, in a sentence. */
  readonly summary: string;
}
