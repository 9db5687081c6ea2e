/**
 * Creates the story of a violation: the operations and moments of its evidence, and the faults in between,
 * in order of time. Everything else is left out. If the evidence names nothing, everything that is left of
 * the run is shown.
 */
import type { Evidence, Step } from "../check/verdict.ts";
import type { Operation } from "../history/operation.ts";
import { SECOND } from "../base/units.ts";
import type { Story, StoryLine } from "../trace/story.ts";
import { operationsNamed } from "./concerned.ts";
import type { Judged } from "./judge.ts";
import { describeOperation, describeOutcome, showValue } from "./operation-words.ts";
import { faultLines } from "./story-faults.ts";
import { nameLines } from "./story-names.ts";

/** The number of operations shown for a check that names none. */
const OPERATIONS_TOLD_MAX = 24;
/** The maximum length of a check's own sentence, which may quote anything. */
const SUMMARY_MAX = 800;

/** The story of one violation. `looksAtEnd`: its check has looked at the end of the run. */
export function tellStory(evidence: Evidence, judged: Judged, looksAtEnd = false): Story {
  const { operations } = judged.history;
  const { durationNs } = judged.plan;
  const told = new Set<number>();
  const lines: StoryLine[] = [];
  const tell = (operation: Operation): void => {
    if (told.has(operation.index)) return;
    told.add(operation.index);
    lines.push(operationLine(operation, durationNs));
  };
  for (const step of evidence.steps) {
    const operation = step.operation === undefined ? undefined : operations[step.operation];
    if (operation) tell(operation);
    else lines.push(stepLine(step));
  }
  for (const index of evidence.operations) {
    const operation = operations[index];
    if (operation) tell(operation);
  }
  if (!namesAnything(evidence)) {
    for (const index of operationsNamed(operations, evidence.summary, OPERATIONS_TOLD_MAX)) {
      tell(operations[index] as Operation);
    }
    const rest = operations.length - told.size;
    if (rest > 0) lines.push(restLine(rest, judged));
  }
  const focus = focusOf(evidence, judged, lines, looksAtEnd);
  lines.push(...faultLines(judged, evidence, focus));
  lines.push(...nameLines(judged, evidence, focus.untilNs));
  lines.push(...waitingLines(judged, evidence, lines));
  lines.sort((a, b) => a.atNs - b.atNs || (a.event ?? 0) - (b.event ?? 0));
  return { lines, summary: showValue(evidence.summary, SUMMARY_MAX) };
}

/** Whether a check returned more than a sentence. */
export function namesAnything({ steps, operations }: Evidence): boolean {
  return steps.length > 0 || operations.length > 0;
}

/** The period in which faults are relevant: up to the last line, or to the end of the run if that decides. */
function focusOf(
  evidence: Evidence,
  { history }: Judged,
  lines: readonly StoryLine[],
  looksAtEnd: boolean,
): { readonly fromNs: number; readonly untilNs: number } {
  const times = namesAnything(evidence) ? lines.map(({ atNs }) => atNs) : [];
  // The answer to an unanswered operation may have been prevented by anything until the end.
  const waits = evidence.operations.some(
    (index) => history.operations[index]?.completeNs === Infinity,
  );
  const fromNs = times.reduce((first, atNs) => Math.min(first, atNs), Infinity);
  const lastNs = times.reduce((last, atNs) => Math.max(last, atNs), 0);
  // What was left at the end may have been changed by anything until then.
  const whole = times.length === 0 || waits || looksAtEnd;
  return { fromNs: fromNs === Infinity ? 0 : fromNs, untilNs: whole ? Infinity : lastNs };
}

/**
 * What became of the connections of hosts whose operations got no answer, at the end of the run. A hang
 * tells this by itself.
 */
function waitingLines(
  { history, plan, connectionsOfWaiting }: Judged,
  evidence: Evidence,
  told: readonly StoryLine[],
): StoryLine[] {
  const hosts = new Set(
    evidence.operations.flatMap((index) => {
      const operation = history.operations[index];
      return operation?.completeNs === Infinity ? String(operation.process).split("/")[0] : [];
    }),
  );
  return [...hosts].flatMap((host) => {
    const text = connectionsOfWaiting.get(host as string)?.join("\n");
    if (text === undefined || told.some((line) => line.text.startsWith(text))) return [];
    return [{ atNs: plan.durationNs, who: host as string, text, tone: "note" }];
  });
}

function stepLine(step: Step): StoryLine {
  const { atNs, who, text, events } = step;
  return { atNs: atNs ?? 0, who: who ?? "", text, tone: "note", event: events?.[0] };
}

/**
 * An operation is placed at the time of its answer, when its client learned the result, and mentions the
 * time of its request.
 */
function operationLine(operation: Operation, endOfRunNs: number): StoryLine {
  const { invokeNs, completeNs, process, completeEvent, invokeEvent } = operation;
  const answered = completeNs !== Infinity && completeNs <= endOfRunNs;
  const asked = answered && clock(invokeNs) !== clock(completeNs);
  return {
    atNs: answered ? completeNs : invokeNs,
    who: String(process),
    text: `${describeOperation(operation)} -> ${describeOutcome(operation)}${asked ? ` (asked at ${clock(invokeNs)})` : ""}`,
    tone: "operation",
    event: answered ? completeEvent : invokeEvent,
  };
}

function restLine(count: number, { plan }: Judged): StoryLine {
  const other = count === 1 ? "operation is" : "operations are";
  const text = `${count} more ${other} left out: the check names none, and --trace shows all`;
  return { atNs: plan.durationNs, who: "", text, tone: "note" };
}

/** Formats a time for the time column of a story. */
function clock(atNs: number): string {
  return `${(atNs / SECOND).toFixed(3)}s`;
}
