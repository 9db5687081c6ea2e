/**
 * The answer with which a page opens: what was violated, the event in which it came to light, the faults that did
 * it, and the part of the run to show.
 */
import type { SentencePart } from "../../trace/trace.ts";
import type { Story, StoryLine } from "../../trace/story.ts";
import type { FaultSpan } from "./faults.ts";
import type { OperationBar } from "./operations.ts";
import { showValue } from "./words.ts";
import { rowAt } from "./rows.ts";
import type { Run } from "./run.ts";

/** One line of the story, with the event that it is about. */
export interface AnswerStep {
  /** 1, 2, ...: the number of its mark in the diagram. */
  readonly number: number;
  readonly line: StoryLine;
  /** The event to jump to; 0 for none. */
  readonly event: number;
  /** Whether it is the event in which the violation came to light. */
  readonly decisive: boolean;
}

/** The answer to "what went wrong". */
export interface Answer {
  readonly check: string;
  readonly anomaly: string | undefined;
  /** The verdict in a sentence. */
  readonly summary: string;
  /** How it came about, in pieces of one sentence; empty if that is not on record. */
  readonly mechanism: readonly SentencePart[];
  readonly steps: readonly AnswerStep[];
  /** The event to select; 0 for none. */
  readonly event: number;
  /** The faults in the story. */
  readonly faults: readonly FaultSpan[];
  /** The operations that contradict each other. */
  readonly operations: readonly OperationBar[];
  /** What clients held between two of these operations: from "acquire" to "release". */
  readonly holds: readonly Hold[];
  readonly fromNs: number;
  readonly toNs: number;
}

/** A span in which a client believed that it held something. */
export interface Hold {
  readonly host: number;
  readonly lane: string;
  readonly what: string;
  readonly fromNs: number;
  readonly toNs: number;
  /** The event of the answer that gave it. */
  readonly event: number;
}

/** The answer for the violated check number `index`, or `undefined` if there is none. */
export function answerOf(run: Run, index = 0): Answer | undefined {
  const violation = run.trace.meta?.violations[index];
  if (!violation) return undefined;
  const story = violation.story as Partial<Story> | undefined;
  const lines = story?.lines ?? [];
  const summary = story?.summary ?? violation.check;
  const events = lines.map((line) => eventOfLine(run, line));
  const decisive = decisiveLine(lines, events, summary);
  const operations = (violation.operations ?? []).flatMap(
    ({ invoke }) => run.operations.find((bar) => bar.invoke === invoke) ?? [],
  );
  const holds = operations.flatMap((bar) => holdAfter(run, bar) ?? []);
  const faults = run.faults.filter(({ fromNs, text }) =>
    lines.some(({ tone, atNs, text: said }) => {
      return tone === "fault" && atNs === fromNs && (said.startsWith(text) || isAlone(run, fromNs));
    }),
  );
  const told = lines.map(({ atNs }) => atNs);
  const moments = [...told];
  for (const { fromNs, toNs } of operations)
    moments.push(fromNs, toNs === Infinity ? fromNs : toNs);
  const [fromNs, toNs] = spanOf(moments, run.endNs);
  const marginNs = Math.max((toNs - fromNs) * 0.06, run.endNs * 0.0005, 1);
  return {
    check: violation.check,
    anomaly: violation.anomaly,
    summary,
    mechanism: violation.mechanism ?? [],
    steps: lines.map((line, at) => ({
      number: at + 1,
      line,
      event: events[at] as number,
      decisive: at === decisive,
    })),
    event: events[decisive] ?? 0,
    faults,
    operations,
    holds,
    fromNs: Math.max(0, fromNs - marginNs),
    toNs: Math.min(run.endNs, toNs + 1.6 * marginNs),
  };
}

/** The first and the last of some moments. */
export function spanOf(moments: readonly number[], endNs: number): readonly [number, number] {
  return [Math.min(...moments, endNs), Math.max(...moments, 0)];
}

const ACQUIRE = /^(acquire|lock|take|lease|elect|hold)/i;
const RELEASE = /^(release|unlock|give|yield|resign|extend)/i;

/** What is held after an operation whose name says so: until the client gives it back, or its process ends. */
function holdAfter(run: Run, bar: OperationBar): Hold | undefined {
  if (bar.outcome !== "ok" || !ACQUIRE.test(bar.f)) return undefined;
  const given = run.operations.find(({ lane, key, f, invoke }) => {
    return (
      invoke > bar.complete &&
      lane === bar.lane &&
      RELEASE.test(f) &&
      JSON.stringify(key) === JSON.stringify(bar.key)
    );
  });
  const lives = run.lanes.find(({ host }) => host === bar.host)?.lives ?? [];
  const diesNs = lives.find(({ toNs }) => toNs >= bar.toNs)?.toNs ?? run.endNs;
  return {
    host: bar.host,
    lane: bar.lane,
    what: bar.key === undefined || bar.key === null ? "it" : showValue(bar.key, 30),
    fromNs: bar.toNs,
    toNs: Math.min(given?.fromNs ?? run.endNs, diesNs),
    event: bar.complete,
  };
}

/** Whether one fault only begins at a moment. */
function isAlone({ faults }: Run, fromNs: number): boolean {
  return faults.filter((each) => each.fromNs === fromNs).length === 1;
}

/** The event of a line: its own, or for a fault the one in which it began or was lifted. */
function eventOfLine(run: Run, line: StoryLine): number {
  if (line.event !== undefined && line.event > 0) return line.event;
  if (line.tone === "fault") {
    return run.faults.find(({ fromNs }) => fromNs === line.atNs)?.began ?? 0;
  }
  if (line.tone === "lift") return run.faults.find(({ toNs }) => toNs === line.atNs)?.lifted ?? 0;
  const row = rowAt(run.trace.timeNs, line.atNs);
  const host = run.trace.hosts.indexOf(line.who.split("/")[0] as string);
  for (let at = row; at < run.trace.length && run.trace.timeNs[at] === line.atNs; at++) {
    if (run.trace.host[at] === host) return at + 1;
  }
  return 0;
}

/** A line about an assertion whose condition was false. Operations beside it are only its context. */
const ASSERTION = /^(?:still )?not so: /;

/**
 * The line in which the violation came to light: the one whose moment the verdict names, else that of an assertion,
 * else the last that has an event of a program.
 */
function decisiveLine(
  lines: readonly StoryLine[],
  events: readonly number[],
  summary: string,
): number {
  const isProgram = (at: number): boolean => {
    const tone = lines[at]?.tone;
    return (events[at] as number) > 0 && tone !== "fault" && tone !== "lift";
  };
  const named = /\b(?:from|at|since) (\d+(?:\.\d+)?)s/.exec(summary)?.[1];
  if (named !== undefined) {
    const digits = named.split(".")[1]?.length ?? 0;
    const at = lines.findLastIndex(({ atNs }, index) => {
      return isProgram(index) && (atNs / 1e9).toFixed(digits) === named;
    });
    if (at >= 0) return at;
  }
  const asserted = lines.findLastIndex(
    ({ text }, index) => ASSERTION.test(text) && isProgram(index),
  );
  return asserted >= 0 ? asserted : lines.findLastIndex((_, index) => isProgram(index));
}
