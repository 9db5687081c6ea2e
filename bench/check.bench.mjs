/**
 * Linearizability beside Porcupine and Knossos: on their own histories and on those of `scale`.
 *
 * The peers' figures stand in the data's CSV files (taken on a 4-core AMD EPYC). Where Go is installed and
 * Porcupine's module can be had, Porcupine runs here too, in the same script (`bench/peers/porcupine`), on
 * the same machine. `--porcupine DIR` (or LIGHTCONE_PORCUPINE) names a checkout of it: that one is built, and its
 * own key-value logs are measured, among them those of fifty clients. LIGHTCONE_DATA names another data folder;
 * LIGHTCONE_DIST another build.
 * Transactions are measured by `check-transactions.mjs`, in the same group.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { median } from "./median.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const data = resolve(process.env.LIGHTCONE_DATA ?? join(here, "../../shared/data"));
const dist = process.env.LIGHTCONE_DIST
  ? new URL(`file://${process.env.LIGHTCONE_DIST}/`)
  : new URL("../dist/", import.meta.url);

/** How long one check may take, as in the peers' figures. */
const limit = "20s";
/** How long Porcupine may take here for a history that its CSV leaves unknown at twenty seconds. */
const hopelessLimit = "2s";
const memoryLimitBytes = 2e9;

/** Reports all figures; without the data folder, none. */
export default async function check(report, options = {}) {
  const named = options.porcupine ?? process.env.LIGHTCONE_PORCUPINE;
  const checkout = named === undefined ? undefined : resolve(named);
  if (checkout !== undefined && !existsSync(join(checkout, "porcupine.go"))) {
    console.error(`check: no checkout of Porcupine in ${checkout}`);
    process.exit(2);
  }
  if (existsSync(data)) {
    const { readHistories } = await import(new URL("history/index.js", dist).href);
    const { Budget, findChecker } = await import(new URL("check/index.js", dist).href);
    const kit = { readHistories, Budget, findChecker };
    report({
      name: `machine: ${cpus()[0]?.model.trim() ?? "unknown"}`,
      value: availableParallelism(),
      unit: "cores",
    });
    const porcupine = buildPorcupine(checkout);
    if (!porcupine) console.error("check: Porcupine is not run here, for want of Go or its module");
    try {
      await etcdLogs(report, kit, porcupine);
      await keyValueLogs(report, kit, porcupine, checkout);
      await knossosHistories(report, kit);
      await scaleHistories(report, kit, porcupine);
    } finally {
      porcupine?.remove();
    }
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    const name = "peak memory of all of the above";
    const met = peakBytes < memoryLimitBytes;
    report({ name, value: peakBytes / 1e6, unit: "MB", target: memoryLimitBytes / 1e6, met });
  } else console.error(`check: no data in ${data}; name a folder with LIGHTCONE_DATA`);
  const transactions = new URL("check-transactions.mjs", import.meta.url);
  if (existsSync(transactions)) await (await import(transactions.href)).default(report);
}

const porcupineModule = "github.com/anishathalye/porcupine";

/** Builds our small Go program, if Go and Porcupine's module are there. */
function buildPorcupine(checkout) {
  const folder = mkdtempSync(join(tmpdir(), "lightcone-porcupine-"));
  const source = join(folder, "source");
  cpSync(join(here, "peers/porcupine"), source, { recursive: true });
  const binary = join(folder, "porcupine");
  const remove = () => rmSync(folder, { recursive: true, force: true });
  for (const go of ["go", "/usr/local/go/bin/go"]) {
    const call = (...args) =>
      execFileSync(go, args, {
        cwd: source,
        stdio: ["ignore", "ignore", "pipe"],
        timeout: 120_000,
      });
    try {
      if (checkout) call("mod", "edit", "-replace", `${porcupineModule}=${checkout}`);
      call("build", "-o", binary, ".");
    } catch (error) {
      if (error.code === "ENOENT") continue;
      console.error(`check: Porcupine does not build here: ${String(error.stderr ?? error)}`);
      break;
    }
    return { remove, run: (files, options) => runPorcupine(binary, files, options) };
  }
  remove();
  return undefined;
}

