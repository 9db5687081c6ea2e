/**
 * The examples of the documentation, run. A block of code that begins with the name of a file is that file; one that is
 * marked `ts world` is the inside of a world with a few hosts. Every world must load and run; one that says
 * `violated` must be violated by some of the first seeds, the others hold with the first.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import * as blocks from "../../src/blocks/index.ts";
import * as check from "../../src/check/index.ts";
import type { RunnerPool } from "../../src/explore/pool.ts";
import { reviewCoverage } from "../../src/explore/review.ts";
import * as history from "../../src/history/index.ts";
import { CoverageTally } from "../../src/world/coverage.ts";
import { type LoadedWorld, loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";

const modules = {
  "lightcone/blocks": blocks,
  "lightcone/check": check,
  "lightcone/history": history,
};
/** Below the repository, where packages that examples import are found. */
const folder = join("node_modules", ".cache", `lightcone-docs-${process.pid}`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Example {
  readonly page: string;
  readonly file: string;
  readonly code: string;
  readonly violated: boolean;
}

const HEAD = /^\/\/ (\S+\.(?:ts|mjs|js))( \(violated\))?$/;

/** A fragment, as part of a world that has what fragments speak of. */
function around(fragment: string): string {
  const run = /^w\.run\(/m.test(fragment) ? "" : 'w.run("3s");';
  return `import { world } from "lightcone";
    export default world("an example", (w) => {
      const idle = (): void => void setInterval(() => {}, 1_000);
      const stores = w.hosts("store", 3, idle);
      const workers = w.hosts("worker", 2, idle);
      void [stores, workers];
      ${fragment}
      ${run}
    });\n`;
}

function examplesOf(page: string): Example[] {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/^```ts( world(?: violated)?)?\n([\s\S]*?)^```$/gm)].flatMap(
    ([, marked, code], at) => {
      const source = code as string;
      if (marked !== undefined) {
        const file = `${basename(page, ".md")}-${at + 1}.world.ts`;
        return [{ page, file, code: around(source), violated: marked.includes("violated") }];
      }
      const head = HEAD.exec(source.split("\n", 1)[0] as string);
      if (head === null || (head[1] as string).endsWith(".test.ts")) return [];
      return [{ page, file: head[1] as string, code: source, violated: head[2] !== undefined }];
    },
  );
}

const pages = (readdirSync("docs", { recursive: true }) as string[])
  .filter((file) => file.endsWith(".md"))
  .map((file) => join("docs", file))
  .toSorted();

/** In how many runs an example that says so must be violated. */
const RUNS_MAX = 40;

/** The first of the seeds from 1 on that violates a world. */
async function firstViolated(world: LoadedWorld): Promise<number> {
  let seed = 1;
  while (seed <= RUNS_MAX && (await runWorld(world, { seed })).verdict !== "violated") seed++;
  return seed;
}

/** Makes one run, as `lightcone run` does, and refuses a world whose checks judge nothing. */
async function judge(world: LoadedWorld): Promise<void> {
  const outcome = await runWorld(world, { seed: 1 });
  const tally = new CoverageTally();
  tally.add(outcome.coverage);
  const pool = {
    info: {
      assertions: world.assertions,
      hasCalm: world.plan.faults.length > 0 && world.plan.calmNs > 0,
    },
    run: (request: { readonly seed: number }) => runWorld(world, request),
  };
  await reviewCoverage(pool as unknown as RunnerPool, tally, {
    seed: 1,
    faulty: outcome.schedule.length > 0,
    found: outcome.verdict === "violated",
  });
}

describe.each(
  pages
    .map((page) => ({ page, examples: examplesOf(page) }))
    .filter((one) => one.examples.length > 0),
)("$page", ({ page, examples }) => {
  const here = join(folder, page.replaceAll(/\W/g, "-"));
  mkdirSync(here, { recursive: true });
  for (const { file, code } of examples) {
    mkdirSync(dirname(join(here, file)), { recursive: true });
    writeFileSync(join(here, file), code);
  }
  const worlds = examples.filter(({ file }) => file.includes(".world."));
  it.each(worlds)("$file", async ({ file, violated }) => {
    const path = join(process.cwd(), here, file);
    const world = await loadWorld(path, modules);
    expect(world.unsetVariables).toEqual([]);
    if (violated) expect(await firstViolated(world)).toBeLessThanOrEqual(RUNS_MAX);
    else await judge(world);
    expect(world.takePrinted()).toBe("");
  });
});
