/**
 * What every world promises: its programs do not fall over, nor end with work unfinished; its assertions hold;
 * nothing hangs for ever. What counts as which is written in docs/verdicts.md.
 */
import { formatNs } from "../base/units.ts";
import type { Evidence } from "../check/verdict.ts";
import type { History, Operation } from "../history/operation.ts";
import type { Assertions } from "./assertions.ts";
import { describeOperation } from "./operation-words.ts";
import type { Tolerable } from "./types.ts";

/** Operations that wait: more than that are told by number. */
const WAITING_TOLD_MAX = 5;
/** `UnwantedEnd.what` of a process that called `process.exit()` with operations open. */
export const EXITED = "exit code 0";

/** A process that ended though nobody wanted it to. */
export interface UnwantedEnd {
  readonly host: string;
  readonly atNs: number;
  readonly event: number;
  /**
   * "uncaught": an exception or rejection; "exit": a code other than zero; "unfinished": by itself, with an
   * operation open or before its program had come to its end.
   */
  readonly how: "uncaught" | "exit" | "unfinished";
  /** The error's message, or "exit code 3". */
  readonly what: string;
  /** Where in the user's sources, one line each. */
  readonly stack: readonly string[];
  /** The operations that were open, by index; of unfinished ends. */
  readonly open?: readonly number[];
}

/** What a world has to tolerate so that an end of this kind is none. */
export const tolerableOf: Readonly<Record<UnwantedEnd["how"], Tolerable>> = {
  uncaught: "uncaught",
  exit: "exits",
  unfinished: "unfinished",
};

/** A check that was violated. */
export interface Violation {
  /** The check's name: "mutex", "always: the queue is bounded", "no uncaught exceptions". */
  readonly check: string;
  readonly evidence: Evidence;
}

/** One violation for each way in which programs fell over. */
export function judgeEnds(ends: readonly UnwantedEnd[], history: History): Violation[] {
  const seen = new Set<string>();
  const out: Violation[] = [];
  for (const end of ends) {
    if (end.how === "unfinished") {
      const open = (end.open ?? []).flatMap((index) => history.operations[index] ?? []);
      const key = `unfinished ${end.host.replace(/-\d+$/, "")} ${open.map(({ f }) => f).join()}`;
      if (!seen.has(key)) out.push(unfinished(end, open));
      seen.add(key);
      continue;
    }
    const check = end.how === "uncaught" ? "no uncaught exceptions" : "no failed exits";
    const key = `${check} ${end.what} ${end.stack[0] ?? ""}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const verb = end.how === "uncaught" ? "dies of" : "ends with";
    const text = [end.what, ...end.stack.slice(0, 3)].join("\n");
    out.push({
      check,
      evidence: {
        summary: `${end.host} ${verb} ${end.what} at ${formatNs(end.atNs)}`,
        steps: [{ atNs: end.atNs, who: end.host, text, events: [end.event] }],
        operations: [],
      },
    });
  }
  return out;
}

function unfinished(end: UnwantedEnd, open: readonly Operation[]): Violation {
  const names = open.slice(0, WAITING_TOLD_MAX).map(describeOperation);
  const more = open.length - names.length;
  const waits =
    open.length === 0
      ? "before its program has come to its end"
      : `while its ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""} wait${open.length === 1 ? "s" : ""}`;
  const why = end.what === EXITED ? "it exits" : "nothing is left that could go on";
  return {
    check: "no unfinished ends",
    evidence: {
      summary: `${end.host} ends at ${formatNs(end.atNs)} ${waits}: ${why}`,
      steps: [
        ...open.map((operation) => ({
          atNs: operation.invokeNs,
          who: String(operation.process),
          text: `${describeOperation(operation)} -> no answer`,
          operation: operation.index,
        })),
        { atNs: end.atNs, who: end.host, text: `ends, unfinished: ${why}`, events: [end.event] },
      ],
      operations: open.map(({ index }) => index),
    },
  };
}

/** One violation for each `always` that was not so, and each `eventually` that never was. */
export function judgeAssertions(
  assertions: Assertions,
  calmFromNs: number,
  whole: boolean,
): Violation[] {
  const out: Violation[] = [];
  const seen = new Set<string>();
  for (const { name, host, atNs, event, detail } of assertions.broken) {
    if (seen.has(name)) continue;
    seen.add(name);
    const told = detail === undefined ? "" : `: ${JSON.stringify(detail)}`;
    out.push({
      check: `always: ${name}`,
      evidence: {
        summary: `"${name}" must always be true, and is not at ${formatNs(atNs)}`,
        steps: [{ atNs, who: host, text: `not so: ${name}${told}`, events: [event] }],
        operations: [],
      },
    });
  }
  for (const state of whole ? assertions.eventually.values() : []) {
    const { name, host, lastNs, event, trueInCalm, last } = state;
    if (trueInCalm || (last && lastNs < calmFromNs)) continue;
    out.push({
      check: `eventually: ${name}`,
      evidence: {
        summary: `"${name}" should have become true on ${host} in the calm after ${formatNs(calmFromNs)}, and did not`,
        steps: [{ atNs: lastNs, who: host, text: `still not so: ${name}`, events: [event] }],
        operations: [],
      },
    });
  }
  return out;
}

/** A violation when operations of living processes waited through the whole calm. */
export function judgeHangs(
  history: History,
  hanging: readonly number[],
  calmFromNs: number,
  untilNs: number,
): Violation[] {
  const [first] = hanging;
  if (first === undefined) return [];
  const operations = hanging.slice(0, 5).flatMap((index) => history.operations[index] ?? []);
  const names = operations.map((operation) => `${operation.process}'s ${operation.f}`);
  const more = hanging.length - operations.length;
  return [
    {
      check: "no hangs",
      evidence: {
        summary: `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""} got no answer in ${formatNs(untilNs - calmFromNs)} without faults`,
        steps: operations.map((operation) => ({
          atNs: operation.invokeNs,
          who: String(operation.process),
          text: `${describeOperation(operation)} -> no answer`,
          operation: operation.index,
        })),
        operations: operations.map(({ index }) => index),
      },
    },
  ];
}
