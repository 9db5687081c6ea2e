/**
 * Tells a violation: the operations and moments of its evidence, and the faults in between, in order of
 * time. Everything else that happened is left out.
 */
import type { Evidence, Step } from "../check/verdict.ts";
import type { Operation } from "../history/operation.ts";
import { describeFault, describeLift } from "../sim/fault-words.ts";
import { endNs, type Fault } from "../sim/faults.ts";
import type { Story, StoryLine } from "../trace/story.ts";
import type { Judged } from "./judge.ts";
import { describeOperation, describeOutcome } from "./operation-words.ts";

/** More faults than that are told by number: nobody reads them, and shrinking will leave fewer. */
const FAULTS_TOLD_MAX = 12;

/** The story of one violation. */
export function tellStory(evidence: Evidence, judged: Judged): Story {
  const { operations } = judged.history;
  const told = new Set<number>();
  const lines: StoryLine[] = [];
  for (const step of evidence.steps) {
    const operation = step.operation === undefined ? undefined : operations[step.operation];
    if (!operation) {
      lines.push(stepLine(step));
    } else if (!told.has(operation.index)) {
      told.add(operation.index);
      lines.push(operationLine(operation, judged.plan.durationNs));
    }
  }
  for (const index of evidence.operations) {
    const operation = operations[index];
    if (!operation || told.has(index)) continue;
    told.add(index);
    lines.push(operationLine(operation, judged.plan.durationNs));
  }
  // An operation without an answer may have been kept from it by whatever happened until the end.
  const waits = evidence.operations.some((index) => operations[index]?.completeNs === Infinity);
  const lastNs = waits ? Infinity : Math.max(0, ...lines.map(({ atNs }) => atNs));
  lines.push(...faultLines(judged, lastNs, evidence));
  lines.sort((a, b) => a.atNs - b.atNs);
  return { lines, summary: evidence.summary };
}

function stepLine(step: Step): StoryLine {
  const { atNs, who, text, events } = step;
  return { atNs: atNs ?? 0, who: who ?? "", text, tone: "note", event: events?.[0] };
}

/** An operation stands where it was answered: that is when its client knew. */
function operationLine(operation: Operation, endOfRunNs: number): StoryLine {
  const { invokeNs, completeNs, process, completeEvent, invokeEvent } = operation;
  const answered = completeNs !== Infinity && completeNs <= endOfRunNs;
  return {
    atNs: answered ? completeNs : invokeNs,
    who: String(process),
    text: `${describeOperation(operation)} -> ${describeOutcome(operation)}`,
    tone: "operation",
    event: answered ? completeEvent : invokeEvent,
  };
}

function faultLines(judged: Judged, lastNs: number, evidence: Evidence): StoryLine[] {
  const before = judged.schedule.filter(({ startNs }) => startNs <= lastNs);
  const out: StoryLine[] = [];
  if (before.length > FAULTS_TOLD_MAX) {
    const text = `${before.length} faults before this`;
    return [{ atNs: before[0]?.startNs ?? 0, who: "fault", text, tone: "fault" }];
  }
  for (const fault of before) {
    out.push({
      atNs: fault.startNs,
      who: "fault",
      text: describeFault(fault),
      tone: "fault",
    });
    const atNs = Math.min(endNs(fault), judged.calmFromNs);
    if (atNs <= lastNs) out.push(liftLine(fault, atNs, evidence, judged));
  }
  return out;
}

/** Whoever wakes up and still holds what another has got meanwhile is the point of many a story. */
function liftLine(fault: Fault, atNs: number, evidence: Evidence, judged: Judged): StoryLine {
  if (fault.kind !== "pause" || fault.targets.length !== 1) {
    return { atNs, who: "fault", text: describeLift(fault), tone: "lift" };
  }
  const who = fault.targets[0] as string;
  const held = heldBy(who, atNs, evidence, judged);
  const text = held === undefined ? "resumes" : `resumes, and still holds ${held}`;
  return { atNs, who, text, tone: "lift" };
}

function heldBy(
  who: string,
  atNs: number,
  evidence: Evidence,
  { plan, history }: Judged,
): string | undefined {
  const holdings = plan.checks.flatMap(({ givenUpAtDeath }) => givenUpAtDeath?.[0] ?? []);
  const concerned = evidence.operations.flatMap((index) => history.operations[index] ?? []);
  const mine = concerned.filter(({ process }) => process === who);
  const acquired = mine.find((op) => holdings.includes(op.f) && op.completeNs <= atNs);
  if (!acquired) return undefined;
  const given = mine.some((op) => !holdings.includes(op.f) && op.invokeNs < atNs);
  return given ? undefined : String(acquired.key ?? "it");
}
