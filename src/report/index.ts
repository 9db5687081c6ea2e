/** Formats a verdict for people and for programs. */
export { drawnLine } from "./drawn.ts";
export { runAsJson, type ToldRun } from "./json.ts";
export {
  count,
  describeProgress,
  describeRates,
  Progress,
  type ProgressFigures,
  type ProgressSink,
} from "./progress.ts";
export { faultsWord, renderNotes, shrunkNotes, shrunkSubtitle, type ToldShrink } from "./shrunk.ts";
export { historyTrace, type JudgedHistory } from "./history-trace.ts";
export { lateRequests } from "./late.ts";
export { lateArrivals } from "./late-arrivals.ts";
export { mechanismLines, withMechanisms } from "./mechanism/index.ts";
export { formatTime, renderLines, renderViolation, type ToldViolation } from "./story.ts";
export { plainStyle, type Style, styleFor } from "./style.ts";
export { endedSentence, renderMoments, type ToldCause, turningSentence } from "./cause.ts";
export { PrintedByChecks } from "./printed.ts";
export { renderTimeline, type TimelineOptions } from "./timeline/timeline.ts";
export type { Explored, ExploredFinding, ExploredRecord, ExploredRerun } from "./explored.ts";
export type { Reporter } from "./reporters/reporter.ts";
export { reporters } from "./reporters/registry.ts";
