/** Values that look alike and are not, and values that trip JavaScript up: each model tells them apart. */
import { describe, expect, it } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { findChecker } from "../../src/check/registry.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History } from "../../src/history/operation.ts";
import { readHistories } from "../../src/history/read.ts";
import { Decimal, Keyword, textOf } from "../../src/history/values.ts";
import { writeHistory } from "../../src/history/write.ts";

/** Operations in EDN, one after another: `f asked answered`. */
function edn(...steps: readonly (readonly [f: string, asked: string, answered: string])[]): string {
  return steps
    .map(
      ([f, asked, answered]) =>
        `{:process 0 :type :invoke :f :${f} :value ${asked}}\n{:process 0 :type :ok :f :${f} :value ${answered}}`,
    )
    .join("\n");
}

function read(text: string, format: "edn" | "json" = "edn"): History {
  return readHistories(new TextEncoder().encode(text), { format }).histories[0]?.history as History;
}

function judge(model: string, history: History, options: object = {}): string {
  return findChecker(model).check(history, { budget: new Budget(), ...options }).verdict.result;
}

describe("values of EDN", () => {
  it.each([
    ["a keyword is itself", ":a", ":a", "holds"],
    ["a keyword is not the text of its name", ":a", '"a"', "violated"],
    ["a keyword is not its own text", ":a", '":a"', "violated"],
    ["a text is not a keyword", '"a"', ":a", "violated"],
    ["1.0 is itself", "1.0", "1.0", "holds"],
    ["1.0 is not 1", "1.0", "1", "violated"],
    ["1 is not 1.0", "1", "1e0", "violated"],
    ["1.0 is not its own text", "1.0", '"1.0"', "violated"],
    ["2.5 is itself", "2.5", "2.50", "holds"],
    ["a big integer that fits is a number", "1N", "1", "holds"],
    [
      "big integers that differ in the last digit differ",
      "9007199254740993",
      "9007199254740992",
      "violated",
    ],
    ["a list of keywords is none of texts", "[:a :b]", '["a" "b"]', "violated"],
    ["a list is not its own text", "[1]", '"[1]"', "violated"],
    ["texts that hold a comma are one text", '["a" "b"]', '["a,\\"b"]', "violated"],
    ["a set has no order", "#{1 2}", "[1 2]", "holds"],
    ["a map is itself", "{:a 1, :b 2}", "{:b 2 :a 1}", "holds"],
    ["a map of texts is itself", '{"a" 1, "b" 2}', '{"b" 2 "a" 1}', "holds"],
    ["a map of numbers is itself", "{1 2, 3 4}", "{3 4, 1 2}", "holds"],
    ["a keyword as a key is not the text of its name", "{:a 1}", '{"a" 1}', "violated"],
    ["a text as a key is not a keyword", '{"a" 1}', "{:a 1}", "violated"],
    ["a number as a key is not its own text", "{1 2}", '{"1" 2}', "violated"],
    ["a number as a key is not a keyword", "{1 2}", "{:1 2}", "violated"],
    ["1.0 as a key is not 1", "{1.0 2}", "{1 2}", "violated"],
    ["a keyword and a text are two keys", '{:a 1 "a" 2}', '{:a 1 "a" 3}', "violated"],
    ["and have no order", '{:a 1 "a" 2}', '{"a" 2 :a 1}', "holds"],
    ["and are not one", '{:a 1 "a" 2}', "{:a 2}", "violated"],
    ["maps in maps differ by their keys", "{:x {:a 1}}", '{:x {"a" 1}}', "violated"],
    ["a value's own :type is a keyword", "{:type :ok}", '{:type "ok"}', "violated"],
  ])("%s", (_, written, told, verdict) => {
    for (const model of ["register", "map"]) {
      const [write, ask] = model === "map" ? ["put", "get"] : ["write", "read"];
      const history = read(edn([write, written, written], [ask, "nil", told]));
      expect([model, judge(model, history)]).toEqual([model, verdict]);
    }
    // With a second write of the value no specialist for unique ones is asked.
    const twice = edn(
      ["write", written, written],
      ["write", written, written],
      ["read", "nil", told],
    );
    expect(judge("register", read(twice))).toBe(verdict);
    expect(
      findChecker("register", "causal").check(read(twice), {
        level: "causal",
        budget: new Budget(),
      }).verdict.result,
    ).toBe(verdict);
    const txn = edn(
      ["txn", `[[:w :x ${written}]]`, `[[:w :x ${written}]]`],
      ["txn", "[[:r :x nil]]", `[[:r :x ${told}]]`],
    );
    expect(judge("rw-register", read(txn))).toBe(verdict);
  });

  it("name operations, micro-operations, fields and processes as before", () => {
    const { operations } = read(
      '{:process :a :type :invoke :f :txn :value [[:r :x nil] [:append "x" :y]] :time 1.0}',
    );
    expect(operations[0]).toMatchObject({
      process: "a",
      f: "txn",
      input: [
        ["r", Keyword.of("x"), null],
        ["append", "x", Keyword.of("y")],
      ],
      invokeNs: 1,
    });
  });

  it("are compared and set, and set first", () => {
    const history = read(edn(["cas", "[:a :b]", "true"], ["read", "nil", ":b"]));
    expect(judge("register", history, { initial: Keyword.of("a") })).toBe("holds");
    expect(judge("register", history, { initial: "a" })).toBe("violated");
  });

  it("keep two keys of transactions apart", () => {
    const same = edn(
      ["txn", "[[:append :x 1]]", "[[:append :x 1]]"],
      ["txn", '[[:r "x" nil]]', '[[:r "x" [1]]]'],
    );
    expect(judge("list-append", read(same))).toBe("violated");
    expect(judge("list-append", read(same.replaceAll('"x"', ":x")))).toBe("holds");
  });

  it("name an event's fields in one event, and in a case, though other keys are texts", () => {
    const event = '{:process 0, :type :invoke, :f :write, :value 1, "note" :x}';
    expect(read(event).operations[0]).toMatchObject({ process: 0, f: "write", input: 1 });
    const texts = '{"process" 0, "type" :invoke, "f" :write, "value" 1}';
    expect(read(texts).operations[0]).toMatchObject({ process: 0, f: "write", input: 1 });
    const whole = `{:model "register", :history [#op ${event}]}`;
    expect(read(whole).operations[0]).toMatchObject({ process: 0, f: "write", input: 1 });
  });

  it("name logs, and accounts of a bank, in whatever map they stand", () => {
    const log = (key: string, polled: string): string =>
      edn(["send", `[${key} 1]`, `[${key} [0 1]]`], ["poll", "nil", `{${polled} [[0 1]]}`]);
    expect(judge("log", read(log(":a", ":a")))).toBe("holds");
    expect(judge("log", read(log('"a"', '"a"')))).toBe("holds");
    expect(judge("log", read(log("7", "7")))).toBe("holds");
    expect(judge("log", read(log(":a", '"a"')))).toBe("violated");
    const accounts = edn(["read", "nil", '{:a 1 "b" 2}'], ["read", "nil", '{:a 2 "b" 1}']);
    expect(judge("bank", read(accounts))).toBe("holds");
  });

  it("name first values by a field or by a map's key", () => {
    const reads = edn(
      ["txn", "[[:r :x nil]]", "[[:r :x 1]]"],
      ["txn", '[[:r "x" nil]]', '[[:r "x" 2]]'],
    );
    const both = new Map<unknown, unknown>([
      [Keyword.of("x"), 1],
      ["x", 2],
    ]);
    expect(judge("multi-register", read(reads), { initial: both })).toBe("holds");
    expect(judge("multi-register", read(reads), { initial: { x: 1 } })).toBe("violated");
    const one = read(edn(["txn", "[[:r :x nil]]", "[[:r :x 1]]"]));
    expect(judge("multi-register", one, { initial: { x: 1 } })).toBe("holds");
  });

  it("are written as they were read", () => {
    const map = '{"a" 1 :b {:c "d"}}';
    const text = edn(
      ["write", ":a", ":a"],
      ["write", '"a"', '"a"'],
      ["write", "1.0", "1.0"],
      ["write", map, map],
    );
    const values = (history: History): unknown[] => history.operations.map(({ input }) => input);
    const pairs = new Map<unknown, unknown>([
      ["a", 1],
      [Keyword.of("b"), { c: "d" }],
    ]);
    expect(values(read(text))).toEqual([Keyword.of("a"), "a", Decimal.of(1), pairs]);
    expect(values(read(writeHistory(read(text), "edn")))).toEqual(values(read(text)));
  });
});

