/**
 * The checks that apply to every world: its programs do not crash or end with unfinished work, its
 * assertions hold, and no operation hangs forever. The exact rules are in docs/checks.md.
 */
import { formatNs } from "../base/units.ts";
import type { Evidence, Step } from "../check/verdict.ts";
import type { History, Operation } from "../history/operation.ts";
import type { Assertions, BrokenAlways } from "./assertions.ts";
import { lineOf, withoutValues } from "./causes.ts";
import { keysNamed, operationsBefore } from "./concerned.ts";
import { describeOperation, showValue } from "./operation-words.ts";
import type { Tolerable } from "./types.ts";

/** The maximum number of waiting operations listed; the rest are only counted. */
const WAITING_TOLD_MAX = 5;
/** `UnwantedEnd.what` of a process that called `process.exit()` with operations open. */
export const EXITED = "exit code 0";

/** An unexpected end of a process. */
export interface UnwantedEnd {
  /** The host, followed by its program if it has several: "shop/server". */
  readonly who: string;
  readonly atNs: number;
  readonly event: number;
  /**
   * "uncaught": an exception or rejection; "exit": a code other than zero; "unfinished": it ended on its
   * own, with an operation open or before its program had finished.
   */
  readonly how: "uncaught" | "exit" | "unfinished";
  /** The error's message, or "exit code 3". */
  readonly what: string;
  /** Positions in the user's sources, one line each. */
  readonly stack: readonly string[];
  /** Its last output, one line each; for failed exits. */
  readonly output?: readonly string[];
  /** The open operations, by index; for unfinished ends. */
  readonly open?: readonly number[];
  /** The number of the process, if it is a child or a thread of the host's program. */
  readonly child?: number;
}

/** The value of `tolerate` that permits each kind of end. */
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
  /** The causes that identify the bug (see `causes.ts`); derived from the evidence if not given. */
  readonly causes?: readonly string[];
  /** Whether only a complete run can show it. */
  readonly takesWholeRun?: boolean;
  /** Whether its check has looked at hosts as they are at the end of the run: any fault may be to blame. */
  readonly looksAtEnd?: boolean;
}

/** The state of a host's connections while an operation hangs. */
export interface HangingAt {
  /** The operation, by index. */
  readonly operation: number;
  /** What happened to its host's connections, one line each. */
  readonly lines: readonly string[];
  /** Whether a connection of the host lost its other end without notice. */
  readonly halfOpen: boolean;
}

/** A program that waited for others of its host through the whole calm period. */
export interface NeverStarted {
  /** The host and its program: "shop/server". */
  readonly who: string;
  readonly sinceNs: number;
  /** What it waits for, such as "redis to listen". */
  readonly conditions: readonly string[];
}

/** Returns a violation if programs were not started, although all faults were over. */
export function judgeStarts(waiting: readonly NeverStarted[], untilNs: number): Violation[] {
  const [first] = waiting;
  if (!first) return [];
  const words = ({ who, conditions }: NeverStarted): string =>
    `${who} is not started: it waits for ${conditions.join(" and for ")}`;
  const more = waiting.length === 1 ? "" : ` (and ${waiting.length - 1} more)`;
  return [
    {
      check: "no hangs",
      causes: waiting.map(({ conditions }) => `not started, waits for ${conditions.join()}`),
      takesWholeRun: true,
      evidence: {
        summary: `${words(first)}, at ${formatNs(untilNs)} still${more}`,
        steps: waiting.map((one) => ({ atNs: untilNs, who: one.who, text: words(one) })),
        operations: [],
      },
    },
  ];
}

