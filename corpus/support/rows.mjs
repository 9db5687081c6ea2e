/** What a row of the corpus says, in words, and whether it does what it should. */
import { renderLines } from "../../dist/report/index.js";

/** The head of the table that is printed. */
export function heading() {
  const words = ["found", "runs", "seconds", "processor", "faults", "shrinking", "fixed version"];
  return `${"".padEnd(27)}${words.map((word) => word.padEnd(13)).join("")}`.trimEnd();
}

/** A row of the table. */
export function line(row, failed) {
  const cells = [
    `${row.found} of ${row.campaigns}`,
    `${row.runs}`,
    `${row.seconds}`,
    row.processorSeconds === undefined ? "-" : `${row.processorSeconds} s`,
    row.faults === undefined ? "-" : faultsWord(row),
    row.shrinkRuns === undefined ? "-" : `${row.shrinkRuns} runs`,
  ];
  const mark = failed.length > 0 ? "✗" : "✓";
  const first = `${mark} ${row.name.padEnd(25)}${cells.map((cell) => cell.padEnd(13)).join("")}${fixedWord(row)}`;
  return [first, ...failed.map((reason) => `    ${reason}`)].join("\n");
}

/** "1", or "1 (4 at the most)". */
export function faultsWord({ faults, faultsMost }) {
  return faultsMost === faults ? `${faults}` : `${faults} (${faultsMost} most)`;
}

/** The row of a world that is to hold. */
export function heldLine({ name, held }, failed) {
  const mark = failed.length > 0 ? "✗" : "✓";
  return [
    `${mark} ${name.padEnd(25)}${ranWord(held)}`,
    ...failed.map((reason) => `    ${reason}`),
  ].join("\n");
}

/** What the fixed version did. */
export function fixedWord({ fixed }) {
  return fixed ? ranWord(fixed) : "-";
}

/** What many runs came to. */
function ranWord({ runs, violated: all }) {
  const violated = Object.entries(all);
  if (violated.length === 0) return `held ${runs} runs`;
  const times = violated.map(
    ([check, { times, seed }]) => `${check}: ${times}, first seed ${seed}`,
  );
  return `violated in ${runs} runs (${times.join("; ")})`;
}

/** Why a row is not as it should be: one sentence for each reason. */
export function failures(row, claim, { limitSeconds, faultsMax }) {
  const out = [];
  if (row.found < row.campaigns && !claim.needle) {
    out.push(
      `not found within ${limitSeconds} s in ${row.campaigns - row.found} of ${row.campaigns} campaigns`,
    );
  }
  for (const check of row.checks) {
    if (check !== claim.check) out.push(`another check was violated: ${check}, not ${claim.check}`);
  }
  if (row.faults > faultsMax && !claim.needle)
    out.push(`${row.faults} faults are left, more than ${faultsMax}`);
  const explained = claim.fixed?.violates ?? [];
  if (row.fixed?.findingsToo > 0 && !explained.includes(claim.check)) {
    out.push(
      `${row.fixed.findingsToo} of ${row.found} findings show in the fixed version too: they are about another bug`,
    );
  }
  return [...out, ...unexplained("the fixed version", row.fixed, explained)];
}

/** What a version violates that nobody has explained: one sentence for each check. */
export function unexplained(version, measured, explained) {
  return Object.entries(measured?.violated ?? {})
    .filter(([check]) => !explained.includes(check))
    .map(
      ([check, { times, seed, summary }]) =>
        `${version} violates ${check} ${times} times, first with seed ${seed}: ${summary}`,
    );
}

/** The first finding of a row. */
export function storyOf({ stories: [first] }) {
  if (!first) return "";
  const { lines, summary } = first.story;
  return [...renderLines(lines), summary].map((text) => `    ${text}`).join("\n");
}