const big = 123_456_789_012_345_678_901n;

describe("big integers", () => {
  const say = (steps: readonly (readonly [string, unknown, unknown, unknown?])[]): History => {
    const builder = new HistoryBuilder();
    for (const [f, input, output, key] of steps)
      builder.complete(builder.invoke({ process: 0, f, input, key }), "ok", { output });
    return builder.finish();
  };

  it("are values, elements, keys and terms, of whatever is violated", () => {
    const next = big + 1n;
    const histories: readonly [string, History][] = [
      [
        "register",
        say([
          ["write", [big], null],
          ["read", null, [next]],
        ]),
      ],
      [
        "register",
        say([
          ["write", big, null, big],
          ["read", null, next, big],
        ]),
      ],
      [
        "map",
        say([
          ["put", { a: big }, null],
          ["get", null, { a: next }],
        ]),
      ],
      [
        "set",
        say([
          ["add", [big], null],
          ["read", null, [[next]]],
        ]),
      ],
      [
        "set-full",
        say([
          ["add", big, null],
          ["read", null, []],
          ["add", next, null],
        ]),
      ],
      [
        "fifo-queue",
        say([
          ["enqueue", [big], null],
          ["dequeue", null, [next]],
        ]),
      ],
      [
        "multi-register",
        say([
          ["txn", [["write", big, [big]]], [["write", big, [big]]]],
          ["txn", [["read", big, null]], [["read", big, next]]],
        ]),
      ],
      [
        "unique-ids",
        say([
          ["generate", null, [big]],
          ["generate", null, [big]],
        ]),
      ],
      [
        "list-append",
        say([
          ["txn", [["append", [big], big]], [["append", [big], big]]],
          ["txn", [["r", [big], null]], [["r", [big], [next]]]],
        ]),
      ],
      [
        "rw-register",
        say([
          ["txn", [["w", big, { big }]], [["w", big, { big }]]],
          ["txn", [["r", big, null]], [["r", big, [next]]]],
        ]),
      ],
      [
        "bank",
        say([
          ["read", null, { a: big, b: 1 }],
          ["read", null, { a: big, b: 2 }],
        ]),
      ],
      [
        "leader-election",
        say([
          ["elect", null, [big, 1]],
          ["elect", null, [big, 2]],
        ]),
      ],
    ];
    for (const [model, history] of histories) {
      const { verdict } = findChecker(model).check(history, { budget: new Budget() });
      const expected = model === "set-full" ? verdict.result : "violated";
      expect([model, verdict.result]).toEqual([model, expected]);
    }
  });

  it("are no amount for a counter, which says so", () => {
    expect(() => judge("counter", say([["add", big, null]]))).toThrow(/no value for this add/);
  });
});

