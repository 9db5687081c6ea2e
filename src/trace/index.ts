/** The public exports of the trace: `lightcone/trace`. */
export { causesOf, Cone, futureCone, pastCone } from "./causality.ts";
export { decodeTrace, encodeTrace, separatePayloads, TRACE_FORMAT } from "./codec.ts";
export { type Exporter, exporters } from "./export/index.ts";
export { firstDivergence, type Divergence } from "./diff.ts";
export { Kind, kindNames, type EventKind } from "./kinds.ts";
export { TraceRecorder } from "./recorder.ts";
export type { Story, StoryLine, StoryTone } from "./story.ts";
export {
  type Details,
  type EdgeTold,
  eventAt,
  type FaultTold,
  type LeaseTold,
  type OperationEvents,
  type SentencePart,
  stackOf,
  type Trace,
  type TraceEvent,
  type TraceMeta,
  type ViolationTold,
} from "./trace.ts";
