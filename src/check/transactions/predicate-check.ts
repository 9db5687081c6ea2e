/** The closed-predicate model as a checker: from a history to a verdict with evidence. */
import { LightconeError } from "../../base/errors.ts";
import type { History, Operation } from "../../history/operation.ts";
import { BudgetSpent } from "../budget.ts";
import type { CheckOptions, CheckResult } from "../checker.ts";
import { rulingOf } from "../levels.ts";
import type { Verdict } from "../verdict.ts";
import { impossibleLevels } from "./anomalies.ts";
import { checkPredicates, type PredicateTransaction } from "./closed-predicate.ts";
import { levelAsked } from "./elle-judgement.ts";
import { evidenceOf, type Lookup } from "./evidence.ts";
import { FAIL, INFO, OK, TableBuilder } from "./table.ts";
import { textOf } from "../../history/values.ts";

/** Checks a history of `init` and `txn` operations. Throws `LC_BAD_HISTORY`, `LC_NO_LEVEL`. */
export function checkPredicateHistory(history: History, options: CheckOptions): CheckResult {
  const level = levelAsked(options.level);
  const operations = history.operations.toSorted((a, b) =>
    a.completeRank === b.completeRank ? a.index - b.index : a.completeRank - b.completeRank,
  );
  const processes = [...new Set(operations.map(({ process }) => process))];
  const transactions = operations.map((operation) => transactionOf(operation, processes));
  let findings;
  try {
    findings = checkPredicates(transactions, { levels: [level] }, options.budget);
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    return { verdict: { result: "unknown", why: error.message } };
  }
  const details = { transactions: transactions.length };
  if (findings.valid !== false) {
    const verdict: Verdict =
      findings.why === undefined ? { result: "holds" } : { result: "unknown", why: findings.why };
    return { verdict, details };
  }
  // Evidence refers to rows of a table. This table only contains each transaction's process and times.
  const rows = new TableBuilder("register");
  transactions.forEach((transaction, t) => {
    rows.add({ ...transaction, process: processes[transaction.process] ?? t, mops: [] });
  });
  const byIndex = new Map(operations.map((operation) => [operation.index, told(operation)]));
  const lookup: Lookup = (index) => byIndex.get(index);
  const { anomalies, anomalyTypes, explain } = findings;
  const types = anomalyTypes.filter((type) => anomalies.of(type)[0]?.transactions.length);
  const evidence = evidenceOf(lookup, rows.finish(), anomalies, types, explain);
  const ruling = rulingOf(impossibleLevels(anomalies.types));
  return { verdict: { result: "violated", evidence, ...ruling }, details };
}

function transactionOf(
  operation: Operation,
  processes: readonly (number | string)[],
): PredicateTransaction {
  const { outcome } = operation;
  const value = outcome === "ok" ? (operation.output ?? operation.input) : operation.input;
  const isInit = operation.f === "init";
  if (!isInit && !Array.isArray(value)) {
    throw new LightconeError(
      "LC_BAD_HISTORY",
      `operation ${operation.index}: ${textOf(value)} is no transaction`,
      'The model closed-predicate takes "init" with a map, and "txn" with a list of micro-operations.',
    );
  }
  return {
    operation: operation.index,
    process: processes.indexOf(operation.process),
    outcome: outcome === "ok" ? OK : outcome === "fail" ? FAIL : INFO,
    invokeRank: operation.invokeRank,
    completeRank: operation.completeRank,
    ...(isInit ? { init: value, mops: [] } : { mops: value as PredicateTransaction["mops"] }),
  };
}

/** The operation as evidence shows it: with the universe's initial state as inserts. */
function told(operation: Operation): Operation {
  if (operation.f !== "init") return operation;
  const state = operation.output ?? operation.input ?? {};
  const entries = state instanceof Map ? [...state] : Object.entries(state);
  const inserts = entries.map(([key, value]): unknown[] => ["insert", key, value]);
  return { ...operation, input: inserts, output: inserts };
}
