/** The page of recorded histories: the viewer, with each history as a trace to choose. */
import { gzipSync } from "node:zlib";
import { remarks } from "../check/said.ts";
import { formatNs } from "../base/units.ts";
import { historyTrace, type JudgedHistory } from "../report/index.ts";
import type { Trace } from "../trace/index.ts";
import { type PageFacts, writePage } from "../viewer/index.ts";
import { PAGE_BYTES_MAX } from "./page-file.ts";
import { viewerAssets } from "./viewer-assets.ts";

/** A judged history, and how long judging it took. */
export interface TimedHistory extends JudgedHistory {
  readonly elapsedMs: number;
}

/** What is looked at first. */
const ORDER = ["violated", "unknown", "holds"] as const;
const marks = { holds: "✓", violated: "✗", unknown: "?" } as const;

/** The page of histories, those that are violated first. */
export function pageOfHistories(histories: readonly TimedHistory[]): string {
  const sorted = histories.toSorted((a, b) => {
    return ORDER.indexOf(a.verdict.result) - ORDER.indexOf(b.verdict.result);
  });
  const [first, ...others] = sorted.map(traceAndFacts);
  return writePage(first?.trace ?? NOTHING, {
    assets: viewerAssets(),
    facts: first?.facts ?? { about: "no history could be read" },
    restore: "",
    maxBytes: PAGE_BYTES_MAX,
    ...(others.length > 0 && { others }),
    gzip: (bytes) => gzipSync(bytes),
    base64: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"),
  });
}

const NOTHING = historyTrace({
  name: "",
  model: "",
  level: "",
  history: { operations: [] },
  verdict: { result: "unknown", why: "" },
}).trace;

function traceAndFacts(judged: TimedHistory): {
  readonly trace: Trace;
  readonly facts: PageFacts;
} {
  const { name, model, level, history, verdict, elapsedMs } = judged;
  const { trace, hasClock } = historyTrace(judged);
  const size = `${history.operations.length.toLocaleString("en")} operations`;
  const took = formatNs(Math.round(elapsedMs * 1e6));
  const facts = {
    name: `${marks[verdict.result]} ${name}`,
    about: `${model} · ${level} · ${size}, judged in ${took}`,
    remarks: remarks(verdict),
  };
  if (hasClock || history.operations.length === 0) return { trace, facts };
  return {
    trace,
    facts: { ...facts, left: "This history has no times: a millisecond stands for each event." },
  };
}
