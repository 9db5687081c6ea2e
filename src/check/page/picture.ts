/**
 * The picture of a violation: a row for each process, a bar for each operation from its invocation to its
 * completion, highlighted bars for the operations that contradict each other, and the edges of a cycle
 * between them. Static SVG without scripts. Every bar has an accessible name.
 */
import type { History, Operation } from "../../history/operation.ts";
import { describeOperation } from "../objects/model.ts";
import type { CycleEdge, Evidence } from "../verdict.ts";

/** The maximum number of other operations shown around those of the evidence. */
const contextMax = 60;
/** Formats an operation. */
export type Words = (operation: Operation) => string;

const inGeneral: Words = (operation) => describeOperation(undefined, operation);

const rowHeight = 58;
const barHeight = 26;
const labelWidth = 120;
/** The minimum and maximum width between two events, and the preferred width of a picture. */
const stepWidthMin = 74;
const stepWidthMax = 240;
const pleasantWidth = 1_000;

/** Escapes text for HTML and its attributes. */
export function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

interface Bar {
  readonly operation: Operation;
  readonly marked: boolean;
  readonly x: number;
  readonly width: number;
  readonly y: number;
  /** Whether it was never answered, so that its end is open. */
  readonly open: boolean;
}

/** The SVG of `evidence` within `history`. */
export function picture(history: History, evidence: Evidence, words: Words = inGeneral): string {
  const shown = choose(history, evidence);
  if (shown.length === 0) return "";
  const marked = new Set(evidence.operations);
  const ranks = [
    ...new Set(shown.flatMap(({ invokeRank, completeRank }) => [invokeRank, completeRank])),
  ]
    .filter((rank) => rank < Infinity)
    .sort((a, b) => a - b);
  const column = new Map(ranks.map((rank, i) => [rank, i]));
  const end = ranks.length;
  const stepWidth = Math.min(
    stepWidthMax,
    Math.max(stepWidthMin, Math.floor((pleasantWidth - labelWidth) / (end + 1))),
  );
  const processes = [...new Set(shown.map(({ process }) => process))].sort((a, b) =>
    String(a).localeCompare(String(b), "en", { numeric: true }),
  );
  const bars = shown.map((operation): Bar => {
    const from = column.get(operation.invokeRank) as number;
    const to = column.get(operation.completeRank) ?? end;
    return {
      operation,
      marked: marked.has(operation.index),
      x: labelWidth + from * stepWidth,
      width: Math.max(12, (to - from) * stepWidth - 6),
      y: 16 + processes.indexOf(operation.process) * rowHeight,
      open: operation.completeRank === Infinity,
    };
  });
  const width = labelWidth + (end + 1) * stepWidth;
  const edges = evidence.cycle ?? [];
  const height = 24 + processes.length * rowHeight + (edges.length > 0 ? 12 * edges.length : 0);
  const rows = processes.map((process, i) => row(String(process), i, width));
  return [
    `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-label="${escape(evidence.summary)}">`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" class="tip"/></marker></defs>',
    ...rows,
    ...bars.map((bar) => drawBar(bar, words)),
    ...edges.map((edge, i) => drawEdge(edge, i, bars)),
    "</svg>",
  ].join("\n");
}

/** The operations of the evidence, and others that overlap them in time, if there are not too many. */
function choose(history: History, evidence: Evidence): Operation[] {
  const core = evidence.operations
    .map((index) => history.operations[index])
    .filter((operation): operation is Operation => operation !== undefined);
  const from = Math.min(...core.map(({ invokeRank }) => invokeRank));
  const to = Math.max(
    ...core.map(({ invokeRank, completeRank }) =>
      completeRank < Infinity ? completeRank : invokeRank,
    ),
  );
  const within = history.operations.filter(
    ({ invokeRank, completeRank }) => invokeRank <= to && completeRank >= from,
  );
  return within.length <= contextMax ? within : core;
}

function row(name: string, i: number, width: number): string {
  const y = 16 + i * rowHeight;
  const label = /^\d+$/.test(name) ? `process ${name}` : name;
  return `<g><line class="lane" x1="0" x2="${width}" y1="${y + barHeight / 2}" y2="${y + barHeight / 2}"/><text class="who" x="0" y="${y + barHeight / 2 - 6}">${escape(cut(label, 16))}</text></g>`;
}

function drawBar({ operation, marked, x, width, y, open }: Bar, wordsOf: Words): string {
  const words = wordsOf(operation);
  const kind = marked ? "bar marked" : `bar ${operation.outcome}`;
  // What does not fit is in the title. A letter takes about eight pixels; fonts differ, so what is wider is cut at the
  // edge of the bar, as an inner picture is.
  const room = Math.floor((width - 12) / 8);
  const label = room < 3 ? "" : cut(words, room);
  return [
    `<g tabindex="0" role="img" aria-label="${escape(`${String(operation.process)}: ${words}${marked ? " (part of the violation)" : ""}`)}">`,
    `<title>${escape(words)}</title>`,
    `<rect class="${kind}${open ? " open" : ""}" x="${x}" y="${y}" width="${width}" height="${barHeight}" rx="5"/>`,
    `<svg x="${x}" y="${y}" width="${width - 3}" height="${barHeight}"><text class="${marked ? "text marked" : "text"}" x="7" y="${barHeight / 2 + 4}">${escape(label)}</text></svg>`,
    "</g>",
  ].join("");
}

function drawEdge({ from, to, kind, text }: CycleEdge, i: number, bars: readonly Bar[]): string {
  const source = bars.find(({ operation }) => operation.index === from);
  const target = bars.find(({ operation }) => operation.index === to);
  if (!source || !target) return "";
  // Each is offset from the previous one, so that edges in both directions are separate lines.
  const aside = (bar: Bar): number => bar.x + bar.width / 2 + Math.min(22 * i, bar.width / 2 - 6);
  const x1 = aside(source);
  const x2 = aside(target);
  const down = target.y >= source.y;
  const y1 = source.y + (down ? barHeight : 0);
  const y2 = target.y + (source.y === target.y ? barHeight : down ? 0 : barHeight);
  // Edges within a row run below it, each slightly lower than the previous one, so that none hides another.
  const bend = source.y === target.y ? y1 + 24 + 16 * i : (y1 + y2) / 2;
  return [
    `<g role="img" aria-label="${escape(text)}"><title>${escape(text)}</title>`,
    `<path class="edge" d="M${x1} ${y1}C${x1} ${bend} ${x2} ${bend} ${x2} ${y2}" marker-end="url(#tip)"/>`,
    `<text class="edge-text" x="${(x1 + x2) / 2 + 4}" y="${source.y === target.y ? (y1 + 3 * bend) / 4 - 3 : bend - 2 + 14 * (i % 2)}">${escape(kind)}</text></g>`,
  ].join("");
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, Math.max(1, length - 1))}…` : text;
}
