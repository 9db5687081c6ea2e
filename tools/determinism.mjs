/**
 * `npm run determinism [-- --repeats 100] [--node PATH ...] [--seed N] [--json]`: runs a world that uses
 * every simulated module again and again, in used and in fresh processes, on each Node that is given (the
 * one that runs this, unless told), and compares the fingerprints.
 *
 * One version of Node gives one fingerprint. Two versions give the same one as long as they put the same
 * bytes on the wire: where Node itself changed what it sends, theirs differ, and this says so.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { readOptions, wholeNumber } from "./options.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = readOptions("determinism", {
  repeats: { type: "string", default: "100" },
  node: { type: "string", multiple: true, default: [process.execPath] },
  seed: { type: "string", default: "1" },
  json: { type: "boolean", default: false },
});
const repeats = wholeNumber("determinism", "--repeats", values.repeats);
const seed = wholeNumber("determinism", "--seed", values.seed);
/** Runs in one process, before the next fresh one. */
const A_PROCESS = 10;

// The world is TypeScript: compiled beside the sources, so that what it reads is found.
const folder = mkdtempSync(join(root, "node_modules", ".determinism-"));
const runner = join(folder, "runner.mjs");
const here = JSON.stringify(new URL("../test/node/everything.ts", import.meta.url).href);
await build({
  stdin: {
    contents: `
      import { runEverything } from "./test/node/everything.ts";
      const [seed, runs] = process.argv.slice(2).map(Number);
      for (let i = 0; i < runs; i++) console.log((await runEverything(seed)).fingerprint);
    `,
    resolveDir: root,
  },
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  define: { "import.meta.url": here },
  outfile: runner,
  logLevel: "error",
});

const seen = new Map();
let failed = false;
try {
  for (const node of values.node) {
    const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim();
    if (!version) {
      console.error(`determinism: ${node} does not run`);
      failed = true;
      continue;
    }
    const counts = new Map();
    for (let done = 0; done < repeats; done += A_PROCESS) {
      const runs = Math.min(A_PROCESS, repeats - done);
      const { stdout, stderr, status } = spawnSync(node, [runner, String(seed), String(runs)], {
        encoding: "utf8",
        env: { ...process.env, LC_ALL: "C.UTF-8" },
      });
      if (status !== 0) {
        console.error(`determinism: ${version} failed\n${stderr}`);
        failed = true;
        break;
      }
      for (const fingerprint of stdout.trim().split("\n")) {
        counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + 1);
      }
    }
    if (counts.size > 1) failed = true;
    seen.set(version, counts);
    if (!values.json) {
      const text = [...counts]
        .map(([fingerprint, count]) => `${count} × ${fingerprint}`)
        .join(", ");
      console.log(`${version.padEnd(10)} ${text}${counts.size > 1 ? "  DIFFERS" : ""}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const fingerprints = [...new Set([...seen.values()].flatMap((counts) => [...counts.keys()]))];
if (values.json) console.log(JSON.stringify({ repeats, fingerprints }));
else if (seen.size > 1)
  console.log(fingerprints.length === 1 ? "all the same" : `${fingerprints.length} kinds of wire`);
process.exit(failed ? 1 : 0);
