/** What counts at the weak levels: answers that never came, sessions, repeated values, bounds, limits. */
import { describe, expect, it } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { checkWeakLevel, weakLevels } from "../../src/check/consistency/check.ts";
import { findChecker } from "../../src/check/registry.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History } from "../../src/history/operation.ts";
import { Prng } from "../../src/base/prng.ts";
import { historyOf } from "../../tools/consistency-doc/timeline.ts";

function judge(timeline: string, level: string, settings: Record<string, unknown> = {}): string {
  const history = historyOf(timeline);
  const options = { level, settings, budget: new Budget() };
  return findChecker("register", level).check(history, options).verdict.result;
}

describe("a write without an answer", () => {
  it("may never have happened", () => {
    expect(judge("A: [w x 1]? [r x nil] [r x nil]", "sequential")).toBe("holds");
  });

  it("may take effect after what its session did next", () => {
    expect(judge("A: [w x 1]? [r x nil] [r x 1]", "sequential")).toBe("holds");
  });

  it("has happened once it was read, after what its session had done before", () => {
    expect(judge("A: [w x 1] [w y 1]?\nB: [r y 1] [r x nil]", "monotonic-writes")).toBe("violated");
  });

  it("may be read during the calm", () => {
    expect(judge("A: [w x 1] [w x 2]?\nB:                  [r x 1] [r x 2]", "eventual")).toBe(
      "holds",
    );
  });
});

describe("a write that failed", () => {
  it("cannot be read at any level", () => {
    for (const level of weakLevels) {
      expect(judge("A: [w x 1]!\nB:             [r x 1]", level), level).toBe("violated");
    }
  });
});

describe("a session", () => {
  it("may pass from process to process", () => {
    const builder = new HistoryBuilder();
    const write = builder.invoke({ process: 1, session: "s", f: "write", key: "x", input: 1 });
    builder.complete(write, "ok");
    const read = builder.invoke({ process: 2, session: "s", f: "read", key: "x" });
    builder.complete(read, "ok", { output: null });
    const verdict = checkWeakLevel(builder.finish(), "read-your-writes", { budget: new Budget() });
    expect(verdict.result).toBe("violated");
  });

  it("runs one operation at a time", () => {
    const builder = new HistoryBuilder();
    const one = builder.invoke({ process: 1, session: "s", f: "write", key: "x", input: 1 });
    const other = builder.invoke({ process: 2, session: "s", f: "read", key: "x" });
    builder.complete(one, "ok");
    builder.complete(other, "ok", { output: null });
    expect(() => checkWeakLevel(builder.finish(), "causal", { budget: new Budget() })).toThrowError(
      expect.objectContaining({ code: "LC_OVERLAPPING_SESSION" }),
    );
  });
});

describe("values that were written more than once", () => {
  it("are read from whichever write explains most", () => {
    // The second 1 may be A's second write, so nothing went back.
    const twice = "A: [w x 1] [w x 2] [w x 1]\nB:            [r x 1] [r x 2]   [r x 1]";
    expect(judge(twice, "monotonic-reads")).toBe("holds");
    const once = "A: [w x 1] [w x 2] [w x 3]\nB:            [r x 1] [r x 2]   [r x 1]";
    expect(judge(once, "monotonic-reads")).toBe("violated");
  });

  it("end as unknown, with the reason, when the budget does", () => {
    const verdict = checkWeakLevel(scrambled(), "causal", { budget: new Budget({ timeout: 60 }) });
    expect(verdict.result).toBe("unknown");
    expect(verdict).toMatchObject({ why: expect.stringContaining("60ms") });
  });
});

/** Many reads of few values in no order at all: readings by the billion. */
function scrambled(): History {
  const prng = Prng.root(3);
  const builder = new HistoryBuilder();
  for (let nth = 0; nth < 4_000; nth++) {
    const write = nth < 6 || prng.chance(0.5);
    const input = write ? (nth % 3) + 1 : null;
    const index = builder.invoke({
      process: prng.below(9),
      f: write ? "write" : "read",
      key: "x",
      input,
    });
    builder.complete(index, "ok", write ? {} : { output: prng.between(1, 3) });
  }
  return builder.finish();
}

describe("bounded staleness", () => {
  const late = "A: [w x 1] [w x 2]\nB:                             [r x 1]";

  it("forgives what was right a bound ago, and no more", () => {
    expect(judge(late, "bounded-staleness", { staleness: "30ms" })).toBe("holds");
    expect(judge(late, "bounded-staleness", { staleness: "5ms" })).toBe("violated");
  });

  it("asks for its bound", () => {
    expect(() => judge(late, "bounded-staleness")).toThrowError(
      expect.objectContaining({ code: "LC_NO_BOUND" }),
    );
  });
});

describe("eventual consistency", () => {
  const slow = "A: [w x 1] [w x 2]\nB:                 [r x 1]           [r x 2]";

  it("looks at each session's last read when no calm is given", () => {
    expect(judge(slow, "eventual")).toBe("holds");
  });

  it("lets reads count from the end of the calm", () => {
    expect(judge(slow, "eventual", { calm: "10ms" })).toBe("holds");
    expect(judge(slow, "eventual", { calm: 0 })).toBe("violated");
  });
});

describe("a level", () => {
  it("answers to all its names", () => {
    for (const name of ["CM", "causal-memory", "cm", "CCv", "pram", "RYW"]) {
      expect(judge("A: [w x 1] [r x nil]", name), name).toBe("violated");
    }
  });

  it("is refused for operations that are neither reads nor writes", () => {
    const builder = new HistoryBuilder();
    builder.complete(builder.invoke({ process: 1, f: "append", key: "x", input: 1 }), "ok");
    expect(() => checkWeakLevel(builder.finish(), "causal", { budget: new Budget() })).toThrowError(
      expect.objectContaining({ code: "LC_NOT_READ_WRITE" }),
    );
  });
});

describe("a setting", () => {
  it("is refused when no level knows it", () => {
    expect(() => judge("A: [w x 1]", "causal", { colour: "red" })).toThrowError(
      expect.objectContaining({ code: "LC_BAD_SETTING" }),
    );
  });

  it("has Knossos' reads of nil say nothing", () => {
    expect(judge("A: [w x 1] [r x nil]", "causal", { dialect: "knossos" })).toBe("holds");
  });
});

describe("a compare-and-set", () => {
  it("is one step at the level sequential, so only one of two from the same value succeeds", () => {
    const history = (second: number): History => {
      const builder = new HistoryBuilder();
      const run = (process: number, input: unknown): void =>
        builder.complete(builder.invoke({ process, f: "cas", input }), "ok", { output: true });
      builder.complete(builder.invoke({ process: 0, f: "write", input: 1 }), "ok");
      run(1, [1, 2]);
      run(2, [second, 3]);
      return builder.finish();
    };
    const budget = new Budget();
    expect(checkWeakLevel(history(1), "sequential", { budget }).result).toBe("violated");
    expect(checkWeakLevel(history(2), "sequential", { budget }).result).toBe("holds");
  });
});
