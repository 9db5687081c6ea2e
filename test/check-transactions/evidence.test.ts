/** What a person is shown: the story of a violation, told from histories as files hold them. */
import { describe, expect, test } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { findChecker } from "../../src/check/registry.ts";
import type { CheckResult } from "../../src/check/checker.ts";
import { HistoryBuilder } from "../../src/history/index.ts";
import { readTransactions } from "../../src/check/transactions/index.ts";
import { readHistories } from "../../src/history/index.ts";

const encoder = new TextEncoder();

function checkText(text: string, name: string, model: string, level: string): CheckResult {
  const { history } = readHistories(encoder.encode(text), { name }).histories[0] as {
    history: Parameters<ReturnType<typeof findChecker>["check"]>[0];
  };
  return findChecker(model, level).check(history, { level, budget: new Budget() });
}

function told(result: CheckResult): string {
  if (result.verdict.result !== "violated") return result.verdict.result;
  return result.verdict.evidence
    .map(({ summary, steps }) => [summary, ...steps.map(({ text }) => `  ${text}`)].join("\n"))
    .join("\n");
}

/** A write skew as AWDIT writes histories: by session, without a clock. */
const writeSkew = "w 0 0\nw 1 0\n=====\nr 0 0\nr 1 0\nw 0 1\n=====\nr 0 0\nr 1 0\nw 1 1\n";

describe("a violation as it is told", () => {
  test("a cycle: who did what, why each comes before the next, and the contradiction", () => {
    const history = new HistoryBuilder();
    const append = history.invoke({ process: 1, f: "txn", input: [["append", "x", 1]], event: 10 });
    history.complete(append, "ok", { output: [["append", "x", 1]], event: 11, atNs: 2_000_000 });
    const read = history.invoke({ process: 2, f: "txn", input: [["r", "x"]], atNs: 5_000_000 });
    history.complete(read, "ok", { output: [["r", "x", []]] });
    const checker = findChecker("list-append");
    const result = checker.check(history.finish(), { budget: new Budget() });
    expect(told(result)).toMatchInlineSnapshot(`
      "G-single-item-realtime (stale read): T0 < T1 < T0, a cycle of realtime, rw dependencies
        T0: appended 1 to x
        T1: read x = []
        T0 had completed 3ms before T1 began
        yet T1 read x while it was still empty, and T0 then appended 1: a contradiction"
    `);
    const { verdict } = result;
    if (verdict.result !== "violated") throw new Error("not violated");
    expect(verdict.evidence[0]?.steps[0]?.events).toStrictEqual([10, 11]);
    expect(verdict.evidence[0]?.operations).toStrictEqual([0, 1]);
    expect(verdict.violates).toStrictEqual(["strong-snapshot-isolation"]);
    expect(verdict.alsoViolates).toContain("strict-serializable");
  });

  test("no order at all: the few transactions, and what either order of two writes leads to", () => {
    expect(told(checkText(writeSkew, "skew.txt", "rw-register", "serializable")))
      .toMatchInlineSnapshot(`
        "not serializable, nor even repeatable-read: no order of these 3 transactions explains what they read
          T0: wrote 0 = 0, wrote 1 = 0
          T1: read 0 = 0, read 1 = 0, wrote 0 = 1
          T2: read 0 = 0, read 1 = 0, wrote 1 = 1
          suppose that T1 wrote before T0
            T1 read 0 from T0; T1 wrote before T0: a circle
          suppose that T0 wrote before T1
            suppose that T0 wrote before T2
              T1 read 1 from T0, so it comes before T2, which overwrote that; T2 read 0 from T0, so it comes before T1, which overwrote that: a circle
            suppose that T2 wrote before T0
              T2 read 0 from T0; T2 wrote before T0: a circle"
      `);
    expect(told(checkText(writeSkew, "skew.txt", "rw-register", "snapshot-isolation"))).toBe(
      "holds",
    );
  });

  test("a long fork, in Jepsen's workload of that name", () => {
    const events = [
      [
        "invoke",
        0,
        [
          ["r", "x", null],
          ["r", "y", null],
        ],
      ],
      [
        "ok",
        0,
        [
          ["r", "x", 1],
          ["r", "y", null],
        ],
      ],
      [
        "invoke",
        1,
        [
          ["r", "y", null],
          ["r", "x", null],
        ],
      ],
      [
        "ok",
        1,
        [
          ["r", "y", 1],
          ["r", "x", null],
        ],
      ],
    ].map(([type, process, value]) => ({ type, process, f: "read", value }));
    expect(told(checkText(JSON.stringify(events), "fork.json", "long-fork", "prefix")))
      .toMatchInlineSnapshot(`
        "long fork: T0 saw "x" written before "y", and T1 the other way round
          T0 saw the write of "x" and missed that of "y"
          T1 saw the write of "y" and missed that of "x""
      `);
  });
});

