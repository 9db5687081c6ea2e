/**
 * `npm run conformance:node -- DIR [--json] [--module net] [--filter REGEX] [--verbose] [--jobs N]
 * [--real FILE] [--record] [--label 24.12]
 * [--limit SECONDS] [--baseline FILE]`: how much of Node's own test suite passes on a simulated host.
 *
 * DIR is a checkout of Node, or its folder `test`. Every test-{net,http,...}*.{js,mjs} of `parallel`,
 * `sequential` and `es-module` runs as a program on a simulated host and on the real Node that runs this. A test is passed
 * when its process ended by itself with code 0; the suite's `common` turns an unmet `mustCall` into code 1.
 * A test that fails on the real Node is tried again there, alone and with more time, before it is left out.
 * `--real` keeps the results of the real Node in a file, and takes them from there when it exists.
 *
 * `--limit` is the real time for each test, 20 s unless given; a second try has three times as much.
 *
 * The exit code is 1 when fewer pass in a module than `baseline.json` (or the file of `--baseline`) has for this suite on this major
 * version of Node. `--record` writes the new figures there and into docs/platform.md, `--label` with what the suite is called.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { falls, record, recorded, suiteOf } from "./baseline.mjs";
import { byDesign } from "./by-design.mjs";
import {
  firstLine,
  folders,
  metadataOf,
  moduleOf,
  modules,
  reasonOfKind,
  reasonOfSkip,
} from "./classify.mjs";
import { writeNodeTestsTable } from "../figures/claims.mjs";
import { readOptions, regularExpression, stop as stopTool, wholeNumber } from "../options.mjs";
import { runAll, runReal } from "./pool.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

const TOOL = "conformance:node";
const known = {
  json: { type: "boolean", default: false },
  module: { type: "string", multiple: true },
  filter: { type: "string" },
  verbose: { type: "boolean", default: false },
  jobs: { type: "string", default: "3" },
  real: { type: "string" },
  record: { type: "boolean", default: false },
  label: { type: "string" },
  limit: { type: "string", default: "20" },
  baseline: { type: "string" },
};
const { values: options, positionals } = readOptions(TOOL, known, true);
const jobs = wholeNumber(TOOL, "--jobs", options.jobs);
const LIMIT_MS = 1_000 * wholeNumber(TOOL, "--limit", options.limit);
/** A second try has the machine to itself, and this much time. */
const RETRY_LIMIT_MS = 3 * LIMIT_MS;
const filter = regularExpression(TOOL, "--filter", options.filter);
for (const module of options.module ?? []) {
  if (!modules.includes(module)) stop(`--module is one of ${modules.join(", ")}, not ${module}`);
}
if (filter && options.record) stop("--record needs whole modules: leave --filter away");

function stop(message) {
  return stopTool(TOOL, message);
}

/** The folder `test` of the checkout that the user named. */
function testRoot(directory) {
  if (!directory) stop("which folder? A checkout of Node, or its folder `test`");
  for (const root of [resolve(directory), resolve(directory, "test")]) {
    if (existsSync(join(root, "parallel")) && existsSync(join(root, "common"))) return root;
  }
  return stop(`${directory} holds no folder parallel beside a folder common: not Node's tests`);
}

/** Every file of the suite that tests a module, as `folder/name`. */
function filesOf(root) {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder))
        .sort()
        .map((name) => `${folder}/${name}`)
        .filter((file) => moduleOf(file) !== undefined),
    );
}

/** The tests to run. */
function selectTests(root, files) {
  const wanted = options.module ?? modules;
  return files
    .map((file) => ({ file, name: file.slice(file.indexOf("/") + 1) }))
    .filter(({ file, name }) => wanted.includes(moduleOf(file)) && (filter?.test(name) ?? true))
    .map(({ file, name }) => {
      const metadata = metadataOf(join(root, file));
      return {
        name,
        file,
        root,
        module: moduleOf(file),
        ...metadata,
        kind: reasonOfKind(metadata),
      };
    });
}

