/**
 * A recorded history as a trace, so that the viewer shows it as it shows a run: a lane for each process, its operations
 * as bars, and each contradiction as a violation with its story.
 */
import { titleOf } from "../check/said.ts";
import type { Evidence, Verdict } from "../check/verdict.ts";
import type { History, Operation } from "../history/operation.ts";
import { textOf } from "../history/values.ts";
import { Kind, type Trace, TraceRecorder, type ViolationTold } from "../trace/index.ts";
import type { StoryLine } from "../trace/story.ts";

/** A history with its verdict. */
export interface JudgedHistory {
  /** What it is called: its file. */
  readonly name: string;
  readonly model: string;
  readonly level: string;
  readonly history: History;
  readonly verdict: Verdict;
}

/** A history as a trace. */
export interface HistoryTrace {
  readonly trace: Trace;
  /** Whether the history has times. Where it has none, its events are a millisecond apart. */
  readonly hasClock: boolean;
}

/** An invocation or a completion. */
interface Moment {
  readonly operation: Operation;
  readonly isEnd: boolean;
  readonly rank: number;
}

/** Later than this, times count from 1970 and not from the beginning of the test. */
const SINCE_EPOCH_NS = 1e18;

/** The trace of a history. */
export function historyTrace(judged: JudgedHistory): HistoryTrace {
  // An excerpt of a history has gaps.
  const operations = judged.history.operations.filter((each) => each !== undefined);
  const hasClock = operations.some(({ invokeNs, invokeRank }) => invokeNs !== invokeRank);
  const firstNs = operations.reduce((first, { invokeNs }) => Math.min(first, invokeNs), Infinity);
  const originNs = firstNs > SINCE_EPOCH_NS && firstNs < Infinity ? firstNs : 0;
  const clock = (ns: number): number => (hasClock ? Math.max(0, ns - originNs) : ns * 1e6);
  const names = processNames(operations);
  const hosts = ["", ...names.values()];
  const numbers = new Map([...names.keys()].map((process, index) => [process, index + 1]));
  const recorder = new TraceRecorder();
  /** By the operation's position: its events. */
  const invoked = new Map<number, number>();
  const completed = new Map<number, number>();
  let event = 0;
  let lastNs = 0;
  const timesNs: number[] = [];
  const record = (process: number | string, ns: number, kind: number, detail?: unknown): number => {
    // A clock that was set back does not reorder events: their ranks count.
    lastNs = Math.max(lastNs, ns);
    timesNs.push(lastNs);
    recorder.onEvent(++event, lastNs, numbers.get(process) as number, kind, 0, detail);
    return event;
  };
  for (const { operation, isEnd } of momentsOf(operations)) {
    const { index, process, f, key, outcome, error, invokeNs, completeNs } = operation;
    const [input, output] = askedAndTold(operation);
    const lane = names.get(process);
    if (isEnd) {
      const detail = { lane, outcome, output: plain(output), ...(error && { error }) };
      const ns = completeNs === Infinity ? lastNs : clock(completeNs);
      completed.set(index, record(process, ns, Kind.complete, detail));
    } else {
      const detail = { lane, f, key: plain(key), input: plain(input) };
      invoked.set(index, record(process, clock(invokeNs), Kind.invoke, detail));
    }
  }
  const { name, model, level, verdict } = judged;
  const eventsOf = (index: number): { invoke: number; complete?: number } | undefined => {
    const invoke = invoked.get(index);
    const complete = completed.get(index);
    if (invoke === undefined) return undefined;
    return complete === undefined ? { invoke } : { invoke, complete };
  };
  const found = verdict.result === "violated" ? verdict.evidence : [];
  return {
    hasClock,
    trace: {
      ...recorder.finish(hosts),
      meta: {
        lightcone: "",
        node: "",
        world: name,
        seed: 0,
        schedule: [],
        verdict: verdict.result === "holds" ? "held" : verdict.result,
        fingerprint: "",
        violations: found.map((evidence): ViolationTold => {
          const { cycle } = evidence;
          return {
            check: `${model} · ${level}`,
            story: {
              summary: titleOf(evidence),
              lines: linesOf(evidence, eventsOf, (id) => timesNs[id - 1] ?? 0),
            },
            mechanism: [],
            operations: evidence.operations.flatMap((index) => {
              const events = eventsOf(index);
              return events ? [{ index, ...events }] : [];
            }),
            ...(cycle && { cycle }),
          };
        }),
      },
    },
  };
}

/** The processes by name, in the order of their names: "process 3" for a number. */
function processNames(operations: readonly Operation[]): Map<number | string, string> {
  const processes = [...new Set(operations.map(({ process }) => process))];
  return new Map(
    processes
      .map((process): [number | string, string] => {
        return [process, typeof process === "number" ? `process ${process}` : process];
      })
      .sort(([, a], [, b]) => a.localeCompare(b, "en", { numeric: true })),
  );
}

/**
 * Invocations and completions in order. An operation whose outcome is unknown may take effect at any time: it ends when
 * its process goes on with the next one, and otherwise not at all.
 */
function momentsOf(operations: readonly Operation[]): Moment[] {
  const moments: Moment[] = [];
  /** The rank at which each process goes on, seen from the end. */
  const next = new Map<number | string, number>();
  for (const operation of operations.toReversed()) {
    const { process, invokeRank, completeRank } = operation;
    const goesOn = next.get(process);
    const endRank =
      completeRank < Infinity ? completeRank : goesOn === undefined ? Infinity : goesOn - 0.5;
    if (endRank < Infinity) moments.push({ operation, isEnd: true, rank: endRank });
    moments.push({ operation, isEnd: false, rank: invokeRank });
    next.set(process, invokeRank);
  }
  return moments.sort((a, b) => a.rank - b.rank);
}

/**
 * What an operation was given and answered, without what says nothing more: a transaction answers with its own steps, and
 * a write in many formats with its own value.
 */
function askedAndTold({ f, input, output, outcome }: Operation): readonly [unknown, unknown] {
  if (outcome !== "ok") return [input, output];
  if (f === "txn" && Array.isArray(output)) return [output, undefined];
  const isEcho = input !== undefined && input !== null && textOf(input) === textOf(output);
  return [input, isEcho ? undefined : output];
}

/** The steps of an evidence as lines of a story, each at its operation. */
function linesOf(
  { steps }: Evidence,
  eventsOf: (index: number) => { invoke: number; complete?: number } | undefined,
  timeOf: (event: number) => number,
): StoryLine[] {
  return steps.map(({ who, text, operation, events }): StoryLine => {
    const at = operation === undefined ? undefined : eventsOf(operation);
    const event = at?.complete ?? at?.invoke;
    const seen = events?.length ? `  (trace events ${events.join(", ")})` : "";
    return {
      atNs: event === undefined ? 0 : timeOf(event),
      who: who !== undefined && /^\d+$/.test(who) ? `process ${who}` : (who ?? ""),
      text: `${text}${seen}`,
      tone: "operation",
      event,
    };
  });
}

/** Values within more arrays than this are shown as text. */
const DEPTH_MAX = 16;

/** A value as JSON has it: what JSON has not is its text. */
function plain(value: unknown, depth = 0): unknown {
  if (value === undefined || value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (!Array.isArray(value) || depth > DEPTH_MAX) return textOf(value);
  return value.map((each) => plain(each, depth + 1));
}
