/**
 * The events of a run that a timeline may show, with ranks: what a reader needs first has rank 0. Everything is
 * within the past light cone of the violation, apart from the story itself and the faults.
 */
import type { TraceDissector } from "../../dissect/index.ts";
import { Kind } from "../../trace/kinds.ts";
import type { PacketDetail } from "../../trace/packet.ts";
import { type Answer, answerOf } from "../../viewer/model/answer.ts";
import { futureDepths, OUTSIDE, pastDepths } from "../../viewer/model/cone.ts";
import { operationOf, packetOf } from "../../viewer/model/describe.ts";
import { Fate } from "../../viewer/model/messages.ts";
import type { OperationBar } from "../../viewer/model/operations.ts";
import { detailOf } from "../../viewer/model/rows.ts";
import type { Run } from "../../viewer/model/run.ts";

/** An event to show. */
export interface Candidate {
  /** The event; for a message, its sending. */
  readonly id: number;
  /** 0 for what tells the story, then the more the less it matters. */
  readonly rank: number;
}

/** What can be shown, and the answer that it explains, if the run is violated. */
export interface Candidates {
  readonly all: readonly Candidate[];
  readonly answer: Answer | undefined;
}

/** How many operations of the story are followed through their messages. */
const FOLLOWED_MAX = 12;

/** The candidates of a run. `dissector` tells which messages say little. */
export function candidatesOf(run: Run, dissector: TraceDissector): Candidates {
  const { trace } = run;
  const answer = answerOf(run);
  const ranks = new Map<number, number>();
  const add = (id: number, rank: number): void => {
    if (id > 0 && id <= trace.length && rank < (ranks.get(id) ?? Infinity)) ranks.set(id, rank);
  };
  const operations = answer ? operationsOf(run, answer) : [];
  const past = answer && answer.event > 0 ? pastDepths(trace, answer.event) : undefined;
  const fromNs = answer?.fromNs ?? 0;
  const toNs = answer?.toNs ?? run.endNs;
  for (const { event } of answer?.steps ?? []) add(event, 0);
  for (const { began, lifted } of answer?.faults ?? []) {
    add(began, 0);
    add(lifted, 0);
  }
  for (const bar of operations) {
    add(bar.invoke, 0);
    add(bar.complete, 0);
  }
  const answerNs = answer && answer.event > 0 ? (trace.timeNs[answer.event - 1] as number) : 0;
  const away = ({ fromNs, toNs }: OperationBar): number => {
    return Math.min(Math.abs(answerNs - fromNs), Math.abs(answerNs - toNs));
  };
  const nearest = [...operations].sort((a, b) => away(a) - away(b)).slice(0, FOLLOWED_MAX);
  const served = nearest.map((bar) => servedBy(run, bar));
  // Not the first start of a host, and not those of children.
  const restarts = new Set(
    run.lanes.flatMap(({ lives }) => lives.slice(1).map(({ began }) => began)),
  );
  const retold = new Set(run.faults.flatMap(({ began, lifted }) => [began, lifted]));
  for (let row = 0; row < trace.length; row++) {
    const atNs = trace.timeNs[row] as number;
    const isNear = atNs >= fromNs && atNs <= toNs;
    const isPast = past === undefined || (past[row] as number) !== OUTSIDE;
    switch (trace.kind[row]) {
      case Kind.fault:
      case Kind.heal:
        if (retold.has(row + 1)) add(row + 1, isNear ? 1 : 3);
        break;
      case Kind.exit:
      case Kind.power:
        add(row + 1, isNear ? 1 : 4);
        break;
      case Kind.start:
        if (restarts.has(row + 1)) add(row + 1, isNear ? 1 : 4);
        break;
      case Kind.uncaught:
        add(row + 1, 0);
        break;
      case Kind.log:
        if (isNear && isPast) add(row + 1, 2);
        break;
      case Kind.invoke:
      case Kind.complete:
        if (isPast) add(row + 1, isNear ? 3 : 5);
        break;
      case Kind.send: {
        if (!isPast && !served.some((serves) => serves(row))) break;
        const rank = rankOfMessage(run, row, dissector);
        if (rank === undefined) break;
        if (served.some((serves) => serves(row))) add(row + 1, rank + 1);
        else add(row + 1, isNear ? rank + 4 : rank + 6);
        break;
      }
      case Kind.socket:
        if (isNear && isPast && hasError(detailOf(trace, row))) add(row + 1, 2);
        break;
      default:
    }
  }
  const all = [...ranks].map(([id, rank]) => ({ id, rank })).sort((a, b) => a.id - b.id);
  return { all, answer };
}

function hasError(detail: unknown): boolean {
  return (detail as { error?: string } | undefined)?.error !== undefined;
}

/** The operations that the violation is about: those that the check names, or those of the story. */
function operationsOf(run: Run, answer: Answer): readonly OperationBar[] {
  if (answer.operations.length > 0) return answer.operations;
  const told = answer.steps.map(({ event }) => (event > 0 ? operationOf(run, event) : undefined));
  return [...new Set(told.filter((bar) => bar !== undefined))];
}

/** Whether an event lies between the invocation of an operation and its answer, in the order of causes. */
function servedBy({ trace, endNs }: Run, bar: OperationBar): (row: number) => boolean {
  const after = futureDepths(trace, bar.invoke);
  if (bar.complete > 0) {
    const before = pastDepths(trace, bar.complete);
    return (row) => (after[row] as number) !== OUTSIDE && (before[row] as number) !== OUTSIDE;
  }
  // Without an answer, all that it led to directly: what followed in the event of the invocation, and what that led to.
  const causes = new Uint8Array(trace.length);
  const within = trace.cause[bar.invoke - 1];
  const untilNs = Math.min(endNs, bar.fromNs + 2e9);
  for (
    let row = bar.invoke;
    row < trace.length && (trace.timeNs[row] as number) <= untilNs;
    row++
  ) {
    const cause = trace.cause[row] as number;
    if (cause > 0 && (cause === within || causes[cause - 1] === 1)) causes[row] = 1;
  }
  return (row) => causes[row] === 1;
}

/** 0 for a message that says something, 1 for one that says little; `undefined` for what is not shown. */
function rankOfMessage(run: Run, row: number, dissector: TraceDissector): number | undefined {
  const { messages } = run;
  const index = (messages.ofRow[row] as number) - 1;
  const isLost = messages.fate[index] === Fate.dropped;
  const packet = packetOf(run, row + 1) as PacketDetail | undefined;
  if (packet === undefined) return undefined;
  if (packet.bytes === 0) return isLost || packet.flags === "RST" ? 1 : undefined;
  const parts = dissector.packet(row + 1)?.messages ?? [];
  // The rest of a message has been told with its beginning.
  const continues = parts.length === 1 && parts[0]?.firstPacket !== row + 1;
  if (continues && !isLost) return undefined;
  const saysLittle = parts.length > 0 && parts.every(({ minor }) => minor === true);
  return saysLittle ? 1 : 0;
}