describe("keys that are names of JavaScript's own", () => {
  const names = ["toString", "constructor", "__proto__", "hasOwnProperty", "valueOf"];

  it.each(names)("%s", (name) => {
    const builder = new HistoryBuilder();
    const txn = (asked: unknown, told: unknown): void =>
      builder.complete(builder.invoke({ process: 0, f: "txn", input: asked }), "ok", {
        output: told,
      });
    txn([["read", name, null]], [["read", name, null]]);
    txn([["write", name, 1]], [["write", name, 1]]);
    txn([["read", name, null]], [["read", name, 1]]);
    txn([["read", "other", null]], [["read", "other", null]]);
    const history = builder.finish();
    for (const model of ["multi-register", "rw-register"]) {
      expect([model, judge(model, history)]).toEqual([model, "holds"]);
    }
    const initial = JSON.parse(`{"${name}": 7}`) as unknown;
    expect(judge("multi-register", history, { initial })).toBe("violated");
    const { verdict } = findChecker("multi-register", "causal").check(history, {
      level: "causal",
      budget: new Budget(),
    });
    expect(verdict.result).toBe("holds");
  });

  it("are elements, accounts and objects too", () => {
    const text = names
      .flatMap((name) => [
        `{"process":0,"type":"invoke","f":"read","key":"${name}","value":null}`,
        `{"process":0,"type":"ok","f":"read","key":"${name}","value":{"${name}":1}}`,
      ])
      .join("\n");
    const { operations } = read(text, "json");
    expect(operations.map(({ output }) => textOf(output))).toEqual(
      names.map((name) => `{"${name}":1}`),
    );
    const one = { operations: operations.slice(2, 3).map((it) => ({ ...it, key: undefined })) };
    expect(judge("bank", one)).toBe("holds");
    const { verdict } = findChecker("register").check(
      { operations },
      { budget: new Budget(), initial: null },
    );
    if (verdict.result !== "violated") throw new Error(verdict.result);
    expect(verdict.evidence.map(({ key }) => key)).toEqual(names.slice(0, 3));
  });
});

describe("a value in words", () => {
  it("never throws, and tells kinds apart", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(textOf([1, 1n, Keyword.of("a"), "a", Decimal.of(1), null, new Set([1])])).toBe(
      '[1,1,:a,"a",1.0,null,#{1}]',
    );
    expect(textOf(circle)).toMatch(/^\[+\.\.\.\]+$/);
  });
});
