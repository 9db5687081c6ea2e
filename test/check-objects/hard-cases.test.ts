/** Histories that earlier forms of the search got wrong, kept as they were found. */
import { describe, expect, it } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { plan, type Plan } from "../../src/check/objects/plan.ts";
import { register } from "../../src/check/objects/registers.ts";
import { search } from "../../src/check/objects/search.ts";
import type { Operation } from "../../src/history/operation.ts";
import { linearizableByForce } from "./support/histories.ts";

type Row = readonly [
  process: number,
  f: string,
  input: unknown,
  output: unknown,
  from: number,
  to: number,
];

/** Operations of a register; one that ends at infinity was never answered. */
function history(rows: readonly Row[]): Operation[] {
  return rows
    .map(([process, f, input, output, from, to], index): Operation => {
      const outcome = to === Infinity ? "info" : "ok";
      const ranks = { invokeRank: from, completeRank: to, invokeNs: from, completeNs: to };
      return { index, process, f, input, output, outcome, ...ranks };
    })
    .sort((a, b) => a.invokeRank - b.invokeRank);
}

const cases: readonly [string, readonly Row[]][] = [
  [
    "a write that changed nothing when it returned, and is used once more before it does",
    [
      [0, "cas", [1, 2], undefined, 0, Infinity],
      [2, "write", 1, 1, 1, 5],
      [1, "read", null, 1, 3, 9],
      [3, "read", null, 1, 4, 6],
      [3, "cas", [2, 0], true, 7, 12],
      [2, "read", null, 2, 8, 15],
      [1, "write", 2, 2, 10, 11],
      [3, "read", null, 2, 13, 14],
    ],
  ],
  [
    "a write that another hid, and that comes after it for the sake of a later read",
    [
      [0, "write", 3, 3, 0, 9],
      [1, "write", 4, 4, 1, 5],
      [2, "write", 1, 1, 2, 8],
      [3, "write", 6, 6, 4, 6],
      [3, "read", null, 1, 10, 12],
    ],
  ],
  [
    "two writes of one value, of which the one that returns later must be left",
    [
      [0, "write", 1, 1, 0, 3],
      [1, "write", 1, 1, 1, 9],
      [2, "read", null, 1, 4, 5],
      [3, "write", 2, 2, 6, 7],
      [2, "read", null, 1, 8, 10],
    ],
  ],
];

describe("a hard case", () => {
  it.each(cases)("%s", (_, rows) => {
    const operations = history(rows);
    expect(linearizableByForce(register(), operations)).toBe(true);
    const made = plan(register(), operations);
    const found = search(made as Plan<never>, [made.machine.intern(null)], new Budget());
    expect(found.result).toBe("linearizable");
  });
});
