/** Checks that count: banks, logs, ids, total queues, full sets, leaders. */
import { describe, expect, it } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { findChecker } from "../../src/check/registry.ts";
import type { Verdict } from "../../src/check/verdict.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { Outcome } from "../../src/history/operation.ts";

type Row = readonly [
  process: number,
  f: string,
  input: unknown,
  output: unknown,
  outcome?: Outcome,
];

/** One operation after another. */
function judge(model: string, rows: readonly Row[], settings = {}): Verdict {
  const recorder = new HistoryBuilder();
  for (const [process, f, input, output, outcome] of rows) {
    const id = recorder.invoke({ process, f, input });
    recorder.complete(id, outcome ?? "ok", { output });
  }
  const budget = new Budget();
  return findChecker(model).check(recorder.finish(), { budget, settings }).verdict;
}

function anomalies(verdict: Verdict): unknown[] {
  if (verdict.result !== "violated") return [verdict.result];
  return verdict.evidence.map(({ anomaly, operations }) => [anomaly, ...operations]);
}

describe("a bank", () => {
  const read = (balances: object): Row => [0, "read", null, balances];
  it("keeps its total, that of the first read or the one it is told", () => {
    expect(anomalies(judge("bank", [read({ a: 7, b: 3 }), read({ a: 1, b: 9 })]))).toEqual([
      "holds",
    ]);
    const short = judge("bank", [read({ a: 7, b: 3 }), read({ a: 6, b: 3 })]);
    expect(anomalies(short)).toEqual([["wrong total", 0, 1]]);
    expect(anomalies(judge("bank", [read({ a: 7, b: 3 })], { total: "12" }))).toEqual([
      ["wrong total", 0],
    ]);
  });
  it("has no negative balances unless they are allowed, and no other accounts", () => {
    const rows = [read({ a: 7, b: 3 }), read({ a: 11, b: -1 })];
    expect(anomalies(judge("bank", rows))).toEqual([["negative balance", 1]]);
    expect(anomalies(judge("bank", rows, { negative: "allow" }))).toEqual(["holds"]);
    expect(anomalies(judge("bank", [read({ a: 7, b: 3 }), read({ a: 10 })]))).toEqual([
      ["missing account", 0, 1],
    ]);
    expect(anomalies(judge("bank", [read({ a: 10 }), read({ a: 10, c: 0 })]))).toEqual([
      ["unexpected account", 0, 1],
    ]);
    expect(anomalies(judge("bank", [read({ a: 10, b: null })]))).toEqual([["no balance", 0]]);
  });
});

describe("an append-only log", () => {
  const send = (value: string, offset: number, process = 0): Row => [
    process,
    "send",
    ["k", value],
    ["k", [offset, value]],
  ];
  const poll = (process: number, ...records: [number, string][]): Row => [
    process,
    "poll",
    null,
    { k: records },
  ];
  it("that gives what was sent, in order, holds", () => {
    expect(
      anomalies(judge("log", [send("x", 0), send("y", 1), poll(1, [0, "x"]), poll(1, [1, "y"])])),
    ).toEqual(["holds"]);
  });
  it.each([
    ["lost", [send("x", 0), send("y", 1), poll(1, [1, "y"])], [["lost", 0, 2]]],
    ["duplicate", [send("x", 0), poll(1, [0, "x"], [3, "x"])], [["duplicate", 0, 1]]],
    ["inconsistent offset", [send("x", 0), send("y", 0)], [["inconsistent offset", 0, 1]]],
    ["reordered", [send("x", 5), send("y", 2)], [["reordered", 0, 1]]],
    [
      "non-monotonic poll",
      [send("x", 0), send("y", 1), poll(1, [0, "x"], [1, "y"]), poll(1, [0, "x"])],
      [["non-monotonic poll", 2, 3]],
    ],
    [
      "skipped records",
      [send("x", 0), send("y", 1), send("z", 2), poll(1, [0, "x"], [2, "z"]), poll(2, [1, "y"])],
      [["skipped records", 3]],
    ],
    ["unexpected value", [poll(1, [0, "x"])], [["unexpected value", 0]]],
    [
      "aborted read",
      [[0, "send", ["k", "x"], null, "fail"] as Row, poll(1, [0, "x"])],
      [["aborted read", 0, 1]],
    ],
  ] as const)("%s", (_, rows, expected) => {
    expect(anomalies(judge("log", rows))).toEqual(expected);
  });
  it("is read from Jepsen's transactions too", () => {
    const rows: Row[] = [
      [0, "txn", [["send", 1, "x"]], [["send", 1, [0, "x"]]]],
      [0, "txn", [["send", 1, "y"]], [["send", 1, [1, "y"]]]],
      [1, "txn", [["poll"]], [["poll", { 1: [[1, "y"]] }]]],
    ];
    expect(anomalies(judge("log", rows))).toEqual([["lost", 0, 2]]);
  });
});

