/** Verdicts that others have given, on their own histories; the whole matrix is `npm run agreement`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { findChecker } from "../../src/check/registry.ts";
import { readHistories } from "../../src/history/read.ts";

const data = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const there = existsSync(data);
if (!there) console.warn("the histories with known verdicts are not here: their tests are skipped");

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
