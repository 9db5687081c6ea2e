/** The faults of a run as spans of time, from the events that began and lifted them. */
import { Kind } from "../../trace/kinds.ts";
import type { FaultTold, Trace } from "../../trace/trace.ts";
import { detailOf } from "./rows.ts";

/** A fault from its beginning to its end. */
export interface FaultSpan {
  readonly kind: string;
  /** In words: "worker-1 pauses for 2.1s". */
  readonly text: string;
  readonly targets: readonly string[];
  readonly fromNs: number;
  /** When it was lifted; the end of the run if it was not. */
  readonly toNs: number;
  /** The event in which it began, and that in which it was lifted; 0 for none. */
  readonly began: number;
  readonly lifted: number;
}

interface FaultDetail {
  readonly kind: string;
  readonly targets: readonly string[];
  readonly startNs: number;
  readonly durationNs: number;
}

/** Pairs the `fault` and `heal` events of a trace, in order of their beginning. */
export function indexFaults(trace: Trace, endNs: number): FaultSpan[] {
  const spans: { -readonly [Key in keyof FaultSpan]: FaultSpan[Key] }[] = [];
  const open = new Map<string, number[]>();
  const told = new Map(trace.meta?.faults?.map((fault) => [keyOf(fault), fault.text]));
  for (let row = 0; row < trace.length; row++) {
    const kind = trace.kind[row];
    if (kind !== Kind.fault && kind !== Kind.heal) continue;
    const detail = detailOf(trace, row) as FaultDetail | undefined;
    if (detail === undefined || !Array.isArray(detail.targets)) continue;
    const atNs = trace.timeNs[row] as number;
    const key = keyOf(detail);
    if (kind === Kind.fault) {
      const index = spans.push({
        kind: detail.kind,
        text: told.get(key) ?? `${detail.kind} of ${detail.targets.join(", ")}`,
        targets: detail.targets,
        fromNs: atNs,
        toNs: endNs,
        began: row + 1,
        lifted: 0,
      });
      open.set(key, [...(open.get(key) ?? []), index - 1]);
    } else {
      const index = open.get(key)?.shift();
      const span = index === undefined ? undefined : spans[index];
      if (!span) continue;
      span.toNs = atNs;
      span.lifted = row + 1;
    }
  }
  return spans;
}

function keyOf(fault: Pick<FaultTold, "kind" | "targets" | "startNs" | "durationNs">): string {
  return `${fault.kind} ${fault.targets.join(",")} ${fault.startNs} ${fault.durationNs}`;
}
