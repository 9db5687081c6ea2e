/** The runner of Node's test suite, on a suite of our own whose results are known. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { falls, suiteOf } from "../../tools/conformance/baseline.mjs";
import { metadataOf, moduleOf, reasonOfKind } from "../../tools/conformance/classify.mjs";

const runner = fileURLToPath(new URL("../../tools/conformance/run.mjs", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "lightcone-runner-"));

/** Counts calls as the suite's own `common` does: what was not called in the end fails the process. */
const common = `
const pending = [];
process.on("exit", (code) => {
  if (code === 0 && pending.some((one) => one.left > 0)) {
    console.log("Mismatched function calls");
    process.exit(1);
  }
});
exports.mustCall = (callback = () => {}) => {
  const one = { left: 1 };
  pending.push(one);
  return (...args) => {
    one.left--;
    return callback(...args);
  };
};`;

const head = `"use strict";\nconst common = require("../common");\nconst fs = require("fs");\n`;

const files: Record<string, string> = {
  "test-fs-called.js": `fs.readFile(__filename, common.mustCall());`,
  "test-fs-flagged.js": `// Flags: --expose-internals\n`,
  "test-fs-never-called.js": `
    if (fs.existsSync("/dev/full")) fs.stat("/node/nothing", () => {});
    if (fs.existsSync("/node/test")) common.mustCall();`,
  "test-fs-only-here.js": `if (!fs.existsSync("/node/test")) throw new Error("the real machine");`,
  "test-fs-skipped.js": `console.log("1..0 # Skipped: for another day");`,
  "test-fs-throws.js": `if (fs.existsSync("/node/test")) throw new TypeError("a simulated host");`,
  "test-fs-loops.js": `if (fs.existsSync("/node/test")) setInterval(() => {}, 60_000);`,
  "test-fs-spoils.js": `Object.prototype.spoiled = true;`,
  "test-fs-unspoiled.js": `if ({}.spoiled) throw new Error("another test was here");`,
  "test-timers-passes.js": `setTimeout(common.mustCall(), 1);`,
  "test-sequence-is-not-asked.js": `throw new Error("not one of the modules");`,
};

/** Does something on the real Node at its first call only. */
const atFirst = (name: string, what: string): string => `
if (!fs.existsSync("/node/test")) {
  const mark = ${JSON.stringify(root)} + "/${name}";
  const again = fs.existsSync(mark);
  fs.writeFileSync(mark, "");
  if (!again) ${what};
}`;

const sequential: Record<string, string> = {
  // As a test does whose machine is busy, or whose port was taken.
  "test-timers-late.js": atFirst("late", "setTimeout(() => {}, 600_000)"),
  "test-timers-unlucky.js": atFirst("unlucky", 'throw new Error("EADDRINUSE")'),
};

