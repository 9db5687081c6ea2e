/**
 * The weak levels over registers, each decided in polynomial time by AWDIT's algorithms (Møldrup and
 * Pavlogiannis, "AWDIT: An Optimal Weak Database Isolation Tester", PLDI 2025; axioms: Biswas and Enea,
 * 2019). Each algorithm computes which writers must precede which others in the commit order. The level
 * holds if those demands, reads-from and the sessions' order have no cycle.
 */
import type { Budget } from "../budget.ts";
import { FIRST, type Committed } from "./committed.ts";
import { PROCESS, REALTIME, WR, WW, EdgeList } from "./graph.ts";
import { OK } from "./table.ts";

/** The levels that are decided here. */
export type WeakLevel = "read-committed" | "read-atomic" | "causal";

/** A demand: in the commit order, `before` precedes `after`, because `because` read `key` from `after`. */
export interface Demand {
  readonly before: number;
  readonly after: number;
  readonly because: number;
  readonly key: number;
}

/**
 * All edges that the level demands. The initial state of all keys is vertex `committed.count`. `sessions`
 * are the order of sessions, or edges of any order that commits must respect; `known` are writers of which
 * one is known to have overwritten the other.
 */
export function weakDemands(
  committed: Committed,
  level: WeakLevel,
  sessions: EdgeList,
  known: EdgeList,
  budget: Budget,
): { readonly edges: EdgeList; readonly demands: readonly Demand[] } {
  const edges = new EdgeList();
  const { count, readStart, readFrom } = committed;
  for (let c = 0; c < count; c++) {
    for (let i = readStart[c] as number; i < (readStart[c + 1] as number); i++) {
      if ((readFrom[i] as number) !== FIRST) edges.add(readFrom[i] as number, c, WR);
    }
  }
  for (let i = 0; i < sessions.length; i++) {
    edges.add(
      sessions.from.data[i] as number,
      sessions.to.data[i] as number,
      sessions.kind.data[i] as number,
    );
  }
  const demands: Demand[] = [];
  const demand = (before: number, after: number, because: number, key: number): void => {
    if (before === after) return;
    // Only the initial state can precede the initial state, so this demand alone is a cycle.
    if (after === FIRST) edges.add(count, before, WW);
    edges.add(before, after === FIRST ? count : after, WW);
    demands.push({ before, after, because, key });
  };
  if (level === "read-committed") demandReadCommitted(committed, demand, budget);
  else if (level === "read-atomic") demandReadAtomic(committed, sessions, demand, budget);
  else demandCausal(committed, edges, demand, budget);
  for (let i = 0; i < known.length; i++) {
    edges.add(known.from.data[i] as number, known.to.data[i] as number, WW);
  }
  return { edges, demands };
}

type MakeDemand = (before: number, after: number, because: number, key: number) => void;

/** Read committed: once a transaction has seen t2, a later read must not return an older version. */
function demandReadCommitted(committed: Committed, demand: MakeDemand, budget: Budget): void {
  const { count, sightStart, sightKey, sightFrom } = committed;
  const seenBy = new Int32Array(count).fill(-1);
  for (let c = 0; c < count; c++) {
    budget.demand();
    const seen: number[] = [];
    for (let i = sightStart[c] as number; i < (sightStart[c + 1] as number); i++) {
      const key = sightKey[i] as number;
      const writer = sightFrom[i] as number;
      for (const other of seen) {
        if (other !== writer && writes(committed, other, key)) demand(other, writer, c, key);
      }
      if (writer !== FIRST && seenBy[writer] !== c) {
        seenBy[writer] = c;
        seen.push(writer);
      }
    }
  }
}

/**
 * Read atomic: a transaction that sees one write of t2, or follows it in its session, sees all writes of
 * t2.
 */
function demandReadAtomic(
  committed: Committed,
  sessions: EdgeList,
  demand: MakeDemand,
  budget: Budget,
): void {
  const { count, readStart, readKey, readFrom, writeStart, writeKey } = committed;
  const source = new Int32Array(committed.table.keys.length);
  const stamp = new Int32Array(committed.table.keys.length).fill(-1);
  const lastWriter = sessionWriters(committed, sessions);
  for (let c = 0; c < count; c++) {
    budget.demand();
    const from = readStart[c] as number;
    const to = readStart[c + 1] as number;
    for (let i = from; i < to; i++) {
      source[readKey[i] as number] = readFrom[i] as number;
      stamp[readKey[i] as number] = c;
    }
    for (let i = from; i < to; i++) {
      const writer = readFrom[i] as number;
      if (writer === FIRST) continue;
      for (let w = writeStart[writer] as number; w < (writeStart[writer + 1] as number); w++) {
        const key = writeKey[w] as number;
        if (stamp[key] === c && source[key] !== writer) {
          demand(writer, source[key] as number, c, key);
        }
      }
    }
    for (let i = from; i < to; i++) {
      const before = lastWriter(c, readKey[i] as number);
      if (before !== undefined && before !== readFrom[i]) {
        demand(before, readFrom[i] as number, c, readKey[i] as number);
      }
    }
  }
}

