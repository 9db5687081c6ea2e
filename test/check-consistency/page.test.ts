/** docs/consistency.md is what the table of levels says, and every example gets the verdict it shows. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { anomalies, chooseLevel, findLevel, levels } from "../../src/check/levels.ts";
import { checkers, findChecker } from "../../src/check/registry.ts";
import { consistencyFiles } from "../../tools/consistency-doc/page.ts";
import { appends, historyOf } from "../../tools/consistency-doc/timeline.ts";

const files = consistencyFiles();

describe("docs/consistency.md", () => {
  it("is up to date: run `node tools/consistency-doc.mjs` when this fails", () => {
    for (const [path, content] of files) {
      expect(existsSync(path), path).toBe(true);
      expect(readFileSync(path, "utf8") === content, path).toBe(true);
    }
  });

  it("has no picture that no level uses", () => {
    const images = readdirSync("docs/images/consistency");
    expect(images.filter((name) => !files.has(`docs/images/consistency/${name}`))).toEqual([]);
  });
});

describe("the table of levels", () => {
  it("names every level once, aliases included", () => {
    const names = levels.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    const lower = names.map((name) => name.toLowerCase());
    expect(lower.filter((name, at) => lower.indexOf(name) !== at)).toEqual([]);
  });

  it("implies only levels that it has, and never in a circle", () => {
    const depth = (name: string, above: readonly string[]): void => {
      expect(above, [...above, name].join(" > ")).not.toContain(name);
      for (const weaker of findLevel(name)?.implies ?? []) depth(weaker, [...above, name]);
    };
    for (const { name, implies } of levels) {
      for (const weaker of implies) expect(findLevel(weaker)?.name, weaker).toBe(weaker);
      depth(name, []);
    }
  });

  it("forbids only anomalies that it describes", () => {
    const known = new Set(anomalies.map(({ name }) => name));
    for (const { name, forbids = [] } of levels) {
      for (const anomaly of forbids) expect(known.has(anomaly), `${name}: ${anomaly}`).toBe(true);
    }
  });

  it("shows an example of each kind for every level that a checker decides", () => {
    const decided = new Set(checkers.flatMap((checker) => checker.levels));
    for (const { name, examples } of levels) {
      if (!decided.has(name)) continue;
      expect(examples.map(({ allowed }) => allowed).sort(), name).toEqual([false, true]);
    }
  });
});

describe("the name causal", () => {
  it("means the causal level of transactions where the model is one of transactions", () => {
    const unasked = "A: [w x 1]\nB:         [r x 1, w y 1]\nC:                  [r y 1, r x nil]";
    const { verdict } = findChecker("rw-register", "causal").check(historyOf(unasked, true), {
      level: "causal",
      budget: new Budget(),
    });
    expect(verdict).toMatchObject({ result: "violated", violates: ["causal-cerone"] });
  });
});

describe("every example gets the verdict that the page shows", () => {
  for (const level of levels) {
    for (const { allowed, timeline } of level.examples) {
      it(`${level.name} ${allowed ? "allows" : "forbids"} its example`, () => {
        const transactions = level.of === "transactions";
        const model = transactions
          ? appends(timeline)
            ? "list-append"
            : "rw-register"
          : "register";
        const offered = checkers.filter((one) => one.model === model).flatMap((one) => one.levels);
        const name = chooseLevel(level.name, offered);
        expect(name, `${model} is judged at ${level.name}`).toBeDefined();
        const { verdict } = findChecker(model, name).check(historyOf(timeline, transactions), {
          level: name,
          budget: new Budget(),
          settings: level.name === "bounded-staleness" ? { versions: 2 } : {},
        });
        expect(verdict.result).toBe(allowed ? "holds" : "violated");
        if (verdict.result !== "violated") return;
        expect([...(verdict.violates ?? []), ...(verdict.alsoViolates ?? [])]).toContain(
          level.name,
        );
        expect(verdict.evidence.length).toBeGreaterThan(0);
      });
    }
  }
});