describe("reads by predicate", () => {
  test("two transactions that each insert what the other's predicate would have matched", () => {
    const events = [
      ["init", "invoke", 0, { x: 0 }],
      ["init", "ok", 0, { x: 0 }],
      [
        "txn",
        "invoke",
        0,
        [
          ["rp", ["=", 1], null],
          ["insert", "y", 1],
        ],
      ],
      [
        "txn",
        "invoke",
        1,
        [
          ["rp", ["=", 1], null],
          ["insert", "z", 1],
        ],
      ],
      [
        "txn",
        "ok",
        0,
        [
          ["rp", ["=", 1], {}],
          ["insert", "y", 1],
        ],
      ],
      [
        "txn",
        "ok",
        1,
        [
          ["rp", ["=", 1], {}],
          ["insert", "z", 1],
        ],
      ],
    ].map(([f, type, process, value]) => ({ type, process, f, value }));
    const text = JSON.stringify(events);
    expect(told(checkText(text, "x.json", "closed-predicate", "serializable")))
      .toMatchInlineSnapshot(`
      "G2: T1 < T2 < T1, a cycle of rw (predicate) dependencies
        T1: read by ["=",1] = {}, wrote y = 1
        T2: read by ["=",1] = {}, wrote z = 1
        T1 read by ["=",1] with z unborn, before T2 made it 1, which changes whether it matches
        yet T2 read by ["=",1] with y unborn, before T1 made it 1, which changes whether it matches: a contradiction"
    `);
    expect(told(checkText(text, "x.json", "closed-predicate", "repeatable-read"))).toBe("holds");
  });

  test("a key that matches in every version must be returned", () => {
    const events = [
      ["init", "invoke", 0, { x: 3 }],
      ["init", "ok", 0, { x: 3 }],
      ["txn", "invoke", 1, [["rp", ["mod", 2, 1], null]]],
      ["txn", "ok", 1, [["rp", ["mod", 2, 1], {}]]],
    ].map(([f, type, process, value]) => ({ type, process, f, value }));
    expect(told(checkText(JSON.stringify(events), "x.json", "closed-predicate", "serializable")))
      .toMatchInlineSnapshot(`
        "predicate read miss: T1 read by ["mod",2,1] and did not get x, though every version of it matches
          T1: read by ["mod",2,1] = {}
          T1 read by ["mod",2,1] and did not get x, though every version of it matches"
      `);
  });
});

describe("keys of closed predicates", () => {
  const history = (second: string): string =>
    [
      `{:type :invoke, :process 0, :f :init, :value {:a 1, ${second} 1}}`,
      `{:type :ok, :process 0, :f :init, :value {:a 1, ${second} 1}}`,
      `{:type :invoke, :process 1, :f :txn, :value [[:w ${second} 2] [:r :a nil]]}`,
      `{:type :ok, :process 1, :f :txn, :value [[:w ${second} 2] [:r :a 1]]}`,
      `{:type :invoke, :process 2, :f :txn, :value [[:rp :true nil]]}`,
      `{:type :ok, :process 2, :f :txn, :value [[:rp :true {:a 1, ${second} 2}]]}`,
      `{:type :invoke, :process 3, :f :txn, :value [[:r ${second} nil] [:w :a 2]]}`,
      `{:type :ok, :process 3, :f :txn, :value [[:r ${second} 1] [:w :a 2]]}`,
    ].join("\n");
  const judged = (second: string): string =>
    told(checkText(history(second), "x.edn", "closed-predicate", "strict-serializable"));

  // The last transaction reads what was overwritten before it began: of the second key, whatever that is called.
  test("are a keyword and a text of one name as much as two keywords", () => {
    const anomalies = (text: string): string[] =>
      text.split("\n").filter((line) => /^\S/.test(line));
    expect(anomalies(judged(":b"))).toEqual([
      expect.stringContaining("T1 < T2 < T3 < T1"),
      expect.stringContaining("T1 < T3 < T1"),
    ]);
    expect(anomalies(judged('"a"'))).toEqual(anomalies(judged(":b")));
  });
});