/** For each transaction and key: the session's previous writer of the key. Must be called in order of `c`. */
function sessionWriters(
  committed: Committed,
  sessions: EdgeList,
): (c: number, key: number) => number | undefined {
  const previous = new Int32Array(committed.count).fill(-1);
  for (let i = 0; i < sessions.length; i++) {
    if (((sessions.kind.data[i] as number) & PROCESS) === 0) continue;
    previous[sessions.to.data[i] as number] = sessions.from.data[i] as number;
  }
  const { readStart, readKey, writeStart, writeKey } = committed;
  const answers = new Map<number, number>();
  const keys = committed.table.keys.length;
  // Traverses each session once, with the last writer of each of its keys.
  const next = new Int32Array(committed.count).fill(-1);
  const heads: number[] = [];
  for (let c = 0; c < committed.count; c++) {
    if ((previous[c] as number) >= 0) next[previous[c] as number] = c;
    else heads.push(c);
  }
  for (const head of heads) {
    const last = new Map<number, number>();
    for (let c = head; c >= 0; c = next[c] as number) {
      for (let i = readStart[c] as number; i < (readStart[c + 1] as number); i++) {
        const writer = last.get(readKey[i] as number);
        if (writer !== undefined) answers.set(c * keys + (readKey[i] as number), writer);
      }
      for (let i = writeStart[c] as number; i < (writeStart[c + 1] as number); i++) {
        last.set(writeKey[i] as number, c);
      }
    }
  }
  return (c, key) => answers.get(c * keys + key);
}

/**
 * Causal consistency: a transaction that depends on t2, directly or indirectly, sees t2's writes or later
 * ones. Dependencies are kept as clocks over chains, which are the sessions if those are ordered.
 */
function demandCausal(
  committed: Committed,
  base: EdgeList,
  demand: MakeDemand,
  budget: Budget,
): void {
  const { count, readStart, readKey, readFrom, writeStart, writeKey } = committed;
  const order = topological(count, base);
  // A cycle among these edges alone is reported by the caller.
  if (!order) return;
  const chains = chainsOf(committed, base, order);
  const writesOf = new Map<number, number[]>();
  const keys = committed.table.keys.length;
  const chainsWriting: Set<number>[] = Array.from({ length: keys }, () => new Set());
  for (const c of order) {
    for (let i = writeStart[c] as number; i < (writeStart[c + 1] as number); i++) {
      const key = writeKey[i] as number;
      const chain = chains.of[c] as number;
      (chainsWriting[key] as Set<number>).add(chain);
      const name = chain * keys + key;
      const list = writesOf.get(name);
      if (list) list.push(c);
      else writesOf.set(name, [c]);
    }
  }
  clocks(count, base, order, chains, budget, (c, clock) => {
    for (let i = readStart[c] as number; i < (readStart[c + 1] as number); i++) {
      const key = readKey[i] as number;
      for (const chain of chainsWriting[key] as Set<number>) {
        const limit = clock(chain);
        if (limit < 0) continue;
        const list = writesOf.get(chain * keys + key) as number[];
        const last = lastUpTo(list, chains.place, limit);
        if (last >= 0 && last !== readFrom[i]) demand(last, readFrom[i] as number, c, key);
      }
    }
  });
}

