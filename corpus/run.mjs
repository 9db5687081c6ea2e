/**
 * `npm run corpus [-- NAME ...] [--campaigns N] [--fixed-runs N] [--limit SECONDS] [--json] [--stories] [--record] [--page]`: searches each
 * world of this folder for the published bug that it is about, from several first seeds, and the same world with the
 * version in which the bug is fixed in ten times as many runs. Prints a row for each: the median of runs and of seconds
 * to the first finding, the faults that are left after shrinking, and what the fixed version did, in those runs and with
 * what was found. The worlds in `held` are about versions without a known bug: they make the runs that expected.json says.
 *
 * `--campaigns N` searches from N first seeds (5). `--fixed-runs N` makes N runs of the fixed version, in place of ten
 * times as many as the longest search took (50 at the least); 0 makes none. `--limit SECONDS` is how long a search may take (60),
 * for a machine that does other work. `--stories` prints the first finding of each row.
 * `--record` keeps what was measured in expected.json and writes README.md from it; `--page` writes the page alone.
 *
 * The packages are installed in this folder at the first use. Exit code: 1 when a row does not do what expected.json
 * says, 2 when it could not be asked.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { installPackages } from "../tools/install-packages.mjs";
import { readOptions, stop, wholeNumber } from "../tools/options.mjs";
import { copyWorld } from "./support/fixed.mjs";
import { campaign, soak, summary } from "./support/measure.mjs";
import { writePage } from "./support/page.mjs";
import { failures, heading, heldLine, line, storyOf, unexplained } from "./support/rows.mjs";

const TOOL = "corpus";
const DEFAULT_CAMPAIGNS = 5;
/** A fixed version makes so many times the runs of the longest search, and so many at the least. */
const FIXED_TIMES = 10;
const FIXED_RUNS_MIN = 50;

const { values, positionals } = readOptions(
  TOOL,
  {
    campaigns: { type: "string" },
    "fixed-runs": { type: "string" },
    limit: { type: "string" },
    json: { type: "boolean" },
    stories: { type: "boolean" },
    record: { type: "boolean" },
    page: { type: "boolean" },
  },
  true,
);
const here = fileURLToPath(new URL(".", import.meta.url));
const expectedFile = `${here}expected.json`;
const expected = JSON.parse(readFileSync(expectedFile, "utf8"));
const names = [
  ...readdirSync(here)
    .filter((file) => file.endsWith(".world.ts"))
    .map((file) => file.slice(0, -".world.ts".length))
    .sort(),
  ...Object.keys(expected.held),
];
for (const name of positionals) {
  if (!names.includes(name)) {
    stop(TOOL, `there is no world ${JSON.stringify(name)}; there are: ${names.join(", ")}`);
  }
}
const campaigns =
  values.campaigns === undefined
    ? DEFAULT_CAMPAIGNS
    : wholeNumber(TOOL, "--campaigns", values.campaigns);
const fixedRuns = values["fixed-runs"] === "0" ? 0 : values["fixed-runs"];
if (typeof fixedRuns === "string") wholeNumber(TOOL, "--fixed-runs", fixedRuns);

const limits = {
  limitSeconds:
    values.limit === undefined ? expected.limitSeconds : wholeNumber(TOOL, "--limit", values.limit),
  shrinkSeconds: expected.shrinkSeconds,
  faultsMax: expected.faultsMax,
};

const asked = positionals.length > 0 ? positionals : names;
if (!values.page) {
  installPackages(TOOL, here, "corpus");
  if (asked.some((name) => name.startsWith("held/"))) {
    // Not a workspace: its newest bullmq is to find the newest ioredis, not the one with a bug.
    installPackages(TOOL, `${here}held/`, "corpus/held");
  }
  if (!values.json) console.log(heading());
  for (const name of asked) {
    await (name.startsWith("held/") ? hold(name) : measure(name));
  }
}
if (values.page || values.record) writePage(expected);

/** Makes the runs of a world that is to hold. */
async function hold(name) {
  const claim = expected.held[name];
  const { copyOf } = claim;
  const world = copyOf ? copyWorld(here, copyOf, "held") : `${here}${name}.world.ts`;
  let held;
  try {
    held = await soak(world, fixedRuns ? Number(fixedRuns) : claim.runs);
  } catch (error) {
    stop(TOOL, `${name}: ${error.message}`);
  }
  const row = { name, held };
  const failed = unexplained("it", held, []);
  if (failed.length > 0) process.exitCode = 1;
  if (values.json) console.log(JSON.stringify({ ...row, failed }));
  else console.log(heldLine(row, failed));
  record(claim, held);
}

/** Keeps what was measured, if that is asked for. */
function record(claim, measured) {
  if (!values.record) return;
  claim.measured = measured;
  writeFileSync(expectedFile, `${JSON.stringify(expected, null, 2)}\n`);
}

async function measure(name) {
  const claim = expected.rows[name] ?? stop(TOOL, `expected.json says nothing of ${name}`);
  let row;
  try {
    const found = [];
    for (let number = 0; number < campaigns; number++) {
      found.push(await campaign(`${here}${name}.world.ts`, { number, ...limits }));
    }
    row = { name, ...summary(found), fixed: await fixedArm(name, claim, found) };
  } catch (error) {
    stop(TOOL, `${name}: ${error.message}`);
  }
  const failed = failures(row, claim, limits);
  if (failed.length > 0) process.exitCode = 1;
  if (values.json) console.log(JSON.stringify({ ...row, failed }));
  else console.log(line(row, failed));
  if (values.stories && !values.json) console.log(storyOf(row));
  const { stories: _, ...measured } = row;
  record(claim, measured);
}

/** What the version with the mended bug does in the same world; `undefined` if there is none. */
async function fixedArm(name, claim, found) {
  if (claim.fixed === undefined || fixedRuns === 0) return undefined;
  const most = Math.max(...found.map(({ runs }) => runs));
  const runs = fixedRuns ? Number(fixedRuns) : Math.max(FIXED_RUNS_MIN, FIXED_TIMES * most);
  const findings = found.filter((one) => one.found);
  return soak(copyWorld(here, name, "fixed"), runs, findings);
}
