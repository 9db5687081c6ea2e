/**
 * Transactions: processor time and peak memory of a check, each in a process of its own. The histories are of a
 * strictly serializable database with ten clients, made here, of the shape of Elle's own performance tests.
 *
 * Seconds say little about another machine, or about a busy one. So a target is a multiple of what the same process
 * needs to parse the same lines with `JSON.parse`, which is the least that any reader of them has to do. Elle's
 * figures stand beside it (4-core EPYC, JDK 17; see `anchors` of the data).
 *
 * As a program: `node bench/check-transactions.mjs make MODEL COUNT FILE` writes one;
 * `... measure MODEL LEVEL FILE` reads and checks one, and prints the figures as JSON.
 */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const self = fileURLToPath(import.meta.url);
const dist = process.env.LIGHTCONE_DIST
  ? new URL(`file://${process.env.LIGHTCONE_DIST}/`)
  : new URL("../dist/", import.meta.url);
const data = fileURLToPath(new URL("../../shared/data/", import.meta.url));

const memoryLimitBytes = 2e9;

/** What is measured: our target, as a multiple of parsing the lines, and Elle's figure in seconds. */
const measures = [
  { model: "list-append", count: 100_000, most: 2, elleS: 1.65 },
  { model: "list-append", count: 1_000_000, most: 1, elleS: 13.8 },
  { model: "rw-register", count: 10_000, most: 16, elleS: 1.9 },
  { model: "rw-register", count: 100_000, most: 6, elleS: 72 },
];

/** Real histories with violations in them: how long until they are found and told. */
const found = [
  ["rw-register", "serializable", "isovista/pg_ser_bug.txt", "PostgreSQL, not serializable"],
  ["rw-register", "snapshot-isolation", "isovista/dgraph_si.txt", "Dgraph, not SI"],
  ["rw-register", "snapshot-isolation", "polysi/dgraph/history.bincode", "Dgraph (PolySI), not SI"],
  ["list-append", "strict-serializable", "elle/histories/huge-scc.edn.gz", "huge-scc", 2.6],
  ["list-append", "serializable", "elle/perf/list-append-si-c10-n100000.jsonl.gz", "si, 100,000"],
  [
    "list-append",
    "serializable",
    "elle/perf/list-append-prefix-c10-n10000.jsonl.gz",
    "prefix, 10,000",
  ],
];

/** Reports all figures. */
export default async function transactions(report) {
  const folder = mkdtempSync(join(tmpdir(), "lightcone-bench-"));
  try {
    for (const { model, count, most, elleS } of measures) {
      const file = join(folder, `${model}-${count}.jsonl`);
      child("make", model, String(count), file);
      const { parseMs, readMs, checkMs, peakBytes, result } = child(
        "measure",
        model,
        "strict-serializable",
        file,
      );
      const name = `${model}, ${count.toLocaleString("en")} transactions`;
      const seconds = checkMs / 1000;
      report({
        name: `${name}: check (${result})`,
        value: seconds,
        unit: "s",
        peer: `JSON.parse ${(parseMs / 1000).toPrecision(3)} s here, Elle ${elleS} s elsewhere`,
        ratio: checkMs / parseMs,
        target: `<= ${((most * parseMs) / 1000).toPrecision(3)}`,
        met: checkMs <= most * parseMs && result === "holds",
      });
      report({ name: `${name}: read`, value: readMs / 1000, unit: "s" });
      report({
        name: `${name}: peak memory`,
        value: peakBytes / 1e9,
        unit: "GB",
        target: memoryLimitBytes / 1e9,
        met: peakBytes < memoryLimitBytes,
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const [model, level, path, name, elleS] of found) {
    const file = join(data, path);
    if (!existsSync(file)) continue;
    const { checkMs, result } = child("measure", model, level, file);
    report({
      name: `${name}: ${result}`,
      value: checkMs / 1000,
      unit: "s",
      ...(elleS ? { peer: `Elle ${elleS} s`, ratio: checkMs / 1000 / elleS } : {}),
      met: result === "violated",
    });
  }
}

function child(...words) {
  const output = execFileSync(process.execPath, [self, ...words], { maxBuffer: 1 << 26 });
  return output.length > 0 ? JSON.parse(output) : undefined;
}

/** Writes the history of a database that runs each transaction at one instant between call and return. */
function make(model, count, file) {
  const fd = openSync(file, "w");
  const random = generator(20_260);
  const clients = 10;
  const keys = Array.from({ length: 10 }, (_, i) => i);
  const state = new Map();
  const written = new Map();
  let nextKey = 10;
  let index = 0;
  let lines = [];
  const emit = (type, process, value) => {
    const event = { index: index++, type, process, f: "txn", value };
    lines.push(JSON.stringify(event));
    if (lines.length >= 10_000) flush();
  };
  const flush = () => {
    writeSync(fd, `${lines.join("\n")}\n`);
    lines = [];
  };
  const draft = () =>
    Array.from({ length: 1 + random(4) }, () => {
      const slot = keys.length - 1 - Math.floor(Math.log2(1 + random(1023)));
      if (random(2) === 0) return ["r", keys[slot], null];
      const key = keys[slot];
      const value = (written.get(key) ?? 0) + 1;
      written.set(key, value);
      if (value >= 16) keys[slot] = nextKey++;
      return [model === "list-append" ? "append" : "w", key, value];
    });
  const run = (mops) =>
    mops.map(([f, key, value]) => {
      if (f === "r") {
        const now = state.get(key);
        return [f, key, now === undefined ? null : Array.isArray(now) ? [...now] : now];
      }
      state.set(key, f === "append" ? [...(state.get(key) ?? []), value] : value);
      return [f, key, value];
    });
  const open = new Map();
  for (let made = 0; made < count || open.size > 0;) {
    const client = random(clients);
    const current = open.get(client);
    if (!current) {
      if (made >= count) continue;
      made++;
      const mops = draft();
      emit("invoke", client, mops);
      open.set(client, { mops, done: undefined });
    } else if (!current.done) current.done = run(current.mops);
    else {
      emit("ok", client, current.done);
      open.delete(client);
    }
  }
  flush();
  closeSync(fd);
}

/** A small generator of numbers below a bound, so that every run measures the same history. */
function generator(seed) {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * bound);
  };
}

/** Processor time of this process's threads, in milliseconds. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function measure(model, level, file) {
  const { readTransactions, checkAppendTable, checkRegisterTable } = await import(
    new URL("check/transactions/index.js", dist).href
  );
  const { Budget } = await import(new URL("check/index.js", dist).href);
  const raw = readFileSync(file);
  const bytes = file.endsWith(".gz") ? gunzipSync(raw) : raw;
  const parsed = cpuMs();
  if (file.endsWith(".jsonl")) {
    for (const line of bytes.toString().split("\n")) if (line !== "") JSON.parse(line);
  }
  const start = cpuMs();
  const { table, lookup } = readTransactions(bytes, { name: file, model });
  const read = cpuMs();
  const check = model === "list-append" ? checkAppendTable : checkRegisterTable;
  const { verdict } = check(table, lookup, { level, budget: new Budget({ memory: "4GB" }) });
  const end = cpuMs();
  const figures = {
    parseMs: start - parsed,
    readMs: read - start,
    checkMs: end - read,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    result: verdict.result,
  };
  console.log(JSON.stringify(figures));
}

if (process.argv[1] === self) {
  const [, , what, ...words] = process.argv;
  if (what === "make") make(words[0], Number(words[1]), words[2]);
  else await measure(words[0], words[1], words[2]);
}
