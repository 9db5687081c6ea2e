/**
 * Constraints on any single order of all reads and writes, if the source of each read is known:
 *
 * 1. a write before a read of its key is before the write that was read, and
 * 2. a write after the write that was read is after the read,
 *
 * closed over session order and reads-from. A cycle refutes sequential consistency. Otherwise the resulting
 * order leaves few choices to the search (`order-search.ts`). The closure is computed in passes over vector
 * clocks, until a pass finds nothing new.
 */
import type { Budget } from "../budget.ts";
import { INITIAL, type Accesses } from "./accesses.ts";
import { followersOf, type Followers } from "./causal-order.ts";
import { successors } from "./causal.ts";
import { finding, type Finding, type Link } from "./finding.ts";
import { findCycle } from "./graph.ts";
import { shortestPath } from "./paths.ts";
import { indexWrites, lastBefore, type WriteIndex } from "./write-index.ts";

/** A derived link, with its position in the order of derivation. */
interface Derived extends Link {
  readonly number: number;
}

/** The links that the rules force, or the contradiction between them. */
export type Saturated =
  | {
      readonly links: readonly Link[];
      /**
       * The latest position of each access: the smallest completion rank of the accesses that must follow
       * it.
       */
      readonly deadlines: Float64Array;
    }
  | { readonly finding: Finding };

/** A limit that no known history reaches. Links not found by then are left to the search. */
const passesMax = 50;

/** Computes the closure of the order under both rules. */
export function saturate(accesses: Accesses, budget: Budget): Saturated {
  return new Saturation(accesses, budget).run();
}

class Saturation {
  readonly #accesses: Accesses;
  readonly #budget: Budget;
  readonly #followers: Followers;
  readonly #index: WriteIndex;
  readonly #width: number;
  readonly #clocks: Int32Array;
  readonly #out = new Map<number, Derived[]>();
  readonly #into = new Map<number, number[]>();
  readonly #all: Derived[] = [];
  readonly #sorted: Int32Array;

