/**
 * `npm run agreement [-- DIR] [--json]`: our verdicts beside those that the histories of DIR (default
 * `../shared/data`) are known by. A matrix: source, cases, agree, differ, unknown.
 *
 * A source is a file `tools/agreement/sources/NAME.mjs` that exports
 *
 *   export const name = "porcupine";
 *   export async function* cases(dir, kit) { yield { name, expected, judge } }
 *
 * `dir` is the data folder, `kit` is `tools/agreement/kit.mjs`. A case's `judge()` returns (or resolves to)
 * its answer, to be compared with `expected`, or "unknown"; or `{ answer, explained }`, where `explained`
 * says why a difference is right. Differences are also explained by name in
 * `tools/agreement-explained.json`. A source whose folder is absent yields nothing.
 *
 * Exit code: 0 when all agree or are explained, 1 otherwise, 2 when it could not run.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readOptions } from "./options.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

const options = {
  json: { type: "boolean" },
  source: { type: "string", multiple: true },
  verbose: { type: "boolean" },
};
const { values, positionals } = readOptions("agreement", options, true);
// It needs the built package, and says so where there is none.
const kit = await import("./agreement/kit.mjs");
const dir = resolve(positionals[0] ?? `${here}../../shared/data`);
if (!existsSync(dir)) {
  console.error(`agreement: no folder ${dir}`);
  console.error("  Name a folder of the shape of shared/data: npm run agreement -- DIR");
  process.exit(2);
}

/** @type {{ source: string, case: string, why: string }[]} */
const explained = JSON.parse(readFileSync(`${here}agreement-explained.json`, "utf8"));

async function judgeSource(source) {
  const tally = { source: source.name, cases: 0, agree: 0, differ: 0, unknown: 0 };
  const details = { differences: [], unknowns: [], ms: 0 };
  const start = performance.now();
  for await (const { name, expected, judge } of source.cases(dir, kit)) {
    tally.cases++;
    let outcome;
    try {
      outcome = await judge();
    } catch (error) {
      outcome = `error: ${error.message}`;
    }
    const { answer, explained: reason } =
      typeof outcome === "object" && outcome !== null ? outcome : { answer: outcome };
    if (same(answer, expected)) tally.agree++;
    else if (answer === "unknown") {
      tally.unknown++;
      details.unknowns.push(name);
    } else {
      tally.differ++;
      const why = reason ?? explained.find((e) => e.source === source.name && e.case === name)?.why;
      details.differences.push({ case: name, expected, answer, ...(why ? { why } : {}) });
    }
  }
  details.ms = performance.now() - start;
  return { tally, details };
}

function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

const files = readdirSync(`${here}agreement/sources`)
  .filter((file) => file.endsWith(".mjs"))
  .sort();
const results = [];
for (const file of files) {
  const source = await import(new URL(`agreement/sources/${file}`, import.meta.url).href);
  if (values.source && !values.source.includes(source.name)) continue;
  const result = await judgeSource(source);
  if (result.tally.cases === 0) continue;
  results.push(result);
  if (values.json) {
    const { differences, unknowns } = result.details;
    console.log(JSON.stringify({ ...result.tally, differences, unknowns }));
  }
}

if (!values.json) printMatrix();
const open = results.flatMap(({ details }) => details.differences.filter(({ why }) => !why));
process.exit(open.length === 0 ? 0 : 1);

function printMatrix() {
  const row = (cells) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(24) : String(cell).padStart(9))).join("");
  console.log(row(["source", "cases", "agree", "differ", "unknown", "seconds"]));
  const total = { cases: 0, agree: 0, differ: 0, unknown: 0, ms: 0 };
  for (const { tally, details } of results) {
    const seconds = (details.ms / 1000).toFixed(2);
    console.log(
      row([tally.source, tally.cases, tally.agree, tally.differ, tally.unknown, seconds]),
    );
    for (const field of ["cases", "agree", "differ", "unknown"]) total[field] += tally[field];
    total.ms += details.ms;
  }
  const seconds = (total.ms / 1000).toFixed(2);
  console.log(row(["total", total.cases, total.agree, total.differ, total.unknown, seconds]));
  for (const { tally, details } of results) {
    printDifferences(tally.source, details.differences);
    for (const name of details.unknowns.slice(0, 20))
      console.log(`\n? ${tally.source} ${name}: unknown`);
  }
}

/** Differences, those of one reason together: its first few by name, unless `--verbose`. */
function printDifferences(source, differences) {
  const byWhy = new Map();
  for (const difference of differences) {
    const why = difference.why ?? "NOT EXPLAINED";
    byWhy.set(why, [...(byWhy.get(why) ?? []), difference]);
  }
  for (const [why, list] of byWhy) {
    console.log(`\n≠ ${source}: ${list.length} differ: ${why}`);
    const shown = values.verbose ? list : list.slice(0, 8);
    for (const { case: name, expected, answer } of shown) {
      console.log(
        `    ${name}: expected ${JSON.stringify(expected)}, ours ${JSON.stringify(answer)}`,
      );
    }
    if (shown.length < list.length) console.log(`    ... and ${list.length - shown.length} more`);
  }
}
