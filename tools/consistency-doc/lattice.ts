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

/** A place in a row: a level's box, or a point that a long line passes through. */
interface Spot {
  readonly width: number;
  row: number;
  x: number;
}

interface Box extends Spot {
  readonly level: Level;
  readonly lines: readonly string[];
}

/** A line from a box down to another, through one spot in each row between. */
type Line = readonly Spot[];

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
  // A level stands above the highest that it implies; then each rises to just below what implies it.
  settle(boxes, edges, (above, below) => {
    const row = below.row + 1;
    if (above.row >= row) return false;
    above.row = row;
    return true;
  });
  const top = Math.max(...[...boxes.values()].map(({ row }) => row));
  for (const box of boxes.values()) {
    if (!edges.some(([, weaker]) => weaker === box.level.name)) box.row = top;
  }
  for (let row = top - 1; row >= 0; row--) {
    for (const box of boxes.values()) {
      if (box.row > row || box.row === top) continue;
      const above = edges.flatMap(([stronger, weaker]) =>
        weaker === box.level.name ? [(boxes.get(stronger) as Box).row] : [],
      );
      if (above.length > 0 && Math.min(...above) === row + 1) box.row = row;
    }
  }
  return boxes;
}

function settle(
  boxes: ReadonlyMap<string, Box>,
  edges: readonly [string, string][],
  move: (above: Box, below: Box) => boolean,
): void {
  for (let moved = true; moved;) {
    moved = false;
    for (const [stronger, weaker] of edges) {
      if (move(boxes.get(stronger) as Box, boxes.get(weaker) as Box)) moved = true;
    }
  }
}

/** Gives every edge a spot in each row that it passes. */
function linesThrough(
  boxes: ReadonlyMap<string, Box>,
  edges: readonly [string, string][],
): { lines: Line[]; spots: Spot[] } {
  const spots: Spot[] = [...boxes.values()];
  const lines = edges.map(([stronger, weaker]): Line => {
    const from = boxes.get(stronger) as Box;
    const to = boxes.get(weaker) as Box;
    const between: Spot[] = [];
    for (let row = from.row - 1; row > to.row; row--) between.push({ width: 4, row, x: 0 });
    spots.push(...between);
    return [from, ...between, to];
  });
  return { lines, spots };
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
function place(spots: readonly Spot[], lines: readonly Line[]): number {
  const rows: Spot[][] = [];
  for (const spot of spots) (rows[spot.row] ??= []).push(spot);
  const widths = rows.map((row) => row.reduce((sum, spot) => sum + spot.width + gapPx, gapPx));
  const width = Math.max(...widths);
  const spread = (row: Spot[]): void => {
    const used = row.reduce((sum, spot) => sum + spot.width, 0);
    const gap = (width - used) / (row.length + 1);
    let x = gap;
    for (const spot of row) {
      spot.x = x;
      x += spot.width + gap;
    }
  };
  for (const row of rows) spread(row);
  const near = new Map<Spot, Spot[]>(spots.map((spot) => [spot, []]));
  for (const line of lines) {
    for (const [at, spot] of line.entries()) {
      const next = line[at + 1];
      if (!next) continue;
      near.get(spot)?.push(next);
      near.get(next)?.push(spot);
    }
  }
  const middle = (spot: Spot): number => spot.x + spot.width / 2;
  const pull = (spot: Spot): number => {
    const others = near.get(spot) as Spot[];
    return others.reduce((sum, other) => sum + middle(other), 0) / Math.max(1, others.length);
  };
  for (let round = 0; round < 30; round++) {
    const order = round % 2 === 0 ? rows : rows.toReversed();
    for (const row of order) {
      const pulls = new Map(row.map((spot) => [spot, pull(spot)]));
      row.sort((a, b) => (pulls.get(a) as number) - (pulls.get(b) as number));
      spread(row);
    }
  }
  for (let round = 0; round < 60; round++) for (const row of rows) relax(row, pull, width);
  return width;
}

/** Moves each spot of a row towards its neighbours, as far as those beside it leave room. */
function relax(row: readonly Spot[], pull: (spot: Spot) => number, width: number): void {
  for (const [at, spot] of row.entries()) {
    const before = row[at - 1];
    const after = row[at + 1];
    const least = before ? before.x + before.width + gapPx : 0;
    const most = (after ? after.x - gapPx : width) - spot.width;
    if (least > most) continue;
    const wanted = pull(spot) - spot.width / 2;
    spot.x = Math.min(most, Math.max(least, (spot.x + wanted) / 2));
  }
}

/** The picture of one family of levels. Levels without examples are named only: dashed. */
export function drawLattice(levels: readonly Level[], title: string): string {
  const edges = coveringEdges(levels);
  const boxes = boxesOf(levels, edges);
  const { lines, spots } = linesThrough(boxes, edges);
  const width = Math.round(place(spots, lines) + 2 * marginPx);
  const rows = Math.max(...spots.map(({ row }) => row)) + 1;
  const height = rows * rowPx - (rowPx - boxHeightPx) + 2 * marginPx;
  const top = ({ row }: Spot): number => marginPx + (rows - 1 - row) * rowPx;
  const centre = (spot: Spot): number => Math.round(marginPx + spot.x + spot.width / 2);
  const paths = lines.map((line) => {
    const [from, ...rest] = line as [Spot, ...Spot[]];
    let path = `M${centre(from)} ${top(from) + boxHeightPx}`;
    let last = { x: centre(from), y: top(from) + boxHeightPx };
    for (const spot of rest) {
      const bend = Math.round((top(spot) - last.y) / 2);
      const x = centre(spot);
      path += ` C${last.x} ${last.y + bend} ${x} ${top(spot) - bend} ${x} ${top(spot)}`;
      // A line goes straight through the row of the boxes that it passes.
      if (spot !== rest.at(-1)) path += ` V${top(spot) + boxHeightPx}`;
      last = { x, y: top(spot) + boxHeightPx };
    }
    return `<path class="edge" d="${path}"/>`;
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
${[...paths, ...drawn].join("\n")}
</svg>
`;
}
