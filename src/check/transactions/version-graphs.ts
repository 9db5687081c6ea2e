/**
 * The partial order of a register's versions: the initial state comes first. Further edges depend on
 * assumptions that the user makes: that single keys are sequential or linearizable, that writes follow
 * reads in a transaction, or the order in which the database says that it committed.
 */
import { EdgeList, components, graphOf, type Graph } from "./graph.ts";
import { byCompletion } from "./precedence.ts";
import { NOT, rowsByKey, type RegisterIndex, type RowsByKey } from "./register-index.ts";
import { FAIL, INFO, NIL, OK, type TransactionTable } from "./table.ts";

/** The assumptions that the user makes. */
export interface KeyAssumptions {
  /** Each key alone is linearizable: real time orders its versions. */
  readonly linearizableKeys?: boolean;
  /** Each key alone is sequentially consistent: each process sees its versions in order. */
  readonly sequentialKeys?: boolean;
  /** In a transaction that reads a key and then writes it, the written version follows the read one. */
  readonly wfrKeys?: boolean;
  /** The order in which the database says that it committed: `Operation.index` to rank. */
  readonly transactionOrder?: ReadonlyMap<number, number>;
}

/** The partial order of all keys' versions. The initial state of key k is vertex `versions + k`. */
export interface VersionOrder {
  readonly graph: Graph;
  /** Keys whose versions would form a cycle, with the assumption that causes it. */
  readonly cyclic: readonly { readonly key: number; readonly source: string }[];
}

/** Orders versions. An assumption that would make them cyclic is recorded and left out, as in Elle. */
export function versionOrder(
  table: TransactionTable,
  index: RegisterIndex,
  assumptions: KeyAssumptions,
): VersionOrder {
  const vertices = table.versionValue.length + table.keys.length;
  const byKey = rowsByKey(table, index);
  const sources: [string, (edges: EdgeList) => void][] = [
    ["initial state", (edges) => addInitial(table, index, edges)],
  ];
  const { transactionOrder } = assumptions;
  if (transactionOrder) {
    sources.push([
      "transaction order",
      (edges) => addTransactionOrder(table, index, byKey, transactionOrder, edges),
    ]);
  }
  if (assumptions.wfrKeys) {
    sources.push(["writes follow reads", (edges) => addWritesFollowReads(table, index, edges)]);
  }
  if (assumptions.sequentialKeys) {
    sources.push(["sequential keys", (edges) => addSequential(table, index, edges)]);
  }
  if (assumptions.linearizableKeys) {
    sources.push(["linearizable keys", (edges) => addLinearizable(table, index, byKey, edges)]);
  }
  const cyclic: { key: number; source: string }[] = [];
  let kept = new EdgeList();
  let graph = graphOf(vertices, kept);
  for (const [source, add] of sources) {
    const edges = copyOf(kept);
    add(edges);
    const candidate = graphOf(vertices, edges);
    const found = components(candidate);
    if (found.count === vertices) {
      kept = edges;
      graph = candidate;
      continue;
    }
    for (const key of keysInCycles(table, found.of, found.sizes)) cyclic.push({ key, source });
  }
  return { graph, cyclic };
}

function keysInCycles(table: TransactionTable, of: Int32Array, sizes: Int32Array): Set<number> {
  const versions = table.versionValue.length;
  const keys = new Set<number>();
  for (let v = 0; v < of.length; v++) {
    if ((sizes[of[v] as number] as number) < 2) continue;
    keys.add(v >= versions ? v - versions : (table.versionKey[v] as number));
  }
  return keys;
}

function copyOf(edges: EdgeList): EdgeList {
  const copy = new EdgeList();
  for (let i = 0; i < edges.length; i++) {
    copy.add(edges.from.data[i] as number, edges.to.data[i] as number, 1);
  }
  return copy;
}

/** The initial state precedes everything that was written or read. */
function addInitial(table: TransactionTable, index: RegisterIndex, edges: EdgeList): void {
  const versions = table.versionValue.length;
  const known = new Uint8Array(versions);
  for (let row = 0; row < index.key.length; row++) {
    if (table.outcome[index.transaction[row] as number] === FAIL) continue;
    for (const version of [index.read[row] as number, index.write[row] as number]) {
      if (version < 0 || known[version] === 1) continue;
      known[version] = 1;
      edges.add(versions + (index.key[row] as number), version, 1);
    }
  }
}

function addWritesFollowReads(
  table: TransactionTable,
  index: RegisterIndex,
  edges: EdgeList,
): void {
  for (let row = 0; row < index.key.length; row++) {
    const read = index.read[row] as number;
    const write = index.write[row] as number;
    if (read < 0 || write < 0 || read === write) continue;
    if (table.outcome[index.transaction[row] as number] === OK) edges.add(read, write, 1);
  }
}

