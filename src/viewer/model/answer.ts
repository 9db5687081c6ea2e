/**
 * The answer with which a page opens: what was violated, the event in which it came to light, the faults that did
 * it, and the part of the run to show.
 */
import type { EdgeTold, LeaseTold, SentencePart } from "../../trace/trace.ts";
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
  /** Whether it is the event in which it went wrong, or else the one in which the violation came to light. */
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
  /** Whether {@link event} is known to be the one in which it went wrong. */
  readonly isTurn: boolean;
  /** The operations that contradict each other. */
  readonly operations: readonly OperationBar[];
  /** The `invoke` events of the operations that did it. */
  readonly did: ReadonlySet<number>;
  /** The cycle that they form, edge by edge. */
  readonly edges: readonly CycleEdge[];
  /** What clients held between two of these operations: from "acquire" to "release". */
  readonly holds: readonly Hold[];
  /** What other clients held of the same, or these at other times. */
  readonly otherHolds: readonly Hold[];
  readonly fromNs: number;
  readonly toNs: number;
}

/** Why one operation must come before another one. */
export interface CycleEdge extends EdgeTold {
  /** The operations, where they are on record. */
  readonly a: OperationBar | undefined;
  readonly b: OperationBar | undefined;
}

/** A span in which a client believed that it held something. */
export interface Hold {
  readonly host: number;
  readonly lane: string;
  readonly what: string;
  readonly fromNs: number;
  readonly toNs: number;
  /** When the lease under which it was held ended, if that is known. */
  readonly leaseNs: number | undefined;
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
  const turn = violation.turn === undefined ? -1 : events.indexOf(violation.turn);
  const decisive = turn < 0 ? decisiveLine(lines, events, summary) : turn;
  const operations = (violation.operations ?? []).flatMap(
    ({ invoke }) => run.operations.find((bar) => bar.invoke === invoke) ?? [],
  );
  const barOf = (index: number): OperationBar | undefined => {
    const at = violation.operations?.find((each) => each.index === index);
    return operations.find(({ invoke }) => invoke === at?.invoke);
  };
  const taken = new Set(operations.map(({ complete }) => complete));
  const all = operations.some(({ f }) => ACQUIRE.test(f)) ? holdsOf(run, violation.leases) : [];
  const holds = all.filter(({ event }) => taken.has(event));
  const what = new Set(holds.map((hold) => hold.what));
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
    edges: (violation.cycle ?? []).map((edge) => {
      return { ...edge, a: barOf(edge.from), b: barOf(edge.to) };
    }),
    isTurn: turn >= 0,
    operations,
    did: new Set(violation.did ?? operations.map(({ invoke }) => invoke)),
    holds,
    otherHolds: all.filter((hold) => what.has(hold.what) && !taken.has(hold.event)),
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

/** What is held after operations whose names say so: until the client gives it back, or its process ends. */
function holdsOf(run: Run, leases: readonly LeaseTold[] = []): Hold[] {
  const ends = new Map(leases.map(({ event, untilNs }) => [event, untilNs]));
  const lives = new Map(run.lanes.map((lane) => [lane.host, lane.lives]));
  /** When each client next gives back what it holds, seen from the end. */
  const given = new Map<string, number>();
  const holds: Hold[] = [];
  for (const bar of run.operations.toReversed()) {
    const { host, lane, f, fromNs, toNs, complete } = bar;
    const key = `${lane} ${JSON.stringify(bar.key)}`;
    if (RELEASE.test(f)) given.set(key, fromNs);
    if (bar.outcome !== "ok" || !ACQUIRE.test(f)) continue;
    const diesNs = lives.get(host)?.find((life) => life.toNs >= toNs)?.toNs ?? run.endNs;
    holds.unshift({
      host,
      lane,
      what: bar.key === undefined || bar.key === null ? "it" : showValue(bar.key, 30),
      fromNs: toNs,
      toNs: Math.min(given.get(key) ?? run.endNs, diesNs),
      leaseNs: ends.get(complete),
      event: complete,
    });
  }
  return holds;
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
    return (events[at] as number) > 0 && tone !== "fault" && tone !== "lift" && tone !== "cause";
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
