/**
 * The timeline of a run for the terminal: the lanes of the viewer in text. It shows what led to the violation, in
 * about as many rows as asked for.
 */
import { TraceDissector } from "../../dissect/index.ts";
import type { Trace } from "../../trace/trace.ts";
import { Kind } from "../../trace/kinds.ts";
import { indexRun, type Run } from "../../viewer/model/run.ts";
import { showCount, showDuration } from "../../viewer/model/words.ts";
import { candidatesOf } from "./candidates.ts";
import { type DrawOptions, drawRows } from "./draw.ts";
import { type Row, rowsOf } from "./rows.ts";

/** How a timeline is made. */
export interface TimelineOptions extends DrawOptions {
  /** About how many rows there may be. What tells the story is shown in any case. `Infinity` for everything. */
  readonly rowsMax: number;
  /** Only what happened from the first of these times to the second, both included. Default: the whole run. */
  readonly withinNs?: readonly [fromNs: number, toNs: number] | undefined;
}

/** The greatest rank of what belongs to the story's operations and faults. */
const NEEDED_RANK = 2;
/** A gap is told if it is longer than this. */
const GAP_NS = 50e6;

/** Renders the timeline of a trace, as lines that each end with a newline. */
export function renderTimeline(trace: Trace, options: TimelineOptions): string {
  const run = indexRun(trace);
  const dissector = new TraceDissector(trace);
  const { all, answer } = candidatesOf(run, dissector);
  const [fromNs, toNs] = options.withinNs ?? [0, Infinity];
  const within = rowsOf(run, all, dissector, answer).filter(({ atNs }) => {
    return atNs >= fromNs && atNs <= toNs;
  });
  const chosen = choose(within, options.rowsMax);
  const rows = options.withinNs === undefined ? withGaps(run, chosen) : chosen;
  return drawRows(run, rows, options)
    .map((line) => `${line}\n`)
    .join("");
}

/** As many rows as fit, by rank, and within a rank those nearest to what tells the story. */
function choose(rows: readonly Row[], rowsMax: number): Row[] {
  if (rowsMax === Infinity) return [...rows];
  const story = rows.filter(({ rank }) => rank === 0).map(({ atNs }) => atNs);
  const distance = ({ atNs }: Row): number => {
    return story.reduce((least, other) => Math.min(least, Math.abs(other - atNs)), Infinity);
  };
  const ordered = rows
    .map((row, index) => ({ row, index, distance: distance(row) }))
    .sort((a, b) => a.row.rank - b.row.rank || a.distance - b.distance || a.index - b.index);
  // What the story does not need fills one screen, not two.
  const needed = rows.filter(({ rank }) => rank <= NEEDED_RANK).length;
  const count = Math.max(story.length, Math.min(rowsMax, Math.max(needed, rowsMax / 2)));
  const kept = ordered.slice(0, count).sort((a, b) => a.index - b.index);
  return kept.map(({ row }) => row);
}

/** Says between rows how much time passed there, and how much happened that is not shown. */
function withGaps(run: Run, rows: readonly Row[]): Row[] {
  const { trace } = run;
  const out: Row[] = [];
  let row = 0;
  let lastNs = 0;
  for (const next of rows) {
    let messages = 0;
    let operations = 0;
    for (; row < trace.length && (trace.timeNs[row] as number) < next.atNs; row++) {
      if ((trace.timeNs[row] as number) <= lastNs) continue;
      if (trace.kind[row] === Kind.send) messages++;
      if (trace.kind[row] === Kind.complete) operations++;
    }
    const waitedNs = next.atNs - lastNs;
    if (waitedNs > GAP_NS) {
      const hidden = [
        ...(operations > 0
          ? [`${showCount(operations)} operation${operations === 1 ? "" : "s"}`]
          : []),
        ...(messages > 0 ? [`${showCount(messages)} message${messages === 1 ? "" : "s"}`] : []),
      ];
      const what = hidden.length > 0 ? `: ${hidden.join(", ")}` : "";
      out.push({
        ...next,
        ...{ tone: "gap", host: 0, to: [], targets: [], mark: "none", who: "", isAnswer: false },
        text: `${showDuration(waitedNs)}${what}`,
      });
    }
    out.push(next);
    lastNs = next.atNs;
  }
  return out;
}