  constructor(accesses: Accesses, budget: Budget) {
    this.#accesses = accesses;
    this.#budget = budget;
    this.#followers = followersOf(accesses);
    this.#index = indexWrites(accesses);
    this.#width = accesses.lanes.length;
    budget.grant(accesses.count * this.#width * 4);
    budget.demand();
    this.#clocks = new Int32Array(accesses.count * this.#width);
    this.#sorted = new Int32Array(accesses.count);
  }

  run(): Saturated {
    this.#initialReads();
    for (let pass = 0; pass < passesMax; pass++) {
      if (!this.#pass()) return { finding: this.#contradiction() };
      const known = this.#all.length;
      this.#rules();
      if (this.#all.length === known) break;
    }
    return { links: this.#all, deadlines: this.#deadlines() };
  }

  #add(from: number, to: number, because: number, kind: Link["kind"]): void {
    const derived = { from, to, kind, because, number: this.#all.length };
    this.#all.push(derived);
    const out = this.#out.get(from);
    if (out) out.push(derived);
    else this.#out.set(from, [derived]);
    const into = this.#into.get(to);
    if (into) into.push(from);
    else this.#into.set(to, [from]);
  }

  /** A read of the initial value precedes every write of its key. On each lane, the first one suffices. */
  #initialReads(): void {
    const { count, isWrite, key, readsFrom } = this.#accesses;
    for (let at = 0; at < count; at++) {
      if (isWrite[at] === 1 || readsFrom[at] !== INITIAL) continue;
      for (const { writes } of this.#index[key[at] as number] as WriteIndex[number]) {
        this.#add(at, writes[0] as number, at, "overwritten");
      }
    }
  }

  /** Recomputes the clocks. Returns false if the order is cyclic. */
  #pass(): boolean {
    const { count, lanes, lane, place, readsFrom, predecessors } = this.#accesses;
    const clocks = this.#clocks;
    const width = this.#width;
    const waits = new Int32Array(count);
    for (let at = 0; at < count; at++) {
      waits[at] =
        ((place[at] as number) > 0 ? 1 : 0) +
        ((readsFrom[at] as number) >= 0 ? 1 : 0) +
        (predecessors.get(at)?.length ?? 0) +
        (this.#into.get(at)?.length ?? 0);
    }
    clocks.fill(0);
    const ready: number[] = [];
    for (let at = 0; at < count; at++) if (waits[at] === 0) ready.push(at);
    let sorted = 0;
    for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
      this.#budget.demand();
      this.#sorted[sorted++] = at;
      const row = at * width;
      clocks[row + (lane[at] as number)] = (place[at] as number) + 1;
      const pass = (next: number): void => {
        const other = next * width;
        for (let column = 0; column < width; column++) {
          const ours = clocks[row + column] as number;
          if (ours > (clocks[other + column] as number)) clocks[other + column] = ours;
        }
        const left = (waits[next] as number) - 1;
        waits[next] = left;
        if (left === 0) ready.push(next);
      };
      const after = (lanes[lane[at] as number] as readonly number[])[(place[at] as number) + 1];
      if (after !== undefined) pass(after);
      const end = this.#followers.start[at + 1] as number;
      for (let edge = this.#followers.start[at] as number; edge < end; edge++) {
        pass(this.#followers.target[edge] as number);
      }
      for (const { to } of this.#out.get(at) ?? []) pass(to);
    }
    return sorted === count;
  }

  /**
   * Links of the last pass may be missing if there was no further pass. The result is only a preference, so
   * this is safe.
   */
  #deadlines(): Float64Array {
    const { count, operations } = this.#accesses;
    const deadlines = Float64Array.from(operations, ({ completeRank, invokeRank }) =>
      completeRank < Infinity ? completeRank : 1e15 + invokeRank,
    );
    for (let position = count - 1; position >= 0; position--) {
      const at = this.#sorted[position] as number;
      let least = deadlines[at] as number;
      for (const next of successors(this.#accesses, this.#followers, at)) {
        least = Math.min(least, deadlines[next] as number);
      }
      for (const { to } of this.#out.get(at) ?? [])
        least = Math.min(least, deadlines[to] as number);
      deadlines[at] = least;
    }
    return deadlines;
  }

  #rules(): void {
    const { count, isWrite, key, lane, place, readsFrom } = this.#accesses;
    const clocks = this.#clocks;
    const width = this.#width;
    for (let read = 0; read < count; read++) {
      const from = readsFrom[read] as number;
      if (isWrite[read] === 1 || from < 0) continue;
      this.#budget.demand();
      const fromLane = lane[from] as number;
      const fromPlace = place[from] as number;
      for (const { lane: other, writes } of this.#index[
        key[read] as number
      ] as WriteIndex[number]) {
        const last = lastBefore(place, writes, clocks[read * width + other] as number);
        if (last >= 0 && last !== from) {
          if ((clocks[from * width + other] as number) <= (place[last] as number)) {
            this.#add(last, from, read, "order");
          }
        }
        const next = this.#firstAfter(writes, fromLane, fromPlace, from);
        if (next === undefined) continue;
        const readLane = lane[read] as number;
        if ((clocks[next * width + readLane] as number) <= (place[read] as number)) {
          this.#add(read, next, read, "overwritten");
        }
      }
    }
  }

  /** The first of a lane's writes after the access at `place` of `lane`. */
  #firstAfter(
    writes: readonly number[],
    lane: number,
    place: number,
    self: number,
  ): number | undefined {
    let low = 0;
    let high = writes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = writes[middle] as number;
      if ((this.#clocks[at * this.#width + lane] as number) > place) high = middle;
      else low = middle + 1;
    }
    return writes[low] === self ? writes[low + 1] : writes[low];
  }

  #contradiction(): Finding {
    const cycle = findCycle(this.#accesses.count, (at) => [
      ...successors(this.#accesses, this.#followers, at),
      ...(this.#out.get(at) ?? []).map(({ to }) => to),
    ]) as number[];
    const links: Link[] = [];
    for (const [position, from] of cycle.entries()) {
      const to = cycle[(position + 1) % cycle.length] as number;
      links.push(...this.#justify(this.#link(from, to)));
    }
    const seen = new Set<string>();
    const told = links.filter(({ from, to, kind }) => {
      const name = `${from}>${to}:${kind}`;
      return !seen.has(name) && seen.add(name);
    });
    const culprit = cycle.find((at) => this.#accesses.isWrite[at] === 0) ?? (cycle[0] as number);
    return finding("no-sequential-order", culprit, told);
  }

  #link(from: number, to: number): Link | Derived {
    const derived = (this.#out.get(from) ?? []).find((link) => link.to === to);
    const kind = this.#accesses.readsFrom[to] === from ? "reads" : "session";
    return derived ?? { from, to, kind };
  }

  /** The link preceded by the reasons for it, each based on links that were derived before. */
  #justify(link: Link | Derived): Link[] {
    if (!("number" in link)) return [link];
    const { readsFrom } = this.#accesses;
    const read = link.because as number;
    const source = readsFrom[read] as number;
    if (source === INITIAL) return [link];
    const rests =
      link.kind === "order"
        ? this.#path(link.from, read, link.number)
        : this.#path(source, link.to, link.number);
    return [
      { from: source, to: read, kind: "reads" },
      ...rests.flatMap((one) => this.#justify(one)),
      link,
    ];
  }

  #path(from: number, to: number, before: number): Link[] {
    return shortestPath(this.#accesses, this.#followers, from, to, (at) =>
      (this.#out.get(at) ?? []).filter(({ number }) => number < before),
    ) as Link[];
  }
}
