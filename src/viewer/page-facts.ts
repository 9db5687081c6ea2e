/** What a page is told besides the trace. It is JSON in the page. */

/** The facts of a page. */
export interface PageFacts {
  /** The command that replays the run. */
  readonly replay?: string;
  /** What was left out of the page, in a sentence, because it would have been too large. */
  readonly left?: string;
  /** The command that shows everything. */
  readonly restore?: string;
}
