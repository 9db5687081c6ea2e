/**
 * `npm run answers -- --folder DIR [--filter REGEX] [--stdout] [--jobs N]`: runs the programs of a folder on a simulated
 * host and on the real Node that runs this, and says for each whether both printed the same and ended alike, or what
 * differs.
 *
 * The programs are the files .js, .cjs, .mjs and .ts directly in DIR; if it has a folder `expected`, those that have a
 * NAME.txt there, which is an answer of Node's that counts as well: some depend on how fast the machine is. `npm run build` comes first. `--stdout` leaves the standard error out of the comparison. The exit code is 1 if any differs.
 */
import { fork, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readOptions, regularExpression, stop, wholeNumber } from "./options.mjs";

const TOOL = "answers";
const LIMIT_MS = 60_000;
const worker = fileURLToPath(new URL("answers/worker.mjs", import.meta.url));

const { values } = readOptions(TOOL, {
  folder: { type: "string" },
  filter: { type: "string" },
  stdout: { type: "boolean", default: false },
  jobs: { type: "string", default: "2" },
});
const jobs = wholeNumber(TOOL, "--jobs", values.jobs);
const filter = regularExpression(TOOL, "--filter", values.filter);

function programsOf(folder) {
  const expected = join(folder, "expected");
  return readdirSync(folder)
    .filter((name) => /\.(?:[cm]?js|ts)$/.test(name) && (filter?.test(name) ?? true))
    .filter((name) => !existsSync(expected) || existsSync(join(expected, `${name}.txt`)))
    .sort();
}

function simulated(entry) {
  const child = fork(worker, [entry], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  return new Promise((done) => {
    let outcome = { stdout: "", stderr: "", code: null, signal: "(the simulator ended)" };
    child.on("message", (message) => (outcome = message));
    child.on("exit", () => {
      clearTimeout(timer);
      done(outcome);
    });
  });
}

function real(entry, cwd) {
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env.PATH, HOME: "/root", TZ: "UTC", LANG: "C.UTF-8" },
    stdio: ["ignore", "pipe", "pipe"],
    cwd,
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const text = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8").on("data", (chunk) => (text[stream] += chunk));
  }
  return new Promise((done) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      done({ ...text, code, signal });
    });
  });
}

/** The lines that only one side has, from the first that differs on. */
function difference(ours, theirs) {
  const [a, b] = [ours.split("\n"), theirs.split("\n")];
  const lines = [];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    if (a[at] === b[at]) continue;
    if (a[at] !== undefined) lines.push(`    here  ${at + 1}: ${a[at]}`);
    if (b[at] !== undefined) lines.push(`    Node  ${at + 1}: ${b[at]}`);
    if (lines.length >= 12) return [...lines, "    ..."];
  }
  return lines;
}

/** Process ids differ from run to run. */
function settled(outcome) {
  return outcome.stderr.replaceAll(/^\(node:\d+\)/gm, "(node:PID)");
}

function compare(ours, theirs) {
  const lines = [];
  if (ours.stdout !== theirs.stdout) {
    lines.push("  standard output:", ...difference(ours.stdout, theirs.stdout));
  }
  if (!values.stdout && settled(ours) !== settled(theirs)) {
    lines.push("  standard error:", ...difference(settled(ours), settled(theirs)));
  }
  if (ours.code !== theirs.code || ours.signal !== theirs.signal) {
    lines.push(`  the end: here ${ours.code ?? ours.signal}, Node ${theirs.code ?? theirs.signal}`);
  }
  return lines;
}

if (!values.folder) stop(TOOL, "which folder? Name one with --folder");
const folder = realpathSync(resolve(values.folder));
const names = programsOf(folder);
if (names.length === 0) stop(TOOL, `${folder} has no programs of that name`);
const results = new Map();
const queue = [...names];
async function serve() {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const entry = join(folder, name);
    const ours = await simulated(entry);
    const lines = compare(ours, await real(entry, folder));
    const recorded = join(folder, "expected", `${name}.txt`);
    const isRecorded =
      lines.length > 0 && existsSync(recorded) && readFileSync(recorded, "utf8") === ours.stdout;
    results.set(name, { lines: isRecorded ? [] : lines, isRecorded });
  }
}
await Promise.all(Array.from({ length: jobs }, serve));
let different = 0;
for (const name of names) {
  const { lines, isRecorded } = results.get(name);
  if (lines.length > 0) different++;
  const note = isRecorded ? " (the recorded answer: Node gave another one this time)" : "";
  console.log(`${lines.length === 0 ? "equal    " : "DIFFERENT"} ${name}${note}`);
  for (const line of lines) console.log(line);
}
console.log(`Node ${process.versions.node}: ${names.length - different} of ${names.length} equal`);
process.exitCode = different > 0 ? 1 : 0;
