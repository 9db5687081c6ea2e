/** Draws a timeline as SVG: a lane a session, a bar an operation, time to the right. */
import { barsOf, type Bar } from "./timeline.ts";

const columnPx = 8.6;
const rowPx = 38;
const barPx = 26;
const leftPx = 30;
const marginPx = 10;

/** Colours for light and dark pages; the colour of reads and writes is told apart by shape of text too. */
const style = `
  text { font: 14px ui-monospace, "SF Mono", Menlo, Consolas, monospace; fill: #1f2328; }
  .who { font-weight: 600; }
  .lane { stroke: #d1d9e0; }
  .write { fill: #ddf4ff; stroke: #0969da; }
  .read { fill: #fff8c5; stroke: #9a6700; }
  .mixed { fill: #fbefff; stroke: #8250df; }
  .failed { stroke-dasharray: 4 3; opacity: 0.7; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .lane { stroke: #3d444d; }
    .write { fill: #0c2d4d; stroke: #4493f8; }
    .read { fill: #3b2f0b; stroke: #d29922; }
    .mixed { fill: #2e1a4d; stroke: #ab7df8; }
  }`;

/** Text that may stand in SVG. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function kindOf({ text }: Bar): string {
  const letters = new Set(text.split(",").map((part) => (part.trim()[0] === "r" ? "r" : "w")));
  if (letters.size > 1) return "mixed";
  return letters.has("r") ? "read" : "write";
}

/** The picture of one timeline; `title` is read out by screen readers. */
export function drawTimeline(timeline: string, title: string): string {
  const bars = barsOf(timeline);
  const sessions = [...new Set(bars.map(({ session }) => session))];
  const first = Math.min(...bars.map(({ start }) => start));
  const last = Math.max(...bars.map(({ end }) => end));
  const x = (column: number): number => Math.round(leftPx + (column - first) * columnPx);
  const width = x(last + 1) + marginPx;
  const height = sessions.length * rowPx + marginPx;
  const parts = sessions.flatMap((session, row) => {
    const middle = row * rowPx + marginPx / 2 + rowPx / 2;
    const lane = `<line class="lane" x1="${leftPx}" y1="${middle}" x2="${width - marginPx}" y2="${middle}"/>`;
    const label = `<text class="who" x="${marginPx}" y="${middle + 5}">${session}</text>`;
    const own = bars.filter((bar) => bar.session === session);
    return [lane, label, ...own.map((bar) => drawBar(bar, x, middle))];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeXml(title)}</title>
<style>${style}
</style>
${parts.join("\n")}
</svg>
`;
}

function drawBar(bar: Bar, x: (column: number) => number, middle: number): string {
  const left = x(bar.start);
  const width = x(bar.end + 1) - left;
  const failed = bar.outcome === "ok" ? "" : " failed";
  const note = bar.outcome === "fail" ? " ✗" : bar.outcome === "info" ? " ?" : "";
  return [
    `<rect class="${kindOf(bar)}${failed}" x="${left}" y="${middle - barPx / 2}" width="${width}" height="${barPx}" rx="5"/>`,
    `<text x="${left + width / 2}" y="${middle + 5}" text-anchor="middle">${escapeXml(bar.text + note)}</text>`,
  ].join("");
}