describe("what is counted", () => {
  it("ids are given out once", () => {
    expect(
      anomalies(
        judge("unique-ids", [
          [0, "generate", null, 1],
          [1, "generate", null, 2],
        ]),
      ),
    ).toEqual(["holds"]);
    expect(
      anomalies(
        judge("unique-ids", [
          [0, "generate", null, 1],
          [1, "generate", null, 1],
        ]),
      ),
    ).toEqual([["duplicate id", 0, 1]]);
  });

  it("a total queue gives back what went in", () => {
    const rows: Row[] = [
      [0, "enqueue", 1, 1],
      [0, "enqueue", 2, 2],
      [1, "dequeue", null, 2],
    ];
    expect(anomalies(judge("total-queue", rows))).toEqual([["lost", 0]]);
    expect(anomalies(judge("total-queue", [...rows, [1, "drain", null, [1]]]))).toEqual(["holds"]);
    expect(anomalies(judge("total-queue", [...rows, [1, "drain", null, [1, 9]]]))).toEqual([
      ["unexpected value", 3],
    ]);
    const twice: Row[] = [...rows, [1, "drain", null, [1, 2]]];
    expect(anomalies(judge("total-queue", twice))).toEqual(["holds"]);
    expect(anomalies(judge("total-queue", twice, { duplicates: "forbid" }))).toEqual([
      ["duplicate", 1, 2, 3],
    ]);
  });

  it("a full set loses nothing for good, and is unknown if nobody reads", () => {
    const add: Row = [0, "add", 1, 1];
    const read = (...elements: number[]): Row => [1, "read", null, elements];
    expect(anomalies(judge("set-full", [add]))).toEqual(["unknown"]);
    expect(anomalies(judge("set-full", [add, read(1)]))).toEqual(["holds"]);
    expect(anomalies(judge("set-full", [add, read(1), read()]))).toEqual([["lost element", 0, 2]]);
    expect(anomalies(judge("set-full", [add, read(), read(1)]))).toEqual(["holds"]);
    expect(anomalies(judge("set-full", [add, read(), read(1)], { linearizable: "true" }))).toEqual([
      ["stale read", 0, 1],
    ]);
    expect(anomalies(judge("set-full", [add, read(1, 1)]))).toEqual([["duplicate", 1]]);
  });

  it("a term has one leader, and does not go back", () => {
    const elect = (process: number, term: number): Row => [process, "elect", null, { term }];
    expect(anomalies(judge("leader-election", [elect(0, 1), elect(1, 2), elect(0, 3)]))).toEqual([
      "holds",
    ]);
    expect(anomalies(judge("leader-election", [elect(0, 1), elect(1, 1)]))).toEqual([
      ["two leaders", 0, 1],
    ]);
    expect(anomalies(judge("leader-election", [elect(0, 2), elect(0, 1)]))).toEqual([
      ["term went back", 0, 1],
    ]);
  });

  it("comments are seen with all that came before them", () => {
    const rows: Row[] = [
      [0, "write", 1, 1],
      [0, "write", 2, 2],
      [1, "read", null, [2]],
    ];
    expect(anomalies(judge("comments", rows))).toEqual([["missing write", 0, 1, 2]]);
  });

  it("settings that a model does not know are refused", () => {
    expect(() => judge("bank", [], { totl: 3 })).toThrow('the model bank has no setting "totl"');
    expect(() => judge("bank", [], { total: "many" })).toThrow('total: "many" is not a number');
    expect(() => judge("register", [[0, "push", 1, 1]])).toThrow(
      'operation 0 is "push", which a register does not have',
    );
  });
});
