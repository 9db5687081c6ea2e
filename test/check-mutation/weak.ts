/** The subjects of the weak levels: tiny histories under a referee, larger ones from simulated stores. */
import type { Prng } from "../../src/base/prng.ts";
import { Budget } from "../../src/check/budget.ts";
import { checkWeakLevel } from "../../src/check/consistency/check.ts";
import { checkStaleness } from "../../src/check/consistency/staleness.ts";
import type { History } from "../../src/history/operation.ts";
import { refereeSays, refereeSaysStale } from "../check-support/referee.ts";
import { tinyHistory, tinyShape, type TinyShape } from "../check-support/tiny.ts";
import { breakByPattern } from "./patterns.ts";
import { registerReference } from "./references.ts";
import { before, simulate, withChanged } from "./simulate.ts";
import { stores } from "./stores.ts";
import type { Subject } from "./suite.ts";

function judgeAt(level: string): (history: History) => string {
  return (history) => checkWeakLevel(history, level, { budget: new Budget() }).result;
}

/** The first tiny history that the referee finds valid. */
function tinyValid(
  prng: Prng,
  isValid: (history: History) => boolean,
  shapeOf: (prng: Prng) => TinyShape = tinyShape,
): History {
  for (;;) {
    const history = tinyHistory(prng, shapeOf(prng));
    if (isValid(history)) return history;
  }
}

/** One read of a valid tiny history gets another value, and the referee finds it broken. */
function tinyBroken(prng: Prng, isValid: (history: History) => boolean): History | undefined {
  const history = tinyValid(prng, isValid);
  const reads = history.operations.filter(({ f }) => f === "read");
  const values = [null, 1, 2, 3, 4, 5, 6, 7];
  for (let attempt = 0; attempt < 8 && reads.length > 0; attempt++) {
    const changed = withChanged(history, prng.pick(reads), { output: prng.pick(values) });
    if (!isValid(changed)) return changed;
  }
  return undefined;
}

function refereed(level: string): Subject {
  const isValid = (history: History): boolean => refereeSays(history, level);
  return {
    name: `${level}, tiny`,
    valid: (prng) => tinyValid(prng, isValid),
    broken: (prng) => tinyBroken(prng, isValid),
    judge: judgeAt(level),
  };
}

/** Values that repeat, in histories that are not even linearizable: the reading has to be searched for. */
function repeated(level: string): Subject {
  const shape = { operations: 7, processes: 3, keys: 1, unique: false, unanswered: 0 };
  const isValid = (history: History): boolean => refereeSays(history, level);
  const isHard = (history: History): boolean =>
    isValid(history) && !refereeSays(history, "linearizable");
  return {
    name: `${level}, repeated values`,
    valid: (prng) => tinyValid(prng, isHard, () => shape),
    broken: (prng) => tinyBroken(prng, isValid),
    judge: judgeAt(level),
  };
}

function stored(level: string): Subject {
  const make = (prng: Prng): History =>
    (stores[level] as (typeof stores)[string])(prng, prng.between(12, 40));
  return {
    name: `${level}, simulated store`,
    valid: make,
    broken: (prng) => breakByPattern(prng, make(prng), level),
    judge: judgeAt(level),
  };
}

const sessionLevels = [
  "read-your-writes",
  "monotonic-reads",
  "monotonic-writes",
  "writes-follow-reads",
  "PRAM",
  "weak-causal",
  "causal-convergence",
  "causal",
  "sequential",
];

/** Every level's histories are valid at each weaker one too: the lattice itself under test. */
const implied: readonly (readonly [store: string, level: string])[] = [
  ["sequential", "causal"],
  ["sequential", "causal-convergence"],
  ["causal", "PRAM"],
  ["causal", "weak-causal"],
  ["causal", "writes-follow-reads"],
  ["causal-convergence", "weak-causal"],
  ["causal-convergence", "monotonic-reads"],
  ["causal-convergence", "monotonic-writes"],
  ["causal-convergence", "writes-follow-reads"],
  ["weak-causal", "read-your-writes"],
  ["PRAM", "monotonic-reads"],
  ["PRAM", "monotonic-writes"],
  ["PRAM", "read-your-writes"],
];

