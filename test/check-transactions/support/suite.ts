/**
 * The tests of the algorithms as functions of the library: they count disagreements with the referees.
 * The library's own must be none, and that of a library with a planted bug must not.
 */
import fc from "fast-check";
import { Budget } from "../../../src/check/budget.ts";
import { impossibleLevels } from "../../../src/check/transactions/anomalies.ts";
import type * as anomaly from "../../../src/check/transactions/anomaly.ts";
import type * as clauses from "../../../src/check/transactions/clauses.ts";
import type * as predicates from "../../../src/check/transactions/closed-predicate.ts";
import type * as committed from "../../../src/check/transactions/committed.ts";
import type * as listAppend from "../../../src/check/transactions/list-append.ts";
import type * as levels from "../../../src/check/transactions/register-levels.ts";
import type * as rwRegister from "../../../src/check/transactions/rw-register.ts";
import { cycleTypes, smallLists, type Lists } from "./lists.ts";
import { smallRegisters, story, tableFrom, type Small } from "./make.ts";
import { holds, type Base } from "./referee.ts";
import { stories } from "./stories.ts";

/** The functions under test. */
export type Library = Pick<typeof anomaly, "AnomalySet"> &
  Pick<typeof clauses, "ClauseLearner"> &
  Pick<typeof predicates, "checkPredicates"> &
  Pick<typeof committed, "committedPart"> &
  Pick<typeof listAppend, "checkListAppend"> &
  Pick<typeof levels, "LevelDecider" | "registerRules"> &
  Pick<typeof rwRegister, "inferRegister">;

const registers: Small[][] = fc.sample(smallRegisters(5), { numRuns: 500, seed: 3 });
const lists: Lists[] = fc.sample(smallLists(5), { numRuns: 500, seed: 5 });
const verdicts = new Map<string, boolean>();
const ruledOut = new Map<string, string>();

/** How often the complete checker of registers disagrees with the axioms. */
export function registerDisagreements(library: Library): number {
  let count = 0;
  for (const rule of library.registerRules) {
    registers.forEach((history, i) => {
      const name = `${rule.level} ${i}`;
      let expected = verdicts.get(name);
      if (expected === undefined) {
        expected = holds(history, (rule.weak ?? rule.order) as string, rule.precedence as Base);
        verdicts.set(name, expected);
      }
      const bad = new library.AnomalySet();
      const part = library.committedPart(tableFrom("register", history), bad);
      const decider = new library.LevelDecider(part, bad, new Budget());
      if (decider.decide(rule.level).holds !== expected) count++;
    });
    if (count > 0) return count;
  }
  return count;
}

/** How often cycles of lists rule out other levels than the referee's do. */
export function listDisagreements(library: Library): number {
  let count = 0;
  for (const [level, order] of [
    ["serializable", "none"],
    ["strong-session-serializable", "process"],
    ["strict-serializable", "realtime"],
  ] as const) {
    lists.forEach((history, i) => {
      const name = `${order} ${i}`;
      let expected = ruledOut.get(name);
      if (expected === undefined) {
        expected = [...impossibleLevels(cycleTypes(history, order))].sort().join();
        const named = order === "none" ? [...cycleTypes(history, order, true)] : [];
        expected += `|${[...impossibleLevels(named)].sort().join()}`;
        ruledOut.set(name, expected);
      }
      const table = tableFrom("append", history.transactions);
      const { anomalies } = library.checkListAppend(table, { levels: [level] }, new Budget());
      const found = anomalies.types.filter((type) => /^G(0|1c|2|-)|-exists$/.test(type));
      const named = order === "none" ? found.filter((type) => !type.endsWith("-exists")) : [];
      const got = [found, named].map((types) => [...impossibleLevels(types)].sort().join());
      if (got.join("|") !== expected) count++;
    });
    if (count > 0) return count;
  }
  return count;
}

/** The stories whose anomalies are not those that should be found. */
export function storyDisagreements(library: Library): string[] {
  return stories
    .filter(({ type, text, level, anomalies, assume }) => {
      const table = story(type, text);
      const budget = new Budget();
      const { anomalyTypes } =
        type === "append"
          ? library.checkListAppend(table, { levels: [level] }, budget)
          : library.inferRegister(
              table,
              { levels: [level] },
              assume ? { [assume]: true } : {},
              budget,
            );
      return [...anomalyTypes].sort().join() !== [...anomalies].sort().join();
    })
    .map(({ title }) => title);
}

