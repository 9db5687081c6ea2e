/**
 * Completely decides which levels a history of registers satisfies: for every level either an order exists
 * that explains all reads, or a minimal part of the history is reported for which no order exists.
 */
import { BudgetSpent, type Budget } from "../budget.ts";
import { withStronger, withWeaker } from "../levels.ts";
import type { AnomalySet } from "./anomaly.ts";
import type { Committed } from "./committed.ts";
import { PathFinder } from "./cycle-paths.ts";
import { EdgeList, PROCESS, REALTIME, WR, components, graphOf } from "./graph.ts";
import { someCycle } from "./order-index.ts";
import { OrderSolver, type OrderAnswer, type OrderKind } from "./order-solver.ts";
import { precedenceEdges, restrict, type Precedence } from "./subset.ts";
import { weakDemands, type Demand, type WeakLevel } from "./weak-levels.ts";

/** The decision procedure of one level. */
export interface Rule {
  readonly level: string;
  readonly weak?: WeakLevel;
  readonly order?: OrderKind;
  readonly precedence: Precedence;
  /** The rule applies only to the transactions that write. */
  readonly writersOnly?: true;
  /** The level requires more than the rule: satisfying the rule does not prove the level. */
  readonly necessaryOnly?: true;
}

/** All levels that are decided, weakest first. */
export const registerRules: readonly Rule[] = [
  { level: "read-committed", weak: "read-committed", precedence: "none" },
  { level: "strong-session-read-committed", weak: "read-committed", precedence: "session" },
  { level: "strong-read-committed", weak: "read-committed", precedence: "realtime" },
  { level: "read-atomic", weak: "read-atomic", precedence: "none" },
  { level: "strong-session-read-atomic", weak: "read-atomic", precedence: "session" },
  { level: "causal-cerone", weak: "causal", precedence: "none" },
  { level: "strong-session-causal", weak: "causal", precedence: "session" },
  { level: "prefix", order: "prefix", precedence: "none" },
  { level: "strong-session-prefix", order: "prefix", precedence: "session" },
  // Adya's PL-2+ forbids the same as parallel snapshot isolation: cycles with at most one rw edge.
  { level: "consistent-view", order: "parallel", precedence: "none" },
  { level: "parallel-snapshot-isolation", order: "parallel", precedence: "none" },
  { level: "snapshot-isolation", order: "snapshot", precedence: "none" },
  { level: "strong-session-snapshot-isolation", order: "snapshot", precedence: "session" },
  { level: "strong-snapshot-isolation", order: "snapshot", precedence: "realtime" },
  // Without reads by predicate, PL-2.99 equals PL-3.
  { level: "repeatable-read", order: "serializable", precedence: "none" },
  { level: "serializable", order: "serializable", precedence: "none" },
  { level: "strong-session-serializable", order: "serializable", precedence: "session" },
  { level: "strict-serializable", order: "serializable", precedence: "realtime" },
];

/**
 * PL-3U: the transactions that write are serializable, and each reader together with them, in the same
 * order of versions. The first half is decided; the second only if all are serializable together.
 */
const updateRule: Rule = {
  level: "update-serializable",
  order: "serializable",
  precedence: "none",
  writersOnly: true,
  necessaryOnly: true,
};

/** These rules and the one that decides half of a level, weakest first. */
const allRules: readonly Rule[] = registerRules.flatMap((rule) =>
  rule.level === "repeatable-read" ? [rule, updateRule] : [rule],
);

/** The rule of a level; `undefined` for levels that are not decided by searching for an order. */
export function ruleFor(level: string): Rule | undefined {
  return ruleOf.get(level);
}

const ruleOf = new Map(allRules.map((rule) => [rule.level, rule]));

/** The decision on one level. */
export interface LevelAnswer {
  readonly holds: boolean;
  /** If it does not hold: the rows of the table for which no order exists. */
  readonly core: readonly number[];
}

/** The known order of writes, for (a part of) the committed transactions. */
export type KnownOrder = (committed: Committed) => EdgeList;

/** Decides levels of one history, and caches what follows from earlier answers. */
export class LevelDecider {
  /** The committed part of the history. */
  readonly committed: Committed;
  readonly #bad: AnomalySet;
  #budget: Budget;
  readonly #known: KnownOrder;
  readonly #answers = new Map<string, LevelAnswer>();
  #gaveUp = false;

