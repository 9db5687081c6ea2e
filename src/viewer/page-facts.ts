/** What a page is told besides the trace. It is JSON in the page. */

/** The facts of a page. */
export interface PageFacts {
  /** The command that replays the run. */
  readonly replay?: string;
  /** How the run differs that the page brings to compare with: "the same seed without: worker-1 pauses for 1s". */
  readonly neighbour?: string;
  /** What was left out of the page, in a sentence, because it would have been too large. */
  readonly left?: string;
  /** The command that shows everything. */
  readonly restore?: string;
}