beforeAll(() => {
  mkdirSync(join(root, "test", "common"), { recursive: true });
  mkdirSync(join(root, "test", "parallel"));
  mkdirSync(join(root, "test", "sequential"));
  writeFileSync(join(root, "test", "common", "index.js"), common);
  for (const [name, body] of Object.entries(files)) {
    writeFileSync(join(root, "test", "parallel", name), head + body);
  }
  for (const [name, body] of Object.entries(sequential)) {
    writeFileSync(join(root, "test", "sequential", name), head + body);
  }
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Verdict {
  readonly name: string;
  readonly state: string;
  readonly why?: string;
}

it("counts a test as passed only when all that it expected came to pass", async () => {
  const options = ["--json", "--verbose", "--jobs", "1", "--limit", "3"];
  const { stdout } = await promisify(execFile)(process.execPath, [runner, root].concat(options));
  const [fs, timers] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(fs).toMatchObject({ module: "fs", files: 9, passed: 3, failed: 3, applicable: 6 });
  // Two were tried again: what is asked of us does not shrink in silence.
  expect(timers).toMatchObject({ module: "timers", files: 3, passed: 3, failed: 0, applicable: 3 });
  const verdicts = (fs as { tests: Verdict[] }).tests.map(
    ({ name, state, why }) => [name, state, why ?? ""] as const,
  );
  expect(verdicts.map(([name, state]) => `${name} ${state}`)).toEqual([
    "test-fs-called.js passed",
    "test-fs-flagged.js not applicable",
    "test-fs-loops.js failed",
    "test-fs-never-called.js failed",
    "test-fs-only-here.js not applicable",
    "test-fs-skipped.js not applicable",
    "test-fs-spoils.js passed",
    "test-fs-throws.js failed",
    "test-fs-unspoiled.js passed",
  ]);
  const reason = Object.fromEntries(verdicts.map(([name, , why]) => [name, why]));
  expect(reason["test-fs-flagged.js"]).toBe("internals: needs --expose-internals");
  expect(reason["test-fs-loops.js"]).toBe("still running after 600 virtual seconds");
  expect(reason["test-fs-never-called.js"]).toMatch(/^code 1: Mismatched/);
  expect(reason["test-fs-only-here.js"]).toMatch(
    /^real: fails on Node v\S+: Error: the real machine/,
  );
  expect(reason["test-fs-skipped.js"]).toBe("skips itself: for another day");
  expect(reason["test-fs-throws.js"]).toMatch(/^code 1: TypeError: a simulated host/);
});

it("exits with code 1 when fewer pass than recorded", async () => {
  const names = [
    ...Object.keys(files).map((name) => `parallel/${name}`),
    ...Object.keys(sequential).map((name) => `sequential/${name}`),
  ].sort();
  const suite = suiteOf(names.filter((name) => moduleOf(name) !== undefined));
  const node = process.versions.node.split(".")[0];
  const modules = { timers: { passed: 4, applicable: 4, failing: [] } };
  const baseline = join(root, "baseline.json");
  writeFileSync(baseline, JSON.stringify([{ node, suite, modules }]));
  const options = ["--module", "timers", "--baseline", baseline];
  const run = promisify(execFile)(process.execPath, [runner, root, ...options]);
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("fewer than recorded: timers: 3 pass, 4 did") as string,
  });
});

it("tells where fewer pass than recorded, by name", () => {
  const before = {
    modules: {
      fs: { passed: 3, applicable: 6, failing: ["test-fs-old.js"] },
      net: { passed: 5, applicable: 5, failing: [] },
    },
  };
  const now = [
    { module: "fs", passed: 3, failing: ["test-fs-old.js", "test-fs-added.js"], away: 0 },
    { module: "net", passed: 3, failing: ["test-net-new.js"], away: 1 },
    { module: "url", passed: 0, failing: ["test-url-first.js"], away: 0 },
  ];
  expect(falls(before, now)).toEqual([
    "net: 3 pass, 5 did; now failing: test-net-new.js; " +
      "1 fewer can be asked of the real Node here (1 cannot)",
  ]);
});

it.each([
  ["test-net-connect.js", "net"],
  ["test-http2-client.mjs", "http2"],
  ["test-https.js", "https"],
  ["test-child-process-fork.js", "child_process"],
  ["test-worker.mjs", "worker"],
  ["test-stream2-pipes.js", "stream"],
  ["test-whatwg-url-parsing.js", "url"],
  ["parallel/test-require-cache.js", "require"],
  ["es-module/test-require-module.js", "es-module"],
  ["es-module/testcfg.py", undefined],
  ["test-sequence.js", undefined],
  ["net.js", undefined],
])("knows what %s is a test of", (file, module) => {
  expect(moduleOf(file)).toBe(module);
});

it("reads what a test asks of Node, however it is spelled", () => {
  const path = join(root, "flags.js");
  writeFileSync(path, "// Flags: --expose_gc --no-warnings\n// Flags: --title=some_name\n");
  expect(metadataOf(path).flags).toEqual(["--expose-gc", "--no-warnings", "--title=some_name"]);
  expect(reasonOfKind(metadataOf(path))).toBeUndefined();
  expect(reasonOfKind({ flags: ["--inspect=0"], runner: false })).toBe("flags: needs --inspect=0");
});
