/** Judges a history of reads and writes at one of the weak levels. */
import type { History, Operation } from "../../history/operation.ts";
import { BudgetSpent, type Budget } from "../budget.ts";
import { rulingOf, withWeaker } from "../levels.ts";
import type { Evidence, Verdict } from "../verdict.ts";
import { INITIAL, toAccesses, UNWRITTEN, type Accesses, type RawAccess } from "./accesses.ts";
import { checkSomeReading, type Algorithm } from "./ambiguous.ts";
import { checkCausalConvergence, checkWeakCausal } from "./causal.ts";
import { checkEventual } from "./eventual.ts";
import { minimise, tell } from "./evidence.ts";
import { finding, type Finding } from "./finding.ts";
import { readWritesOf } from "./read-write.ts";
import { checkSequential, isLinearizable } from "./sequential.ts";
import {
  checkMonotonicReads,
  checkMonotonicWrites,
  checkReadYourWrites,
  checkWritesFollowReads,
} from "./sessions.ts";
import { checkCausalMemory, checkPram } from "./views.ts";

/** The options of the levels below. */
export interface WeakOptions {
  /** Returns a key's initial value; `undefined` is nil. */
  readonly initialOf?: (key: unknown) => unknown;
  /**
   * For `eventual`: how long writes must have stopped, in nanoseconds, before reads count. If not given,
   * only each session's last read counts.
   */
  readonly calmNs?: number | undefined;
  readonly budget: Budget;
}

/** The time limit of minimising the sub-history, in milliseconds. */
const minimiseMs = 3_000;

/**
 * From this number of clock cells on (accesses times lanes), linearizability is checked first, which is
 * faster.
 */
const wideMin = 4_000_000;

/** The algorithm of each level, from the weakest to the strongest. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  "read-your-writes": checkReadYourWrites,
  "monotonic-reads": checkMonotonicReads,
  "monotonic-writes": checkMonotonicWrites,
  "writes-follow-reads": checkWritesFollowReads,
  PRAM: checkPram,
  "weak-causal": checkWeakCausal,
  "causal-convergence": checkCausalConvergence,
  causal: checkCausalMemory,
  sequential: checkSequential,
};

/** The levels that this file judges, from the weakest to the strongest. */
export const weakLevels: readonly string[] = ["eventual", ...Object.keys(algorithms)];

/**
 * Judges a history of reads and writes at `level`. A violation names the weakest levels that are violated.
 * Throws `LightconeError` if the history contains anything but reads, writes and compare-and-sets.
 */
export function checkWeakLevel(history: History, level: string, options: WeakOptions): Verdict {
  const initialOf = options.initialOf ?? (() => undefined);
  const { raw } = readWritesOf(history, level);
  const judge = judgeOf(level, options);
  const accesses = toAccesses(raw, initialOf);
  try {
    const found = judge(accesses, options.budget);
    if (!found) return { result: "holds" };
    if (accesses.candidates.size === 0 || !raw.some(isUncertainRead)) {
      return violation(raw, accesses, level, found, options);
    }
    // An unanswered compare-and-set may not have happened, in which case it read nothing.
    const certain = raw.filter((access) => !isUncertainRead(access));
    const fewer = toAccesses(certain, initialOf);
    const still = judge(fewer, options.budget);
    if (still) return violation(certain, fewer, level, still, options);
    return {
      result: "unknown",
      why: "whether the level holds depends on which of the unanswered compare-and-sets have happened, and values that were written more than once leave that open",
    };
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    return {
      result: "unknown",
      why: error.message,
      decided: `${accesses.count} reads and writes on ${accesses.lanes.length} lanes were read; the search at level ${level} had no answer yet`,
    };
  }
}

/** Whether it is the read of a compare-and-set that was never answered. */
function isUncertainRead({ write, operation }: RawAccess): boolean {
  return !write && operation.outcome === "info";
}

/** The algorithm of a level, extended to reads of unwritten values and ambiguous reads. */
function judgeOf(level: string, { calmNs }: WeakOptions): Algorithm {
  const core: Algorithm =
    level === "eventual"
      ? (accesses, budget) => checkEventual(accesses, budget, { calmNs })
      : (algorithms[level] as Algorithm);
  return (accesses, budget) => {
    const unwritten = accesses.readsFrom.indexOf(UNWRITTEN);
    if (unwritten >= 0) return finding("out-of-thin-air", unwritten, []);
    const isWide = accesses.count * accesses.lanes.length > wideMin;
    if (isWide && level !== "eventual" && isLinearizable(accesses)) return undefined;
    // These two use only values and do not need a reading of ambiguous reads.
    if (level === "eventual" || level === "sequential") return core(accesses, budget);
    return checkSomeReading(accesses, core, budget);
  };
}

