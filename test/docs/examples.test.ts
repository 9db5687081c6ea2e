/**
 * The examples of the documentation, run. A block of code that begins with the name of a file is that file; one that is
 * marked `ts world` is the inside of a world with a few hosts. Every world must load and run; one that says
 * `violated` must be violated by some of the first seeds, the others hold with the first.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Lightcone } from "../cli/lightcone.ts";

const lightcone = new Lightcone();
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
    if (violated) {
      const found = await lightcone.run(
        "explore",
        path,
        "--seed",
        "1",
        "--runs",
        "40",
        "--no-shrink",
      );
      expect(found.code, found.stdout + found.stderr).toBe(1);
    } else {
      const ran = await lightcone.run("run", path, "--seed", "1", "--json");
      expect([0, 1], ran.stdout + ran.stderr).toContain(ran.code);
      expect(ran.stderr).toBe("");
    }
  });
});
