/**
 * Reads a history from a drawing: one line a session, a bar `[w x 1]` an operation from the column of `[` to
 * that of `]` (in milliseconds). The pictures of `docs/consistency.md` are such drawings.
 *
 * `w x 1` writes, `r x 1` reads (`nil`: the initial value), `a x 1` appends, `{1 2}` is a list. Several of
 * them with commas are a transaction. `]!` failed, `]?` never answered.
 */
import { MS } from "../../src/base/units.ts";
import type { History, Operation } from "../../src/history/operation.ts";

/** One bar of a drawing. */
export interface Bar {
  readonly session: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly outcome: "ok" | "fail" | "info";
}

type Micro = readonly [f: string, key: string, value: unknown];

/** The bars of a drawing, line by line. */
export function barsOf(timeline: string): Bar[] {
  const bars: Bar[] = [];
  for (const line of timeline.split("\n")) {
    const session = line.slice(0, line.indexOf(":"));
    for (const match of line.matchAll(/\[([^\]]*)\]([!?]?)/g)) {
      bars.push({
        session,
        text: (match[1] as string).trim(),
        start: match.index,
        end: match.index + match[0].length - (match[2] === "" ? 1 : 2),
        outcome: match[2] === "!" ? "fail" : match[2] === "?" ? "info" : "ok",
      });
    }
  }
  return bars;
}

function valueOf(text: string): unknown {
  if (text === "nil") return null;
  if (!text.startsWith("{")) return Number(text);
  return text
    .slice(1, -1)
    .split(" ")
    .filter((item) => item !== "")
    .map(Number);
}

function microsOf(text: string): Micro[] {
  return text.split(",").map((part): Micro => {
    const match = /^([wra]) (\w+) (.*)$/.exec(part.trim());
    if (!match) throw new Error(`not an operation: ${part}`);
    return [match[1] as string, match[2] as string, valueOf(match[3] as string)];
  });
}

/** What a bar asks and is told, as plain reads and writes or as a transaction. */
function contentOf(
  bar: Bar,
  transactions: boolean,
): Pick<Operation, "f" | "key" | "input" | "output"> {
  const micros = microsOf(bar.text);
  if (transactions) {
    const names: Record<string, string> = { w: "w", r: "r", a: "append" };
    const named = (withReads: boolean): unknown =>
      micros.map(([f, key, value]) => [names[f], key, f === "r" && !withReads ? null : value]);
    return {
      f: "txn",
      key: undefined,
      input: named(false),
      output: bar.outcome === "ok" ? named(true) : undefined,
    };
  }
  const [f, key, value] = micros[0] as Micro;
  return f === "w"
    ? { f: "write", key, input: value, output: undefined }
    : { f: "read", key, input: null, output: value };
}

/** The history of a drawing. */
export function historyOf(timeline: string, transactions = false): History {
  const bars = barsOf(timeline).sort((a, b) => a.start - b.start);
  const moments = bars
    .flatMap((bar) => [
      { bar, end: false, at: bar.start },
      ...(bar.outcome === "info" ? [] : [{ bar, end: true, at: bar.end }]),
    ])
    .sort((a, b) => a.at - b.at || Number(a.end) - Number(b.end));
  const rank = (bar: Bar, end: boolean): number => {
    const at = moments.findIndex((moment) => moment.bar === bar && moment.end === end);
    return at < 0 ? Infinity : at;
  };
  return {
    operations: bars.map((bar, index) => ({
      index,
      process: bar.session,
      ...contentOf(bar, transactions),
      outcome: bar.outcome,
      invokeNs: bar.start * MS,
      completeNs: bar.outcome === "info" ? Infinity : bar.end * MS,
      invokeRank: rank(bar, false),
      completeRank: rank(bar, true),
    })),
  };
}

/** Whether a drawing is of transactions rather than of single reads and writes. */
export function appends(timeline: string): boolean {
  return /\ba \w/.test(timeline);
}
