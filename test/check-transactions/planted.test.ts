/**
 * A planted bug in each algorithm is caught: each row changes a line of the library, and some referee or
 * story then disagrees with it.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import {
  clauseDisagreements,
  listDisagreements,
  predicateDisagreements,
  registerDisagreements,
  storyDisagreements,
  type Library,
} from "./support/suite.ts";

const folder = fileURLToPath(new URL("../../src/check/transactions/", import.meta.url));

type Where = "registers" | "lists" | "stories" | "clauses" | "predicates";

/** Where it shows, the file, the line's text, and the bug in its place. */
const bugs: readonly (readonly [Where, string, string, string])[] = [
  ["registers", "order-graph.ts", "this.moved.push(v);", ""],
  ["registers", "order-graph.ts", "    before.sort(byPlace);\n", ""],
  ["registers", "order-solver.ts", "if (!this.#writes(b, key)) continue;", "continue;"],
  ["registers", "order-solver.ts", "if (first !== 0) return first;", ""],
  ["registers", "order-solver.ts", 'this.#kind === "snapshot" &&', "false &&"],
  [
    "registers",
    "order-solver.ts",
    'this.#kind === "prefix" ? this.#writeAt(b)',
    'this.#kind === "never" ? this.#writeAt(b)',
  ],
  ["registers", "order-solver.ts", "this.#graph.reaches(b, r)", "this.#graph.reaches(r, b)"],
  [
    "registers",
    "order-solver.ts",
    "clause: [...why].map((choice) => choice ^ 1)",
    "clause: [...why].slice(0, 1).map((choice) => choice ^ 1)",
  ],
  ["registers", "order-solver.ts", "this.#soilMoved();\n      const key", "const key"],
  [
    "registers",
    "weak-levels.ts",
    "if (writer !== FIRST && seenBy[writer] !== c) {",
    "if (false) {",
  ],
  [
    "registers",
    "weak-levels.ts",
    "if (before !== undefined && before !== readFrom[i]) {",
    "if (false) {",
  ],
  [
    "registers",
    "weak-levels.ts",
    "if (stamp[key] === c && source[key] !== writer) {",
    "if (false) {",
  ],
  [
    "registers",
    "weak-levels.ts",
    "if (last >= 0 && last !== readFrom[i])",
    "if (last > 0 && last !== readFrom[i])",
  ],
  [
    "predicates",
    "closed-predicate.ts",
    "if (matches(predicate, chosen) === matches(predicate, later)) continue;",
    "",
  ],
  [
    "predicates",
    "closed-predicate.ts",
    "if (candidates.length > 1) continue;",
    "if (candidates.length > 0) continue;",
  ],
  ["predicates", "closed-predicate.ts", "if (candidates.length === 0) {", "if (false) {"],
  ["predicates", "closed-predicate.ts", "        RW,\n", "        RWP,\n"],
  ["clauses", "clauses.ts", "return [literal ^ 1, ...lower];", "return [literal, ...lower];"],
  [
    "registers",
    "clauses.ts",
    "this.#value[variable] = 0;\n      this.#theory.forget(variable);",
    "this.#value[variable] = 0;",
  ],
  ["clauses", "clauses.ts", "else if (level > 0) lower.push(literal);", ""],
  ["registers", "weak-levels.ts", "if ((clock[own] as number) < place) clock[own] = place;", ""],
  ["registers", "subset.ts", "if (before >= 0) edges.add(before, c, PROCESS);", ""],
  [
    "registers",
    "precedence.ts",
    "rowEnd[event] = edges.length;",
    "rowEnd[event] = edges.length + 1;",
  ],
  ["lists", "graph.ts", "if (low[v] === order[v]) {", "if (true) {"],
  [
    "lists",
    "graph.ts",
    "if (place >= rowStart) kind[place] = (kind[place] as number) | (kind[i] as number);",
    "if (place >= rowStart) continue;",
  ],
  ["lists", "append-graph.ts", "if (place === 0) return INIT;", "if (place === 0) return version;"],
  [
    "lists",
    "append-graph.ts",
    "return end > start ? (order.versions[end - 1] as number) : INIT;",
    "return INIT;",
  ],
  ["lists", "append-graph.ts", "if (writer >= 0 && writer !== t) edges.add(writer, t, WR);", ""],
  ["lists", "append-graph.ts", "if (reader !== t) edges.add(reader, t, RW);", ""],
  [
    "lists",
    "append-order.ts",
    "length > lists.length(best)) longest[key] = mop;",
    "length < lists.length(best)) longest[key] = mop;",
  ],
  [
    "lists",
    "cycle-paths.ts",
    "if ((bits & hops) !== 0) edges.add(v, size + to, 2);",
    "if ((bits & hops) !== 0) edges.add(v, to, 2);",
  ],
  ["lists", "cycle-paths.ts", "else if (from > to) open.push(edge);", ""],
  [
    "lists",
    "cycle-search.ts",
    "for (const name of withImplied([kind.type])) settled.add(name);",
    "for (const each of cycleKinds) settled.add(each.type);",
  ],
  ["lists", "cycle-search.ts", "for (const u of into.get(v) ?? []) {", "for (const u of []) {"],
  [
    "lists",
    "cycle-kinds.ts",
    "else if (antidependencies > 1) base = adjacent",
    "else if (antidependencies > 1) base = !adjacent",
  ],
  ["lists", "precedence.ts", "if (previous >= 0) edges.add(previous, t, PROCESS);", ""],
  ["lists", "precedence.ts", "if (outcome[done] !== OK) continue;", "continue;"],
  ["stories", "append-anomalies.ts", "if (failed >= 0) aborted[key] = i - from;", ""],
  ["stories", "append-anomalies.ts", "if (writer < 0 || writer === t) return;", "return;"],
  [
    "stories",
    "append-anomalies.ts",
    "if (lists.at(read, expected) !== table.mopValue[mop]) return true;",
    "",
  ],
  [
    "stories",
    "append-anomalies.ts",
    "return lists.length(mop) !== expected || !lists.agree(mop, read, expected);",
    "return false;",
  ],
  ["stories", "append-anomalies.ts", "if (lists.at(mop, i) === version) return true;", "{}"],
  ["stories", "append-anomalies.ts", "if (seenBy[version] === key) repeated[key] = i - from;", ""],
  [
    "stories",
    "append-anomalies.ts",
    "if (writer < 0 && failed < 0) unwritten[key] = i - from;",
    "",
  ],
  ["stories", "append-anomalies.ts", "if (group.length < 2) continue;", "continue;"],
  ["stories", "append-anomalies.ts", "if (failed >= 0) aborted = failed;", ""],
  [
    "stories",
    "append-order.ts",
    "if (!lists.agree(mop, best, lists.length(mop))) incompatible.set(key, [mop, best]);",
    "",
  ],
  [
    "stories",
    "append-order.ts",
    "if (outcome === INFO && table.mopValue[mop] === NIL) continue;",
    "if (outcome === INFO) continue;",
  ],
  ["stories", "register-anomalies.ts", "if (failed >= 0) {", "if (false) {"],
  ["stories", "register-anomalies.ts", "if (expected === version) continue;", "continue;"],
  [
    "stories",
    "version-graphs.ts",
    "const to = meets(table, index, row);\n      if (from !== to) edges.add(from, to, 1);",
    "",
  ],
  [
    "stories",
    "version-graphs.ts",
    "edges.add(versions + (index.key[row] as number), version, 1);",
    "",
  ],
  ["stories", "version-graphs.ts", "edges.add(read, write, 1);", "{}"],
  ["stories", "rw-register.ts", "link(from, readers.member[i] as number, WR);", ""],
  ["stories", "rw-register.ts", "if (from >= 0) link(from, to, WW);", ""],
];

