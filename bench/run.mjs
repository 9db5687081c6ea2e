/**
 * `npm run bench [-- NAME ...] [--json] [--porcupine DIR] [--against REF] [--program FILE]`: measures, each figure a
 * median of several runs, as a ratio against a peer or a limit measured in the same run.
 *
 * `--porcupine DIR` is a checkout of Porcupine, for the group `check`: it is built and run beside ours, and its
 * own histories are measured too. `--against REF` and `--program FILE` are for the group `start`, whose file explains
 * them.
 *
 * A group is a file `bench/NAME.bench.mjs` that exports `default async function (report, options)`; it calls
 * `report({ name, value, unit, peer, ratio, target, met })` once a figure. Files import from `../dist`.
 */
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { engineFlags } from "../dist/explore/index.js";

// As the processes of a campaign run; peers in this process get the same.
for (const flag of engineFlags) setFlagsFromString(flag);

const here = new URL(".", import.meta.url);
const groups = readdirSync(here)
  .filter((file) => file.endsWith(".bench.mjs"))
  .map((file) => file.slice(0, -".bench.mjs".length))
  .sort();

let options;
try {
  options = parseArgs({
    options: {
      json: { type: "boolean" },
      porcupine: { type: "string" },
      against: { type: "string" },
      program: { type: "string" },
    },
    allowPositionals: true,
  });
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exit(2);
}
const { values, positionals } = options;
for (const name of positionals) {
  if (!groups.includes(name)) {
    console.error(`bench: no group ${JSON.stringify(name)}; there are: ${groups.join(", ")}`);
    process.exit(2);
  }
}

const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
function report(figure) {
  if (values.json) {
    console.log(JSON.stringify(figure));
    return;
  }
  const { name, value, unit, peer, ratio, target, met } = figure;
  const parts = [`${name.padEnd(44)} ${number.format(value).padStart(12)} ${unit}`];
  if (peer !== undefined) parts.push(`peer ${peer}`);
  if (ratio !== undefined) parts.push(`ratio ${number.format(ratio)}`);
  if (target !== undefined) parts.push(`target ${target}`);
  if (met !== undefined) parts.push(met ? "met" : "MISSED");
  console.log(parts.join("  "));
}

for (const name of positionals.length > 0
  ? positionals
  : groups.filter((group) => group !== "peers")) {
  if (!values.json) console.log(`\n${name}`);
  const group = await import(new URL(`${name}.bench.mjs`, here).href);
  const { porcupine, against, program } = values;
  await group.default(report, { porcupine, against, program });
}
