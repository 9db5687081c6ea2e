/**
 * Verdicts that are known: by construction, on histories that lie beside this file, and those that others have
 * given on their own, where these are at hand. The whole matrix is `npm run agreement`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { findChecker } from "../../src/check/registry.ts";
import { readHistories } from "../../src/history/read.ts";

const data = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const there = existsSync(data);
if (!there) console.warn("others' histories are not here: only those of the repository are judged");

function verdictOf(file: string, model: string): string {
  const bytes = readFileSync(`${data}${file}`);
  const text = file.endsWith(".gz") ? gunzipSync(bytes) : bytes;
  const history = readHistories(text, { name: file, model }).histories[0]?.history;
  if (!history) throw new Error(`no history in ${file}`);
  const budget = new Budget({ timeout: "20s" });
  return findChecker(model).check(history, { budget, decideOnly: true }).verdict.result;
}

function rows(file: string): string[][] {
  if (!existsSync(`${data}${file}`)) return [];
  const lines = readFileSync(`${data}${file}`, "utf8").trim().split("\n");
  return lines.slice(1).map((line) => line.split(","));
}

const known = new URL("known/", import.meta.url);

describe("verdicts by construction", () => {
  const files = readdirSync(known);

  it("are there for every kind of object that they are made for", () => {
    expect(files.sort()).toEqual(
      ["cas-register", "fifo-queue", "mutex", "register", "set"].map((name) => `${name}.jsonl.gz`),
    );
  });

  it.each(files)("are found: %s", (file) => {
    const text = gunzipSync(readFileSync(new URL(file, known)));
    const expected = text
      .toString()
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { expected: string }).expected);
    const model = file.replace(".jsonl.gz", "");
    const { histories } = readHistories(text, { name: file.replace(".gz", "") });
    const found = histories.map(({ history, initial }) => {
      const budget = new Budget({ timeout: "60s" });
      return findChecker(model).check(history, { budget, decideOnly: true, initial }).verdict
        .result;
    });
    expect(found).toEqual(expected);
    expect(new Set(found)).toEqual(new Set(["holds", "violated"]));
  });

  it("are what the tool writes", () => {
    const tool = fileURLToPath(new URL("../../tools/known-histories.mjs", import.meta.url));
    execFileSync(process.execPath, [tool, "--check"]);
  });
});

describe.skipIf(!there)("others' verdicts", () => {
  it("Porcupine's, on etcd logs and key-value logs", () => {
    for (const [file, model, linearizable] of rows("porcupine/expected.csv") as [
      string,
      string,
      string,
    ][]) {
      const name = model.startsWith("kv") ? "map" : "register";
      const expected = linearizable === "true" ? "holds" : "violated";
      expect([file, verdictOf(`porcupine/${file}`, name)]).toEqual([file, expected]);
    }
  });

  it("by construction: 20 clients too, of which Porcupine leaves most unknown", () => {
    const files = existsSync(`${data}scale`) ? readdirSync(`${data}scale`) : [];
    for (const file of files.filter((name) => /n10{3,4}_(ok|bad)\.csv\.gz$/.test(name))) {
      const model = file.startsWith("fifo") ? "fifo-queue" : "register";
      const expected = file.includes("_ok") ? "holds" : "violated";
      expect([file, verdictOf(`scale/${file}`, model)]).toEqual([file, expected]);
    }
  });
});
