/**
 * Weak causal consistency (CC) and causal convergence (CCv), decided by the bad patterns of Bouajjani,
 * Enea, Guerraoui and Hamza (POPL 2017) with vector clocks: O(n·k) clock steps for n accesses on k lanes,
 * and for each read one search for the last write of its key on each lane.
 */
import type { Budget } from "../budget.ts";
import type { Accesses } from "./accesses.ts";
import { INITIAL } from "./accesses.ts";
import { causalOrderOf, followersOf, type CausalOrder, type Followers } from "./causal-order.ts";
import { finding, type Finding, type Link } from "./finding.ts";
import { findCycle } from "./graph.ts";
import { shortestPath } from "./paths.ts";
import { indexWrites, lastBefore, type WriteIndex } from "./write-index.ts";

/** The causal order, and the data that the algorithms based on it share. */
export interface Causality {
  readonly order: CausalOrder;
  readonly followers: Followers;
  readonly index: WriteIndex;
}

/** Returns the causal order, or the cycle in it. */
export function causalityOf(accesses: Accesses, budget: Budget): Causality | Finding {
  const followers = followersOf(accesses);
  const order = causalOrderOf(accesses, followers, budget);
  if (order) return { order, followers, index: indexWrites(accesses) };
  const cycle = findCycle(accesses.count, (at) => successors(accesses, followers, at)) as number[];
  const from = cycle[0] as number;
  const to = cycle[1] as number;
  const there = shortestPath(accesses, followers, from, to) as Link[];
  const back = shortestPath(accesses, followers, to, from) as Link[];
  return finding("cyclic-causal-order", from, [...there, ...back]);
}

/** The direct successors of an access: the next on its lane, its readers, and later lanes of its session. */
export function successors(accesses: Accesses, followers: Followers, at: number): number[] {
  const lane = accesses.lanes[accesses.lane[at] as number] as readonly number[];
  const next = lane[(accesses.place[at] as number) + 1];
  const found = [
    ...followers.target.subarray(followers.start[at] as number, followers.start[at + 1] as number),
  ];
  if (next !== undefined) found.push(next);
  return found;
}

/** Judges weak causal consistency (CC). Returns undefined if it holds. */
export function checkWeakCausal(accesses: Accesses, budget: Budget): Finding | undefined {
  const causality = causalityOf(accesses, budget);
  return "anomaly" in causality ? causality : readsOverwritten(accesses, causality, budget);
}

/** Finds a read of a value that was overwritten in the causal past of the read. */
function readsOverwritten(
  accesses: Accesses,
  { order, followers, index }: Causality,
  budget: Budget,
): Finding | undefined {
  const { count, isWrite, key, lane, place, readsFrom } = accesses;
  const { width, clocks } = order;
  for (let read = 0; read < count; read++) {
    const from = readsFrom[read] as number;
    if (isWrite[read] === 1 || from < INITIAL) continue;
    budget.demand();
    for (const { lane: other, writes } of index[key[read] as number] as WriteIndex[number]) {
      const last = lastBefore(place, writes, clocks[read * width + other] as number);
      if (last < 0 || last === from) continue;
      const closing: Link = { from: read, to: last, kind: "overwritten" };
      if (from === INITIAL) {
        const path = shortestPath(accesses, followers, last, read) as Link[];
        return finding("write-co-init-read", read, [...path, closing]);
      }
      const known = clocks[last * width + (lane[from] as number)] as number;
      if (known <= (place[from] as number)) continue;
      const before = shortestPath(accesses, followers, from, last) as Link[];
      const after = shortestPath(accesses, followers, last, read) as Link[];
      const source: Link = { from, to: read, kind: "reads" };
      return finding("write-co-read", read, [source, ...before, ...after, closing]);
    }
  }
  return undefined;
}

/** Judges causal convergence (CCv). Returns undefined if it holds. */
export function checkCausalConvergence(accesses: Accesses, budget: Budget): Finding | undefined {
  const causality = causalityOf(accesses, budget);
  if ("anomaly" in causality) return causality;
  return readsOverwritten(accesses, causality, budget) ?? conflicts(accesses, causality, budget);
}

/**
 * Checks that the conflict order does not contradict causality. A read that has two writes of a key in its
 * past and returns one of them determines that the other one is older, for all sessions.
 */
function conflicts(
  accesses: Accesses,
  { order, followers, index }: Causality,
  budget: Budget,
): Finding | undefined {
  const { count, key, place, readsFrom } = accesses;
  const { width, clocks } = order;
  const older = new Map<number, Link[]>();
  for (let read = 0; read < count; read++) {
    const from = readsFrom[read] as number;
    if (from < 0) continue;
    budget.demand();
    for (const { lane: other, writes } of index[key[read] as number] as WriteIndex[number]) {
      const last = lastBefore(place, writes, clocks[read * width + other] as number);
      if (last < 0 || last === from) continue;
      // If causality already orders the two, nothing has to be added.
      if ((clocks[from * width + other] as number) > (place[last] as number)) continue;
      const links = older.get(last);
      const link: Link = { from: last, to: from, kind: "order", because: read };
      if (!links) older.set(last, [link]);
      else if (!links.some(({ to }) => to === from)) links.push(link);
    }
  }
  if (older.size === 0) return undefined;
  const none: readonly Link[] = [];
  const more = (at: number): readonly Link[] => older.get(at) ?? none;
  const cycle = findCycle(count, (at) => [
    ...successors(accesses, followers, at),
    ...more(at).map(({ to }) => to),
  ]);
  if (!cycle) return undefined;
  const turn = cycle.findIndex((at, position) => {
    const next = cycle[(position + 1) % cycle.length] as number;
    return more(at).some(({ to }) => to === next);
  });
  const from = cycle[turn] as number;
  const to = cycle[(turn + 1) % cycle.length] as number;
  const first = more(from).find((link) => link.to === to) as Link;
  const back = shortestPath(accesses, followers, to, from, more) as Link[];
  const circle = [first, ...back];
  const reasons = circle.flatMap((link) =>
    link.because === undefined
      ? []
      : [
          ...(shortestPath(accesses, followers, link.from, link.because) as Link[]),
          { from: link.to, to: link.because, kind: "reads" as const },
        ],
  );
  return finding("cyclic-conflict", first.because as number, [...reasons, ...circle]);
}
