/** A hard object does not take what the others need. */
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { Budget } from "../../src/check/budget.ts";
import { decideInTurns, type Turn } from "../../src/check/objects/turns.ts";
import { findChecker } from "../../src/check/registry.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { Operation } from "../../src/history/operation.ts";
import { randomHistory } from "./support/histories.ts";
import { textSubject } from "./support/subjects.ts";

/** An object that is decided after so many steps, and holds so many bytes until then. */
class Stub implements Turn {
  result: Turn["result"];
  bytes = 0;
  turns: number[] = [];
  explained = false;
  readonly #needed: number;
  readonly #outcome: "holds" | "violated";
  readonly #held: number;
  #done = 0;

  constructor(needed: number, outcome: "holds" | "violated" = "holds", held = 0) {
    this.#needed = needed;
    this.#outcome = outcome;
    this.#held = held;
  }

  begin(): void {
    if (this.#needed === 0) this.result = this.#outcome;
  }

  advance(steps: number): void {
    this.turns.push(steps);
    this.#done += steps;
    this.bytes = this.#held;
    if (this.#done >= this.#needed) this.result = this.#outcome;
  }

  explain(): void {
    this.explained = true;
  }

  rest(): void {
    this.#done = 0;
    this.bytes = 0;
  }
}

describe("turns", () => {
  it("decide all that is easy before what is hard, and leave the last one alone", () => {
    const hard = new Stub(1e9);
    const easy = [new Stub(0), new Stub(10_000), new Stub(100)];
    decideInTurns([hard, ...easy], new Budget(), 1);
    expect([hard, ...easy].map(({ result }) => result)).toEqual(Array(4).fill("holds"));
    expect(hard.turns).toEqual([4_096, 16_384, Infinity]);
    expect(easy.map(({ turns }) => turns.length)).toEqual([0, 2, 1]);
  });

  it("end once a violation is found and all others have had as long", () => {
    const objects = [new Stub(1e9), new Stub(5_000, "violated"), new Stub(20_000, "violated")];
    decideInTurns(objects, new Budget(), 3);
    expect(objects.map(({ result }) => result)).toEqual([undefined, "violated", "violated"]);
    expect(objects.map(({ explained }) => explained)).toEqual([false, true, true]);
    expect(objects[0]?.turns).toEqual([4_096, 16_384]);
  });

  it("set aside what holds too much memory, until the others are decided", () => {
    const large = new Stub(100_000, "holds", 1e9);
    const small = new Stub(50_000);
    decideInTurns([large, small], new Budget({ memory: "2GB" }), 1);
    expect([large.result, small.result]).toEqual(["holds", "holds"]);
    expect(large.turns).toEqual([4_096, Infinity]);
  });
});

/** A history of one cell, which fifty clients put to, append to and read all at once. */
function ofFifty(unique: boolean, lies: number): readonly Operation[] {
  const shape = { processes: 50, operations: unique ? 220 : 400, lost: 0.02, lies };
  return randomHistory(textSubject("marked", unique), Prng.root(50), shape);
}

describe("a map", () => {
  it("with a key that no search decides soon, and a wrong one, is violated", () => {
    const hard = ofFifty(false, 0).map((operation) => ({ ...operation, key: "hard" }));
    const builder = new HistoryBuilder();
    const say = (f: string, input: unknown, output: unknown): void =>
      builder.complete(builder.invoke({ process: 0, f, input }), "ok", { output });
    for (const value of ["y", "x", "y", "x"]) say("put", value, null);
    say("get", null, "y");
    const easy = builder.finish().operations.map((operation, i) => ({
      ...operation,
      key: "easy",
      index: hard.length + i,
    }));
    const { verdict } = findChecker("map").check(
      { operations: [...hard, ...easy] },
      { budget: new Budget({ timeout: "60s" }) },
    );
    expect(verdict).toMatchObject({ result: "violated", evidence: [{ key: "easy" }] });
  });

  it.each([
    [0, "holds"],
    [0.02, "violated"],
  ])(
    "of fifty clients that append and put what few others do is decided (lies: %d)",
    (lies, result) => {
      const { verdict } = findChecker("map").check(
        { operations: ofFifty(true, lies) },
        { budget: new Budget({ timeout: "60s" }), decideOnly: true },
      );
      expect(verdict.result).toBe(result);
    },
  );
});
