/** What the docs claim, and what becomes of a claim that is measured again. */
import { readFileSync, writeFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, root), "utf8"));

/** By so much a ratio may get worse: machines differ, and so do moments. */
export const TOLERANCE = 0.15;

/** Every claim, those of records one for each module of the suite that belongs to this version of Node. */
export function claims(major = process.versions.node.split(".")[0]) {
  const { figures, records } = read("docs/figures.json");
  const recorded = records.flatMap(({ id, file, command }) =>
    read(file)
      .filter(({ node }) => node === major)
      .flatMap(({ tests, modules }) =>
        Object.entries(modules).map(([module, { passed, applicable }]) => ({
          id: `${id}-${tests}-${module}`,
          what: `of ${applicable} tests of Node ${tests} for ${module}`,
          kind: "count",
          better: "more",
          claimed: passed,
          command,
          select: { module },
          field: "passed",
        })),
      ),
  );
  return [...figures, ...recorded];
}

/** Whether what was measured is as good as what is claimed. */
export function verdictOf({ kind, better, claimed }, measured) {
  const slack = kind === "count" ? 0 : TOLERANCE;
  const isWorse =
    better === "less" ? measured * (1 - slack) > claimed : measured < claimed * (1 - slack);
  return isWorse ? "fell" : "holds";
}

/** The table of Node's own tests, as `docs/platform.md` has it between its two marks. */
export function nodeTestsTable() {
  const suites = read("tools/conformance/baseline.json");
  const modules = [...new Set(suites.flatMap((suite) => Object.keys(suite.modules)))];
  const cell = (suite, module) => {
    const figures = suite.modules[module];
    return figures ? `${figures.passed} of ${figures.applicable}` : "";
  };
  const rows = modules.map(
    (module) => `| \`${module}\` | ${suites.map((suite) => cell(suite, module)).join(" | ")} |`,
  );
  const heads = suites.map(({ node, tests }) => `Node ${node}, tests of ${tests}`);
  return [
    `| module | ${heads.join(" | ")} |`,
    `|---|${suites.map(() => "---|").join("")}`,
    ...rows,
  ].join("\n");
}

/** The marks of a table in a page. */
export function marksOf(name) {
  return [`<!-- figures: ${name} -->`, `<!-- /figures: ${name} -->`];
}

/** Writes the table of Node's own tests into its page. */
export function writeNodeTestsTable() {
  const path = new URL("docs/platform.md", root);
  const [begin, end] = marksOf("node-tests");
  const page = readFileSync(path, "utf8");
  const [head, rest] = page.split(begin);
  const [, tail] = rest.split(end);
  writeFileSync(path, `${head}${begin}\n\n${nodeTestsTable()}\n\n${end}${tail}`);
}