  /**
   * `bad` contains the anomalies without a cycle: reads that nothing can explain. `known` returns the known
   * order of writes, in the numbers of the part of the history that it is given.
   */
  constructor(committed: Committed, bad: AnomalySet, budget: Budget, known?: KnownOrder) {
    this.#known = known ?? (() => new EdgeList());
    this.committed = committed;
    this.#bad = bad;
    this.#budget = budget;
  }

  /** Whether `level` holds. Throws `BudgetSpent`. */
  decide(level: string): LevelAnswer {
    const known = this.#answers.get(level) ?? this.#implied(level);
    if (known) return known;
    const rule = ruleOf.get(level);
    if (!rule) return { holds: true, core: [] };
    // Two levels may be the same question for registers.
    const twin = registerRules.find(
      (each) =>
        each.weak === rule.weak &&
        each.order === rule.order &&
        each.precedence === rule.precedence &&
        each.writersOnly === rule.writersOnly &&
        this.#answers.has(each.level),
    );
    const answer =
      this.#byBadReads(level) ?? (twin && this.#answers.get(twin.level)) ?? this.#byRule(rule);
    // If the rule is only a necessary condition, its success implies nothing for weaker levels.
    if (!answer.holds || !rule.necessaryOnly) this.#answers.set(level, answer);
    return answer;
  }

  /** Whether the time for `weakestViolated` ran out before every weaker level was decided. */
  get gaveUp(): boolean {
    return this.#gaveUp;
  }

  /**
   * The weakest levels at or below `level` that do not hold, as far as they can be decided in a few
   * seconds. It must already be known that `level` does not hold.
   */
  weakestViolated(level: string): Map<string, LevelAnswer> {
    const whole = this.#budget;
    this.#budget = whole.part(weakestMs);
    try {
      return this.#weakest(level);
    } finally {
      this.#budget = whole;
    }
  }

  #weakest(level: string): Map<string, LevelAnswer> {
    const violated = new Map<string, LevelAnswer>();
    const wanted = withWeaker([level]);
    for (const rule of allRules) {
      if (!wanted.has(rule.level)) continue;
      const weaker = withWeaker([rule.level]);
      if ([...weaker].some((name) => name !== rule.level && violated.has(name))) continue;
      try {
        const answer = this.decide(rule.level);
        if (!answer.holds) violated.set(rule.level, answer);
      } catch (error) {
        if (!(error instanceof BudgetSpent)) throw error;
        this.#gaveUp = true;
        const known = this.#answers.get(rule.level);
        if (known && !known.holds) violated.set(rule.level, known);
      }
    }
    return violated;
  }

  /** A stronger level that holds, or a weaker one that does not, decides this level. */
  #implied(level: string): LevelAnswer | undefined {
    for (const stronger of withStronger([level])) {
      const answer = this.#answers.get(stronger);
      if (answer?.holds) return answer;
    }
    for (const weaker of withWeaker([level])) {
      const answer = this.#answers.get(weaker);
      if (answer && !answer.holds) return answer;
    }
    return undefined;
  }

  #byBadReads(level: string): LevelAnswer | undefined {
    // The weak levels forbid dirty reads. Only atomic levels forbid a transaction that contradicts itself.
    const types = ["G1a", "G1b", "thin-air-read", "future-read"];
    const atomic = withStronger(["read-atomic"]).has(level);
    if (atomic) types.push("internal");
    for (const type of types) {
      const [anomaly] = this.#bad.of(type);
      if (anomaly) return { holds: false, core: anomaly.transactions };
    }
    return undefined;
  }

  #byRule(rule: Rule): LevelAnswer {
    const part = rule.writersOnly
      ? restrict(this.committed, writersIn(this.committed))
      : this.committed;
    const answer = attempt(part, rule, this.#known, this.#budget);
    if (answer.holds) return answer;
    let core = answer.core;
    try {
      core = shrink(part, rule, core, this.#known, this.#budget);
    } catch (error) {
      // A violation that there was no time to minimise is still a violation.
      if (!(error instanceof BudgetSpent)) throw error;
    }
    return { holds: false, core: core.map((c) => part.row[c] as number) };
  }
}