/** Nanoseconds and verdict of each file, in the order of `files`. */
function runPorcupine(binary, files, { runs = 5, timeLimit = limit } = {}) {
  const args = ["-runs", String(runs), "-limit", timeLimit, ...files];
  return execFileSync(binary, args, { encoding: "utf8", maxBuffer: 1 << 26 })
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

function csv(path) {
  if (!existsSync(path)) return [];
  const [header, ...rows] = readFileSync(path, "utf8").trim().split("\n");
  const names = header.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((cell, i) => [names[i], cell])));
}

function load({ readHistories }, path, model) {
  const packed = readFileSync(path);
  const bytes = path.endsWith(".gz") ? gunzipSync(packed) : packed;
  return readHistories(bytes, { name: path, model }).histories[0].history;
}

/**
 * One verdict, decided without making a violation small, and how long it took: milliseconds by the clock (`ms`) and
 * of processor time (`cpuMs`), which a busy machine changes less.
 */
function timed({ Budget, findChecker }, history, model, options = {}) {
  const checker = findChecker(model);
  const start = performance.now();
  const before = process.cpuUsage();
  const { verdict } = checker.check(history, {
    budget: new Budget({ timeout: limit }),
    decideOnly: true,
    ...options,
  });
  const { user, system } = process.cpuUsage(before);
  return {
    ms: performance.now() - start,
    cpuMs: (user + system) / 1000,
    result: verdict.result,
  };
}

const sum = (list) => list.reduce((a, b) => a + b, 0);

/** What is compared: with the peer's run here where there was one, else with its figure in the CSV. */
function peerOf(csvMs, liveMs) {
  const words = `Porcupine ${csvMs.toPrecision(3)} ms (CSV)`;
  return liveMs === undefined ? words : `${words}, ${liveMs.toPrecision(3)} ms here`;
}

async function etcdLogs(report, kit, porcupine) {
  const rows = csv(`${data}/porcupine/expected.csv`).filter(
    ({ file }) => file.startsWith("jepsen/") && existsSync(`${data}/porcupine/${file}`),
  );
  if (rows.length === 0) return;
  const files = rows.map(({ file }) => `${data}/porcupine/${file}`);
  const histories = files.map((file) => load(kit, file));
  const pass = (options) =>
    sum(histories.map((history) => timed(kit, history, "register", options).ms));
  const cold = pass();
  const warm = await median(() => pass());
  const told = await median(() => pass({ decideOnly: false }));
  const csvMs = sum(rows.map((row) => Number(row.porcupine_ns_per_check_4core_amd_epyc) / 1e6));
  const liveMs = porcupine && sum(porcupine.run(files).map(({ ns }) => ns / 1e6));
  const peerMs = liveMs ?? csvMs;
  const name = `${rows.length} etcd logs, in all`;
  const peer = peerOf(csvMs, liveMs);
  // Only a peer that ran beside us says something about this machine: the CSV's figure is another one's.
  const beside = (ms, most) =>
    liveMs === undefined
      ? {}
      : { target: `<= ${(most * liveMs).toPrecision(3)}`, met: ms <= most * liveMs };
  report({ name, value: warm, unit: "ms", peer, ratio: warm / peerMs, ...beside(warm, 1) });
  report({ name: `${name}, first pass`, value: cold, unit: "ms", ratio: cold / peerMs });
  report({ name: `${name}, with evidence`, value: told, unit: "ms", ratio: told / peerMs });
}

async function keyValueLogs(report, kit, porcupine, checkout) {
  const known = new Map(
    csv(`${data}/porcupine/expected.csv`)
      .filter(({ file, model }) => file.startsWith("kv/") && !model.includes("NOT"))
      .map(({ file, ...row }) => [file, Number(row.porcupine_ns_per_check_4core_amd_epyc) / 1e6]),
  );
  const folder = checkout ? join(checkout, "test_data/kv") : join(data, "porcupine/kv");
  if (!existsSync(folder)) return;
  for (const file of readdirSync(folder).sort()) {
    const path = join(folder, file);
    const history = load(kit, path);
    const csvMs = known.get(`kv/${file}`);
    const liveMs = porcupine && porcupine.run([path], { runs: 21 })[0].ns / 1e6;
    const { result } = timed(kit, history, "map");
    const ms = await median(() => timed(kit, history, "map").ms, { runs: 41, warmup: 60 });
    const peerMs = liveMs ?? csvMs;
    const told = [
      csvMs === undefined ? [] : `${csvMs.toPrecision(3)} ms (CSV)`,
      liveMs === undefined ? [] : `${liveMs.toPrecision(3)} ms here`,
    ].flat();
    report({
      name: `kv/${file} (${result}), by key`,
      value: ms,
      unit: "ms",
      ...(peerMs === undefined
        ? {}
        : {
            peer: `Porcupine ${told.join(", ")}`,
            ratio: ms / peerMs,
            ...(/c[15]0/.test(file)
              ? { target: `<= ${peerMs.toPrecision(3)}`, met: ms <= peerMs && result !== "unknown" }
              : {}),
          }),
    });
  }
}

