/**
 * Converts anomalies, given as rows of a table, to readable evidence: what each transaction did, and why
 * that is impossible.
 */
import type { Operation } from "../../history/operation.ts";
import { formatNs } from "../../base/units.ts";
import type { CycleEdge, Evidence, Step } from "../verdict.ts";
import { byGravity } from "./anomalies.ts";
import type { Anomaly, AnomalySet } from "./anomaly.ts";
import { labelText } from "./cycle-kinds.ts";
import { PROCESS, REALTIME } from "./graph.ts";
import { mopsOf, type MicroOperation, type TransactionTable } from "./table.ts";
import { transactionText } from "./words.ts";
import { textOf } from "../../history/values.ts";

/** Returns the operation with this index, for descriptions. */
export type Lookup = (index: number) => Operation | undefined;

/** A sentence that explains why `a` precedes `b` by an edge of `kind`. */
export type Explain = (a: number, b: number, kind: number) => string | undefined;

/** The maximum number of pieces of evidence: one for each of the most severe anomalies. */
const told = 8;

/** Evidence for the anomalies of these types, most severe first. */
export function evidenceOf(
  lookup: Lookup,
  table: TransactionTable,
  anomalies: AnomalySet,
  types: readonly string[],
  explain: Explain,
): Evidence[] {
  const evidence: Evidence[] = [];
  for (const type of [...types].sort(byGravity)) {
    const [anomaly] = anomalies.of(type);
    if (!anomaly || evidence.length >= told) continue;
    evidence.push(
      anomaly.kinds
        ? cycleEvidence(lookup, table, anomaly, anomaly.kinds, explain)
        : plainEvidence(lookup, table, anomaly, anomalies.count(type)),
    );
  }
  return evidence;
}

function plainEvidence(
  lookup: Lookup,
  table: TransactionTable,
  anomaly: Anomaly,
  count: number,
): Evidence {
  const name = anomaly.type.replaceAll("-", " ");
  const times = count > 1 ? `${count} times, first here: ` : "";
  const steps = transactionSteps(lookup, table, anomaly.transactions);
  const text =
    anomaly.text ?? `some cycle exists among ${anomaly.transactions.length} transactions`;
  return {
    summary: `${name}: ${times}${text}`,
    anomaly: anomaly.type,
    ...(anomaly.key === undefined ? {} : { key: table.keys[anomaly.key] }),
    steps: [...steps, { text }],
    operations: operationsOf(table, anomaly.transactions),
  };
}

function cycleEvidence(
  lookup: Lookup,
  table: TransactionTable,
  anomaly: Anomaly,
  kinds: readonly number[],
  explain: Explain,
): Evidence {
  const { transactions } = anomaly;
  const cycle = transactions.map((a, i): CycleEdge => {
    const b = transactions[(i + 1) % transactions.length] as number;
    const kind = kinds[i] as number;
    return {
      from: table.operation[a] as number,
      to: table.operation[b] as number,
      kind: labelText(kind),
      text: edgeText(lookup, table, a, b, kind, explain),
    };
  });
  const names = transactions.map((t) => transactionText(table, t)).join(" < ");
  const circle = `${names} < ${transactionText(table, transactions[0] as number)}`;
  const shape = anomaly.shape === undefined ? "" : ` (${anomaly.shape})`;
  const edges = cycle.map(({ from, text }, i): Step => ({
    text: i === cycle.length - 1 ? `yet ${text}: a contradiction` : text,
    operation: from,
    ...eventsOf(lookup(from)),
  }));
  return {
    summary: `${anomaly.type}${shape}: ${circle}, a cycle of ${[...new Set(cycle.map(({ kind }) => kind))].join(", ")} dependencies`,
    anomaly: anomaly.type,
    steps: [...transactionSteps(lookup, table, transactions), ...edges],
    operations: operationsOf(table, transactions),
    cycle,
  };
}

/** Why one transaction precedes another. Orders that do not depend on data are explained here. */
export function edgeText(
  lookup: Lookup,
  table: TransactionTable,
  a: number,
  b: number,
  kind: number,
  explain: Explain,
): string {
  const nameA = transactionText(table, a);
  const nameB = transactionText(table, b);
  if (kind === REALTIME) {
    const ended = lookup(table.operation[a] as number)?.completeNs;
    const began = lookup(table.operation[b] as number)?.invokeNs;
    return ended !== undefined && began !== undefined && began > ended
      ? `${nameA} had completed ${formatNs(began - ended)} before ${nameB} began`
      : `${nameA} had completed before ${nameB} began`;
  }
  if (kind === PROCESS) {
    const process = table.processes[table.process[a] as number];
    return `process ${String(process)} ran ${nameA} before ${nameB}`;
  }
  return explain(a, b, kind) ?? `${nameA} comes before ${nameB} (${labelText(kind)})`;
}

