/**
 * `npm run applications -- --apps FOLDER [--only NAME ...] [--explore RUNS] [--json] [--record]`: runs public applications from
 * their own start files, as real processes and in a world, walks the main flow of each and compares the answers.
 * FOLDER holds their checkouts, installed and built (README.md says how). `--explore RUNS` also runs each world that
 * many times with faults. `--record` keeps what was measured in measured.json, for docs/compatibility.md. Exit code: 0 all that are there agree, 1 one does not, 2 it could not be asked.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readOptions, stop, wholeNumber } from "../tools/options.mjs";
import { difference } from "./support/answers.mjs";
import { explore } from "./support/explore.mjs";
import { realArm } from "./support/real.mjs";

const { values } = readOptions("applications", {
  apps: { type: "string" },
  only: { type: "string", multiple: true },
  explore: { type: "string" },
  json: { type: "boolean" },
  record: { type: "boolean" },
});
const here = fileURLToPath(new URL(".", import.meta.url));
const names = readdirSync(here)
  .filter((file) => file.endsWith(".world.mjs"))
  .map((file) => file.slice(0, -".world.mjs".length));
if (values.apps === undefined) stop("applications", "--apps FOLDER says where the checkouts are");
const apps = resolve(values.apps);
if (!existsSync(apps)) stop("applications", `there is no folder ${values.apps}`);
for (const name of values.only ?? []) {
  if (!names.includes(name))
    stop("applications", `there is no ${name}; there are: ${names.join(", ")}`);
}
const runs =
  values.explore === undefined ? 0 : wholeNumber("applications", "--explore", values.explore);
linkCheckouts();

let failed = false;
for (const name of values.only ?? names) {
  const { application } = await import(`./${name}.world.mjs`);
  const checkout = `${apps}/${application.checkout}`;
  const missing = whatIsMissing(application, checkout);
  const row = missing ? { name, skipped: missing } : await compare(name, application, checkout);
  if (row.failure !== undefined) failed = true;
  else if (values.record && !row.skipped) record(row);
  if (values.json) console.log(JSON.stringify(row));
  else tell(row);
  if (runs > 0 && !missing) {
    const found = await explore(`${here}${name}.world.mjs`, runs);
    if (found.ours.length > 0) failed = true;
    if (values.json) console.log(JSON.stringify({ name, ...found }));
    else tellExplored(name, found);
  }
}
process.exitCode = failed ? 1 : 0;

/** Keeps the figures of an application whose arms agree. */
function record({ name, title, version, commit, steps, walks, events, simulatedS, cpu }) {
  const file = `${here}measured.json`;
  const rows = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const cpuS = Number(cpu.secondS.toFixed(1));
  const node = process.versions.node.split(".")[0];
  rows[name] = { title, version, commit, node, steps, walks, simulatedS, events, cpuS };
  const sorted = Object.fromEntries(
    Object.entries(rows).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

/** World files name their programs by `./checkouts/...`. */
function linkCheckouts() {
  const link = `${here}checkouts`;
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(link);
  if (existsSync(link)) stop("applications", `${link} is no link that this program made`);
  symlinkSync(apps, link, "dir");
}

/** Says why an application cannot be run here; `undefined` if it can. */
function whatIsMissing({ checkout: folder, node = 20, needs, ownNeeds = {} }, checkout) {
  if (!existsSync(checkout)) return `no checkout in ${folder}`;
  if (Number.parseInt(process.versions.node, 10) < node) return `it needs Node ${node}`;
  for (const [file, how] of Object.entries(needs)) {
    if (!existsSync(`${checkout}/${file}`)) return `${folder}/${file} is missing: ${how}`;
  }
  for (const [file, how] of Object.entries(ownNeeds)) {
    if (!existsSync(`${here}${file}`)) return `applications/${file} is missing: ${how}`;
  }
  return undefined;
}

async function compare(name, application, checkout) {
  const { version } = JSON.parse(readFileSync(`${checkout}/package.json`, "utf8"));
  const commit = spawnSync("git", ["-C", checkout, "rev-parse", "--short", "HEAD"], {
    encoding: "utf8",
  });
  const row = {
    name,
    title: application.title,
    version,
    commit: commit.status === 0 ? commit.stdout.trim() : undefined,
  };
  try {
    const real = await realArm(application, checkout);
    const world = await worldArm(`${here}${name}.world.mjs`);
    const { answers, events, simulatedS, cpu, fingerprints, walks } = world;
    const measured = { ...row, steps: real.length, walks, events, simulatedS, cpu };
    const differs = difference(real, answers);
    if (differs)
      return { ...measured, failure: `the answers differ\n${differs}\n${world.last.join("\n")}` };
    if (real.length === 0) return { ...measured, failure: "the flow told no answer" };
    if (world.givenUp.length > 0)
      return { ...measured, failure: `a later walk failed: ${world.givenUp[0]}` };
    if (world.violations.length > 0) return { ...measured, failure: world.violations.join("\n") };
    if (new Set(fingerprints).size > 1)
      return { ...measured, failure: "two runs of one seed differ" };
    return { ...measured, names: real.map(([step]) => step) };
  } catch (error) {
    return { ...row, failure: error.message };
  }
}

function worldArm(world) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [`${here}support/world-arm.mjs`, world], {
      env: { ...process.env, LC_ALL: "C.UTF-8" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const texts = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) {
      child[stream].setEncoding("utf8").on("data", (text) => (texts[stream] += text));
    }
    child.on("error", fail);
    child.on("close", (code) => {
      if (code === 0) done(JSON.parse(texts.stdout.trim().split("\n").at(-1)));
      else fail(new Error(`the world could not run (${code})\n${texts.stderr.slice(-3_000)}`));
    });
  });
}

function tell({
  name,
  version,
  commit,
  skipped,
  failure,
  steps,
  walks,
  events,
  simulatedS,
  cpu,
  names: stepNames,
}) {
  if (skipped) {
    console.log(`- ${name}: skipped, ${skipped}`);
    return;
  }
  const which = [version, commit].filter(Boolean).join(", ");
  const measured = cpu
    ? `; ${walks} walks in ${simulatedS} s simulated, ${events} events, ${cpu.secondS.toFixed(1)} CPU s (first run ${(cpu.loadS + cpu.firstS).toFixed(1)})`
    : "";
  if (failure === undefined) {
    console.log(`✓ ${name} (${which}): ${steps} steps, the same answers on both arms${measured}`);
    console.log(`    ${stepNames.join(", ")}`);
  } else {
    console.log(`✗ ${name} (${which}): ${failure}${measured}`);
  }
}

function tellExplored(name, { runs: made, held, violated, ours, faults }) {
  console.log(
    `    ${made} runs with ${faults} faults: ${held} held, ${made - held} violated or undecided`,
  );
  for (const [what, count] of Object.entries(violated)) console.log(`      ${count} × ${what}`);
  for (const what of ours) console.log(`      OURS, ${name}: ${what}`);
}