/** Random clauses over eight variables: about half of them can be satisfied. */
const formulas: number[][][] = fc.sample(
  fc.array(fc.array(fc.integer({ min: 2, max: 17 }), { minLength: 3, maxLength: 3 }), {
    minLength: 30,
    maxLength: 44,
  }),
  { numRuns: 400, seed: 9 },
);

/** How often clause learning, told of clauses by a theory alone, disagrees with trying all assignments. */
export function clauseDisagreements(library: Library): number {
  return formulas.filter((formula) => satisfiable(formula) !== learnt(library, formula)).length;
}

function satisfiable(formula: readonly (readonly number[])[]): boolean {
  for (let bits = 0; bits < 256; bits++) {
    const isTrue = (literal: number): boolean =>
      ((bits >> ((literal >> 1) - 1)) & 1) === ((literal & 1) ^ 1);
    if (formula.every((clause) => clause.some(isTrue))) return true;
  }
  return false;
}

function learnt(library: Library, formula: readonly (readonly number[])[]): boolean {
  const learner = new library.ClauseLearner(
    {
      imply: () => {
        const clause = formula.find((each) => each.every((l) => learner.truth(l) === -1));
        return clause && { clause: [...new Set(clause)], evidence: [] };
      },
      backTo: () => undefined,
      forget: () => undefined,
    },
    new Budget({ timeout: "5s" }),
  );
  const variables = Array.from({ length: 8 }, () => learner.create());
  for (let rounds = 0; rounds < 10_000; rounds++) {
    const conflict = learner.propagate();
    if (conflict) {
      if (!learner.learn(conflict)) return false;
      continue;
    }
    const open = variables.find((variable) => learner.truth(variable << 1) === 0);
    if (open === undefined) return true;
    learner.decide(open << 1);
  }
  throw new Error("the search did not end");
}

/** Transactions over a closed universe, one after another, and the anomaly that they show. */
const predicateStories: readonly (readonly [string, readonly unknown[][][]])[] = [
  [
    "G2",
    [
      [
        ["rp", ["=", 1], {}],
        ["insert", "y", 1],
      ],
      [
        ["rp", ["=", 1], {}],
        ["insert", "z", 1],
      ],
    ],
  ],
  [
    "G1c",
    [
      [
        ["w", "x", 1],
        ["rp", "true", { x: 1, y: 2 }],
      ],
      [
        ["insert", "y", 2],
        ["rp", "true", { x: 1, y: 2 }],
      ],
    ],
  ],
  [
    "G-single-item",
    [
      [
        ["insert", "y", 1],
        ["delete", "x"],
      ],
      [
        ["r", "y", 1],
        ["r", "x", 0],
      ],
    ],
  ],
  [
    "G-single",
    [
      [
        ["insert", "y", 1],
        ["insert", "z", 1],
      ],
      [
        ["r", "y", 1],
        ["rp", ["=", 1], { y: 1 }],
      ],
    ],
  ],
  ["predicate-read-miss", [[["rp", ["mod", 2, 0], {}]]]],
  // A change that matches as before is none to a predicate.
  [
    "",
    [
      [
        ["insert", "y", 1],
        ["w", "x", 4],
      ],
      [
        ["r", "y", 1],
        ["rp", ["mod", 4, 0], { x: 0 }],
      ],
    ],
  ],
  ["", [[["insert", "y", 1]], [["rp", "true", { x: 0, y: 1 }]]]],
];

/** The stories by predicate whose anomalies are not those that should be found. */
export function predicateDisagreements(library: Library): string[] {
  return predicateStories
    .filter(([expected, stories]) => {
      const all = [[] as unknown[][], ...stories].map((mops, t) => ({
        operation: t,
        process: t,
        outcome: 0,
        invokeRank: 2 * t,
        completeRank: 2 * t + 1,
        mops,
        ...(t === 0 ? { init: new Map<string, unknown>([["x", 0]]) } : {}),
      }));
      const expectation = { levels: ["serializable"] };
      const { anomalyTypes } = library.checkPredicates(all, expectation, new Budget());
      return anomalyTypes.filter((type) => !type.startsWith("empty")).join() !== expected;
    })
    .map(([expected]) => expected);
}
