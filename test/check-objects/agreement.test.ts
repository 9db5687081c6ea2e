/** All algorithms against each other, and against a referee that tries every order. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { Budget } from "../../src/check/budget.ts";
import { uniqueTexts } from "../../src/check/objects/appended-texts.ts";
import { uniqueBag, uniquePriorityQueue, uniqueQueue } from "../../src/check/objects/elements.ts";
import { findChecker } from "../../src/check/registry.ts";
import { plan, type Plan } from "../../src/check/objects/plan.ts";
import { search } from "../../src/check/objects/search.ts";
import { growingSet } from "../../src/check/objects/sets.ts";
import type { Specialist } from "../../src/check/objects/specialist.ts";
import { uniqueStack } from "../../src/check/objects/stack-laminar.ts";
import { uniqueRegister } from "../../src/check/objects/zones.ts";
import type { Operation } from "../../src/history/operation.ts";
import {
  linearizableByForce,
  randomHistory,
  type Shape,
  type Subject,
} from "./support/histories.ts";
import {
  cellSubject,
  collectionSubject,
  counterSubject,
  lockSubject,
  multiRegisterSubject,
  registerSubject,
  setSubject,
  textSubject,
} from "./support/subjects.ts";

const subjects: readonly [string, Subject<never>, Specialist?][] = [
  ["register, few values", registerSubject(false, false)],
  ["register with cas", registerSubject(false, true)],
  ["register, unique values", registerSubject(true, false), uniqueRegister],
  ["FIFO queue, unique", collectionSubject("fifo", true), uniqueQueue],
  ["FIFO queue, repeated values", collectionSubject("fifo", false)],
  ["stack, unique", collectionSubject("stack", true), uniqueStack],
  ["stack, repeated values", collectionSubject("stack", false)],
  ["priority queue, unique", collectionSubject("priority", true), uniquePriorityQueue],
  ["priority queue, repeated values", collectionSubject("priority", false)],
  ["bag, unique", collectionSubject("bag", true), uniqueBag],
  ["bag, repeated values", collectionSubject("bag", false)],
  ["set that grows", setSubject(false), growingSet],
  ["set with removes", setSubject(true)],
  ["mutex", lockSubject("mutex")],
  ["mutex with owners", lockSubject("owner")],
  ["reentrant mutex", lockSubject("reentrant")],
  ["semaphore", lockSubject("semaphore")],
  ["read-write lock", lockSubject("rw")],
  ["counter", counterSubject],
  ["map cell", cellSubject],
  ["map cell, unique texts", textSubject("marked", true), uniqueTexts],
  ["map cell, texts made of others", textSubject("mixed", true), uniqueTexts],
  ["map cell, repeated texts", textSubject("mixed", false)],
  ["multi-register", multiRegisterSubject],
];

/** The same objects as users ask for them, by name: with all that is done before a search. */
const byName: readonly [string, Subject<never>, settings?: Record<string, unknown>][] = [
  ["register", registerSubject(false, true)],
  ["register", registerSubject(true, false)],
  ["fifo-queue", collectionSubject("fifo", true)],
  ["fifo-queue", collectionSubject("fifo", false)],
  ["stack", collectionSubject("stack", true)],
  ["stack", collectionSubject("stack", false)],
  ["priority-queue", collectionSubject("priority", true)],
  ["priority-queue", collectionSubject("priority", false)],
  ["unordered-queue", collectionSubject("bag", true)],
  ["unordered-queue", collectionSubject("bag", false)],
  ["set", setSubject(false)],
  ["set", setSubject(true)],
  ["mutex", lockSubject("mutex")],
  ["owner-mutex", lockSubject("owner")],
  ["reentrant-mutex", lockSubject("reentrant")],
  ["semaphore", lockSubject("semaphore"), { permits: 2 }],
  ["rw-lock", lockSubject("rw")],
  ["counter", counterSubject],
  ["map", cellSubject],
  ["map", textSubject("marked", true)],
  ["map", textSubject("mixed", true)],
  ["map", textSubject("mixed", false)],
  ["multi-register", multiRegisterSubject],
];

