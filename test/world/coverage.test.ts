/** What was not judged is not green: checks without operations, assertions and hosts that nobody hears of. */
import { describe, expect, it } from "vitest";
import { CoverageTally } from "../../src/world/coverage.ts";
import type { RunOutcome } from "../../src/world/outcome.ts";
import { assertionsIn } from "../../src/world/written-assertions.ts";
import { beside, described, runDescribed } from "./described.ts";

/** The checks that judged nothing, without the one that these tests add. */
const idle = ({ coverage }: RunOutcome): string[] =>
  (coverage?.idle ?? []).map(({ check }) => check).filter((name) => name !== "spy");

const locks = (acquire: string, release: string): string => `
  w.hosts("client", 2, async ({ op, sleep }) => {
    for (;;) {
      await op("${acquire}", "job", () => {});
      await sleep(50);
      await op("${release}", "job", () => {});
      await sleep(50);
    }
  });
  w.run("2s");`;

describe("a check that judged nothing", () => {
  it("is told by what it looks for and by what there was, and the run is undecided", async () => {
    const outcome = await runDescribed(`w.check(mutex()); ${locks("take", "give")}`);
    expect(outcome.verdict).toBe("unknown");
    expect(idle(outcome)).toEqual(["mutex"]);
    const tally = new CoverageTally();
    tally.add(outcome.coverage);
    expect(tally.refusal().message).toMatch(
      /the check "mutex" judged nothing in this run: it looks for acquire or lock, and there is take \(\d+\), give \(\d+\)/,
    );
  });

  it.each([
    ["a world without operations", 'w.host("a", ({ sleep }) => sleep(10));', "mutex()", true],
    [
      "a check of one's own without operations",
      'w.host("a", ({ sleep }) => sleep(10));',
      "{ name: 'mine', judge: () => true }",
      true,
    ],
    [
      "a check of one's own with some",
      'w.host("a", ({ op }) => op("f", () => {}));',
      "{ name: 'mine', judge: () => true }",
      false,
    ],
    [
      "one that says what it is about",
      'w.host("a", ({ op }) => op("f", () => {}));',
      "{ name: 'mine', judge: () => true, looksFor: ['g'] }",
      true,
    ],
    [
      "locks that nobody got",
      'w.host("a", ({ op }) => op("acquire", "x", () => Promise.reject(new Error())).catch(() => {}));',
      "mutex()",
      true,
    ],
    [
      "a register that is only written",
      'w.host("a", ({ op }) => op("write", "x", 1, () => {}));',
      'consistent("register")',
      true,
    ],
    [
      "a register that is read by another word",
      'w.host("a", ({ op }) => op("get", "x", () => null));',
      'consistent("register")',
      false,
    ],
    [
      "transactions that all failed",
      'w.host("a", ({ op }) => op("txn", undefined, [["r", "x", null]], () => Promise.reject(new Error())).catch(() => {}));',
      'consistent("list-append")',
      true,
    ],
    [
      "a model of one's own without an answer",
      'w.host("a", ({ op }) => op("f", () => Promise.reject(new Error())).catch(() => {}));',
      'linearizable({ name: "m", initial: () => 0, step: (state) => ({ state }) })',
      true,
    ],
  ])("%s", async (_, host, check, judgesNothing) => {
    const outcome = await runDescribed(`${host} w.check(${check}); w.run("1s");`);
    expect(outcome.violations).toEqual([]);
    expect(idle(outcome).length > 0).toBe(judgesNothing);
  });

  it("finds locks that are called lock and unlock", async () => {
    const outcome = await runDescribed(`w.check(mutex()); ${locks("lock", "unlock")}`);
    expect(outcome.violations.map(({ check }) => check)).toEqual(["mutex"]);
  });

  it("says nothing of a run that is violated, or that was cut short", async () => {
    const cut = await runDescribed(`w.check(mutex()); ${locks("take", "give")}`, { untilNs: 1e9 });
    expect(cut.coverage).toBeUndefined();
  });
});

describe("over many runs", () => {
  const run = (idleIn: boolean, reached: string[] = [], inCalm = true) => ({
    idle: idleIn ? [{ check: "mutex", looksFor: ["acquire"] }] : [],
    operations: idleIn ? [] : [["acquire", 3, 2] as const],
    reached,
    hosts: [["a", inCalm] as const],
    faults: [["clock-step", 6, 0] as const, ["loss", 6, reached.length] as const],
  });

  it("a check that judged something in one of them has judged", () => {
    const tally = new CoverageTally();
    for (const idleIn of [true, false, true]) tally.add(run(idleIn));
    expect(tally.idle).toEqual([]);
    expect(tally.notes([], true).remarks).toEqual(["mutex had nothing to judge in 2 of 3 runs"]);
  });

  it("one that never did has not, and assertions and hosts likewise", () => {
    const tally = new CoverageTally();
    for (const reached of [[], ["always b"]]) tally.add(run(true, reached, false));
    expect(tally.idle.map(({ check }) => check)).toEqual(["mutex"]);
    const written = ["a", "b"].map((name) => ({ kind: "always", name, place: `${name}.ts:1` }));
    expect(tally.notes(written, true).lacks).toEqual([
      "never reached in any run: always a (a.ts:1)",
      "none of 12 faults of the kind clock-step changed anything: no program read a wall clock meanwhile",
      "recorded nothing in the calm of any run: a (whether it recovers was not seen)",
    ]);
    expect(tally.notes(written, false).lacks).toHaveLength(2);
  });
});

describe("assertions that stand in programs", () => {
  it("are found by their names, and not in comments and strings", () => {
    const text = `
      always("one", x);
      // always("no", x)
      /* sometimes("no", x) */
      context.sometimes('it\\'s two', x); eventually(\`three\`, x);
      const url = "http://a"; always(
        "four", x);
      const s = "always('no', x)"; neverAlways("no", x); always(name, x); always(\`\${five}\`, x);`;
    expect(assertionsIn(text)).toEqual([
      { kind: "always", name: "one", line: 2 },
      { kind: "sometimes", name: "it's two", line: 5 },
      { kind: "eventually", name: "three", line: 5 },
      { kind: "always", name: "four", line: 6 },
    ]);
  });

  it("are those of all files of a world's own, by what they import", async () => {
    beside("deep.ts", 'import { always } from "lightcone/probe";\nalways("deep", true);\n');
    beside("program.ts", 'import "./deep.js";\n');
    const { assertions } = await described(`
      w.host("a", "./program.ts");
      w.host("b", ({ sometimes }) => { if (Date.now() < 0) sometimes("never", true); });
      w.run("1s");`);
    expect(assertions.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
      "always deep",
      "sometimes never",
    ]);
    const { coverage } = await runDescribed(`
      w.host("a", "./program.ts");
      w.host("b", ({ sometimes }) => { if (Date.now() < 0) sometimes("never", true); });
      w.run("1s");`);
    expect(coverage?.reached).toEqual(["always deep"]);
  });
});

describe("hosts", () => {
  it("that record nothing in the calm are known, with the others of their group", async () => {
    const { coverage } = await runDescribed(`
      w.host("server", ({ sleep }) => sleep("1h"));
      w.hosts("early", 2, ({ op, index }) => (index === 0 ? op("f", () => {}) : undefined));
      w.host("late", async ({ always, sleep }) => { await sleep("2500ms"); always("x", true); });
      w.run("3s");`);
    expect(coverage?.hosts).toEqual([
      ["early-1", false],
      ["early-2", false],
      ["late", true],
    ]);
  });
});
