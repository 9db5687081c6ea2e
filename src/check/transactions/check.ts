/** The two models of transactions as checkers: from a history and a level to a verdict with evidence. */
import type { History } from "../../history/operation.ts";
import { LightconeError } from "../../base/errors.ts";
import { BudgetSpent } from "../budget.ts";
import type { CheckOptions, CheckResult } from "../checker.ts";
import { rulingOf, withStronger } from "../levels.ts";
import type { Evidence, Verdict } from "../verdict.ts";
import { impossibleLevels } from "./anomalies.ts";
import type { AnomalySet } from "./anomaly.ts";
import { knownAppendOrder } from "./append-known.ts";
import { appendOrder } from "./append-order.ts";
import { committedAppends, committedPart, type Committed } from "./committed.ts";
import { coreStory } from "./core-story.ts";
import { levelAsked } from "./elle-judgement.ts";
import { evidenceOf, levelEvidence, type Lookup } from "./evidence.ts";
import { checkListAppend, type TransactionFindings } from "./list-append.ts";
import {
  LevelDecider,
  registerRules,
  ruleFor,
  type KnownOrder,
  type LevelAnswer,
} from "./register-levels.ts";
import { inferRegister } from "./rw-register.ts";
import { precedenceEdges, restrict } from "./subset.ts";
import { tableOf, type TransactionTable } from "./table.ts";
import type { KeyAssumptions } from "./version-graphs.ts";
import { EdgeList } from "./graph.ts";

function lookupIn(history: History): Lookup {
  return (index) => history.operations[index];
}

/** Checks a history of list-append transactions. Throws `LC_BAD_HISTORY`, `LC_NO_LEVEL`. */
export function checkAppendHistory(history: History, options: CheckOptions): CheckResult {
  return guarded(history.operations.length, () =>
    checkAppendTable(tableOf(history, "append", options.budget), lookupIn(history), options),
  );
}

/** As above, for an existing table; `lookup` returns its operations. */
export function checkAppendTable(
  table: TransactionTable,
  lookup: Lookup,
  options: CheckOptions,
): CheckResult {
  const level = levelAsked(options.level);
  return guarded(table.count, () => {
    const findings = checkListAppend(table, { levels: [level] }, options.budget);
    if (table.writtenTwice) return result(table, unknown(findings.why as string), findings);
    // Elle's anomalies decide the levels that Adya defined; the others need a total order.
    const order = appendOrder(table);
    const known: KnownOrder = (part) => knownAppendOrder(table, order, part);
    const undecided = beyondCycles.has(level) && findings.valid !== false;
    const decider = new LevelDecider(
      undecided ? committedAppends(table) : nothing(table),
      findings.anomalies,
      options.budget,
      known,
    );
    const answers = new Map<string, LevelAnswer>();
    if (undecided && !decider.decide(level).holds) {
      for (const [name, answer] of decider.weakestViolated(level)) answers.set(name, answer);
    }
    const concluded = conclude(table, lookup, findings, answers, decider, known);
    return undecided ? withNote(concluded, level, decider) : concluded;
  });
}

/** Levels for which Elle's anomalies are only a part of the definition. */
const beyondCycles: ReadonlySet<string> = new Set([
  "update-serializable",
  "read-atomic",
  "causal-cerone",
  "prefix",
  "parallel-snapshot-isolation",
  "strong-session-read-atomic",
  "strong-session-causal",
  "strong-session-prefix",
]);

function nothing(table: TransactionTable): Committed {
  return committedAppends({ ...table, count: 0 });
}

/** Checks a history of rw-register transactions, completely. Throws `LC_BAD_HISTORY`, `LC_NO_LEVEL`. */
export function checkRegisterHistory(history: History, options: CheckOptions): CheckResult {
  return guarded(history.operations.length, () =>
    checkRegisterTable(tableOf(history, "register", options.budget), lookupIn(history), options),
  );
}

/** As above, for an existing table; `lookup` returns its operations. */
export function checkRegisterTable(
  table: TransactionTable,
  lookup: Lookup,
  options: CheckOptions,
): CheckResult {
  const level = levelAsked(options.level);
  const assumptions = assumptionsOf(options.settings ?? {});
  return guarded(table.count, () => {
    const findings = inferRegister(table, { levels: [level] }, assumptions, options.budget);
    if (findings.valid === "unknown" && findings.anomalyTypes.length === 0) {
      return result(table, unknown(findings.why as string), findings);
    }
    const committed = committedPart(table, findings.anomalies);
    const decider = new LevelDecider(committed, findings.anomalies, options.budget);
    const answers = new Map<string, LevelAnswer>();
    try {
      if (findings.valid === false || !decider.decide(level).holds) {
        for (const [name, answer] of decider.weakestViolated(level)) answers.set(name, answer);
      }
    } catch (error) {
      // The inferred violation stands, even if there was no time to find the weakest level.
      if (!(error instanceof BudgetSpent) || findings.valid !== false) throw error;
    }
    const none: KnownOrder = () => new EdgeList();
    return withNote(conclude(table, lookup, findings, answers, decider, none), level, decider);
  });
}

/** Adds a note to a verdict that does not fully decide the level. */
function withNote(checked: CheckResult, level: string, decider: LevelDecider): CheckResult {
  const { verdict } = checked;
  if (verdict.result === "unknown") return checked;
  const note =
    verdict.result === "holds"
      ? inferredNote(level, decider)
      : decider.gaveUp
        ? "there was no time to find out whether a weaker level is violated too"
        : undefined;
  if (note === undefined) return checked;
  if (verdict.result === "violated") return { ...checked, verdict: { ...verdict, note } };
  return { ...checked, verdict: { ...verdict, note, inferred: true } };
}

