/** Starts the servers that Redis's test suite runs against, runs one of its files, and reads what it says. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { freePort } from "../free-port.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The settings of the suite's own `tests/assets/default.conf`, for what does not concern files. */
const settings = {
  "notify-keyspace-events": "KEA",
  "latency-monitor-threshold": "1",
  "enable-debug-command": "yes",
  "enable-protected-configs": "yes",
};

/** Bundles the block, so that it runs the sources as they are now. */
export async function buildBlock() {
  const folder = join(here, "..", "..", "node_modules", ".cache", "lightcone");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `redis-${process.pid}.mjs`);
  await build({
    entryPoints: [join(here, "..", "..", "src", "blocks", "redis", "main.ts")],
    outfile: path,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  return { path, remove: () => rmSync(path, { force: true }) };
}

function answers(port) {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => (socket.destroy(), done(true)));
    socket.once("error", () => done(false));
  });
}

async function start(program, args) {
  const folder = mkdtempSync(join(tmpdir(), "lightcone-redis-suite-"));
  const port = await freePort();
  const flags = Object.entries({ ...settings, port, dir: folder }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const child = spawn(program, [...args, ...flags], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors = (errors + chunk).slice(-4_000)));
  const ended = new Promise((done) => child.once("exit", done));
  for (let attempt = 0; !(await answers(port)); attempt++) {
    if (attempt > 200) throw new Error(`${program} did not listen: ${errors}`);
    await new Promise((done) => setTimeout(done, 25));
  }
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
    if (errors !== "") console.error(errors);
  };
  return { port, stop };
}

/** Our block as a process of its own. */
export function startOurs(path) {
  return start(process.execPath, [path]);
}

/** The redis-server of this machine, with nothing saved unless a test asks for it. */
export function startReal() {
  return start("redis-server", ["--save", "", "--bind", "127.0.0.1"]);
}

/**
 * A folder from which the suite starts servers itself: its tests, and programs in `src`. Without `block` the
 * programs are those of this machine.
 */
export function suiteFolder(root, block) {
  const folder = mkdtempSync(join(tmpdir(), "lightcone-redis-suite-"));
  mkdirSync(join(folder, "src"));
  // Each arm has a folder `tests/tmp` of its own: the suite clears it when it starts.
  mkdirSync(join(folder, "tests", "tmp"), { recursive: true });
  for (const name of readdirSync(join(root, "tests"))) {
    if (name !== "tmp") symlinkSync(join(root, "tests", name), join(folder, "tests", name));
  }
  const scripts = {
    "redis-server": block
      ? `exec ${process.execPath} ${join(here, "redis-server.mjs")} ${block} "$@"`
      : 'exec redis-server "$@"',
    "redis-cli": 'exec redis-cli "$@"',
    "redis-benchmark": 'exec redis-benchmark "$@"',
  };
  for (const [name, command] of Object.entries(scripts)) {
    writeFileSync(join(folder, "src", name), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  }
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Runs one file of the suite, against the server on `port` or against servers that it starts itself. Gives
 * the tests that ran by name, how many were skipped, and how the run ended when it did not end by itself.
 */
export async function runFile(cwd, file, { port, basePort, tags, only, skip, limitMs }) {
  const args = ["tests/test_helper.tcl", "--baseport", String(basePort), "--single", file];
  args.push("--durable", "--dont-clean");
  if (port === undefined) args.push("--clients", "1", "--portcount", "60");
  else args.push("--host", "127.0.0.1", "--port", String(port));
  if (tags !== "") args.push("--tags", tags);
  for (const name of only) args.push("--only", name);
  for (const name of skip) args.push("--skiptest", name);
  // A group of its own: the suite starts helpers, which end with it.
  const child = spawn("tclsh", args, { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => (output += chunk.toString("latin1")));
  }
  let ended;
  const timer = setTimeout(() => {
    ended = "ran out of time";
    process.kill(-child.pid, "SIGKILL");
  }, limitMs);
  await new Promise((done) => child.once("close", done));
  clearTimeout(timer);
  const exception = /\[exception\]: ([^\n]*(?:\n(?!\[)[^\n]*){0,12})/.exec(output);
  if (exception) ended = `broke off: ${exception[1]}`;
  return { ...readOutput(output), ended };
}

/** The outcome of each test, from what the suite prints. */
function readOutput(text) {
  const tests = new Map();
  let skipped = 0;
  // The names are not unique: the later of two is told apart by its number.
  const add = (name, outcome) => {
    let unique = name;
    for (let number = 2; tests.has(unique); number++) unique = `${name} (${number})`;
    tests.set(unique, outcome);
  };
  // Escape codes of the terminal surround the states when the suite thinks that it has one.
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "");
  const body = plain.split("\n                   The End")[0];
  for (const part of body.split(/\n(?=\[[a-z0-9/ ]+\]: )/)) {
    const match = /^\[([a-z]+)\]: ([^]*)$/.exec(part);
    if (!match) continue;
    const [, state, rest] = match;
    if (state === "ok") add(rest.replace(/ \([0-9]+ ms\)[^]*$/, ""), { passed: true });
    else if (state === "skip" || state === "ignore") skipped++;
    else if (state === "err") {
      const [first, ...more] = rest.split("\n");
      add(first.replace(/ in tests\/[^ ]*$/, ""), { passed: false, why: more.join("\n").trim() });
    }
  }
  return { tests, skipped };
}