const shapes: fc.Arbitrary<Shape> = fc.record({
  processes: fc.integer({ min: 2, max: 5 }),
  operations: fc.integer({ min: 2, max: 12 }),
  lost: fc.constantFrom(0, 0, 0.1, 0.3),
  lies: fc.constantFrom(0, 0.1, 0.3),
});

function searched({ model }: Subject<never>, operations: readonly Operation[]): boolean {
  const told = model.within?.(operations) ?? model;
  const made = plan(told, operations) as Plan<never>;
  const found = search(made, [made.machine.intern(told.initial(undefined))], new Budget());
  expect(found.result).not.toBe("unknown");
  return found.result === "linearizable";
}

describe("the search and the referee are of one mind", () => {
  it.each(subjects)("%s", (_, subject, specialist) => {
    let valid = 0;
    let judgedBySpecialist = 0;
    const runs = 1_500;
    fc.assert(
      fc.property(fc.nat(), shapes, (seed, shape) => {
        const operations = randomHistory(subject, Prng.root(seed), shape);
        const truth = linearizableByForce(subject.model, operations);
        if (truth) valid++;
        expect(searched(subject, operations)).toBe(truth);
        const special = specialist?.decide(operations, undefined);
        if (!special) return;
        judgedBySpecialist++;
        expect(special.result === "linearizable").toBe(truth);
      }),
      { numRuns: runs, seed: 20_260 },
    );
    // Both verdicts must come up, or the property says little.
    expect(valid).toBeGreaterThan(runs / 20);
    expect(runs - valid).toBeGreaterThan(runs / 100);
    if (specialist) expect(judgedBySpecialist).toBeGreaterThan(runs / 5);
  });
});

describe("what a checker says is so, and its evidence still violates", () => {
  it.each(byName)("%s", (name, subject, settings) => {
    const checker = findChecker(name);
    fc.assert(
      fc.property(fc.nat(), shapes, (seed, shape) => {
        const operations = randomHistory(subject, Prng.root(seed), shape);
        const budget = new Budget();
        const { verdict } = checker.check(
          { operations },
          { budget, ...(settings ? { settings } : {}) },
        );
        expect(verdict.result).toBe(
          linearizableByForce(subject.model, operations) ? "holds" : "violated",
        );
        if (verdict.result !== "violated") return;
        const core = new Set(verdict.evidence[0]?.operations);
        const left = operations.filter(({ index }) => core.has(index));
        expect(linearizableByForce(subject.model, left)).toBe(false);
      }),
      { numRuns: 500, seed: 14 },
    );
  });
});

describe("no valid history is blamed, however many operations were never answered", () => {
  it.each(byName)("%s", (name, subject, settings) => {
    const checker = findChecker(name);
    for (let seed = 0; seed < 10; seed++) {
      const prng = Prng.root(seed);
      const shape = { processes: 2 + prng.below(5), operations: 150, lost: 0.3, lies: 0 };
      const operations = randomHistory(subject, prng, shape);
      const budget = new Budget({ timeout: 40 });
      const { verdict } = checker.check(
        { operations },
        { budget, ...(settings ? { settings } : {}) },
      );
      expect([seed, verdict.result]).not.toEqual([seed, "violated"]);
    }
  });
});

describe("specialists and the search are of one mind on longer histories", () => {
  const special = subjects.filter(([, , specialist]) => specialist);
  it.each(special)("%s", (_, subject, specialist) => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 2, max: 4 }), (seed, processes) => {
        const prng = Prng.root(seed);
        const lies = prng.pick([0, 0.02]);
        const operations = randomHistory(subject, prng, {
          processes,
          operations: 30,
          lost: 0,
          lies,
        });
        const found = (specialist as Specialist).decide(operations, undefined);
        if (found) expect(found.result === "linearizable").toBe(searched(subject, operations));
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});
