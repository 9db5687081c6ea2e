/**
 * Judges transactions over lists (list-append), by Elle's method: Kingsbury and Alvaro, "Elle: Inferring
 * Isolation Anomalies from Experimental Observations", VLDB 2020. Reads show the order of versions, the
 * order gives dependencies, and cycles of dependencies are anomalies.
 */
import type { Budget } from "../budget.ts";
import { AnomalySet } from "./anomaly.ts";
import { findAppendAnomalies } from "./append-anomalies.ts";
import { addAppendEdges, explainAppendEdge } from "./append-graph.ts";
import { appendOrder } from "./append-order.ts";
import {
  findCycles,
  forbiddenAnomalies,
  judge,
  neededOrder,
  type Expectation,
  type Judgement,
} from "./elle-judgement.ts";
import { EdgeList, PROCESS, REALTIME, RW, WR, WW } from "./graph.ts";
import { addProcessOrder, addRealtimeOrder } from "./precedence.ts";
import type { TransactionTable } from "./table.ts";
import { keyText, valueText } from "./words.ts";

/** The findings of a check of transactions. */
export interface TransactionFindings extends Judgement {
  readonly anomalies: AnomalySet;
  /** A sentence that explains why `a` precedes `b` by an edge of `kind`. */
  readonly explain: (a: number, b: number, kind: number) => string | undefined;
  /** The reason if the verdict is unknown. */
  readonly why?: string;
}

/** The kind that labels an edge with several kinds, in order of preference. */
const labelOrder = [WW, WR, RW, REALTIME, PROCESS];

/** Checks a table of list-append transactions against an expectation. */
export function checkListAppend(
  table: TransactionTable,
  expectation: Expectation,
  budget: Budget,
): TransactionFindings {
  const found = new AnomalySet();
  const order = appendOrder(table);
  const explain = (a: number, b: number, kind: number): string | undefined =>
    explainAppendEdge(table, order, a, b, kind);
  if (table.writtenTwice) {
    const { version } = table.writtenTwice;
    return {
      valid: "unknown",
      anomalyTypes: [],
      not: [],
      alsoNot: [],
      anomalies: found,
      explain,
      why: `${valueText(table, version)} was appended to ${keyText(table, table.versionKey[version] as number)} more than once, so nobody can tell which append a read saw`,
    };
  }
  findAppendAnomalies(table, order, found);
  const edges = new EdgeList();
  addAppendEdges(table, order, edges);
  const forbidden = forbiddenAnomalies(expectation);
  const needed = neededOrder(forbidden);
  if (needed === "realtime") addRealtimeOrder(table, edges);
  else if (needed === "process") addProcessOrder(table, edges);
  if (edges.length === 0) found.add({ type: "empty-transaction-graph", transactions: [] });
  const spent = findCycles(table.count, edges, labelOrder, found, budget);
  const judgement = judge(found, forbidden);
  return {
    ...judgement,
    anomalies: found,
    explain,
    ...(spent === undefined ? {} : { why: spent }),
  };
}
