/**
 * The substitutes for SQLite's add-ons beside the add-ons themselves: programs that make some two hundred calls each, whose lines
 * real better-sqlite3, sqlite3 and node:sqlite printed. To record them again, run `node FILE.mjs > FILE.answers.txt` where the
 * add-on is installed.
 */
import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { describe, expect, it } from "vitest";
import { installSqlite, printed } from "./sqlite-programs.ts";

installSqlite();
const [MAJOR] = process.versions.node.split(".");

async function compare(program: string, answers = program): Promise<void> {
  const text = (name: string): string =>
    readFileSync(new URL(`sqlite-answers/${name}`, import.meta.url), "utf8");
  const lines = await printed(text(`${program}.mjs`));
  const said = lines.filter((line) => !/ExperimentalWarning|--trace-warnings/.test(line));
  expect(said).toEqual(text(`${answers}.answers.txt`).trimEnd().split("\n"));
}

describe("what stands in for an add-on answers as the add-on", () => {
  it("better-sqlite3", () => compare("better-sqlite3"));

  it("sqlite3", () => compare("sqlite3"));

  it.runIf(isBuiltin("node:sqlite"))("node:sqlite", () => {
    return compare("node-sqlite", `node-sqlite-${MAJOR}`);
  });
});