/**
 * For levels without a known decision procedure: a note that they were only inferred to hold. No note is
 * needed if a stronger, decidable level holds, or if dirty writes, which registers cannot show, are all
 * that they forbid.
 */
function inferredNote(level: string, decider: LevelDecider): string | undefined {
  const rule = ruleFor(level);
  if ((rule && !rule.necessaryOnly) || level.endsWith("read-uncommitted")) return undefined;
  const stronger = withStronger([level]);
  const candidates = registerRules.filter((each) => stronger.has(each.level)).slice(0, 3);
  if (candidates.some((each) => decider.decide(each.level).holds)) return undefined;
  const [nearest] = candidates;
  return `nothing that ${level} forbids was found, but it can only be inferred; ${nearest?.level ?? "a stronger level"}, which would prove it, does not hold`;
}

function assumptionsOf(settings: Readonly<Record<string, unknown>>): KeyAssumptions {
  const names = ["linearizable-keys", "sequential-keys", "wfr-keys"];
  for (const name of Object.keys(settings)) {
    if (names.includes(name)) continue;
    throw new LightconeError(
      "LC_BAD_SETTING",
      `the model rw-register has no setting ${JSON.stringify(name)}`,
      `There are: ${names.join(", ")}.`,
    );
  }
  const on = (name: string): boolean => settings[name] === true || settings[name] === "true";
  return {
    linearizableKeys: on("linearizable-keys"),
    sequentialKeys: on("sequential-keys"),
    wfrKeys: on("wfr-keys"),
  };
}

function conclude(
  table: TransactionTable,
  lookup: Lookup,
  findings: TransactionFindings,
  answers: ReadonlyMap<string, LevelAnswer>,
  decider: LevelDecider,
  known: KnownOrder,
): CheckResult {
  const types = findings.anomalyTypes.filter((type) => !unsettling.has(type));
  if (findings.valid === false || answers.size > 0) {
    const impossible = impossibleLevels(findings.valid === false ? findings.anomalies.types : []);
    const named = new Set(impossible);
    for (const level of answers.keys()) impossible.add(level);
    const evidence = [
      ...evidenceOf(lookup, table, findings.anomalies, types, findings.explain),
      ...unnamedEvidence(lookup, table, findings.anomalies, answers, named, decider, known),
    ];
    const verdict: Verdict = { result: "violated", evidence, ...rulingOf(impossible) };
    return result(table, verdict, findings);
  }
  if (findings.anomalyTypes.includes("cycle-search-timeout")) {
    return result(table, unknown(findings.why ?? "the search for cycles was given up"), findings);
  }
  const note = findings.anomalyTypes.includes("empty-transaction-graph")
    ? { note: "no two transactions depend on each other, so this history could hardly go wrong" }
    : {};
  return result(table, { result: "holds", ...note }, findings);
}

const unsettling: ReadonlySet<string> = new Set([
  "empty-transaction-graph",
  "cycle-search-timeout",
]);

/**
 * Evidence for levels that no named anomaly rules out: a minimal part of the history that no order
 * explains.
 */
function unnamedEvidence(
  lookup: Lookup,
  table: TransactionTable,
  anomalies: AnomalySet,
  answers: ReadonlyMap<string, LevelAnswer>,
  named: ReadonlySet<string>,
  decider: LevelDecider,
  known: KnownOrder,
): Evidence[] {
  const evidence: Evidence[] = [];
  const told = new Set<string>();
  for (const [level, answer] of answers) {
    // One part of the history may rule out several levels that do not imply one another; it is reported
    // once.
    const core = [...answer.core].sort((a, b) => a - b).join();
    if (named.has(level) || told.has(core)) continue;
    told.add(core);
    const [thinAir] = anomalies.of("thin-air-read");
    const story =
      thinAir?.text === undefined
        ? storyOf(decider.committed, level, answer, known)
        : [thinAir.text];
    evidence.push(levelEvidence(lookup, table, level, answer.core, story));
  }
  return evidence;
}

function storyOf(
  committed: Committed,
  level: string,
  answer: LevelAnswer,
  known: KnownOrder,
): string[] {
  const rule = ruleFor(level);
  if (!rule) return [];
  const core = restrict(
    committed,
    answer.core.map((t) => committed.numberOf[t] as number).filter((c) => c >= 0),
  );
  // The demands of the weak levels follow from their core in the same way as those of prefix.
  const kind = rule.order ?? "prefix";
  return coreStory(core, kind, precedenceEdges(core, rule.precedence), known(core));
}

function unknown(why: string): Verdict {
  return { result: "unknown", why };
}

function result(
  table: TransactionTable,
  verdict: Verdict,
  findings: TransactionFindings,
): CheckResult {
  const counts = Object.fromEntries(
    findings.anomalyTypes.map((type) => [type, findings.anomalies.count(type)]),
  );
  return { verdict, details: { transactions: table.count, anomalies: counts } };
}

/** Converts a spent budget to an `unknown` verdict with the reason. */
function guarded(transactions: number, check: () => CheckResult): CheckResult {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    return {
      verdict: { result: "unknown", why: error.message, decided: "nothing was found until then" },
      details: { transactions },
    };
  }
}
