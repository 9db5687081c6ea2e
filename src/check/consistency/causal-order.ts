/**
 * The causal order of a history (the transitive closure of session order and reads-from) as vector clocks:
 * for each access, how many accesses of every lane precede it. This is Lamport's happened-before, computed
 * in one pass, O(n·k) for n accesses on k lanes, as in AWDIT (Møldrup and Pavlogiannis, PLDI 2025).
 */
import type { Budget } from "../budget.ts";
import { BudgetSpent } from "../budget.ts";
import type { Accesses } from "./accesses.ts";

/** Clocks in one flat table: row `access`, column `lane`. */
export interface CausalOrder {
  readonly width: number;
  readonly clocks: Int32Array;
  /** The accesses in an order consistent with causality. */
  readonly sorted: Int32Array;
  /** The position of each access in `sorted`. */
  readonly rank: Int32Array;
}

/** The direct causal successors of each access (such as the readers of a write), as compressed rows. */
export interface Followers {
  readonly start: Int32Array;
  readonly target: Int32Array;
}

/** Computes the readers of each write, and the successors of each access on other lanes of its session. */
export function followersOf(accesses: Accesses, readsCount = true): Followers {
  const { count, readsFrom, predecessors } = accesses;
  const start = new Int32Array(count + 1);
  const eachEdge = (visit: (from: number, to: number) => void): void => {
    if (readsCount) {
      for (let at = 0; at < count; at++) {
        const from = readsFrom[at] as number;
        if (from >= 0) visit(from, at);
      }
    }
    for (const [to, list] of predecessors) for (const from of list) visit(from, to);
  };
  eachEdge((from) => (start[from + 1] = (start[from + 1] as number) + 1));
  for (let at = 0; at < count; at++) {
    start[at + 1] = (start[at + 1] as number) + (start[at] as number);
  }
  const target = new Int32Array(start[count] as number);
  const next = start.slice();
  eachEdge((from, to) => {
    target[next[from] as number] = to;
    next[from] = (next[from] as number) + 1;
  });
  return { start, target };
}

/**
 * Sorts the accesses by causality. The lanes advance in turn, and a read waits for its write. Returns fewer
 * accesses than there are if causality is cyclic.
 */
function sortCausally(accesses: Accesses, followers: Followers): Int32Array {
  const { count, lanes, lane, place, readsFrom, predecessors } = accesses;
  const waits = new Int32Array(count);
  for (let at = 0; at < count; at++) {
    waits[at] =
      ((place[at] as number) > 0 ? 1 : 0) +
      ((readsFrom[at] as number) >= 0 ? 1 : 0) +
      (predecessors.get(at)?.length ?? 0);
  }
  const sorted = new Int32Array(count);
  let end = 0;
  for (let at = 0; at < count; at++) if (waits[at] === 0) sorted[end++] = at;
  const release = (at: number): void => {
    const left = (waits[at] as number) - 1;
    waits[at] = left;
    if (left === 0) sorted[end++] = at;
  };
  for (let begin = 0; begin < end; begin++) {
    const at = sorted[begin] as number;
    const next = (lanes[lane[at] as number] as readonly number[])[(place[at] as number) + 1];
    if (next !== undefined) release(next);
    const last = followers.start[at + 1] as number;
    for (let edge = followers.start[at] as number; edge < last; edge++) {
      release(followers.target[edge] as number);
    }
  }
  return sorted.subarray(0, end);
}

/**
 * The causal order, or `undefined` if it is cyclic. Undecided reads (`readsFrom` below zero) add no edge.
 * Throws `BudgetSpent` if the clocks do not fit into the budget's memory.
 */
export function causalOrderOf(
  accesses: Accesses,
  followers: Followers,
  budget: Budget,
): CausalOrder | undefined {
  const { count, lanes, lane, place, readsFrom, predecessors } = accesses;
  const width = lanes.length;
  const sorted = sortCausally(accesses, followers);
  if (sorted.length < count) return undefined;
  if (!budget.grant(count * width * 4)) throw new BudgetSpent(budget.why ?? "out of memory");
  const clocks = new Int32Array(count * width);
  const rank = new Int32Array(count);
  const merge = (row: number, from: number): void => {
    const other = from * width;
    for (let column = 0; column < width; column++) {
      const theirs = clocks[other + column] as number;
      if (theirs > (clocks[row + column] as number)) clocks[row + column] = theirs;
    }
  };
  for (let position = 0; position < count; position++) {
    const at = sorted[position] as number;
    budget.demand();
    rank[at] = position;
    const row = at * width;
    const own = lane[at] as number;
    const before = place[at] as number;
    if (before > 0) {
      const previous = (lanes[own] as readonly number[])[before - 1] as number;
      clocks.copyWithin(row, previous * width, (previous + 1) * width);
    }
    const from = readsFrom[at] as number;
    if (from >= 0) merge(row, from);
    if (predecessors.size > 0) for (const other of predecessors.get(at) ?? []) merge(row, other);
    clocks[row + own] = before + 1;
  }
  return { width, clocks, sorted, rank };
}

/** Whether access `a` precedes `b` causally (an access does not precede itself). */
export function precedes(accesses: Accesses, order: CausalOrder, a: number, b: number): boolean {
  if (a === b) return false;
  const known = order.clocks[b * order.width + (accesses.lane[a] as number)] as number;
  return known > (accesses.place[a] as number);
}
