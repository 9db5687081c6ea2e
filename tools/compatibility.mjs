/**
 * `npm run compatibility`: runs the programs under examples/packages and examples/more-packages (`test/packages`), and
 * writes docs/compatibility.md from them: which package, in which version, doing what. What examples/more-packages
 * needs is installed first, in that folder; it is no part of `npm ci`, and `npm test` does not run it.
 * `--check` only says whether the page is up to date, `--write` writes it without running anything.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { installPackages } from "./install-packages.mjs";
import { readOptions } from "./options.mjs";

const { values: options } = readOptions("compatibility", {
  check: { type: "boolean" },
  write: { type: "boolean" },
});
const root = fileURLToPath(new URL("..", import.meta.url));
const page = `${root}docs/compatibility.md`;
/** The two suites: that of `npm test`, and the one that is run here alone. */
const suites = [
  { folder: `${root}examples/packages/`, mark: "" },
  { folder: `${root}examples/more-packages/`, mark: " ¹" },
];

/** What is known not to work, by package: what a user of the package would miss. */
const limits = {
  pino: "`pino.transport`: its end (`end()`, the process's exit) blocks until the thread has read all, which none can meanwhile; it gives up after 10 s. Await `log.flush()` first.",
  winston: "Transports that start other processes.",
  pg: "`pg-native` (a native add-on). Tested against a scripted peer until there is a block.",
  postgres: "Tested against a scripted peer until there is a block.",
  amqplib: "Tested against a scripted peer until there is a block.",
  kafkajs: "Tested against a scripted peer until there is a block.",
  nats: "Tested against a scripted peer until there is a block.",
  agenda:
    "Tested with its Redis backend: there is no block of MongoDB. An error of its subscription ends the process unless `backend.notificationChannel` has a listener, as on a real machine.",
  bottleneck:
    "Limiters that share a Redis 7 queue nothing any more once it has lost its memory, as on a real machine: `ERR SETTINGS_KEY_NOT_FOUND`.",
  "bee-queue": "Queues of before a restart of Redis go on with `NOSCRIPT`, as on a real machine.",
  libp2p: "Needs Node 22: `Promise.withResolvers is not a function` before.",
  mysql2: "Tested against the server that the package has in it until there is a block.",
  mongoose: "Tested against a scripted peer until there is a block.",
  ws: "The optional native add-ons `bufferutil` and `utf-8-validate` are left out.",
};

/** Versions that cannot be used, whether simulated or not, and why. */
const notYet = [
  "Newer versions, left out since they do not run on Node 20 itself:",
  "",
  "- nock 15 and msw 3: `Promise.withResolvers is not a function`.",
];

function packageOf(specifier) {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
}

function run(command, args, cwd) {
  const shell = process.platform === "win32";
  const { status } = spawnSync(command, args, { cwd, stdio: "inherit", shell });
  if (status !== 0) {
    console.error(`compatibility: \`${command} ${args.join(" ")}\` failed; the page is as it was`);
    process.exit(1);
  }
}

/** What the programs of a suite say of themselves, by package. */
function readPrograms(rows, { folder, mark }) {
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, "utf8"));
  for (const file of readdirSync(`${folder}programs`).sort()) {
    if (!file.endsWith(".mjs") || file === "roles.mjs") continue;
    const source = readFileSync(`${folder}programs/${file}`, "utf8");
    const summary =
      /^\/\*\*\s*([\s\S]*?)\s*\*\//.exec(source)?.[1]?.replace(/\s*\n\s*\*\s*/g, " ") ?? "";
    const names = [...source.matchAll(/from "([^".][^"]*)"/g)]
      .map(([, specifier]) => packageOf(specifier))
      .filter((name) => !name.startsWith("node:") && !builtinModules.includes(name))
      .filter((name) => dependencies[name] !== undefined);
    for (const name of new Set(names)) {
      const version = dependencies[name];
      const row = rows.get(name) ?? { name, version, exercised: [], programs: [] };
      row.exercised.push(summary);
      row.programs.push(`\`${file}\`${mark}`);
      rows.set(name, row);
    }
  }
}

if (!options.check && !options.write) {
  installPackages("compatibility", suites[1].folder, "examples/more-packages");
  const config = "test/packages/vitest.config.ts";
  run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--config", config], root);
}
const rows = new Map();
for (const suite of suites) readPrograms(rows, suite);

const cell = (text) => text.replaceAll("|", "\\|");
/** The section of public applications, as `npm run applications -- --record` measured them. */
function applications() {
  const measured = JSON.parse(readFileSync(`${root}applications/measured.json`, "utf8"));
  return [
    "## Applications",
    "",
    "Public applications, unchanged, from their own start files (or what their own build makes). The same client walks",
    "the main flow of each against real processes and in a world, and every step is answered alike; two runs of a",
    "world have one fingerprint. `npm run applications` measures it (in a checkout of the repository; `applications/README.md` says how). Processor seconds",
    "are those of a second run in one process, with other work on the machine.",
    "",
    "| application | version | Node | steps of the flow | walks and events in simulated time | processor seconds |",
    "|---|---|---|---|---|---|",
    ...Object.entries(measured).map(([name, row]) => {
      const which = [row.version, row.commit].filter(Boolean).join(", ");
      const events = `${row.walks} walks, ${row.events} events in ${row.simulatedS} s`;
      return `| ${name}: ${cell(row.title)} | ${which} | ${row.node} | ${row.steps} | ${events} | ${row.cpuS} |`;
    }),
    "",
    "PostgreSQL is PGlite behind its socket server, an ordinary program on both arms; `argon2` in the world is its",
    "substitute. Prisma 4, which the Express and Prisma backend asks for, has native engines only; on both arms it is a Prisma 6",
    'whose query compiler is WebAssembly (`engineType = "client"`), with its driver adapter for `pg`.',
    "",
  ];
}

const text = [
  "# Packages that run unmodified",
  "",
  "Each row is a test (`test/packages`): the package as npm installs it does its real work between two",
  "simulated hosts, over a good link and over a slow and lossy one (100 to 300 ms each way, one packet in",
  "twenty lost), and between two real processes; what its client sees is the same in all three, and the",
  "same seed gives the same fingerprint. Many of them have their server killed and started again meanwhile.",
  "Written by `npm run compatibility`; do not edit. What is marked ¹ (`examples/more-packages`) takes long to",
  "install and to load, and is run by that command alone, the rest by `npm test` too.",
  "",
  "| package | version | what is exercised | known not to work |",
  "|---|---|---|---|",
  ...[...rows.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, version, exercised, programs: files }) =>
        `| ${name} | ${version} | ${cell(exercised.join(" "))} (${files.join(", ")}) | ${cell(limits[name] ?? "nothing known")} |`,
    ),
  "",
  ...notYet,
  "",
  ...applications(),
  "What no package can use on a simulated host: native add-ons (but see [what stands in for some](worlds.md#native-add-ons)), `inspector`, and a",
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
