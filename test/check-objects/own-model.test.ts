/** A model of one's own, in a few lines. */
import { describe, expect, it } from "vitest";
import { linearizable } from "../../src/check/checks.ts";
import type { Model } from "../../src/check/objects/model.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History } from "../../src/history/operation.ts";

/** Each line: process, f, input, output; a line that starts later than another ends begins after it. */
function overlapping(
  ...groups: readonly (readonly [number, string, unknown, unknown][])[]
): History {
  const builder = new HistoryBuilder();
  for (const group of groups) {
    const ids = group.map(([process, f, input]) => builder.invoke({ process, f, input }));
    group.forEach(([, , , output], i) => builder.complete(ids[i] as number, "ok", { output }));
  }
  return builder.finish();
}

const tickets: Model<number> = {
  name: "ticket counter",
  initial: () => 0,
  step: (last, { output }) => (output === last + 1 ? { state: last + 1 } : undefined),
};

/** A bounded buffer of two places per shelf, whose states are compared, not hashed. */
const shelves: Model<readonly string[]> = {
  name: "shelf",
  initial: () => [],
  step(items, { f, input, output }) {
    const [, what] = input as [string, string];
    if (f === "put")
      return items.length < 2 === output ? { state: output ? [...items, what] : items } : undefined;
    return items.includes(what) === output
      ? { state: items.filter((item) => item !== what) }
      : undefined;
  },
  equal: (a, b) => a.length === b.length && a.every((item, i) => item === b[i]),
  partition: ({ input }) => (input as [string, string])[0],
};

describe("a model of one's own", () => {
  it("needs a name, a first state and a step", () => {
    const check = linearizable(tickets);
    expect(check.name).toBe("ticket counter is linearizable");
    const good = overlapping(
      [
        [0, "next", null, 2],
        [1, "next", null, 1],
      ],
      [[0, "next", null, 3]],
    );
    expect(check.judge({ history: good })).toMatchObject({ result: "holds" });
    const twice = overlapping([
      [0, "next", null, 1],
      [1, "next", null, 1],
    ]);
    expect(check.judge({ history: twice })).toMatchObject({ result: "violated" });
  });

  it("may compare its states and fall into parts", () => {
    const check = linearizable(shelves);
    const good = overlapping(
      [
        [0, "put", ["a", "x"], true],
        [1, "put", ["a", "y"], true],
        [2, "put", ["a", "z"], false],
      ],
      [
        [0, "take", ["a", "x"], true],
        [1, "put", ["b", "x"], true],
      ],
      [[0, "put", ["a", "z"], true]],
    );
    expect(check.judge({ history: good })).toMatchObject({ result: "holds" });
    const bad = overlapping(
      [[0, "put", ["b", "x"], true]],
      [
        [0, "put", ["a", "x"], true],
        [1, "take", ["b", "x"], true],
      ],
      [[0, "take", ["b", "x"], true]],
    );
    const verdict = check.judge({ history: bad });
    expect(verdict).toMatchObject({
      result: "violated",
      evidence: [{ key: "b", operations: [2, 3] }],
    });
  });

  it("is asked within a budget", () => {
    const check = linearizable(tickets, { timeout: 0 });
    const many = overlapping(
      ...Array.from({ length: 2_000 }, (_, i): [number, string, unknown, unknown][] => [
        [0, "next", null, i + 1],
      ]),
    );
    expect(check.judge({ history: many })).toMatchObject({
      result: "unknown",
      why: "the time budget of 0ms was spent",
    });
  });
});