/** The last of `list` (in order of their chain) whose position is at most `limit`; -1 if there is none. */
function lastUpTo(list: readonly number[], place: Int32Array, limit: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((place[list[middle] as number] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? -1 : (list[low - 1] as number);
}

interface Chains {
  readonly count: number;
  readonly of: Int32Array;
  /** The position in its chain. */
  readonly place: Int32Array;
}

/**
 * Splits the vertices into chains of the order. If sessions or time are ordered, the sessions are the
 * chains; otherwise any unused edge links two vertices.
 */
function chainsOf(committed: Committed, edges: EdgeList, order: Int32Array): Chains {
  const { count, table, row } = committed;
  let kinds = 0;
  for (let i = 0; i < edges.length; i++) kinds |= edges.kind.data[i] as number;
  const next = new Int32Array(count).fill(-1);
  if ((kinds & (PROCESS | REALTIME)) !== 0) {
    const last = new Int32Array(table.processes.length).fill(-1);
    for (const c of bySession(committed, order)) {
      const t = row[c] as number;
      const process = table.process[t] as number;
      const before = last[process] as number;
      // Later transactions of the session may come before a crashed one.
      if (before >= 0 && table.outcome[row[before] as number] === OK) next[before] = c;
      last[process] = c;
    }
  } else {
    const taken = new Uint8Array(count);
    for (let i = 0; i < edges.length; i++) {
      const from = edges.from.data[i] as number;
      const to = edges.to.data[i] as number;
      if (next[from] !== -1 || taken[to] === 1) continue;
      next[from] = to;
      taken[to] = 1;
    }
  }
  const headless = new Uint8Array(count);
  for (const to of next) if (to >= 0) headless[to] = 1;
  const of = new Int32Array(count).fill(-1);
  const place = new Int32Array(count);
  let chains = 0;
  for (const head of order) {
    if (headless[head] === 1) continue;
    let at = 0;
    for (let c = head; c >= 0; c = next[c] as number) {
      of[c] = chains;
      place[c] = at++;
    }
    chains++;
  }
  return { count: chains, of, place };
}

/**
 * The committed transactions in an order that keeps each session's order: by invocation, or in the given
 * order.
 */
function bySession(committed: Committed, order: Int32Array): Int32Array {
  const begin = (c: number): number =>
    committed.table.invokeRank[committed.row[c] as number] as number;
  const sorted = Int32Array.from(order);
  return sorted.sort((a, b) => begin(a) - begin(b) || a - b);
}

/** With more chains than this, clocks are stored in maps, because most vertices reach few chains. */
const denseChains = 128;

/** For each vertex: how far its predecessors reach along each chain; -1 for not at all. */
function clocks(
  count: number,
  edges: EdgeList,
  order: Int32Array,
  chains: Chains,
  budget: Budget,
  visit: (c: number, clock: (chain: number) => number) => void,
): void {
  const incoming = incomingOf(count, edges);
  if (chains.count <= denseChains) {
    const width = chains.count;
    const clock = new Int32Array(count * width).fill(-1);
    for (const c of order) {
      budget.demand();
      const base = c * width;
      for (let i = incoming.start[c] as number; i < (incoming.start[c + 1] as number); i++) {
        const from = incoming.source[i] as number;
        const other = from * width;
        for (let k = 0; k < width; k++) {
          if ((clock[base + k] as number) < (clock[other + k] as number)) {
            clock[base + k] = clock[other + k] as number;
          }
        }
        const own = base + (chains.of[from] as number);
        const place = chains.place[from] as number;
        if ((clock[own] as number) < place) clock[own] = place;
      }
      visit(c, (chain) => clock[base + chain] as number);
    }
    return;
  }
  sparseClocks(count, incoming, order, chains, budget, visit);
}

/** As above, with one map per vertex, which is dropped once all successors of the vertex have used it. */
function sparseClocks(
  count: number,
  incoming: { readonly start: Int32Array; readonly source: Int32Array },
  order: Int32Array,
  chains: Chains,
  budget: Budget,
  visit: (c: number, clock: (chain: number) => number) => void,
): void {
  const awaited = new Int32Array(count);
  for (const from of incoming.source) awaited[from] = (awaited[from] as number) + 1;
  const clock: (Map<number, number> | undefined)[] = new Array(count);
  for (const c of order) {
    const own = new Map<number, number>();
    for (let i = incoming.start[c] as number; i < (incoming.start[c + 1] as number); i++) {
      budget.demand();
      const from = incoming.source[i] as number;
      const chain = chains.of[from] as number;
      const place = chains.place[from] as number;
      if ((own.get(chain) ?? -1) < place) own.set(chain, place);
      for (const [other, reach] of clock[from] as Map<number, number>) {
        if ((own.get(other) ?? -1) < reach) own.set(other, reach);
      }
      const left = (awaited[from] as number) - 1;
      awaited[from] = left;
      if (left === 0) clock[from] = undefined;
    }
    if ((awaited[c] as number) > 0) clock[c] = own;
    visit(c, (chain) => own.get(chain) ?? -1);
  }
}

function incomingOf(
  count: number,
  edges: EdgeList,
): { readonly start: Int32Array; readonly source: Int32Array } {
  const start = new Int32Array(count + 1);
  for (let i = 0; i < edges.length; i++) {
    const to = (edges.to.data[i] as number) + 1;
    start[to] = (start[to] as number) + 1;
  }
  for (let v = 0; v < count; v++) start[v + 1] = (start[v + 1] as number) + (start[v] as number);
  const next = start.slice(0, count);
  const source = new Int32Array(edges.length);
  for (let i = 0; i < edges.length; i++) {
    const to = edges.to.data[i] as number;
    const at = next[to] as number;
    next[to] = at + 1;
    source[at] = edges.from.data[i] as number;
  }
  return { start, source };
}

function topological(count: number, edges: EdgeList): Int32Array | undefined {
  const incoming = incomingOf(count, edges);
  const left = new Int32Array(count);
  const out: number[][] = Array.from({ length: count }, () => []);
  for (let i = 0; i < edges.length; i++) {
    (out[edges.from.data[i] as number] as number[]).push(edges.to.data[i] as number);
  }
  const order = new Int32Array(count);
  let placed = 0;
  for (let v = 0; v < count; v++) {
    left[v] = (incoming.start[v + 1] as number) - (incoming.start[v] as number);
    if (left[v] === 0) order[placed++] = v;
  }
  for (let head = 0; head < placed; head++) {
    for (const to of out[order[head] as number] as number[]) {
      left[to] = (left[to] as number) - 1;
      if (left[to] === 0) order[placed++] = to;
    }
  }
  return placed === count ? order : undefined;
}

function writes(committed: Committed, c: number, key: number): boolean {
  const { writeStart, writeKey } = committed;
  for (let i = writeStart[c] as number; i < (writeStart[c + 1] as number); i++) {
    if (writeKey[i] === key) return true;
  }
  return false;
}
