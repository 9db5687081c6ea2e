/**
 * Writes docs/compatibility.md from the programs under examples/packages: which package, in which version,
 * doing what, is tested on simulated hosts (`test/packages`). `--check` says whether the page is up to date.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { readOptions } from "./options.mjs";

const { values: options } = readOptions("compatibility", { check: { type: "boolean" } });
const root = fileURLToPath(new URL("..", import.meta.url));
const programs = `${root}examples/packages/programs/`;
const page = `${root}docs/compatibility.md`;
const require = createRequire(`${root}examples/packages/package.json`);

/** What is known not to work, by package: what a user of the package would miss. */
const limits = {
  pino: "`pino.transport`: its end (`end()`, the process's exit) blocks until the thread has read all, which none can meanwhile; it gives up after 10 s. Await `log.flush()` first.",
  winston: "Transports that start other processes.",
  pg: "`pg-native` (a native add-on). Tested against a scripted peer until there is a block.",
  postgres: "Tested against a scripted peer until there is a block.",
  amqplib: "Tested against a scripted peer until there is a block.",
  kafkajs: "Tested against a scripted peer until there is a block.",
  nats: "Tested against a scripted peer until there is a block.",
  ws: "The optional native add-ons `bufferutil` and `utf-8-validate` are left out.",
};

function packageOf(specifier) {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
}

function versionOf(name) {
  // Many packages do not export their package.json: find it from their entry.
  for (const folder of require.resolve.paths(name)) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")).version;
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(`compatibility: ${name} is not installed; run \`npm ci\` first`);
}

const declared = Object.keys(
  JSON.parse(readFileSync(`${root}examples/packages/package.json`, "utf8")).dependencies,
);
const rows = new Map();
for (const file of readdirSync(programs).sort()) {
  if (!file.endsWith(".mjs") || file === "roles.mjs") continue;
  const source = readFileSync(programs + file, "utf8");
  const summary =
    /^\/\*\*\s*([\s\S]*?)\s*\*\//.exec(source)?.[1]?.replace(/\s*\n\s*\*\s*/g, " ") ?? "";
  const names = [...source.matchAll(/from "([^".][^"]*)"/g)]
    .map(([, specifier]) => packageOf(specifier))
    .filter((name) => !name.startsWith("node:") && !builtinModules.includes(name))
    .filter((name) => declared.includes(name));
  for (const name of new Set(names)) {
    const row = rows.get(name) ?? { name, version: versionOf(name), exercised: [], programs: [] };
    row.exercised.push(summary);
    row.programs.push(file);
    rows.set(name, row);
  }
}

const cell = (text) => text.replaceAll("|", "\\|");
const text = [
  "# Packages that run unmodified",
  "",
  "Each row is a test (`test/packages`): the package as npm installs it does its real work between two",
  "simulated hosts, over a good link and over a slow and lossy one (100 to 300 ms each way, one packet in",
  "twenty lost), and between two real processes; what its client sees is the same in all three, and the",
  "same seed gives the same fingerprint. Written by `npm run compatibility`; do not edit.",
  "",
  "| package | version | what is exercised | known not to work |",
  "|---|---|---|---|",
  ...[...rows.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, version, exercised, programs: files }) =>
        `| ${name} | ${version} | ${cell(exercised.join(" "))} (${files
          .map((file) => `\`${file}\``)
          .join(", ")}) | ${cell(limits[name] ?? "nothing known")} |`,
    ),
  "",
  "What no package can use on a simulated host: native add-ons, `inspector`, and a",
  "module that Lightcone does not simulate; each throws `LC_NOT_SIMULATED` and says its name.",
  "",
].join("\n");

if (options.check) {
  let before = "";
  try {
    before = readFileSync(page, "utf8");
  } catch {
    // There is no page yet.
  }
  if (before !== text) {
    console.error(
      "compatibility: docs/compatibility.md is out of date; run `npm run compatibility`",
    );
    process.exit(1);
  }
} else {
  writeFileSync(page, text);
}