async function knossosHistories(report, kit) {
  const initials = { CASRegister: 0, MultiRegister: { x: 0, y: 0 } };
  const models = { CASRegister: "register", MultiRegister: "multi-register", Mutex: "mutex" };
  const rows = csv(`${data}/knossos/expected.csv`).filter(
    ({ file, model }) => models[model] && existsSync(`${data}/knossos/${file}`),
  );
  if (rows.length === 0) return;
  const loaded = rows.map(({ file, model }) => ({
    history: load(kit, `${data}/knossos/${file}`),
    model: models[model],
    initial: file.includes("rethink") ? null : initials[model],
  }));
  const ms = await median(() =>
    sum(
      loaded.map(
        ({ history, model, initial }) =>
          timed(kit, history, model, { initial, settings: { dialect: "knossos" } }).ms,
      ),
    ),
  );
  const wglMs = sum(rows.map(({ wgl_ms: wgl }) => Number(wgl)));
  report({
    name: `${rows.length} histories of Knossos, in all`,
    value: ms,
    unit: "ms",
    peer: `Knossos wgl ${wglMs.toPrecision(3)} ms (CSV)`,
    ratio: ms / wglMs,
  });
}

async function scaleHistories(report, kit, porcupine) {
  const rows = csv(`${data}/scale/porcupine.csv`).filter(({ file }) =>
    existsSync(`${data}/scale/${file}.csv.gz`),
  );
  let hopeless = 0;
  let decided = 0;
  for (const row of rows) {
    const path = `${data}/scale/${row.file}.csv.gz`;
    const model = row.file.startsWith("fifo") ? "fifo-queue" : "register";
    const history = load(kit, path, model);
    const first = timed(kit, history, model);
    const ms =
      first.ms > 5_000 ? first.ms : await median(() => timed(kit, history, model).ms, { runs: 3 });
    const unknown = row.porcupine_verdict_20s_limit === "Unknown";
    if (unknown) {
      hopeless++;
      if (first.result !== "unknown" && first.ms < 20_000) decided++;
    }
    const live = porcupine?.run([path], { runs: 1, timeLimit: unknown ? hopelessLimit : limit })[0];
    const liveWords = live
      ? live.verdict === "Unknown"
        ? `, unknown after ${hopelessLimit} here`
        : `, ${(live.ns / 1e9).toPrecision(3)} s here`
      : "";
    const csvWords = unknown ? "unknown after 20 s" : `${row.porcupine_seconds} s`;
    const peerS =
      live && live.verdict !== "Unknown" ? live.ns / 1e9 : Number(row.porcupine_seconds);
    const unique = row.file.includes("unique");
    const cpuMs = unique ? await median(() => timed(kit, history, model).cpuMs, { runs: 3 }) : 0;
    report({
      name: `${row.file} (${first.result})`,
      value: ms / 1000,
      unit: "s",
      peer: `Porcupine ${csvWords} (CSV)${liveWords}`,
      ratio: ms / 1000 / peerS,
      ...(unique ? { target: "< 1 of processor time", met: cpuMs < 1000 } : {}),
    });
  }
  if (hopeless === 0) return;
  report({
    name: "decided of those that Porcupine leaves unknown",
    value: decided,
    unit: `of ${hopeless}`,
    target: `>= ${Math.ceil(hopeless / 2)}`,
    met: decided * 2 >= hopeless,
  });
}
