/** No model holds over a history that has nothing for it, unless it says that it has judged nothing. */
import { describe, expect, it } from "vitest";
import { consistent } from "../../src/check/index.ts";
import { checkers } from "../../src/check/registry.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History } from "../../src/history/operation.ts";
import { hasJudged } from "../../src/world/coverage.ts";

const models = [...new Set(checkers.map(({ model }) => model))];

/** Operations that no model is about: who finds one of them has not looked at its name. */
function foreign(): History {
  const builder = new HistoryBuilder();
  for (const f of ["frobnicate", "defenestrate", "frobnicate"]) {
    builder.complete(builder.invoke({ process: "a", f, key: "x", input: 1 }), "ok", { output: 1 });
  }
  return builder.finish();
}

/** What becomes of a world with this check and this history. */
function fate(model: string, history: History): string {
  const check = consistent(model);
  try {
    const { result } = check.judge({ history });
    return result === "holds" ? (hasJudged(check, history) ? "green" : "refused") : result;
  } catch (error) {
    return (error as { code?: string }).code ?? "a bug";
  }
}

describe.each(models)("%s", (model) => {
  it("is not green over operations that are not its own", () => {
    // These take any operation for one of theirs: an id, a term's leader.
    const expected = ["unique-ids", "leader-election"].includes(model)
      ? /^violated|green$/
      : /^(?:LC_\w+|refused|unknown)$/;
    expect(fate(model, foreign())).toMatch(expected);
  });

  it("is not green over nothing", () => {
    expect(fate(model, { operations: [] })).toMatch(/^(?:LC_\w+|refused|unknown)$/);
  });
});
