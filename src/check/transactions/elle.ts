/**
 * An Elle-compatible interface: Jepsen's events and Elle's options as input, Elle's result in Elle's terms
 * as output. For comparison with Elle, and for users with scripts that process its results.
 */
import type { Budget } from "../budget.ts";
import { levels } from "../levels.ts";
import type { AnomalySet } from "./anomaly.ts";
import { checkPredicates, type PredicateTransaction } from "./closed-predicate.ts";
import { checkListAppend, type TransactionFindings } from "./list-append.ts";
import { inferRegister } from "./rw-register.ts";
import {
  FAIL,
  INFO,
  OK,
  TableBuilder,
  type DataType,
  type MicroOperation,
  type TransactionTable,
} from "./table.ts";

/** One of Jepsen's events, in JSON form. */
export interface JepsenEvent {
  readonly index?: number;
  readonly type: string;
  readonly f?: string;
  readonly process?: number | string;
  readonly value: unknown;
}

/** Elle's options, by its names. */
export interface ElleOptions {
  /** Levels that are expected to hold; `null`: none. Default: strict-serializable. */
  readonly "consistency-models"?: readonly string[] | null;
  /** Further anomalies that are expected to be absent. */
  readonly anomalies?: readonly string[];
  readonly "linearizable-keys?"?: boolean;
  readonly "sequential-keys?"?: boolean;
  readonly "wfr-keys?"?: boolean;
  /** The commit rank by the index of the completion. */
  readonly "transaction-order"?: Readonly<Record<string, number>>;
}

/** Elle's result. */
export interface ElleResult {
  readonly "valid?": boolean | "unknown";
  readonly "anomaly-types": readonly string[];
  readonly not: readonly string[];
  readonly "also-not": readonly string[];
  /** The findings with evidence, in rows of `table`. */
  readonly findings: TransactionFindings;
  readonly anomalies: AnomalySet;
  readonly table: {
    readonly invokeRank: ArrayLike<number>;
    readonly completeRank: ArrayLike<number>;
    readonly process: ArrayLike<number>;
  };
}

/** Names that differ: Elle prints strict serializability with Adya's other name. */
const elleName = new Map([["strict-serializable", "strong-serializable"]]);
/** Levels of our table that are not in Elle's. */
const unknownToElle = new Set([
  "strong-session-read-atomic",
  "strong-session-causal",
  "strong-session-prefix",
]);

/** The table of Jepsen's events: completions with their invocations, if the invocations were recorded. */
export function tableOfEvents(events: readonly JepsenEvent[], type: DataType): TransactionTable {
  const builder = new TableBuilder(type);
  const open = new Map<number | string, { event: JepsenEvent; rank: number }>();
  events.forEach((event, rank) => {
    const process = event.process ?? -1;
    if (typeof process === "string") return;
    if (event.type === "invoke") {
      open.set(process, { event, rank });
      return;
    }
    const outcome = event.type === "ok" ? OK : event.type === "fail" ? FAIL : INFO;
    builder.add({
      operation: event.index ?? rank,
      process,
      outcome,
      invokeRank: open.get(process)?.rank ?? -1,
      completeRank: outcome === INFO ? Infinity : rank,
      mops: event.value as MicroOperation[],
    });
    open.delete(process);
  });
  for (const [process, { event, rank }] of open) {
    builder.add({
      operation: event.index ?? rank,
      process,
      outcome: INFO,
      invokeRank: rank,
      completeRank: Infinity,
      mops: event.value as MicroOperation[],
    });
  }
  return builder.finish();
}

/** Checks events as Elle's `list-append`, `rw-register` or `closed-predicate` checker would. */
export function elleCheck(
  checker: "list-append" | "rw-register" | "closed-predicate",
  events: readonly JepsenEvent[],
  options: ElleOptions,
  budget: Budget,
): ElleResult {
  const models = options["consistency-models"];
  const expectation = {
    ...(models === undefined ? {} : { levels: models ?? [] }),
    anomalies: options.anomalies ?? [],
  };
  if (checker === "closed-predicate") {
    const transactions = predicateTransactions(events);
    const findings = checkPredicates(transactions, expectation, budget);
    const timeline = {
      invokeRank: transactions.map(({ invokeRank }) => invokeRank),
      completeRank: transactions.map(({ completeRank }) => completeRank),
      process: transactions.map(({ process }) => process),
    };
    return resultOf(findings, timeline);
  }
  const table = tableOfEvents(events, checker === "list-append" ? "append" : "register");
  const order = options["transaction-order"];
  const findings =
    checker === "list-append"
      ? checkListAppend(table, expectation, budget)
      : inferRegister(
          table,
          expectation,
          {
            linearizableKeys: options["linearizable-keys?"] ?? false,
            sequentialKeys: options["sequential-keys?"] ?? false,
            wfrKeys: options["wfr-keys?"] ?? false,
            ...(order === undefined
              ? {}
              : {
                  transactionOrder: new Map(
                    Object.entries(order).map(([index, rank]) => [Number(index), rank]),
                  ),
                }),
          },
          budget,
        );
  return resultOf(findings, table);
}

function resultOf(findings: TransactionFindings, table: ElleResult["table"]): ElleResult {
  return {
    "valid?": findings.valid,
    "anomaly-types": [...findings.anomalyTypes].sort(),
    not: inElleWords(findings.not),
    "also-not": inElleWords(findings.alsoNot),
    findings,
    anomalies: findings.anomalies,
    table,
  };
}

/** Converts Jepsen's events of a closed-predicate test to transactions in the order of their completions. */
export function predicateTransactions(events: readonly JepsenEvent[]): PredicateTransaction[] {
  const open = new Map<number | string, number>();
  const transactions: PredicateTransaction[] = [];
  events.forEach((event, rank) => {
    const process = event.process ?? -1;
    if (typeof process === "string") return;
    if (event.type === "invoke") {
      open.set(process, rank);
      return;
    }
    const outcome = event.type === "ok" ? OK : event.type === "fail" ? FAIL : INFO;
    transactions.push({
      operation: event.index ?? rank,
      process,
      outcome,
      invokeRank: open.get(process) ?? -1,
      completeRank: outcome === INFO ? Infinity : rank,
      ...(event.f === "init"
        ? { init: event.value, mops: [] }
        : { mops: event.value as PredicateTransaction["mops"] }),
    });
    open.delete(process);
  });
  return transactions;
}

function inElleWords(names: readonly string[]): string[] {
  return names
    .filter((name) => !unknownToElle.has(name) && levels.some((level) => level.name === name))
    .map((name) => elleName.get(name) ?? name)
    .sort();
}
