/**
 * A trace indexed for the viewer: lanes, messages, operations and faults. Everything that is proportional to the
 * number of events is in typed arrays, so that a million events open within a second.
 */
import type { Story } from "../../trace/story.ts";
import type { Trace } from "../../trace/trace.ts";
import { indexFaults, type FaultSpan } from "./faults.ts";
import { buildLanes, type Lane } from "./lanes.ts";
import { indexMessages, type Messages } from "./messages.ts";
import { indexOperations, type OperationBar } from "./operations.ts";

/** A run, ready to be shown. */
export interface Run {
  readonly trace: Trace;
  readonly lanes: readonly Lane[];
  /** The index in `lanes` by host number; -1 for the simulator. */
  readonly laneOfHost: Int16Array;
  readonly messages: Messages;
  readonly operations: readonly OperationBar[];
  readonly faults: readonly FaultSpan[];
  /** The time of the last event, or of the last line of a story if that is later, in nanoseconds; at least 1. */
  readonly endNs: number;
}

/** Indexes a trace. Takes a few passes over its columns. */
export function indexRun(trace: Trace): Run {
  const endNs = endOf(trace);
  const faults = indexFaults(trace, endNs);
  const { lanes, laneOfHost } = buildLanes(trace, faults, endNs);
  return {
    trace,
    lanes,
    laneOfHost,
    messages: indexMessages(trace),
    operations: indexOperations(trace),
    faults,
    endNs,
  };
}

/** What still waits at the end is told as of the end, after the last event. */
function endOf({ timeNs, length, meta }: Trace): number {
  const last = length === 0 ? 0 : (timeNs[length - 1] as number);
  const told = (meta?.violations ?? []).flatMap(({ story }) => {
    return (story as Partial<Story> | undefined)?.lines?.map(({ atNs }) => atNs) ?? [];
  });
  return Math.max(1, last, ...told);
}