function impliedSubject([store, level]: readonly [string, string]): Subject {
  const make = (prng: Prng): History =>
    (stores[store] as (typeof stores)[string])(prng, prng.between(12, 40));
  return {
    name: `${level} of a ${store} store`,
    valid: make,
    broken: (prng) => breakByPattern(prng, make(prng), level),
    judge: judgeAt(level),
  };
}

const eventual: Subject = {
  name: "eventual, simulated store",
  valid: (prng) => stores["eventual"]?.(prng, prng.between(4, 30)) as History,
  broken(prng) {
    const history = stores["eventual"]?.(prng, prng.between(4, 30)) as History;
    const calm = history.operations.slice(-9);
    const read = prng.pick(calm);
    if (!calm.some((other) => other !== read && other.key === read.key)) return undefined;
    const writes = history.operations.filter(
      ({ f, key, input }) => f === "write" && key === read.key && input !== read.output,
    );
    return writes.length > 0
      ? withChanged(history, read, { output: prng.pick(writes).input })
      : undefined;
  },
  judge: (history) =>
    checkWeakLevel(history, "eventual", { budget: new Budget(), calmNs: 0 }).result,
};

function staleSubject(versions: number): Subject {
  const isValid = (history: History): boolean => refereeSaysStale(history, versions);
  return {
    name: `staleness of ${versions} versions, tiny`,
    valid: (prng) => tinyValid(prng, isValid),
    broken: (prng) => tinyBroken(prng, isValid),
    judge: (history) =>
      checkStaleness(history, { versions }, { budget: new Budget() }).verdict.result,
  };
}

/** A register that answers with what it held some time ago, and one answer that is older than the bound. */
const staleInTime: Subject = {
  name: "staleness in time, simulated register",
  valid: (prng) => agedHistory(prng),
  broken(prng) {
    const history = agedHistory(prng);
    const reads = history.operations.filter(({ f }) => f === "read");
    for (const read of prng.shuffle(reads)) {
      // Replaced for longer than the bound when the read began.
      const since = read.invokeNs - boundNs;
      const newer = history.operations.findLast(
        (one) => one.f === "write" && one.completeNs < since,
      );
      const old =
        newer && history.operations.find((one) => one.f === "write" && before(one, newer));
      if (old) return withChanged(history, read, { output: old.input });
    }
    return undefined;
  },
  judge: (history) =>
    checkStaleness(history, { stalenessNs: boundNs }, { budget: new Budget() }).verdict.result,
};

const boundNs = 20;

/** A linearizable history in which some reads answer as they would have up to the bound earlier. */
function agedHistory(prng: Prng): History {
  const history = simulate(registerReference(true, false), prng, {
    processes: 3,
    operations: prng.between(20, 60),
    lost: 0,
  });
  let aged = history;
  for (const read of history.operations.filter(({ f }) => f === "read")) {
    if (!prng.chance(0.4)) continue;
    // What an earlier read that ended within the bound returned was right at some moment of its own.
    const earlier = history.operations.findLast(
      (one) => one.f === "read" && one.invokeNs >= read.invokeNs - boundNs && before(one, read),
    );
    const own = aged.operations[read.index];
    if (earlier && own) aged = withChanged(aged, own, { output: earlier.output });
  }
  return aged;
}

/** Every subject of this file. */
export const weakSubjects: readonly Subject[] = [
  ...sessionLevels.map(refereed),
  ...["monotonic-reads", "PRAM", "weak-causal", "causal-convergence", "causal"].map(repeated),
  ...sessionLevels.map(stored),
  ...implied.map(impliedSubject),
  eventual,
  staleSubject(1),
  staleSubject(2),
  staleSubject(3),
  staleInTime,
];
