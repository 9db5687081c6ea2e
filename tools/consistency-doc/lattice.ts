/** Draws the lattice of levels as SVG: stronger above weaker, a line where one implies the other. */
import type { Level } from "../../src/check/levels.ts";
import { escapeXml } from "./picture.ts";

const boxHeightPx = 40;
const rowPx = 84;
const gapPx = 18;
const marginPx = 14;
const letterPx = 7.1;

const style = `
  text { font: 12.5px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
  .edge { stroke: #8c959f; fill: none; }
  .box { fill: #f6f8fa; stroke: #0969da; }
  .named { fill: none; stroke: #8c959f; stroke-dasharray: 4 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .edge { stroke: #656c76; }
    .box { fill: #151b23; stroke: #4493f8; }
    .named { stroke: #656c76; }
  }`;

interface Box {
  readonly level: Level;
  readonly lines: readonly string[];
  readonly width: number;
  row: number;
  x: number;
}

/** The direct implications among `levels` that do not follow from others. */
export function coveringEdges(levels: readonly Level[]): [stronger: string, weaker: string][] {
  const byName = new Map(levels.map((level) => [level.name, level]));
  const below = (name: string): Set<string> => {
    const seen = new Set(byName.get(name)?.implies ?? []);
    for (const one of seen) for (const next of byName.get(one)?.implies ?? []) seen.add(next);
    return seen;
  };
  return levels.flatMap(({ name, implies }) => {
    const own = implies.filter((weaker) => byName.has(weaker));
    return own
      .filter((weaker) => !own.some((other) => other !== weaker && below(other).has(weaker)))
      .map((weaker): [string, string] => [name, weaker]);
  });
}

function boxesOf(levels: readonly Level[], edges: readonly [string, string][]): Map<string, Box> {
  const boxes = new Map<string, Box>();
  for (const level of levels) {
    const lines = linesOf(level.title);
    const width = Math.max(...lines.map((line) => line.length)) * letterPx + 22;
    boxes.set(level.name, { level, lines, width, row: 0, x: 0 });
  }
  // A level stands one row above the highest that it implies.
  for (let moved = true; moved;) {
    moved = false;
    for (const [stronger, weaker] of edges) {
      const above = boxes.get(stronger) as Box;
      const row = (boxes.get(weaker) as Box).row + 1;
      if (above.row < row) {
        above.row = row;
        moved = true;
      }
    }
  }
  return boxes;
}

/** A long title goes on two lines, broken near its middle. */
function linesOf(title: string): string[] {
  const words = title.split(" ");
  if (title.length <= 16 || words.length === 1) return [title];
  let best = 1;
  const unevenness = (at: number): number =>
    Math.abs(words.slice(0, at).join(" ").length - words.slice(at).join(" ").length);
  for (let at = 1; at < words.length; at++) if (unevenness(at) < unevenness(best)) best = at;
  return [words.slice(0, best).join(" "), words.slice(best).join(" ")];
}

/** Orders each row by where its neighbours stand, a few times over, and spreads it over the width. */
function place(boxes: Map<string, Box>, edges: readonly [string, string][]): number {
  const rows: Box[][] = [];
  for (const box of boxes.values()) (rows[box.row] ??= []).push(box);
  const widths = rows.map((row) => row.reduce((sum, box) => sum + box.width + gapPx, -gapPx));
  const width = Math.max(...widths);
  const spread = (row: Box[]): void => {
    const used = row.reduce((sum, box) => sum + box.width, 0);
    const gap = (width - used) / (row.length + 1);
    let x = gap;
    for (const box of row) {
      box.x = x;
      x += box.width + gap;
    }
  };
  for (const row of rows) spread(row);
  const middle = (box: Box): number => box.x + box.width / 2;
  const pull = (box: Box): number => {
    const near = edges.flatMap(([a, b]) =>
      a === box.level.name
        ? [boxes.get(b) as Box]
        : b === box.level.name
          ? [boxes.get(a) as Box]
          : [],
    );
    return near.reduce((sum, other) => sum + middle(other), 0) / near.length;
  };
  for (let round = 0; round < 12; round++) {
    const order = round % 2 === 0 ? rows : rows.toReversed();
    for (const row of order) {
      const pulls = new Map(row.map((box) => [box, pull(box)]));
      row.sort((a, b) => (pulls.get(a) as number) - (pulls.get(b) as number));
      spread(row);
    }
  }
  return width;
}

/** The picture of one family of levels. Levels without examples are named only: dashed. */
export function drawLattice(levels: readonly Level[], title: string): string {
  const edges = coveringEdges(levels);
  const boxes = boxesOf(levels, edges);
  const width = Math.round(place(boxes, edges) + 2 * marginPx);
  const rows = Math.max(...[...boxes.values()].map(({ row }) => row)) + 1;
  const height = rows * rowPx - (rowPx - boxHeightPx) + 2 * marginPx;
  const top = (box: Box): number => marginPx + (rows - 1 - box.row) * rowPx;
  const centre = (box: Box): number => Math.round(marginPx + box.x + box.width / 2);
  const lines = edges.map(([stronger, weaker]) => {
    const from = boxes.get(stronger) as Box;
    const to = boxes.get(weaker) as Box;
    const y1 = top(from) + boxHeightPx;
    const y2 = top(to);
    const bend = Math.round((y2 - y1) / 2);
    return `<path class="edge" d="M${centre(from)} ${y1} C${centre(from)} ${y1 + bend} ${centre(to)} ${y2 - bend} ${centre(to)} ${y2}"/>`;
  });
  const drawn = [...boxes.values()].map((box) => {
    const named = box.level.examples.length === 0 ? "named" : "box";
    const y = top(box);
    const first = y + boxHeightPx / 2 + (box.lines.length === 1 ? 4 : -4);
    const texts = box.lines.map(
      (line, at) =>
        `<text x="${centre(box)}" y="${first + at * 16}" text-anchor="middle">${escapeXml(line)}</text>`,
    );
    return `<rect class="${named}" x="${Math.round(marginPx + box.x)}" y="${y}" width="${Math.round(box.width)}" height="${boxHeightPx}" rx="7"/>${texts.join("")}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeXml(title)}</title>
<style>${style}
</style>
${[...lines, ...drawn].join("\n")}
</svg>
`;
}
