/** Answers that nothing asked can explain are found in one pass, whatever else a search would have to try. */
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { Budget } from "../../src/check/budget.ts";
import { findChecker } from "../../src/check/registry.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History } from "../../src/history/operation.ts";

type Step = readonly [f: string, input: unknown, output: unknown];

/** Operations that all overlap, then one that tells what cannot be. */
function crowd(steps: readonly Step[], last: Step): History {
  const builder = new HistoryBuilder();
  const say = (group: readonly Step[]): void => {
    const ids = group.map(([f, input], process) => builder.invoke({ process, f, input }));
    group.forEach(([, , output], i) => builder.complete(ids[i] as number, "ok", { output }));
  };
  for (let at = 0; at < steps.length; at += 40) say(steps.slice(at, at + 40));
  say([last]);
  return builder.finish();
}

/** Many operations, of which no specialist makes anything: values repeat. */
function many(make: (prng: Prng) => Step): Step[] {
  const prng = Prng.root(8);
  return Array.from({ length: 2_000 }, () => make(prng));
}

const few = (prng: Prng): number => prng.below(5);
const writes = many((prng) => ["write", few(prng), null]);
const puts = many((prng) => ["enqueue", few(prng), null]);
const appends = many((prng) => ["append", prng.pick(["a", "b", "ab"]), null]);

const cases: readonly [model: string, why: string, steps: readonly Step[], last: Step][] = [
  ["register", "7 was read, yet nobody ever wrote it", writes, ["read", null, 7]],
  ["register", "7 was found by a cas, yet nobody ever wrote it", writes, ["cas", [7, 1], true]],
  ["map", "x was read, yet no put and appends make it", appends, ["get", null, "x"]],
  ["map", "abxb was read, yet no put and appends make it", appends, ["get", null, "abxb"]],
  [
    "map",
    "abxb was found by a cas, yet nobody ever wrote it",
    appends,
    ["cas", ["abxb", "a"], true],
  ],
  [
    "map",
    "[1,2,7] was read, yet nobody ever wrote it",
    many((prng) => ["append", few(prng), null]),
    ["get", null, [1, 2, 7]],
  ],
  [
    "multi-register",
    "7 was told by a txn, yet nobody ever wrote it",
    many((prng) => {
      const txn = [["write", prng.pick(["x", "y"]), few(prng)]];
      return ["txn", txn, txn];
    }),
    ["txn", [["read", "x", null]], [["read", "x", 7]]],
  ],
  [
    "counter",
    "5000 was read, yet all that was added gives -2000 to 4000",
    many((prng) => ["add", prng.chance(1) ? 2 : 1, null]).flatMap((step, i): Step[] =>
      i % 2 === 0 ? [step, ["add", -2, null]] : [step],
    ),
    ["read", null, 5_000],
  ],
  [
    "set",
    "7 was read, yet nobody ever wrote it",
    many((prng) => [prng.pick(["add", "remove"]), few(prng), null]),
    ["read", null, [1, 7]],
  ],
  ["fifo-queue", "7 was told by a dequeue, yet nobody ever wrote it", puts, ["dequeue", null, 7]],
  ["stack", "7 was told by a dequeue, yet nobody ever wrote it", puts, ["dequeue", null, 7]],
  ["priority-queue", "7 was told by a poll, yet nobody ever wrote it", puts, ["poll", null, 7]],
  ["unordered-queue", "7 was told by a poll, yet nobody ever wrote it", puts, ["poll", null, 7]],
  [
    "fifo-queue",
    "9 came out 2 times, and was put in 1 times",
    [...puts, ["enqueue", 9, null], ["dequeue", null, 9]],
    ["dequeue", null, 9],
  ],
];

describe("what nobody wrote is found before any search", () => {
  it.each(cases)("by a %s: %s", (model, why, steps, last) => {
    const history = crowd(steps, last);
    const { verdict, details } = findChecker(model).check(history, { budget: new Budget() });
    expect(details?.["algorithms"]).not.toContainEqual(expect.stringMatching(/^search/));
    if (verdict.result !== "violated") throw new Error(`${model}: ${verdict.result}`);
    expect(verdict.evidence[0]?.summary).toBe(why);
    expect(verdict.evidence[0]?.operations).toContain(history.operations.length - 1);
  });

  it("a value that was read before its write began is of that kind too", () => {
    const builder = new HistoryBuilder();
    const say = (f: string, input: unknown, output: unknown): void =>
      builder.complete(builder.invoke({ process: 0, f, input }), "ok", { output });
    for (const value of [1, 2, 1, 2]) say("write", value, null);
    say("read", null, 3);
    say("write", 3, null);
    const { verdict } = findChecker("register").check(builder.finish(), {
      budget: new Budget(),
      initial: 3,
    });
    // The first value is one that a read can return.
    expect(verdict.result).toBe("violated");
    const without = findChecker("register").check(builder.finish(), { budget: new Budget() });
    expect(without.verdict).toMatchObject({
      evidence: [{ summary: "3 was read, before anybody began to write it", operations: [4] }],
    });
  });
});
