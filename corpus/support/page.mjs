/** Writes the tables of corpus/README.md from what was measured last. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { faultsWord } from "./rows.mjs";

const here = fileURLToPath(new URL("..", import.meta.url));
const page = fileURLToPath(new URL("../README.md", import.meta.url));
const MARK = "<!-- the table is written by `npm run corpus -- --record` -->";

const NEEDLES = "<!-- so is this one -->";
const EXPLAINED = "<!-- so is this list -->";
const HELD = "<!-- and so is this -->";

/** Replaces the tables of corpus/README.md by what expected.json holds. */
export function writePage({ rows, held }) {
  const all = Object.entries(rows);
  let text = readFileSync(page, "utf8");
  text = between(text, MARK, bugs(all.filter(([, { needle }]) => !needle)));
  text = between(text, EXPLAINED, explained(all));
  text = between(text, HELD, holding(Object.entries(held)));
  text = between(text, NEEDLES, needles(all.filter(([, { needle }]) => needle)));
  writeFileSync(page, text);
}

/** Puts a table between two marks. */
function between(text, mark, table) {
  const [before, , after] = text.split(mark);
  return `${before}${mark}\n\n${table}\n\n${mark}${after}`;
}

function bugs(rows) {
  const { dependencies: broken } = readVersions("package.json");
  const { dependencies: mended } = readVersions("fixed/package.json");
  const lines = rows.map(([name, row]) => [
    link(name),
    broken[row.package] ?? row.version,
    row.thread,
    row.promise,
    ...figures(row),
    row.fixed ? `${mended[row.package]}: ${fixedCell(row)}` : row.none,
  ]);
  const head = ["world", "version", "thread", "what it promises", ...FIGURES, "fixed version"];
  return table(head, lines);
}

/** Why fixed versions violate what they do. */
function explained(rows) {
  return rows
    .filter(([, { fixed }]) => fixed?.why)
    .map(([name, { fixed }]) => `- **${name}**: ${fixed.why}`)
    .join("\n");
}

function holding(rows) {
  const { dependencies } = readVersions("held/package.json");
  const lines = rows.map(([name, { package: of, promise, copyOf, measured }]) => [
    copyOf ? link(copyOf) : link(name),
    dependencies[of],
    promise,
    measured ? ran(measured, undefined) : "not measured",
  ]);
  return table(["world", "version", "what it promises", "outcome"], lines);
}

function needles(rows) {
  const lines = rows.map(([name, row]) => [link(name), row.promise, ...figures(row)]);
  return table(["world", "what it takes", ...FIGURES], lines);
}

const FIGURES = ["found", "runs", "seconds", "processor seconds", "faults left"];

function figures({ measured }) {
  if (!measured) return ["not measured", "", "", "", ""];
  const { found, campaigns, runs, seconds, processorSeconds } = measured;
  // The median of searches in vain is a bound.
  const least = found * 2 > campaigns ? "" : "over ";
  return [
    `${found} of ${campaigns}`,
    `${least}${runs}`,
    `${least}${seconds}`,
    `${least}${processorSeconds}`,
    measured.faults === undefined ? "" : faultsWord(measured),
  ];
}

function table(head, lines) {
  const rows = [head, head.map(() => "---"), ...lines];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function link(name) {
  return `[${name}](${name}.world.ts)`;
}

function fixedCell({ measured, fixed }) {
  return measured?.fixed ? ran(measured.fixed, fixed?.why) : "not measured";
}

function ran({ runs, violated }, why) {
  const times = Object.values(violated).reduce((sum, { times }) => sum + times, 0);
  return times === 0
    ? `held ${runs} runs`
    : `violated in ${times} of ${runs} runs, ${why ? "see below" : "not explained yet"}`;
}

function readVersions(file) {
  return JSON.parse(readFileSync(`${here}${file}`, "utf8"));
}