/** Returns one violation for each distinct way in which programs ended unexpectedly. */
export function judgeEnds(ends: readonly UnwantedEnd[], history: History): Violation[] {
  const seen = new Set<string>();
  const out: Violation[] = [];
  for (const end of ends) {
    if (end.how === "unfinished") {
      const open = (end.open ?? []).flatMap((index) => history.operations[index] ?? []);
      const key = `unfinished ${end.who.replace(/-\d+(?=\/|$)/, "")} ${open.map(({ f }) => f).join()}`;
      if (!seen.has(key)) out.push(unfinished(end, open));
      seen.add(key);
      continue;
    }
    const check = end.how === "uncaught" ? "no uncaught exceptions" : "no failed exits";
    // An exit has no place in the program: the program's name, if its host has several, tells them apart.
    const place = end.stack[0] ?? (end.how === "exit" ? end.who.split("/")[1] : undefined);
    const key = `${check} ${end.what} ${place ?? ""}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const verb = end.how === "uncaught" ? "dies of" : "ends with";
    const output = (end.output ?? []).map((line) => `| ${line}`);
    const text = [end.what, ...end.stack.slice(0, 3), ...output].join("\n");
    out.push({
      check,
      causes: [`${withoutValues(end.what)} ${lineOf(place)}`],
      evidence: {
        summary: `${end.who} ${verb} ${end.what} at ${formatNs(end.atNs)}`,
        steps: [{ atNs: end.atNs, who: end.who, text, events: [end.event] }],
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
  const child = end.child === undefined ? "" : `child process ${end.child} `;
  const whose = child === "" ? `${end.who} ` : `${child}of ${end.who} `;
  const why = end.what === EXITED ? "it exits" : "nothing is left that could go on";
  return {
    check: "no unfinished work",
    causes: [`${end.what} ${open.map(({ f }) => f).join(" ")}`],
    evidence: {
      summary: `${whose}ends at ${formatNs(end.atNs)} ${waits}: ${why}`,
      steps: [
        ...open.map((operation) => ({
          atNs: operation.invokeNs,
          who: String(operation.process),
          text: `${describeOperation(operation)} -> no answer`,
          operation: operation.index,
        })),
        {
          atNs: end.atNs,
          who: end.who,
          text: `${child}ends, unfinished: ${why}`,
          events: [end.event],
        },
      ],
      operations: open.map(({ index }) => index),
    },
  };
}

/** The maximum length of a detail, in characters. */
const DETAIL_MAX = 300;

/** At most this many failures of one `always` are told. */
const FAILURES_TOLD_MAX = 3;

/** The violation of one `always`: its first failure, and the first ones on other keys, which may show another side of it. */
function brokenAlways(
  cause: string,
  failures: readonly BrokenAlways[],
  operations: readonly Operation[],
): Violation {
  const [first, ...further] = failures as [BrokenAlways, ...BrokenAlways[]];
  const told = [first];
  const keys = new Set(keysNamed(operations, first.detail));
  for (const broken of further) {
    const named = keysNamed(operations, broken.detail);
    if (told.length === FAILURES_TOLD_MAX) break;
    if (named.length === 0 || named.some((key) => keys.has(key))) continue;
    for (const key of named) keys.add(key);
    told.push(broken);
  }
  const times = told.map(({ atNs }) => formatNs(atNs));
  return {
    check: `always: ${first.name}`,
    causes: [cause],
    evidence: {
      summary: `"${first.name}" must always be true, and is not at ${times.join(", nor at ")}`,
      steps: told.map(({ name, host, atNs, event, detail, place }, at) => ({
        atNs,
        who: host,
        text: withPlace(`not so: ${name}${detailWords(detail)}`, at === 0 ? place : undefined),
        events: [event],
      })),
      operations: [...new Set(told.flatMap((broken) => operationsBefore(operations, broken)))],
    },
  };
}

/** Returns one violation for each `always` that was false, and each `eventually` that was never true. */
export function judgeAssertions(
  assertions: Assertions,
  { operations }: History,
  calmFromNs: number,
  whole: boolean,
): Violation[] {
  const out: Violation[] = [];
  const byCause = new Map<string, BrokenAlways[]>();
  for (const broken of assertions.broken) {
    const cause = `${broken.name} ${lineOf(broken.place)}`;
    byCause.set(cause, [...(byCause.get(cause) ?? []), broken]);
  }
  for (const [cause, failures] of byCause) out.push(brokenAlways(cause, failures, operations));
  for (const state of whole ? assertions.eventually.values() : []) {
    const { name, host, lastNs, event, trueInCalm, last, detail, timesInCalm, place } = state;
    if (trueInCalm || (last && lastNs < calmFromNs)) continue;
    const seenThen = detailWords(detail);
    const asked = timesInCalm === 1 ? "once" : `${timesInCalm} times`;
    const when = timesInCalm === 0 ? "and was not asked there" : `and was not, asked ${asked}`;
    out.push({
      check: `eventually: ${name}`,
      causes: [name],
      takesWholeRun: true,
      evidence: {
        summary: `"${name}" should have become true on ${host} in the calm after ${formatNs(calmFromNs)}, ${when}`,
        steps: [
          {
            atNs: lastNs,
            who: host,
            text: withPlace(`still not so: ${name}${seenThen}`, place),
            events: [event],
          },
        ],
        operations: operationsBefore(operations, { host, atNs: lastNs, event, detail }),
      },
    });
  }
  return out;
}

function detailWords(detail: unknown): string {
  if (detail === undefined) return "";
  return `: ${showValue(typeof detail === "string" ? JSON.stringify(detail) : detail, DETAIL_MAX)}`;
}

function withPlace(text: string, place: string | undefined): string {
  return place === undefined ? text : `${text}\n${place}`;
}

/**
 * Returns a violation if operations of living processes waited through the whole calm period. `hanging`
 * lists them with the state of their hosts' connections. `holderOf` returns the holder of an operation's
 * key, if known.
 */
export function judgeHangs(
  history: History,
  hanging: readonly HangingAt[],
  calmFromNs: number,
  untilNs: number,
  holderOf: (key: unknown) => string | undefined,
): Violation[] {
  if (hanging.length === 0) return [];
  const told = hanging.slice(0, 5).flatMap((at) => {
    const operation = history.operations[at.operation];
    return operation ? [{ ...at, operation }] : [];
  });
  const names = told.map(({ operation }) => `${operation.process}'s ${operation.f}`);
  const more = hanging.length - told.length;
  const steps: Step[] = told.map(({ operation }) => ({
    atNs: operation.invokeNs,
    who: String(operation.process),
    text: `${describeOperation(operation)} -> no answer`,
    operation: operation.index,
  }));
  const hosts = new Set<string>();
  for (const { operation, lines } of told) {
    const holder = operation.key === undefined ? undefined : holderOf(operation.key);
    const host = String(operation.process).split("/")[0] as string;
    const text = [
      ...(hosts.has(host) ? [] : lines),
      ...(holder === undefined ? [] : [`${showValue(operation.key, 60)} is held by ${holder}`]),
    ];
    hosts.add(host);
    if (text.length > 0) steps.push({ atNs: untilNs, who: host, text: text.join("\n") });
  }
  return [
    {
      check: "no hangs",
      causes: hanging.map(({ operation, halfOpen }) => {
        return `${history.operations[operation]?.f}${halfOpen ? " over half a connection" : ""}`;
      }),
      takesWholeRun: true,
      evidence: {
        summary: `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""} got no answer in ${formatNs(untilNs - calmFromNs)} without faults`,
        steps,
        operations: told.map(({ operation }) => operation.index),
      },
    },
  ];
}