/** The transactions that write something. */
function writersIn({ count, writeStart }: Committed): number[] {
  const writers: number[] = [];
  for (let c = 0; c < count; c++) {
    if ((writeStart[c + 1] as number) > (writeStart[c] as number)) writers.push(c);
  }
  return writers;
}

/** The number of conflicts after which a search first checks whether the history is causal at all. */
function conflictsFirst(committed: Committed): number {
  return 1000 + (committed.count >> 2);
}

/** Decides a rule on (a part of) the committed transactions. The core uses their numbers. */
function attempt(
  committed: Committed,
  rule: Rule,
  knownOrder: KnownOrder,
  budget: Budget,
): LevelAnswer {
  const known = knownOrder(committed);
  const precedence = precedenceEdges(committed, rule.precedence);
  if (rule.order !== undefined) {
    const solver = new OrderSolver(committed, rule.order, { precedence, known }, budget);
    let answer = solver.solve(conflictsFirst(committed));
    if (!answer) {
      // Not an easy case: first check whether the history is causal, which needs no search.
      const { precedence: which } = rule;
      const causal = attempt(
        committed,
        { level: "", weak: "causal", precedence: which },
        knownOrder,
        budget,
      );
      if (!causal.holds) return causal;
      answer = solver.solve() as OrderAnswer;
    }
    return { holds: answer.exists, core: answer.core };
  }
  const { edges, demands } = weakDemands(
    committed,
    rule.weak as WeakLevel,
    precedence,
    known,
    budget,
  );
  const size = committed.count + 1;
  if (components(graphOf(size, edges)).count === size) return { holds: true, core: [] };
  return { holds: false, core: weakCore(committed, size, edges, demands, budget) };
}

/**
 * The justification of a cycle of demands: the transactions of the cycle, and for each demand its reader
 * and the path by which the reader depends on the writer that it must not miss.
 */
function weakCore(
  committed: Committed,
  size: number,
  edges: EdgeList,
  demands: readonly Demand[],
  budget: Budget,
): number[] {
  const cycle = someCycle(size, edges);
  const core = new Set(cycle.filter((c) => c < committed.count));
  const paths = new PathFinder(graphOf(size, edges));
  const byEdge = new Map<number, Demand>();
  for (const demand of demands) {
    const after = demand.after < 0 ? committed.count : demand.after;
    byEdge.set(demand.before * size + after, demand);
  }
  for (let i = 0; i < cycle.length; i++) {
    const after = cycle[(i + 1) % cycle.length] as number;
    const demand = byEdge.get((cycle[i] as number) * size + after);
    if (!demand) continue;
    core.add(demand.because);
    const path = paths.find(demand.before, demand.because, WR | PROCESS | REALTIME, budget);
    for (const c of path ?? []) core.add(c);
  }
  return [...core];
}

/** The time limit for finding the weakest violated level, in milliseconds. */
const weakestMs = 4000;

/** The maximum size of a core that is minimised one transaction at a time. */
const shrinkable = 400;

/** A minimal part of the history: if any transaction is left out, an order exists. */
function shrink(
  committed: Committed,
  rule: Rule,
  core: readonly number[],
  known: KnownOrder,
  budget: Budget,
): readonly number[] {
  const violates = (keep: readonly number[]): boolean =>
    !attempt(restrict(committed, keep), rule, known, budget).holds;
  let kept = [...new Set(core)].sort((a, b) => a - b);
  if (kept.length === 0 || !violates(kept)) {
    // The core of a search may lack indirect dependencies: fall back to including them.
    kept = withNeighbours(committed, kept);
    if (!violates(kept)) return core;
  }
  if (kept.length > shrinkable) return kept;
  for (let size = kept.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < kept.length;) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (without.length > 0 && violates(without)) kept = without;
      else at += size;
    }
  }
  return kept;
}

/** The core and all transactions that it read from, transitively. */
function withNeighbours(committed: Committed, core: readonly number[]): number[] {
  const all = new Set(core);
  for (const c of all) {
    for (
      let i = committed.readStart[c] as number;
      i < (committed.readStart[c + 1] as number);
      i++
    ) {
      if ((committed.readFrom[i] as number) >= 0) all.add(committed.readFrom[i] as number);
    }
  }
  return [...all].sort((a, b) => a - b);
}
