/**
 * Judges transactions over registers (rw-register) by inference, which is Elle's method. It is sound and
 * names its findings, but is incomplete; `register-levels.ts` decides levels completely.
 */
import type { Budget } from "../budget.ts";
import { AnomalySet } from "./anomaly.ts";
import {
  findCycles,
  forbiddenAnomalies,
  judge,
  neededOrder,
  type Expectation,
} from "./elle-judgement.ts";
import { EdgeList, PROCESS, REALTIME, RW, WR, WW, type Graph } from "./graph.ts";
import type { TransactionFindings } from "./list-append.ts";
import { addProcessOrder, addRealtimeOrder } from "./precedence.ts";
import { findRegisterAnomalies } from "./register-anomalies.ts";
import {
  okWriters,
  readersOf,
  registerIndex,
  type Groups,
  type RegisterIndex,
} from "./register-index.ts";
import { NIL, type TransactionTable } from "./table.ts";
import { successorsOf, versionOrder, type KeyAssumptions } from "./version-graphs.ts";
import { keyText, transactionText, valueText } from "./words.ts";

/** The kind that labels an edge with several kinds, in order of preference. */
const labelOrder = [WR, WW, RW, REALTIME, PROCESS];

/** Checks a table of rw-register transactions against an expectation, by inference. */
export function inferRegister(
  table: TransactionTable,
  expectation: Expectation,
  assumptions: KeyAssumptions,
  budget: Budget,
): TransactionFindings {
  const found = new AnomalySet();
  const index = registerIndex(table);
  const writer = okWriters(table, index);
  const readers = readersOf(table, index);
  const ambiguous = ambiguousRead(table, writer, readers);
  if (ambiguous !== undefined) {
    return {
      valid: "unknown",
      anomalyTypes: [],
      not: [],
      alsoNot: [],
      anomalies: found,
      explain: () => undefined,
      why: ambiguous,
    };
  }
  findRegisterAnomalies(table, found);
  const order = versionOrder(table, index, assumptions);
  for (const { key, source } of order.cyclic) {
    found.add({
      type: "cyclic-versions",
      transactions: [],
      key,
      text: `the versions of ${keyText(table, key)} would have to follow one another in a circle (by ${source})`,
    });
  }
  const successors = successorsOf(order.graph, writer);
  const edges = new EdgeList();
  const touched = addRegisterEdges(table, writer, readers, successors, edges);
  const forbidden = forbiddenAnomalies(expectation);
  const needed = neededOrder(forbidden);
  if (needed === "realtime") addRealtimeOrder(table, edges);
  else if (needed === "process") addProcessOrder(table, edges);
  if (edges.length === 0 && !touched) {
    found.add({ type: "empty-transaction-graph", transactions: [] });
  }
  const spent = findCycles(table.count, edges, labelOrder, found, budget);
  return {
    ...judge(found, forbidden),
    anomalies: found,
    explain: (a, b, kind) => explainRegisterEdge(table, index, successors, a, b, kind),
    ...(spent === undefined ? {} : { why: spent }),
  };
}

/** A read whose value several transactions wrote, so that its source is unknown. */
function ambiguousRead(
  table: TransactionTable,
  writer: Int32Array,
  readers: Groups,
): string | undefined {
  for (let version = 0; version < writer.length; version++) {
    if (writer[version] !== -2) continue;
    if ((readers.start[version + 1] as number) === (readers.start[version] as number)) continue;
    const key = keyText(table, table.versionKey[version] as number);
    return `${valueText(table, version)} was written to ${key} by more than one transaction, so nobody can tell which of them a read saw`;
  }
  return undefined;
}

/** Adds wr, ww and rw edges. Returns whether a transaction was ever related to itself only. */
function addRegisterEdges(
  table: TransactionTable,
  writer: Int32Array,
  readers: Groups,
  successors: Graph,
  edges: EdgeList,
): boolean {
  let touched = false;
  const link = (from: number, to: number, kind: number): void => {
    touched = true;
    if (from !== to) edges.add(from, to, kind);
  };
  for (let version = 0; version < writer.length; version++) {
    const from = writer[version] as number;
    if (from < 0) continue;
    const end = readers.start[version + 1] as number;
    for (let i = readers.start[version] as number; i < end; i++) {
      link(from, readers.member[i] as number, WR);
    }
  }
  for (let v = 0; v < successors.size; v++) {
    const from = v < writer.length ? (writer[v] as number) : -1;
    const end = readers.start[v + 1] as number;
    for (let at = successors.start[v] as number; at < (successors.start[v + 1] as number); at++) {
      const version = successors.target[at] as number;
      const to = version < writer.length ? (writer[version] as number) : -1;
      if (to < 0) continue;
      if (from >= 0) link(from, to, WW);
      for (let i = readers.start[v] as number; i < end; i++) {
        link(readers.member[i] as number, to, RW);
      }
    }
  }
  return touched;
}

/** A sentence that explains why `a` comes before `b` by an edge of `kind`. */
function explainRegisterEdge(
  table: TransactionTable,
  index: RegisterIndex,
  successors: Graph,
  a: number,
  b: number,
  kind: number,
): string | undefined {
  const nameA = transactionText(table, a);
  const nameB = transactionText(table, b);
  for (let i = index.start[a] as number; i < (index.start[a + 1] as number); i++) {
    for (let j = index.start[b] as number; j < (index.start[b + 1] as number); j++) {
      const key = index.key[i] as number;
      if (key !== index.key[j]) continue;
      const where = keyText(table, key);
      if (kind === WR) {
        const version = index.write[i] as number;
        if (version < 0 || index.read[j] !== version) continue;
        return `${nameA} wrote ${where} = ${valueText(table, version)}, and ${nameB} read it`;
      }
      const before = (kind === WW ? index.write[i] : index.read[i]) as number;
      const after = index.write[j] as number;
      if (before < NIL || after < 0 || (kind === WW && before < 0)) continue;
      const vertex = before === NIL ? table.versionValue.length + key : before;
      if (!leadsTo(successors, vertex, after)) continue;
      return kind === WW
        ? `${nameA} wrote ${where} = ${valueText(table, before)}, and ${nameB} later wrote ${valueText(table, after)}`
        : `${nameA} read ${where} = ${valueText(table, before)}, so it missed ${valueText(table, after)}, which ${nameB} wrote later`;
    }
  }
  return undefined;
}

function leadsTo(graph: Graph, from: number, to: number): boolean {
  for (let i = graph.start[from] as number; i < (graph.start[from + 1] as number); i++) {
    if (graph.target[i] === to) return true;
  }
  return false;
}
