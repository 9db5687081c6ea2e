/**
 * Causal memory (CM) and PRAM: can each session's reads be explained by one order of all writes?
 *
 * A session's reads are already ordered, so it is enough to close the known order under one rule (Bouajjani
 * et al. 2017; Wei et al. 2016, "read-centric"): if a write precedes a read of its key, it precedes the
 * write that was read. A violation is a cycle, or a write before a read of the initial value.
 *
 * The closure is stored as vector clocks that are copied only where the rule changes them, and it grows
 * along the session. Each read adds its own past, and the rule only applies within that past, so on real
 * histories (where reads are recent) few clocks change.
 */
import type { Budget } from "../budget.ts";
import { INITIAL, type Accesses } from "./accesses.ts";
import { causalOrderOf, followersOf, type CausalOrder } from "./causal-order.ts";
import { causalityOf, type Causality } from "./causal.ts";
import { finding, type Finding, type Link } from "./finding.ts";
import { shortestPath } from "./paths.ts";
import { indexWrites, lastBefore, type WriteIndex } from "./write-index.ts";

/** Judges causal memory (CM). Returns undefined if it holds. */
export function checkCausalMemory(accesses: Accesses, budget: Budget): Finding | undefined {
  const causality = causalityOf(accesses, budget);
  if ("anomaly" in causality) return causality;
  return eachView(accesses, causality, false, budget);
}

/** Judges PRAM. Returns undefined if it holds. */
export function checkPram(accesses: Accesses, budget: Budget): Finding | undefined {
  // Each view uses the orders of all sessions, but only its own session's reads-from.
  const unread = { ...accesses, readsFrom: new Int32Array(accesses.count).fill(INITIAL) };
  const order = causalOrderOf(unread, followersOf(unread), budget) as CausalOrder;
  const causality = { order, followers: followersOf(accesses), index: indexWrites(accesses) };
  return eachView(accesses, causality, true, budget);
}

function eachView(
  accesses: Accesses,
  causality: Causality,
  ownReadsOnly: boolean,
  budget: Budget,
): Finding | undefined {
  const view = new View(accesses, causality, ownReadsOnly, budget);
  for (let lane = 0; lane < accesses.lanes.length; lane++) {
    const found = view.judge(lane);
    if (found) return found;
  }
  return undefined;
}

/** A link that the rule derived, with its position in the order of derivation. */
interface Derived extends Link {
  readonly number: number;
}

/** One session's view under construction. */
class View {
  readonly #accesses: Accesses;
  readonly #causality: Causality;
  readonly #ownReadsOnly: boolean;
  readonly #budget: Budget;
  readonly #width: number;
  /** The position in the pool of an access's changed clock, or -1 while the clock is the shared one. */
  readonly #slot: Int32Array;
  readonly #changed: number[] = [];
  /** 1 for a lane on which some clock has changed. */
  readonly #changedLane: Uint8Array;
  #pool: Int32Array;
  #poolEnd = 0;
  /** How much of each lane the view includes. */
  readonly #cover: Int32Array;
  readonly #derived = new Map<number, Derived[]>();
  #derivedCount = 0;
  #viewer = 0;
  readonly #toCheck: number[] = [];

  constructor(accesses: Accesses, causality: Causality, ownReadsOnly: boolean, budget: Budget) {
    this.#accesses = accesses;
    this.#causality = causality;
    this.#ownReadsOnly = ownReadsOnly;
    this.#budget = budget;
    this.#width = causality.order.width;
    this.#slot = new Int32Array(accesses.count).fill(-1);
    this.#changedLane = new Uint8Array(this.#width);
    this.#pool = new Int32Array(this.#width * 64);
    this.#cover = new Int32Array(this.#width);
  }

