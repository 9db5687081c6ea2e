/** Arguments that cannot be meant: each ends the run or the description with one message, however it is called. */
import { describe, expect, it } from "vitest";
import { redis } from "../../src/blocks/index.ts";
import { parseDurationNs } from "../../src/base/units.ts";
import { consistent, linearizable, mutex } from "../../src/check/index.ts";
import { described, runDescribed } from "./described.ts";

describe("a program's", () => {
  const cases: [string, string, RegExp][] = [
    [
      "always with its arguments swapped",
      'always(1 === 2, "never")',
      /always\(false, "never"\): the name comes first/,
    ],
    [
      "always without a condition",
      'always("never")',
      /always\("never", undefined\): the condition must be true or false/,
    ],
    [
      "always of a promise",
      'always("x", Promise.resolve(false))',
      /a promise is neither: await it first/,
    ],
    [
      "always of what is merely truthy",
      'always("x", [])',
      /always\("x", \[\]\): the condition must/,
    ],
    ["sometimes without a name", 'sometimes("", true)', /sometimes\("", true\): its name is text/],
    ["eventually of a function", 'eventually("x", () => true)', /eventually\("x", a function\)/],
    [
      "op without a function",
      'void op("write", "x", 7).catch(() => {})',
      /op\(\.\.\.\) takes a name/,
    ],
    ["op without a name", "void op(() => 7).catch(() => {})", /op\(\.\.\.\) takes a name/],
    [
      "op whose input is a promise",
      'void op("w", 1, Promise.resolve(), () => {}).catch(() => {})',
      /the input holds a promise \(await it first\)/,
    ],
    [
      "op whose key is a function",
      'void op("w", () => 1, () => {}).catch(() => {})',
      /the key holds a function/,
    ],
    [
      "integer that runs backwards",
      "random.integer(5, 1)",
      /random\.integer\(5, 1\) takes two whole numbers/,
    ],
    ["integer of one number", "random.integer(5)", /random\.integer\(5, undefined\)/],
    [
      "pick from nothing",
      "random.pick([])",
      /random\.pick\(\[\]\) takes an array with at least one/,
    ],
    ["sleep without a unit", 'await sleep("10")', /sleep: 10 has no unit/],
  ];
  it.each(cases)("%s", async (_, statement, message) => {
    const run = runDescribed(`
      w.host("a", async ({ op, always, sometimes, eventually, random, sleep }) => {
        await sleep(10);
        try { ${statement}; } catch {}
      });
      w.run("1s");`);
    await expect(run).rejects.toThrow(message);
    // Whose program it was, and where.
    await expect(run).rejects.toThrow(/^a: .*\(at .*world\.ts:6:\d+\)$/);
  });

  it("function that returns a block, which nobody would run", async () => {
    const run = runDescribed('w.host("a", () => redis()); w.run("1s");');
    await expect(run).rejects.toThrow(/^a: .*returns the block redis, which nobody runs/);
  });

  it("sleep of a month is a month, though Node's timers end at 25 days", async () => {
    const { history } = await runDescribed(`
      w.host("a", async ({ op, sleep }) => {
        await sleep("30d");
        await op("wake", () => {});
      });
      w.run("31d");`);
    expect(history.operations[0]?.invokeNs).toBe(30 * 86_400e9);
  });
});

describe("a description's", () => {
  const cases: [string, string, RegExp][] = [
    [
      "block that is not called",
      'w.host("a", redis)',
      /redis is not a program, it makes one when it is called/,
    ],
    ["check that is not called", "w.check(mutex)", /mutex is not a check/],
    ["checks in a list", "w.check([mutex()])", /is not a check/],
    ["generator", 'w.host("a", async function* () {})', /a generator function is not a program/],
    ["fault that is not called", "w.faults(w.crash)", /a function is not a fault/],
    ["faults in a list", 'w.host("a", "x"); w.faults([w.crash()])', /is not a fault/],
    [
      "fault that nothing is given",
      'w.host("a", "x"); w.crash("a"); w.run("1s")',
      /w\.crash\(\.\.\.\) is described, and nothing ever breaks by it/,
    ],
    [
      "link to nobody",
      'w.host("a", "x"); w.link("a", { latency: 1 })',
      /w\.link\(\.\.\.\) takes options for all links, or/,
    ],
    ["second length", 'w.run("1s"); w.run("2s")', /w\.run\(\.\.\.\) is said twice/],
    ["second definition", "w.definite(() => true); w.definite(() => true)", /said twice/],
    ["operation without a name", "w.openEnded(7)", /w\.openEnded\(7\): not the name/],
    ["length without a unit", 'w.run("60")', /w\.run: 60 has no unit/],
    [
      "check with an odd list",
      'w.check({ name: "x", judge: () => true, looksFor: "op" })',
      /looksFor is "op", not a list/,
    ],
    [
      "check with an odd pair",
      'w.check({ name: "x", judge: () => true, givenUpAtDeath: ["a"] })',
      /givenUpAtDeath is \["a"\]/,
    ],
    [
      "mutex with a misspelt option",
      'w.check(mutex({ aquire: "x" }))',
      /mutex: no option "aquire"/,
    ],
    ["host of the module's own", 'w.host("a", mutex)', /mutex is not a program/],
  ];
  it.each(cases)("%s", async (_, statement, message) => {
    await expect(described(statement)).rejects.toThrow(message);
  });
});

describe("a check's", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["misspelt option", () => consistent("register", { levle: "x" } as never), /no option "levle"/],
    [
      "limit without a unit",
      () => consistent("register", { timeout: "10" }),
      /timeout: 10 has no unit/,
    ],
    ["words that are none", () => mutex({ acquire: 7 as never }), /acquire is 7, not the name/],
    [
      "model by name alone",
      () => linearizable("register" as never),
      /a model has a name, initial\(\) and step/,
    ],
    ["model of no kind", () => consistent("registr"), /no model "registr"/],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe("a block's", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["misspelt option", () => redis({ prot: 7000 } as never), /redis\(\.\.\.\): no option "prot"/],
    ["port as text", () => redis({ port: "7000" as never }), /port is "7000", not a whole number/],
    [
      "setting as a number",
      () => redis({ config: { save: 1 as never } }),
      /config is .*not an object of text/,
    ],
    ["options that are none", () => redis(7000 as never), /the options are an object/],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe("durations", () => {
  it("of hours and days are understood wherever one is", () => {
    expect(parseDurationNs("2h")).toBe(2 * 3_600e9);
    expect(parseDurationNs("1d")).toBe(86_400e9);
    expect(parseDurationNs("1.5 d")).toBe(36 * 3_600e9);
  });

  it("that are text need a unit, and say which there are", () => {
    expect(() => parseDurationNs("10", "--for")).toThrow("--for: 10 has no unit");
    expect(parseDurationNs(10)).toBe(10e6);
  });
});