function violation(
  raw: readonly RawAccess[],
  accesses: Accesses,
  level: string,
  found: Finding,
  options: WeakOptions,
): Verdict {
  const evidence: Evidence[] = [];
  const violated = new Set<string>([level]);
  if (found.anomaly === "out-of-thin-air") {
    // No level allows this, so the weakest levels up to this one are violated.
    const below = weakLevels.filter((weaker) => withWeaker([level]).has(weaker));
    return { result: "violated", evidence: [tell(accesses, found)], ...rulingOf(below) };
  }
  const budget = options.budget;
  // If a weaker level is also violated, it is the better explanation.
  for (const weaker of weakLevels) {
    if (weaker === level || !withWeaker([level]).has(weaker)) continue;
    if ([...withWeaker([weaker])].some((one) => one !== weaker && violated.has(one))) {
      violated.add(weaker);
      continue;
    }
    try {
      const below = judgeOf(weaker, options)(accesses, budget);
      if (!below) continue;
      violated.add(weaker);
      evidence.push(smallest(raw, accesses, weaker, below, options));
    } catch (error) {
      if (!(error instanceof BudgetSpent)) throw error;
      break;
    }
  }
  const { violates, alsoViolates } = rulingOf(violated);
  if (evidence.length === 0) evidence.push(smallest(raw, accesses, level, found, options));
  return { result: "violated", evidence, violates, alsoViolates };
}

/** The evidence of the smallest sub-history found within a short time. */
function smallest(
  raw: readonly RawAccess[],
  accesses: Accesses,
  level: string,
  found: Finding,
  options: WeakOptions,
): Evidence {
  const judge = judgeOf(level, options);
  const initialOf = options.initialOf ?? (() => undefined);
  const budget = options.budget.part(minimiseMs);
  const byOperation = new Map<Operation, RawAccess[]>();
  for (const access of raw) {
    const own = byOperation.get(access.operation);
    if (own) own.push(access);
    else byOperation.set(access.operation, [access]);
  }
  const sub = (operations: readonly Operation[]): Accesses =>
    toAccesses(
      operations.flatMap((operation) => byOperation.get(operation) ?? []),
      initialOf,
    );
  const again = (operations: readonly Operation[]): Finding | undefined => {
    const part = sub(operations);
    if (found.anomaly !== "out-of-thin-air" && part.readsFrom.includes(UNWRITTEN)) return undefined;
    return judge(part, budget);
  };
  // Removing a write after which reads counted would change which reads count.
  if (level === "eventual") return tell(accesses, found);
  const sources = sourcesOf(accesses);
  const complete = (operations: readonly Operation[]): boolean => {
    if (sources.size === 0) return true;
    const kept = new Set(operations);
    return operations.every((one) => sources.get(one)?.every((write) => kept.has(write)) ?? true);
  };
  const named = new Set(found.accesses.map((at) => accesses.operations[at] as Operation));
  const all = [...byOperation.keys()];
  let start = all.filter((operation) => named.has(operation));
  try {
    if (accesses.candidates.size > 0 || !again(start)) start = all;
    const kept = minimise(
      start,
      (rest) => complete(rest) && again(rest) !== undefined,
      () => !budget.spent(),
    );
    const small = again(kept);
    if (small) return tell(sub(kept), small);
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
  }
  return tell(accesses, found);
}

/**
 * For each operation with ambiguous reads, all writes that these may have read. They must be kept together
 * in a sub-history; otherwise a violation could be caused by the reduction.
 */
function sourcesOf(accesses: Accesses): Map<Operation, Operation[]> {
  const sources = new Map<Operation, Operation[]>();
  for (const [read, writes] of accesses.candidates) {
    const own = accesses.operations[read] as Operation;
    const list = sources.get(own) ?? [];
    for (const write of writes) {
      if (write !== INITIAL) list.push(accesses.operations[write] as Operation);
    }
    sources.set(own, list);
  }
  return sources;
}