  /** Processes the accesses of one lane. Returns the first contradiction. */
  judge(lane: number): Finding | undefined {
    this.#viewer = lane;
    for (const at of this.#changed) this.#slot[at] = -1;
    this.#changedLane.fill(0);
    this.#changed.length = 0;
    this.#poolEnd = 0;
    this.#cover.fill(0);
    this.#derived.clear();
    const { isWrite, readsFrom } = this.#accesses;
    for (const at of this.#accesses.lanes[lane] as readonly number[]) {
      const future = this.#readsOwnFuture(at);
      if (future) return future;
      this.#takeIn(at);
      if (isWrite[at] === 1 || (readsFrom[at] as number) < INITIAL) continue;
      this.#toCheck.push(at);
      for (let read = this.#toCheck.pop(); read !== undefined; read = this.#toCheck.pop()) {
        const found = this.#apply(read);
        if (found) {
          this.#toCheck.length = 0;
          return found;
        }
      }
    }
    return undefined;
  }

  #clock(at: number, lane: number): number {
    const slot = this.#slot[at] as number;
    return slot < 0
      ? (this.#causality.order.clocks[at * this.#width + lane] as number)
      : (this.#pool[slot + lane] as number);
  }

  /** The row of `at` in the pool. It is copied there at the first change. */
  #ownRow(at: number): number {
    const known = this.#slot[at] as number;
    if (known >= 0) return known;
    const width = this.#width;
    const row = this.#poolEnd;
    this.#poolEnd += width;
    if (this.#poolEnd > this.#pool.length) {
      this.#budget.grant(this.#pool.length * 8);
      this.#budget.demand();
      const grown = new Int32Array(this.#pool.length * 2);
      grown.set(this.#pool);
      this.#pool = grown;
    }
    const { clocks } = this.#causality.order;
    this.#pool.set(clocks.subarray(at * width, (at + 1) * width), row);
    this.#slot[at] = row;
    this.#changed.push(at);
    this.#changedLane[this.#accesses.lane[at] as number] = 1;
    return row;
  }

  /**
   * Adds `from` and everything that precedes it to the predecessors of `to`. Returns whether this changed
   * anything.
   */
  #inherit(to: number, from: number): boolean {
    const { lane, place } = this.#accesses;
    let row = this.#slot[to] as number;
    let news = false;
    for (let column = 0; column < this.#width; column++) {
      let theirs = this.#clock(from, column);
      if (column === lane[from]) theirs = Math.max(theirs, (place[from] as number) + 1);
      if (theirs <= this.#clock(to, column)) continue;
      if (row < 0) row = this.#ownRow(to);
      this.#pool[row + column] = theirs;
      news = true;
    }
    return news;
  }

  /** Extends the view's past with that of `at`, the next access of its own lane. */
  #takeIn(at: number): void {
    const { lane, place, lanes, readsFrom, predecessors } = this.#accesses;
    const { clocks, rank } = this.#causality.order;
    const source = readsFrom[at] as number;
    const fresh: number[] = [];
    for (let column = 0; column < this.#width; column++) {
      let end = clocks[at * this.#width + column] as number;
      if (this.#ownReadsOnly && source >= 0) {
        end = Math.max(end, clocks[source * this.#width + column] as number);
      }
      const members = lanes[column] as readonly number[];
      const first = this.#mayInherit(column) ? (this.#cover[column] as number) : end;
      for (let next = first; next < end; next++) {
        if (members[next] !== at) fresh.push(members[next] as number);
      }
      if (end > (this.#cover[column] as number)) this.#cover[column] = end;
    }
    fresh.sort((a, b) => (rank[a] as number) - (rank[b] as number));
    fresh.push(at);
    for (const node of fresh) {
      this.#budget.demand();
      const before = place[node] as number;
      if (before > 0) {
        const previous = (lanes[lane[node] as number] as readonly number[])[before - 1] as number;
        if ((this.#slot[previous] as number) >= 0) this.#inherit(node, previous);
      }
      const from = readsFrom[node] as number;
      if (
        from >= 0 &&
        this.#counts(node) &&
        (this.#ownReadsOnly || (this.#slot[from] as number) >= 0)
      ) {
        this.#inherit(node, from);
      }
      for (const other of predecessors.get(node) ?? []) {
        if ((this.#slot[other] as number) >= 0) this.#inherit(node, other);
      }
    }
  }

  /** Whether a changed clock can precede the accesses added from a lane. */
  #mayInherit(lane: number): boolean {
    // If other sessions' reads do not count, changes stay on their lane unless a session has several lanes.
    if (this.#ownReadsOnly && this.#accesses.predecessors.size === 0) {
      return this.#changedLane[lane] === 1;
    }
    return this.#changed.length > 0;
  }

  /** Whether this view knows the source of the read `at`. */
  #counts(at: number): boolean {
    return !this.#ownReadsOnly || this.#accesses.lane[at] === this.#viewer;
  }

  /**
   * Finds a read of a value that its own session writes only later. (If all reads count, causality is
   * cyclic in this case.)
   */
  #readsOwnFuture(at: number): Finding | undefined {
    const from = this.#accesses.readsFrom[at] as number;
    if (!this.#ownReadsOnly || from < 0) return undefined;
    const { clocks } = this.#causality.order;
    const known = clocks[from * this.#width + this.#viewer] as number;
    if (known <= (this.#accesses.place[at] as number)) return undefined;
    const links: Link[] = [
      { from, to: at, kind: "reads" },
      { from: at, to: from, kind: "session" },
    ];
    return finding("cyclic-view", at, links, this.#viewer);
  }

  /** Applies the rule to one read: every write of its key in its past precedes the write that it read. */
  #apply(read: number): Finding | undefined {
    const { key, lane, place, readsFrom } = this.#accesses;
    const from = readsFrom[read] as number;
    const ofKey = this.#causality.index[key[read] as number] as WriteIndex[number];
    for (const { lane: other, writes } of ofKey) {
      this.#budget.demand();
      const last = lastBefore(place, writes, this.#clock(read, other));
      if (last < 0 || last === from) continue;
      if (from === INITIAL) return this.#initialAfter(last, read);
      if (this.#clock(from, other) > (place[last] as number)) continue;
      if (this.#clock(last, lane[from] as number) > (place[from] as number)) {
        return this.#circle(from, last, read);
      }
      this.#derive({ from: last, to: from, kind: "order", because: read });
    }
    return undefined;
  }

  #derive(link: Link): void {
    const derived = { ...link, number: this.#derivedCount++ };
    const known = this.#derived.get(link.from);
    if (known) known.push(derived);
    else this.#derived.set(link.from, [derived]);
    if (!this.#inherit(link.to, link.from)) return;
    const { lane, isWrite, readsFrom } = this.#accesses;
    const moved = [link.to];
    for (let at = moved.pop(); at !== undefined; at = moved.pop()) {
      for (const next of this.#followers(at)) {
        this.#budget.demand();
        if (!this.#inherit(next, at)) continue;
        moved.push(next);
        const isOwnRead = lane[next] === this.#viewer && isWrite[next] === 0;
        if (isOwnRead && (readsFrom[next] as number) >= INITIAL) this.#toCheck.push(next);
      }
    }
  }

  #taken(at: number): boolean {
    const { lane, place } = this.#accesses;
    return (place[at] as number) < (this.#cover[lane[at] as number] as number);
  }

  /** The direct successors of `at` in this view. */
  #followers(at: number): number[] {
    const { lanes, lane, place, readsFrom, predecessors } = this.#accesses;
    const { start, target } = this.#causality.followers;
    const found: number[] = [];
    const add = (next: number | undefined): void => {
      if (next !== undefined && this.#taken(next)) found.push(next);
    };
    add((lanes[lane[at] as number] as readonly number[])[(place[at] as number) + 1]);
    const end = start[at + 1] as number;
    for (let edge = start[at] as number; edge < end; edge++) {
      const next = target[edge] as number;
      const known = readsFrom[next] !== at || this.#counts(next);
      if (known || predecessors.get(next)?.includes(at)) add(next);
    }
    for (const { to } of this.#derived.get(at) ?? []) add(to);
    return found;
  }

  /** The chain of links from one access to another, with the reasons for each derived link. */
  #reasons(from: number, to: number, before = Infinity): Link[] {
    const path = shortestPath(
      this.#accesses,
      this.#causality.followers,
      from,
      to,
      (at) => (this.#derived.get(at) ?? []).filter(({ number }) => number < before),
      (link) => this.#taken(link.to) && (link.kind !== "reads" || this.#counts(link.to)),
    ) as (Link | Derived)[];
    return path.flatMap((link) => {
      if (link.because === undefined) return [link];
      const source: Link = { from: link.to, to: link.because, kind: "reads" };
      return [...this.#reasons(link.from, link.because, (link as Derived).number), source, link];
    });
  }

  #initialAfter(write: number, read: number): Finding {
    const closing: Link = { from: read, to: write, kind: "overwritten" };
    const links = [...this.#reasons(write, read), closing];
    return finding("write-hb-init-read", read, unique(links), this.#viewer);
  }

  #circle(source: number, last: number, read: number): Finding {
    const links: Link[] = [
      { from: source, to: read, kind: "reads" },
      ...this.#reasons(source, last),
      ...this.#reasons(last, read),
      { from: read, to: last, kind: "overwritten" },
    ];
    return finding("cyclic-view", read, unique(links), this.#viewer);
  }
}

function unique(links: readonly Link[]): Link[] {
  const seen = new Set<string>();
  return links.filter(({ from, to, kind }) => {
    const name = `${from}>${to}:${kind}`;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}