describe("what cannot be judged", () => {
  test("an element that was appended twice", () => {
    const events = [
      ["invoke", 0, [["append", "x", 1]]],
      ["ok", 0, [["append", "x", 1]]],
      ["invoke", 0, [["append", "x", 1]]],
      ["ok", 0, [["append", "x", 1]]],
    ].map(([type, process, value]) => ({ type, process, f: "txn", value }));
    const { verdict } = checkText(JSON.stringify(events), "x.json", "list-append", "serializable");
    expect(verdict).toMatchObject({
      result: "unknown",
      why: "1 was appended to x more than once, so nobody can tell which append a read saw",
    });
  });

  test("registers given to the model of lists, with what to do", () => {
    const events = JSON.stringify([
      { type: "invoke", process: 0, f: "txn", value: [["w", "x", 1]] },
      { type: "ok", process: 0, f: "txn", value: [["w", "x", 1]] },
    ]);
    expect(() => checkText(events, "x.json", "list-append", "serializable")).toThrow(
      'operation 0: ["w","x",1] is neither a read nor an append',
    );
  });

  test("a spent budget says so", () => {
    const budget = new Budget({ timeout: 0 });
    budget.spentNow();
    const { history } = readHistories(encoder.encode(writeSkew), { name: "skew.txt" })
      .histories[0] as { history: Parameters<ReturnType<typeof findChecker>["check"]>[0] };
    const { verdict } = findChecker("rw-register").check(history, { budget });
    expect(verdict).toMatchObject({ result: "unknown" });
  });
});

describe("files", () => {
  test("events go straight into a table, or by way of a history: the same is told", () => {
    const lines = [
      { type: "invoke", process: 0, f: "txn", value: [["append", "x", 1]], time: 1 },
      { type: "ok", process: 0, f: "txn", value: [["append", "x", 1]], time: 2 },
      { type: "invoke", process: 1, f: "txn", value: [["r", "x", null]], time: 3 },
      { type: "ok", process: 1, f: "txn", value: [["r", "x", []]], time: 4 },
    ];
    const text = lines.map((line) => JSON.stringify(line)).join("\n");
    const checker = findChecker("list-append");
    const direct = checker.checkBytes?.(encoder.encode(text), "x.jsonl", { budget: new Budget() });
    expect(told(direct as CheckResult)).toBe(
      told(checkText(text, "x.jsonl", "list-append", "strict-serializable")),
    );
    expect(direct?.verdict.result).toBe("violated");
    const { table, lookup } = readTransactions(encoder.encode(text), {
      name: "x.jsonl",
      model: "list-append",
    });
    expect(table.count).toBe(2);
    expect(lookup(1)?.output).toStrictEqual([["r", "x", []]]);
  });

  test("a file that is more than one plain history is left to the reader of histories", () => {
    const line = JSON.stringify({ type: "ok", process: 0, f: "txn", value: [["append", "x", 1]] });
    const checker = findChecker("list-append");
    expect(
      checker.checkBytes?.(encoder.encode(line), "x.jsonl", { budget: new Budget() }),
    ).toBeUndefined();
  });

  test("IsoVista's and dbcop's formats hold the same history as AWDIT's", () => {
    const isovista =
      "w(0,0,0,0)\nw(1,0,0,0)\nr(0,0,1,1)\nr(1,0,1,1)\nw(0,1,1,1)\nr(0,0,2,2)\nr(1,0,2,2)\nw(1,1,2,2)\n";
    const event = (write: boolean, variable: number, version: number): object => ({
      write,
      variable,
      version,
      success: true,
    });
    const dbcop = JSON.stringify({
      params: { id: 0 },
      data: [
        [{ events: [event(true, 0, 0), event(true, 1, 0)], success: true }],
        [{ events: [event(false, 0, 0), event(false, 1, 0), event(true, 0, 1)], success: true }],
        [{ events: [event(false, 0, 0), event(false, 1, 0), event(true, 1, 1)], success: true }],
      ],
    });
    const expected = told(checkText(writeSkew, "skew.txt", "rw-register", "serializable"));
    expect(told(checkText(isovista, "skew.txt", "rw-register", "serializable"))).toBe(expected);
    expect(told(checkText(dbcop, "skew.json", "rw-register", "serializable"))).toBe(expected);
  });
});
