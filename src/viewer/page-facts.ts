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
  /** What stands in place of seed and events where the trace is that of a history: "register · 4 operations in 3ms". */
  readonly about?: string;
  /** What else the verdict says, in sentences. */
  readonly remarks?: readonly string[];
  /** What this trace is called among {@link others}. */
  readonly name?: string;
  /** The facts of all traces in the page, this one first, if there are several. */
  readonly others?: readonly PageFacts[];
}
