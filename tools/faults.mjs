/**
 * `npm run faults [-- --runs 1000] [--record] [--page] [--only WORD]`: makes many runs of the example of every kind of
 * fault. A kind that is drawn and takes effect in none of them fails, and so does a careful program that breaks.
 *   --runs N     runs of each example (default 1000)
 *   --record     shrinks and records the stories anew, with few runs, and writes the page
 *   --page       only writes docs/faults.md
 *   --only WORD  only this word's example
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readOptions, wholeNumber } from "./options.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { runs, record, page, only } = readOptions("faults", {
  runs: { type: "string", default: "1000" },
  record: { type: "boolean", default: false },
  page: { type: "boolean", default: false },
  only: { type: "string" },
}).values;

function vitest(file, env) {
  const filter = only === undefined || env.LIGHTCONE_FAULT_PAGE ? [] : ["-t", `w.${only} `];
  const args = [`${root}node_modules/vitest/vitest.mjs`, "run", file, ...filter];
  return spawnSync(process.execPath, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  }).status;
}

let failed = false;
if (!page) {
  const env = record
    ? { LIGHTCONE_FAULT_STORIES: "record" }
    : { LIGHTCONE_FAULT_RUNS: String(wholeNumber("faults", "--runs", runs)) };
  failed = vitest("test/faults/examples.test.ts", env) !== 0;
}
if (record) {
  const format = [`${root}node_modules/oxfmt/bin/oxfmt`, "test/faults/examples"];
  spawnSync(process.execPath, format, { cwd: root, stdio: "inherit" });
}
if (page || record) {
  failed = vitest("test/faults/page.test.ts", { LIGHTCONE_FAULT_PAGE: "write" }) !== 0 || failed;
}
process.exit(failed ? 1 : 0);
