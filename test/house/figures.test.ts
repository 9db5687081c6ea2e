/** What the docs claim in figures stands in docs/figures.json, with what measures it; and what fell is noticed. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { claims, marksOf, nodeTestsTable, verdictOf } from "../../tools/figures/claims.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, "utf8");
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ");

const pages = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync(`${root}docs`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** Ways to claim something of ourselves that can be measured. */
const claimLike = [
  /\d[\d,.]* (?:of|out of) \d[\d,.]*(?= (?:tests|histories|packages|bugs|programs|passes?))/g,
  /passes \d[\d,.]*/g,
  /\d[\d,.]*(?: to \d[\d,.]*)? runs a second/g,
  /\d[\d,.]*(?: and \d[\d,.]*)? times as fast as [\w']+/g,
  /\d[\d,.]*% of Node's/g,
];

describe("figures", () => {
  it("are quoted by the docs as they stand in the table", () => {
    for (const { id, claimed, quotes = [] } of claims().filter((claim) => claim.quotes)) {
      for (const { file, text } of quotes) {
        expect(oneLine(read(file)), `${id} in ${file}`).toContain(text);
        const numbers = (text.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
        // Microseconds stand as milliseconds, where they are many.
        expect(numbers, `${id} says ${claimed}`).toSatisfy((found: number[]) =>
          found.some((value) => value === claimed || value * 1_000 === claimed),
        );
      }
    }
  });

  it("that the docs claim stand in the table", () => {
    const quotes = claims().flatMap((claim) => claim.quotes ?? []);
    for (const page of pages) {
      const text = oneLine(read(page));
      for (const pattern of claimLike) {
        for (const [found] of text.matchAll(pattern)) {
          const known = quotes.some((quote) => quote.file === page && quote.text.includes(found));
          expect(known, `${page} claims "${found}": it belongs into docs/figures.json`).toBe(true);
        }
      }
    }
  });

  it("of Node's own tests stand in the docs as they were recorded", () => {
    const page = read("docs/platform.md");
    const [begin, end] = marksOf("node-tests");
    const table = page.slice(page.indexOf(begin) + begin.length, page.indexOf(end)).trim();
    const cells = (text: string): string => text.replaceAll(/ *\| */g, "|").replaceAll(/-+/g, "-");
    expect(cells(table)).toBe(cells(nodeTestsTable()));
  });

  it("have commands that are there", () => {
    for (const { id, command } of [...claims("20"), ...claims("24")]) {
      expect(existsSync(`${root}${command[0]}`), id).toBe(true);
    }
    const ids = claims().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("that fell are noticed: a count at all, a ratio by more than 15%", () => {
    const count = { kind: "count", better: "more", claimed: 100 } as const;
    expect([verdictOf(count, 100), verdictOf(count, 101), verdictOf(count, 99)]).toEqual([
      "holds",
      "holds",
      "fell",
    ]);
    const ratio = { kind: "ratio", better: "more", claimed: 2 } as const;
    expect([verdictOf(ratio, 1.71), verdictOf(ratio, 1.69)]).toEqual(["holds", "fell"]);
    const time = { kind: "ratio", better: "less", claimed: 100 } as const;
    expect([verdictOf(time, 117), verdictOf(time, 118), verdictOf(time, 50)]).toEqual([
      "holds",
      "fell",
      "holds",
    ]);
  });

  it("are listed by the tool, which says what it cannot measure", async () => {
    const run = promisify(execFile);
    const tool = `${root}tools/figures.mjs`;
    const { stdout } = await run(process.execPath, [tool, "--list"]);
    for (const { id } of claims()) expect(stdout).toContain(id);
    const wrong = await run(process.execPath, [tool, "--only", "no-such"]).catch(
      (error: { code: number; stderr: string }) => error,
    );
    expect(wrong).toMatchObject({ code: 2, stderr: "figures: there is no figure of that name\n" });
  });
});
