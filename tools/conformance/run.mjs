/**
 * `npm run conformance:node -- DIR [--json] [--module net] [--filter REGEX] [--verbose] [--jobs N]
 * [--real FILE]`: how much of Node's own test suite passes on a simulated host.
 *
 * DIR is a checkout of Node, or its folder `test`. Every test-{net,http,...}-*.js of `parallel` runs as a
 * program on a simulated host and on the real Node that runs this. A test is passed when its process
 * ended by itself with code 0; the suite's `common` turns an unmet `mustCall` into code 1. `--real` keeps
 * the results of the real Node in a file, and takes them from there when it exists.
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
import { byDesign } from "./by-design.mjs";
import {
  firstLine,
  metadataOf,
  moduleOf,
  modules,
  reasonOfKind,
  reasonOfSkip,
} from "./classify.mjs";
import { readOptions, regularExpression, stop as stopTool, wholeNumber } from "../options.mjs";
import { runAll, runReal } from "./pool.mjs";

const LIMIT_MS = 20_000;
const here = fileURLToPath(new URL(".", import.meta.url));

const TOOL = "conformance:node";
const known = {
  json: { type: "boolean", default: false },
  module: { type: "string", multiple: true },
  filter: { type: "string" },
  verbose: { type: "boolean", default: false },
  jobs: { type: "string", default: "3" },
  real: { type: "string" },
};
const { values: options, positionals } = readOptions(TOOL, known, true);
const jobs = wholeNumber(TOOL, "--jobs", options.jobs);
const filter = regularExpression(TOOL, "--filter", options.filter);

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

/** The tests to run, by name. */
function selectTests(root) {
  const wanted = options.module ?? modules;
  return readdirSync(join(root, "parallel"))
    .sort()
    .filter((name) => wanted.includes(moduleOf(name)) && (filter?.test(name) ?? true))
    .map((name) => {
      const { flags, env, runner } = metadataOf(join(root, "parallel", name));
      return { name, module: moduleOf(name), root, file: `parallel/${name}`, flags, env, runner };
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
  const tick = progress("simulated", tests.length);
  try {
    await runAll(worker, tests, {
      size: jobs,
      limitMs: LIMIT_MS,
      onDone(test, outcome) {
        results.set(test.name, outcome);
        tick();
      },
    });
  } finally {
    rmSync(worker, { force: true });
  }
  return results;
}

async function real(tests) {
  const known =
    options.real && existsSync(options.real) ? JSON.parse(readFileSync(options.real, "utf8")) : {};
  const results = new Map(Object.entries(known));
  const queue = tests.filter(({ name }) => !results.has(name));
  const tick = progress("real", queue.length);
  const scratch = mkdtempSync(join(tmpdir(), "lightcone-conformance-"));
  const serve = async (_value, thread) => {
    for (let test = queue.shift(); test; test = queue.shift()) {
      const { root, file, flags, env } = test;
      const { code, output } = await runReal(join(root, file), {
        flags,
        cwd: resolve(root, ".."),
        env: { NODE_TEST_DIR: scratch, TEST_THREAD_ID: String(thread), ...env },
        limitMs: LIMIT_MS,
      });
      const skipped = reasonOfSkip(output);
      results.set(test.name, {
        passed: code === 0,
        skipped,
        line: code === 0 ? "" : firstLine(output),
      });
      tick();
    }
  };
  await Promise.all(Array.from({ length: jobs }, serve));
  rmSync(scratch, { recursive: true, force: true });
  if (options.real) writeFileSync(options.real, JSON.stringify(Object.fromEntries(results)));
  return results;
}

/** What is said of one test: passed, failed, or not applicable, and why. */
function judge(test, outcome, onReal) {
  const passed = !outcome.error && outcome.end?.code === 0;
  const skipped = passed ? reasonOfSkip(outcome.output) : undefined;
  const why =
    reasonOfKind(test) ??
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

function printModule({ module, passed, failed, applicable, files, real: onReal }, verdicts) {
  const share = applicable === 0 ? "-" : `${((100 * passed) / applicable).toFixed(1)}%`;
  const rest = files - applicable;
  console.log(
    `${module.padEnd(8)} ${share.padStart(6)}  ${passed} passed, ${failed} failed of ${applicable} applicable; ` +
      `${rest} not applicable; real Node passes ${onReal} of ${files}`,
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
const tests = selectTests(root);
if (tests.length === 0) stop("there is no test of that name");
const onSimulated = await simulated(tests);
const onReal = await real(tests);
for (const module of modules) {
  const own = tests.filter((test) => test.module === module);
  if (own.length === 0) continue;
  const verdicts = own.map((test) => ({
    name: test.name,
    ...judge(test, onSimulated.get(test.name), onReal.get(test.name)),
  }));
  const of = (state) => verdicts.filter((verdict) => verdict.state === state).length;
  const passed = of("passed");
  const failed = of("failed");
  const summary = {
    module,
    passed,
    failed,
    applicable: passed + failed,
    files: own.length,
    real: own.filter(({ name }) => onReal.get(name).passed).length,
  };
  if (options.json)
    console.log(JSON.stringify({ ...summary, tests: options.verbose ? verdicts : undefined }));
  else printModule(summary, verdicts);
}