function addTransactionOrder(
  table: TransactionTable,
  index: RegisterIndex,
  byKey: RowsByKey,
  order: ReadonlyMap<number, number>,
  edges: EdgeList,
): void {
  for (let key = 0; key < table.keys.length; key++) {
    const writes: { rank: number; version: number }[] = [];
    for (let i = byKey.start[key] as number; i < (byKey.start[key + 1] as number); i++) {
      const row = byKey.row[i] as number;
      const version = index.write[row] as number;
      const rank = order.get(table.operation[index.transaction[row] as number] as number);
      if (version >= 0 && rank !== undefined) writes.push({ rank, version });
    }
    writes.sort((a, b) => a.rank - b.rank);
    for (let i = 1; i < writes.length; i++) {
      const before = (writes[i - 1] as { version: number }).version;
      edges.add(before, (writes[i] as { version: number }).version, 1);
    }
  }
}

/** The version of a key at the end of a transaction: the one it wrote, or else read. */
function leaves(table: TransactionTable, index: RegisterIndex, row: number): number {
  const write = index.write[row] as number;
  return write === NOT ? vertexOf(table, index, row, index.read[row] as number) : write;
}

/**
 * The version of a key at the beginning of a transaction: the one it read, or else (or if that was nothing)
 * wrote.
 */
function meets(table: TransactionTable, index: RegisterIndex, row: number): number {
  const read = index.read[row] as number;
  const write = index.write[row] as number;
  if (read >= 0) return read;
  return write === NOT ? vertexOf(table, index, row, read) : write;
}

function vertexOf(
  table: TransactionTable,
  index: RegisterIndex,
  row: number,
  version: number,
): number {
  return version === NIL ? table.versionValue.length + (index.key[row] as number) : version;
}

/** Each process accesses the versions of a key in their order. */
function addSequential(table: TransactionTable, index: RegisterIndex, edges: EdgeList): void {
  const lastRow = new Map<number, number>();
  const keys = table.keys.length;
  for (const t of byCompletion(table)) {
    if (table.outcome[t] !== OK) continue;
    const base = (table.process[t] as number) * keys;
    for (let row = index.start[t] as number; row < (index.start[t + 1] as number); row++) {
      const slot = base + (index.key[row] as number);
      const before = lastRow.get(slot);
      lastRow.set(slot, row);
      if (before === undefined) continue;
      const from = leaves(table, index, before);
      const to = meets(table, index, row);
      if (from !== to) edges.add(from, to, 1);
    }
  }
}

/**
 * Real time orders the versions of a key: a transaction that starts after a completion sees no older
 * version.
 */
function addLinearizable(
  table: TransactionTable,
  index: RegisterIndex,
  byKey: RowsByKey,
  edges: EdgeList,
): void {
  for (let key = 0; key < table.keys.length; key++) {
    const rows: number[] = [];
    for (let i = byKey.start[key] as number; i < (byKey.start[key + 1] as number); i++) {
      rows.push(byKey.row[i] as number);
    }
    linkByTime(table, index, rows, edges);
  }
}

function linkByTime(
  table: TransactionTable,
  index: RegisterIndex,
  rows: readonly number[],
  edges: EdgeList,
): void {
  const rankOf = (event: number): number =>
    event >= 0
      ? (table.invokeRank[index.transaction[event] as number] as number)
      : (table.completeRank[index.transaction[-1 - event] as number] as number);
  const events: number[] = [];
  for (const row of rows) {
    const t = index.transaction[row] as number;
    if ((table.invokeRank[t] as number) >= 0) events.push(row);
    if (table.outcome[t] === OK) events.push(-1 - row);
  }
  events.sort((a, b) => rankOf(a) - rankOf(b));
  let buffer: number[] = [];
  const precededBy = new Map<number, number[]>();
  for (const event of events) {
    if (event < 0) {
      const row = -1 - event;
      const implied = new Set(precededBy.get(row));
      buffer = buffer.filter((other) => !implied.has(other));
      buffer.push(row);
      continue;
    }
    // An unfinished transaction that only read gives no information.
    const unknown =
      table.outcome[index.transaction[event] as number] === INFO && index.write[event] === NOT;
    if (unknown) continue;
    precededBy.set(event, buffer);
    const to = meets(table, index, event);
    for (const before of buffer) {
      const from = leaves(table, index, before);
      if (from !== to) edges.add(from, to, 1);
    }
  }
}

/**
 * The order between written versions. Versions that no ok transaction wrote are bridged: what is before
 * them is before everything after them.
 */
export function successorsOf(graph: Graph, writer: Int32Array): Graph {
  let bridged = false;
  for (let v = 0; v < writer.length && !bridged; v++) {
    bridged =
      (writer[v] as number) < 0 && (graph.start[v + 1] as number) > (graph.start[v] as number);
  }
  if (!bridged) return graph;
  const edges = new EdgeList();
  const seen = new Int32Array(graph.size).fill(-1);
  for (let v = 0; v < graph.size; v++) {
    const stack = [v];
    while (stack.length > 0) {
      const at = stack.pop() as number;
      for (let i = graph.start[at] as number; i < (graph.start[at + 1] as number); i++) {
        const to = graph.target[i] as number;
        if (seen[to] === v) continue;
        seen[to] = v;
        edges.add(v, to, 1);
        if (to >= writer.length || (writer[to] as number) < 0) stack.push(to);
      }
    }
  }
  return graphOf(graph.size, edges);
}
