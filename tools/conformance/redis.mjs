/**
 * `npm run conformance:redis -- DIR [--file REGEX] [--only TEST] [--internal] [--real FILE] [--tags TAGS] [--verbose]
 * [--json]`: how much of Redis's own test suite passes against our Redis block.
 *
 * DIR is a checkout of Redis at the version that the block imitates (7.0), with its folder `tests`. Each
 * file runs in the suite's external mode, against our block and against the redis-server of this machine,
 * each on a fresh server. What the suite itself marks as impossible from outside it skips; with `--internal`
 * the suite starts the servers itself, and skips less. `--real FILE` keeps the results of redis-server in a file, and takes them from there when they are in it. `tclsh` and
 * `redis-server` must be installed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readOptions, regularExpression, stop as stopTool, wholeNumber } from "../options.mjs";
import { reasonOf, skipped } from "./redis-by-design.mjs";
import { buildBlock, runFile, startOurs, startReal, suiteFolder } from "./redis-suite.mjs";

/** The files that concern a single server without modules, in the suite's own order. */
const files = [
  "unit/dump",
  "unit/auth",
  "unit/protocol",
  "unit/keyspace",
  "unit/scan",
  "unit/info",
  "unit/info-command",
  "unit/type/string",
  "unit/type/incr",
  "unit/type/list",
  "unit/type/list-2",
  "unit/type/list-3",
  "unit/type/set",
  "unit/type/zset",
  "unit/type/hash",
  "unit/type/stream",
  "unit/type/stream-cgroups",
  "unit/sort",
  "unit/expire",
  "unit/other",
  "unit/multi",
  "unit/quit",
  "unit/acl",
  "unit/acl-v2",
  "unit/latency-monitor",
  "unit/pubsub",
  "unit/pubsubshard",
  "unit/slowlog",
  "unit/scripting",
  "unit/functions",
  "unit/maxmemory",
  "unit/introspection",
  "unit/introspection-2",
  "unit/limits",
  "unit/obuf-limits",
  "unit/bitops",
  "unit/bitfield",
  "unit/geo",
  "unit/hyperloglog",
  "unit/lazyfree",
  "unit/pause",
  "unit/querybuf",
  "unit/tracking",
];

/** What no server outside the suite's own can be asked, and what takes minutes. */
const TAGS = "-needs:repl -cluster -slow";

/** Where the suite looks for a port for itself: apart for each arm and for runs side by side. */
const BASE_PORT = 20_000 + (process.pid % 200) * 128;

const TOOL = "conformance:redis";
const { values: options, positionals } = readOptions(
  TOOL,
  {
    file: { type: "string" },
    only: { type: "string", multiple: true },
    real: { type: "string" },
    internal: { type: "boolean", default: false },
    tags: { type: "string", default: TAGS },
    seconds: { type: "string", default: "120" },
    verbose: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
  true,
);
const pattern = regularExpression(TOOL, "--file", options.file);
const limitMs = wholeNumber(TOOL, "--seconds", options.seconds) * 1_000;

function stop(message) {
  return stopTool(TOOL, message);
}

/** The folder of the checkout that the user named. */
function suiteRoot(directory) {
  if (!directory) stop("which folder? A checkout of Redis 7.0");
  const root = resolve(directory);
  if (!existsSync(join(root, "tests", "test_helper.tcl"))) {
    stop(`${directory} holds no tests/test_helper.tcl: not a checkout of Redis`);
  }
  return root;
}

function require(program, argument) {
  if (spawnSync(program, [argument], { stdio: "ignore", input: "exit" }).error) {
    stop(`${program} is not installed, and the suite needs it`);
  }
}

/** Runs one file on one arm: on a server of its own, or from a folder that starts them. */
async function runOn(start, folder, file, basePort, skip) {
  const server = options.internal ? undefined : await start();
  try {
    return await runFile(options.internal ? folder.path : root, file, {
      port: server?.port,
      basePort,
      tags: options.tags,
      only: options.only ?? [],
      skip,
      limitMs,
    });
  } finally {
    await server?.stop();
  }
}

const root = suiteRoot(positionals[0]);
const known =
  options.real && existsSync(options.real) ? JSON.parse(readFileSync(options.real, "utf8")) : {};

/** The results of redis-server, from the file of an earlier run or from a run. */
async function onReal(file) {
  const key = `${file} ${options.internal} ${options.tags} ${options.only ?? ""}`;
  const kept = known[key];
  if (kept) return { ...kept, tests: new Map(kept.tests) };
  const outcome = await runOn(startReal, folders.real, file, BASE_PORT, []);
  if (options.real && outcome.tests.size > 0) {
    known[key] = { ...outcome, tests: [...outcome.tests] };
    writeFileSync(options.real, JSON.stringify(known));
  }
  return outcome;
}

/** What the arms say of a file, test by test. */
function judge(file, real, ours) {
  const names = [...new Set([...real.tests.keys(), ...ours.tests.keys()])];
  const count = (outcome) => names.filter((name) => outcome.tests.get(name)?.passed).length;
  const failures = names.flatMap((name) => {
    const mine = ours.tests.get(name);
    if (mine?.passed) return [];
    const why = mine === undefined ? "did not run" : mine.why;
    const there = real.tests.get(name);
    const excuse = there && !there.passed ? `real: ${there.why}` : reasonOf(file, name);
    return [{ name, why, excuse }];
  });
  return {
    file,
    tests: names.length,
    real: count(real),
    ours: count(ours),
    skipped: real.skipped,
    failures,
    ended: [real.ended && `real ${real.ended}`, ours.ended && `ours ${ours.ended}`].filter(Boolean),
  };
}

function print(verdict) {
  const { file, tests, real, ours, skipped, failures, ended } = verdict;
  console.log(
    `${file.padEnd(26)} ${String(tests).padStart(5)} ${String(real).padStart(6)} ${String(ours).padStart(6)} ` +
      `${String(skipped).padStart(8)}  ${ended.join("; ")}`,
  );
  for (const { name, why, excuse } of failures) {
    const text = options.verbose ? why : why.split("\n")[0].slice(0, 200);
    console.log(excuse ? `    - ${name}: by design: ${excuse}` : `    ✗ ${name}: ${text}`);
  }
}

require("tclsh", "-h");
require("redis-server", "--version");
const wanted = files.filter((name) => pattern?.test(name) ?? true);
if (wanted.length === 0) stop("there is no file of that name");
const block = await buildBlock();
const folders = { real: suiteFolder(root), ours: suiteFolder(root, block.path) };
const total = { tests: 0, real: 0, ours: 0, unexplained: 0 };
if (!options.json) console.log(`${"file".padEnd(26)} tests   real   ours  skipped`);
try {
  for (const file of wanted) {
    const [real, ours] = await Promise.all([
      onReal(file),
      runOn(() => startOurs(block.path), folders.ours, file, BASE_PORT + 64, skipped(file)),
    ]);
    const verdict = judge(file, real, ours);
    total.tests += verdict.tests;
    total.real += verdict.real;
    total.ours += verdict.ours;
    total.unexplained += verdict.failures.filter(({ excuse }) => excuse === undefined).length;
    if (options.json) console.log(JSON.stringify(verdict));
    else print(verdict);
  }
} finally {
  block.remove();
  folders.real.remove();
  folders.ours.remove();
}
if (!options.json) {
  console.log(
    `${"in all".padEnd(26)} ${String(total.tests).padStart(5)} ${String(total.real).padStart(6)} ${String(total.ours).padStart(6)}`,
  );
}
process.exitCode = total.unexplained === 0 ? 0 : 1;