const entry = [
  "anomaly",
  "clauses",
  "closed-predicate",
  "committed",
  "list-append",
  "register-levels",
  "rw-register",
]
  .map((name) => `export * from ${JSON.stringify(`${folder}${name}.ts`)};`)
  .join("\n");

/** The library with `text` in `file` replaced by `bug`. */
async function libraryWith(file: string, text: string, bug: string): Promise<Library> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: folder, loader: "ts" },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "library",
    plugins: [
      {
        name: "plant",
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            if (path !== folder + file) return undefined;
            const source = readFileSync(path, "utf8");
            if (!source.includes(text)) throw new Error(`${file} lacks ${JSON.stringify(text)}`);
            return { contents: source.replace(text, () => bug), loader: "ts" };
          });
        },
      },
    ],
  });
  const code = (outputFiles[0] as { text: string }).text;
  return new Function(`${code}; return library;`)() as Library;
}

/** Whether the tests notice: a crash counts, as it would fail them. */
function noticed(library: Library, where: Where): boolean {
  try {
    if (where === "registers") return registerDisagreements(library) > 0;
    if (where === "clauses") return clauseDisagreements(library) > 0;
    if (where === "predicates") return predicateDisagreements(library).length > 0;
    if (where === "lists") return listDisagreements(library) > 0;
    return storyDisagreements(library).length > 0;
  } catch {
    return true;
  }
}

describe("without a bug", () => {
  test("nothing disagrees", async () => {
    const library = await libraryWith("graph.ts", "export const WW = 1;", "export const WW = 1;");
    expect(registerDisagreements(library)).toBe(0);
    expect(listDisagreements(library)).toBe(0);
    expect(storyDisagreements(library)).toStrictEqual([]);
    expect(clauseDisagreements(library)).toBe(0);
    expect(predicateDisagreements(library)).toStrictEqual([]);
  });
});

describe("with a bug", () => {
  for (const [where, file, text, bug] of bugs) {
    test(`${file}: ${text.trim().slice(0, 60)}`, async () => {
      expect(noticed(await libraryWith(file, text, bug), where)).toBe(true);
    });
  }
});
