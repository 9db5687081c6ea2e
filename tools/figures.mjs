/**
 * `npm run figures -- [--node-tests DIR] [--redis DIR] [--data DIR] [--porcupine DIR] [--only ID ...] [--list]
 * [--json]`: measures again what the docs claim (`docs/figures.json`), and prints claimed beside measured.
 *
 * The folders are a checkout of Node (or its tests, for the major version that runs this), one of Redis, the
 * histories of others, and a checkout of Porcupine; or LIGHTCONE_NODE_TESTS, LIGHTCONE_REDIS, LIGHTCONE_DATA and
 * LIGHTCONE_PORCUPINE. A figure whose folder nobody names is not measured, and the output says so. `--list` runs
 * nothing, and prints what is claimed.
 *
 * The exit code is 1 when a count fell, a ratio by more than 15%, or a command failed before it printed its figure; 2
 * when nothing could be measured.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { claims, TOLERANCE, verdictOf } from "./figures/claims.mjs";
import { readOptions, stop } from "./options.mjs";

const TOOL = "figures";
const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = readOptions(TOOL, {
  "node-tests": { type: "string" },
  redis: { type: "string" },
  data: { type: "string" },
  porcupine: { type: "string" },
  only: { type: "string", multiple: true },
  list: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
});
const folders = {
  nodeTests: options["node-tests"] ?? process.env.LIGHTCONE_NODE_TESTS,
  redis: options.redis ?? process.env.LIGHTCONE_REDIS,
  data: options.data ?? process.env.LIGHTCONE_DATA,
  porcupine: options.porcupine ?? process.env.LIGHTCONE_PORCUPINE,
};

/** The command with the folders in their places; undefined when one is not known. */
function commandOf({ command }) {
  const words = command.map((word) =>
    word.replaceAll(/\{(\w+)\}/g, (whole, name) => folders[name] ?? whole),
  );
  return words.some((word) => /\{\w+\}/.test(word)) ? undefined : words;
}

const runs = new Map();

/** What a command prints, one object a line, and how it ended; each command runs once for all its figures. */
function linesOf(command) {
  const key = command.join(" ");
  if (!runs.has(key)) runs.set(key, run(command));
  return runs.get(key);
}

function run(command) {
  process.stderr.write(`measuring: node ${command.join(" ")}\n`);
  return new Promise((done) => {
    const child = spawn(process.execPath, command, {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...(folders.data && { LIGHTCONE_DATA: folders.data }) },
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.on("close", (code, signal) => {
      const lines = output.split("\n").filter((line) => line.startsWith("{"));
      const end = signal === null ? `exit code ${code}` : signal;
      done({ lines: lines.map((line) => JSON.parse(line)), failed: code !== 0, end });
    });
  });
}

async function measure(claim) {
  const command = commandOf(claim);
  if (command === undefined)
    return { state: "not measured", why: `needs ${claim.command.join(" ")}` };
  const { lines, failed, end } = await linesOf(command);
  const line = lines.find((one) =>
    Object.entries(claim.select).every(([field, value]) => one[field] === value),
  );
  if (line === undefined) {
    return failed
      ? { state: "failed", why: `its command ended with ${end} and did not print it` }
      : { state: "not measured", why: "its command does not print it here" };
  }
  const measured = line[claim.field];
  return { state: verdictOf(claim, measured), measured };
}

const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

function print(claim, { state, measured, why }) {
  if (options.json) {
    const { id, kind, claimed } = claim;
    console.log(JSON.stringify({ id, kind, claimed, measured, state, why }));
    return;
  }
  const found = measured === undefined ? why : `measured ${number.format(measured)}`;
  const mark = state === "fell" || state === "failed" ? "✗" : state === "not measured" ? "-" : "✓";
  console.log(
    `${mark} ${claim.id.padEnd(34)} claimed ${number.format(claim.claimed).padStart(6)}  ${found}  (${claim.what})`,
  );
}

const wanted = claims().filter(
  ({ id }) => options.only === undefined || options.only.some((name) => id.startsWith(name)),
);
if (wanted.length === 0) stop(TOOL, "there is no figure of that name");
const states = [];
for (const claim of wanted) {
  if (options.list) {
    console.log(
      `${claim.id.padEnd(34)} ${number.format(claim.claimed).padStart(6)}  ${claim.what}`,
    );
    continue;
  }
  const result = await measure(claim);
  states.push(result.state);
  print(claim, result);
}
if (!options.list) {
  const count = (state) => states.filter((one) => one === state).length;
  const [fell, failed, missing] = ["fell", "failed", "not measured"].map(count);
  if (!options.json) {
    console.log(
      `${states.length - missing - failed} of ${states.length} figures measured; ${fell} fell` +
        ` (a count at all, a ratio by more than ${100 * TOLERANCE}%)` +
        (failed > 0 ? `; the commands of ${failed} failed` : ""),
    );
  }
  process.exitCode = fell + failed > 0 ? 1 : missing === states.length ? 2 : 0;
}