/** One step per transaction, in order of time: its process, its times, and its operations. */
export function transactionSteps(
  lookup: Lookup,
  table: TransactionTable,
  transactions: readonly number[],
): Step[] {
  const steps: Step[] = [];
  const distinct = [...new Set(transactions)];
  const shared = sharedKeys(table, distinct);
  distinct.sort((a, b) => (table.invokeRank[a] as number) - (table.invokeRank[b] as number));
  for (const t of distinct.slice(0, 24)) {
    const operation = lookup(table.operation[t] as number);
    const process = table.processes[table.process[t] as number];
    const did = operation ? mopsText(mopsOf(operation), shared) : "";
    steps.push({
      ...(operation ? { atNs: operation.invokeNs } : {}),
      who: String(process),
      text: `${transactionText(table, t)}: ${did}${outcomeText(operation)}`,
      operation: table.operation[t] as number,
      ...eventsOf(operation),
    });
  }
  return steps;
}

/**
 * The keys through which these transactions depend on one another: one of them wrote it, another accessed
 * it.
 */
function sharedKeys(table: TransactionTable, transactions: readonly number[]): Set<unknown> {
  const met = new Map<number, { by: number; again: boolean; written: boolean }>();
  for (const t of transactions) {
    for (let mop = table.mopStart[t] as number; mop < (table.mopStart[t + 1] as number); mop++) {
      const key = table.mopKey[mop] as number;
      const written = table.mopWrite[mop] === 1;
      const known = met.get(key);
      if (!known) met.set(key, { by: t, again: false, written });
      else {
        known.again ||= known.by !== t;
        known.written ||= written;
      }
    }
  }
  const shared = new Set<unknown>();
  for (const [key, { again, written }] of met) if (again && written) shared.add(table.keys[key]);
  return shared;
}

/** Up to this many micro-operations are shown in full. Of longer transactions, only those on shared keys. */
const mopsTold = 6;

function mopsText(mops: readonly MicroOperation[], shared: ReadonlySet<unknown>): string {
  if (mops.length <= mopsTold) return mops.map(mopText).join(", ");
  const matter = mops.filter(([, key]) => shared.has(key));
  const shown = (matter.length > 0 ? matter : mops).slice(0, 2 * mopsTold);
  const left = mops.length - shown.length;
  return `${shown.map(mopText).join(", ")}${left > 0 ? `, and ${left} more` : ""}`;
}

/** The trace events of an operation, shown beside its step. */
function eventsOf(operation: Operation | undefined): { events?: readonly number[] } {
  const events = [operation?.invokeEvent, operation?.completeEvent].filter(
    (event): event is number => event !== undefined,
  );
  return events.length === 0 ? {} : { events };
}

function outcomeText(operation: Operation | undefined): string {
  if (operation?.outcome === "fail") return " (aborted)";
  return operation?.outcome === "info" ? " (nobody knows whether it committed)" : "";
}

function mopText([f, key, value]: MicroOperation): string {
  const name = typeof key === "string" ? key : textOf(key);
  if (f === "rp") return `read by ${textOf(key)} = ${textOf(value)}`;
  if (f === "delete") return `deleted ${name}`;
  const isRead = f === "r" || f === "read";
  if (isRead && value === undefined) return `read ${name}`;
  const shown = shorten(value);
  if (isRead) return `read ${name} = ${shown}`;
  return f === "append" ? `appended ${shown} to ${name}` : `wrote ${name} = ${shown}`;
}

function shorten(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (!Array.isArray(value)) return textOf(value);
  const tail = value.slice(-8).map((each) => textOf(each));
  return `[${value.length > 8 ? "... " : ""}${tail.join(" ")}]`;
}

/** The operations that evidence is based on, each once, in order. */
export function operationsOf(table: TransactionTable, transactions: readonly number[]): number[] {
  const operations = new Set(transactions.map((t) => table.operation[t] as number));
  return [...operations].sort((a, b) => a - b);
}

/** Evidence that a level does not hold, from a minimal part of the history that no order explains. */
export function levelEvidence(
  lookup: Lookup,
  table: TransactionTable,
  level: string,
  core: readonly number[],
  story: readonly string[],
): Evidence {
  const what = core.length === 1 ? "this transaction" : `these ${core.length} transactions`;
  return {
    // Without reads by predicate the two levels are the same, and serializable is the better-known name.
    summary: `not ${level === "repeatable-read" ? "serializable, nor even repeatable-read" : level}: no order of ${what} explains what they read`,
    anomaly: `not-${level}`,
    steps: [...transactionSteps(lookup, table, core), ...story.map((text): Step => ({ text }))],
    operations: operationsOf(table, core),
  };
}