/** Bundles the worker, so that it runs the sources as they are now. */
async function buildWorker() {
  const folder = join(here, "..", "..", "node_modules", ".cache", "lightcone");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `conformance-${process.pid}.mjs`);
  await build({
    entryPoints: [join(here, "worker.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
  return outfile;
}

/** A line that says how far we are: rewritten on a terminal, now and then elsewhere. */
function progress(what, total) {
  let done = 0;
  return () => {
    done++;
    if (process.stderr.isTTY) process.stderr.write(`\r${what} ${done}/${total} `);
    else if (done % 100 === 0) process.stderr.write(`${what} ${done}/${total}\n`);
    if (done === total && process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  };
}

async function simulated(tests) {
  const worker = await buildWorker();
  const results = new Map();
  const pass = (what, some, size, limitMs) => {
    const tick = progress(what, some.length);
    const onDone = (test, outcome) => {
      results.set(test.file, outcome);
      tick();
    };
    return runAll(worker, some, { size, limitMs, onDone });
  };
  try {
    await pass("simulated", tests, jobs, LIMIT_MS);
    // What cannot pass by design is not worth a second try.
    const late = tests.filter(
      ({ file, name }) => results.get(file).timedOut && byDesign[name] === undefined,
    );
    if (late.length > 0)
      console.error(`out of real time: ${late.map(({ name }) => name).join(", ")}`);
    await pass("simulated, once more", late, 1, 2 * LIMIT_MS);
  } finally {
    rmSync(worker, { force: true });
  }
  return results;
}

/** One test on the real Node. */
async function onRealNode({ root, file, flags, env }, scratch, thread, limitMs) {
  const { code, output, timedOut } = await runReal(join(root, file), {
    flags,
    cwd: resolve(root, ".."),
    env: { NODE_TEST_DIR: scratch, TEST_THREAD_ID: String(thread), ...env },
    limitMs,
  });
  const line = timedOut ? `still running after ${limitMs / 1_000} s` : firstLine(output);
  return { passed: code === 0, skipped: reasonOfSkip(output), line: code === 0 ? "" : line };
}

/** Whether a test failed, and had no second try yet. */
const isToTryAgain = ({ passed, again }) => !passed && again !== true;

/** What an earlier call kept, if it was on this version of Node. */
function kept() {
  if (!options.real || !existsSync(options.real)) return new Map();
  const { version, results } = JSON.parse(readFileSync(options.real, "utf8"));
  return new Map(version === process.version ? Object.entries(results) : []);
}

async function real(tests) {
  const results = kept();
  const missing = tests.filter(({ file }) => !results.has(file));
  const queue = missing.filter(({ file }) => !file.startsWith("sequential/"));
  const alone = missing.filter((test) => !queue.includes(test));
  const tick = progress("real", missing.length);
  const scratch = mkdtempSync(join(tmpdir(), "lightcone-conformance-"));
  const keep = () => {
    if (!options.real) return;
    const all = { version: process.version, results: Object.fromEntries(results) };
    writeFileSync(options.real, JSON.stringify(all));
  };
  const serve = async (_value, thread) => {
    for (let test = queue.shift(); test; test = queue.shift()) {
      results.set(test.file, await onRealNode(test, scratch, thread, LIMIT_MS));
      tick();
      // Somebody may end this before its end.
      if (results.size % 100 === 0) keep();
    }
  };
  await Promise.all(Array.from({ length: jobs }, serve));
  for (const test of alone) {
    results.set(test.file, await onRealNode(test, scratch, 0, LIMIT_MS));
    tick();
  }
  // Only what fails twice, alone and with time, is what the real Node cannot do on this machine.
  const failed = tests.filter(({ file }) => isToTryAgain(results.get(file)));
  const again = progress("real, once more", failed.length);
  for (const test of failed) {
    results.set(test.file, {
      ...(await onRealNode(test, scratch, 0, RETRY_LIMIT_MS)),
      again: true,
    });
    again();
  }
  rmSync(scratch, { recursive: true, force: true });
  keep();
  return results;
}

/** What is said of one test: passed, failed, or not applicable, and why. */
function judge(test, outcome, onReal) {
  if (test.kind !== undefined) return { state: "not applicable", why: test.kind, passed: false };
  const passed = !outcome.error && outcome.end?.code === 0;
  const skipped = passed ? reasonOfSkip(outcome.output) : undefined;
  const why =
    (onReal.passed ? undefined : `real: fails on Node ${process.version}: ${onReal.line}`) ??
    (onReal.skipped === undefined ? undefined : `skips itself: ${onReal.skipped}`) ??
    (byDesign[test.name] === undefined ? undefined : `by design: ${byDesign[test.name]}`);
  if (why !== undefined)
    return { state: "not applicable", why, passed: passed && skipped === undefined };
  if (passed && skipped === undefined) return { state: "passed" };
  if (skipped !== undefined) return { state: "failed", why: `skips itself here: ${skipped}` };
  return { state: "failed", why: failureOf(outcome), output: outcome.error ?? outcome.output };
}

function failureOf({ end, output, error, virtualMs }) {
  if (error) return firstLine(error);
  if (!end) return `still running after ${Math.round(virtualMs / 1_000)} virtual seconds`;
  return `${end.signal ?? `code ${end.code}`}: ${firstLine(output)}`;
}

function count(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

const share = (part, whole) => (whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)}%`);

function printModule({ module, passed, failed, applicable, files, asked, real: onReal }, verdicts) {
  console.log(
    `${module.padEnd(19)} ${share(passed, applicable).padStart(6)}  ${passed} passed, ${failed} failed of ` +
      `${applicable} applicable; ${files - applicable} not applicable; ` +
      `real Node passes ${onReal} of ${asked} that it was asked`,
  );
  const away = verdicts.filter(({ state }) => state === "not applicable");
  for (const [category, number] of count(away.map(({ why }) => why.split(":")[0]))) {
    console.log(`    ${number} ${category}`);
    for (const verdict of away) {
      const named = category === "by design" || options.verbose;
      if (!named || !verdict.why.startsWith(`${category}:`)) continue;
      const stale = category === "by design" && verdict.passed ? " (but it passes)" : "";
      console.log(`        ${verdict.name}: ${verdict.why.slice(category.length + 2)}${stale}`);
    }
  }
  for (const { name, why, state, output } of verdicts) {
    if (state !== "failed") continue;
    console.log(`    ✗ ${name}: ${why}`);
    if (options.verbose && output) console.log(output.replace(/^/gm, "        ").trimEnd());
  }
}

const root = testRoot(positionals[0]);
const files = filesOf(root);
const tests = selectTests(root, files);
if (tests.length === 0) stop("there is no test of that name");
const asked = tests.filter(({ kind }) => kind === undefined);
const onSimulated = await simulated(asked);
const onReal = await real(asked);
const summaries = [];
for (const module of modules) {
  const own = tests.filter((test) => test.module === module);
  if (own.length === 0) continue;
  const verdicts = own.map((test) => ({
    name: test.name,
    ...judge(test, onSimulated.get(test.file), onReal.get(test.file)),
  }));
  const of = (state) => verdicts.filter((verdict) => verdict.state === state);
  const passed = of("passed").length;
  const failing = of("failed").map(({ name }) => name);
  const summary = {
    module,
    passed,
    failed: failing.length,
    applicable: passed + failing.length,
    files: own.length,
    asked: own.filter(({ kind }) => kind === undefined).length,
    real: own.filter(({ file }) => onReal.get(file)?.passed).length,
  };
  summaries.push({ ...summary, failing, away: of("not applicable").length });
  if (options.json)
    console.log(JSON.stringify({ ...summary, tests: options.verbose ? verdicts : undefined }));
  else printModule(summary, verdicts);
}
if (!options.json) {
  const sum = (key) => summaries.reduce((total, one) => total + one[key], 0);
  console.log(
    `${"in all".padEnd(19)} ${share(sum("passed"), sum("applicable")).padStart(6)}  ` +
      `${sum("passed")} passed of ${sum("applicable")} applicable`,
  );
}
const suite = suiteOf(files);
if (options.record) {
  record(suite, summaries, options.label);
  writeNodeTestsTable();
}
const before = filter ? undefined : recorded(suite, options.baseline);
if (before === undefined) {
  if (!filter) console.error(`nothing is recorded for this suite on Node ${process.version}`);
} else {
  const fallen = falls(before, summaries);
  for (const line of fallen) console.error(`fewer than recorded: ${line}`);
  if (fallen.length > 0) process.exitCode = 1;
}
