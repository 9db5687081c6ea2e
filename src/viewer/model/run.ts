/**
 * A trace indexed for the viewer: lanes, messages, operations and faults. Everything that is proportional to the
 * number of events is in typed arrays, so that a million events open within a second.
 */
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
  /** The time of the last event, in nanoseconds; at least 1. */
  readonly endNs: number;
}

/** Indexes a trace. Takes a few passes over its columns. */
export function indexRun(trace: Trace): Run {
  const endNs = Math.max(1, trace.length === 0 ? 1 : (trace.timeNs[trace.length - 1] as number));
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
