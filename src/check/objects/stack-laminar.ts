/**
 * Stacks onto which each value is pushed once, in log-linear time.
 *
 * The spans of a stack's elements are nested or disjoint. An element whose push and pop overlap can be
 * present for only an instant, so it imposes no constraint. Every other element is certainly present from
 * the completion of its push to the invocation of its pop. At a moment that no such span covers, the stack
 * can be empty, so the history splits into parts there. Within a part that is fully covered, one element
 * must lie below all others: its push begins before the part and its pop ends after it. Any such element
 * can be chosen (pushes that begin before the part can be put in any order at its start, and pops at its
 * end). It is removed, and the rest splits into parts again. A part without such an element is a violation.
 *
 * The idea of peeling is that of LiMo (arXiv 2509.17795) and of Lee and Mathur (arXiv 2410.04581). Three
 * segment trees make each step logarithmic.
 */
import type { Operation } from "../../history/operation.ts";
import { gather, wrongEmpty, type Element } from "./elements.ts";
import { show } from "./model.ts";
import type { Specialist, SpecialistResult } from "./specialist.ts";

/** Decides stacks of unique values whose pops are all answered. */
export const uniqueStack: Specialist = {
  name: "unique-value stack (log-linear peeling)",
  decide(operations, initial) {
    const gathered = gather(operations, initial);
    if (!gathered) return undefined;
    if ("verdict" in gathered) return gathered.verdict;
    if (gathered.lost.length > 0) return undefined;
    return (
      wrongEmpty(gathered) ??
      peel(gathered.elements.filter(({ putReturn, takeCall }) => putReturn < takeCall))
    );
  },
};

/** A fully covered part of the history: from a push's return to a pop's call. */
interface Part {
  readonly from: number;
  readonly to: number;
}

function peel(elements: readonly Element[]): SpecialistResult {
  const places = placesOf(elements);
  const { count, putReturn, takeCall } = places;
  const cover = new CoverTree(count);
  const pushes = new MaxTree(count);
  const pops = new MaxTree(count);
  const byPush = new Int32Array(count).fill(-1);
  const byPop = new Map<number, number>();
  const stuckAtEnd: number[] = [];
  elements.forEach((_, i) => {
    cover.add(putReturn[i] as number, takeCall[i] as number, 1);
    byPush[putReturn[i] as number] = i;
    pushes.set(putReturn[i] as number, -(places.putCall[i] as number));
    if ((takeCall[i] as number) < count - 1) {
      byPop.set(takeCall[i] as number, i);
      pops.set(takeCall[i] as number, places.takeReturn[i] as number);
    } else stuckAtEnd.push(i);
  });
  // An element that is never popped ends after every part.
  const ready = new Uint8Array(elements.length);
  for (const i of stuckAtEnd) ready[i] = 1;
  const parts: Part[] = [];
  cover.partsOf(0, count, parts);
  while (parts.length > 0) {
    const { from, to } = parts.pop() as Part;
    let peeled = 0;
    const peelIfBoth = (i: number): void => {
      if (++ready[i]! < 2) return;
      cover.add(putReturn[i] as number, takeCall[i] as number, -1);
      peeled++;
    };
    for (
      let at = pushes.best(from, to);
      at !== -1 && -pushes.get(at) < from;
      at = pushes.best(from, to)
    ) {
      pushes.set(at, -Infinity);
      peelIfBoth(byPush[at] as number);
    }
    for (
      let at = pops.best(from, to + 1);
      at !== -1 && pops.get(at) > to;
      at = pops.best(from, to + 1)
    ) {
      pops.set(at, -Infinity);
      peelIfBoth(byPop.get(at) as number);
    }
    if (peeled === 0) return tangled(elements, places, ready, { from, to });
    cover.partsOf(from, to, parts);
  }
  return { result: "linearizable" };
}

/** Ranks as small integers. All operations that never return share the last one. */
interface Places {
  readonly count: number;
  readonly putCall: Int32Array;
  readonly putReturn: Int32Array;
  readonly takeCall: Int32Array;
  readonly takeReturn: Int32Array;
}

function placesOf(elements: readonly Element[]): Places {
  const columns = [
    elements.map(({ putCall }) => putCall),
    elements.map(({ putReturn }) => putReturn),
    elements.map(({ takeCall }) => takeCall),
    elements.map(({ takeReturn }) => takeReturn),
  ] as const;
  const ranks = Float64Array.from(new Set(columns.flat().filter((rank) => rank < Infinity))).sort();
  const index = new Map<number, number>();
  ranks.forEach((rank, i) => index.set(rank, i));
  const last = ranks.length;
  const [putCall, putReturn, takeCall, takeReturn] = columns.map((column) =>
    Int32Array.from(column, (rank) => index.get(rank) ?? last),
  ) as [Int32Array, Int32Array, Int32Array, Int32Array];
  return { count: last + 1, putCall, putReturn, takeCall, takeReturn };
}

function tangled(
  elements: readonly Element[],
  { putReturn, takeCall }: Places,
  ready: Uint8Array,
  part: Part,
): SpecialistResult {
  const inside = elements.filter(
    (_, i) =>
      (ready[i] as number) < 2 &&
      (putReturn[i] as number) >= part.from &&
      (takeCall[i] as number) <= part.to,
  );
  const culprits: Operation[] = inside.flatMap(({ put, take }) => (take ? [put, take] : [put]));
  const values = inside.slice(0, 3).map(({ value }) => show(value));
  return {
    result: "not",
    culprits,
    anomaly: "out of order",
    summary: `${values.join(", ")}${inside.length > 3 ? ", ..." : ""} came off the stack in an order that no stack gives: none of them can lie below the others`,
  };
}

/** The number of spans that cover each gap between positions, with range updates. */
class CoverTree {
  readonly #size: number;
  readonly #least: Int32Array;
  readonly #most: Int32Array;
  readonly #lazy: Int32Array;

  constructor(count: number) {
    let size = 1;
    while (size < count) size *= 2;
    this.#size = size;
    this.#least = new Int32Array(size * 2);
    this.#most = new Int32Array(size * 2);
    this.#lazy = new Int32Array(size * 2);
  }

  /** Adds `by` to the gaps from `from` (inclusive) to `to` (exclusive). */
  add(from: number, to: number, by: number): void {
    if (from < to) this.#add(1, 0, this.#size, from, to, by);
  }

  #add(node: number, low: number, high: number, from: number, to: number, by: number): void {
    if (from <= low && high <= to) {
      this.#least[node]! += by;
      this.#most[node]! += by;
      this.#lazy[node]! += by;
      return;
    }
    const middle = (low + high) >> 1;
    if (from < middle) this.#add(node * 2, low, middle, from, to, by);
    if (to > middle) this.#add(node * 2 + 1, middle, high, from, to, by);
    const lazy = this.#lazy[node] as number;
    const left = node * 2;
    this.#least[node] =
      Math.min(this.#least[left] as number, this.#least[left + 1] as number) + lazy;
    this.#most[node] = Math.max(this.#most[left] as number, this.#most[left + 1] as number) + lazy;
  }

  /** Appends the covered runs between `from` and `to` to `parts`. */
  partsOf(from: number, to: number, parts: Part[]): void {
    let at = from;
    while (at < to) {
      const start = this.#find(1, 0, this.#size, at, to, 0, true);
      if (start === -1) return;
      const end = this.#find(1, 0, this.#size, start, to, 0, false);
      parts.push({ from: start, to: end === -1 ? to : end });
      if (end === -1) return;
      at = end;
    }
  }

  /** The first gap in a range that is covered (or not covered). `above` is the sum added by the ancestors. */
  #find(
    node: number,
    low: number,
    high: number,
    from: number,
    to: number,
    above: number,
    covered: boolean,
  ): number {
    if (high <= from || to <= low) return -1;
    if (
      covered
        ? (this.#most[node] as number) + above === 0
        : (this.#least[node] as number) + above > 0
    ) {
      return -1;
    }
    if (high - low === 1) return low;
    const inner = above + (this.#lazy[node] as number);
    const middle = (low + high) >> 1;
    const left = this.#find(node * 2, low, middle, from, to, inner, covered);
    return left !== -1 ? left : this.#find(node * 2 + 1, middle, high, from, to, inner, covered);
  }
}

/** A number for each position, and the position of the maximum in a range. */
class MaxTree {
  readonly #size: number;
  readonly #values: Float64Array;

  constructor(count: number) {
    let size = 1;
    while (size < count) size *= 2;
    this.#size = size;
    this.#values = new Float64Array(size * 2).fill(-Infinity);
  }

  get(place: number): number {
    return this.#values[this.#size + place] as number;
  }

  set(place: number, value: number): void {
    let node = this.#size + place;
    this.#values[node] = value;
    for (node >>= 1; node > 0; node >>= 1) {
      this.#values[node] = Math.max(
        this.#values[node * 2] as number,
        this.#values[node * 2 + 1] as number,
      );
    }
  }

  /** The position of the maximum from `from` (inclusive) to `to` (exclusive); -1 if there is none. */
  best(from: number, to: number): number {
    let best = -1;
    let most = -Infinity;
    let low = from + this.#size;
    let high = Math.min(to, this.#size) + this.#size;
    for (; low < high; low >>= 1, high >>= 1) {
      if (low & 1) {
        if ((this.#values[low] as number) > most) {
          most = this.#values[low] as number;
          best = low;
        }
        low++;
      }
      if (high & 1) {
        high--;
        if ((this.#values[high] as number) > most) {
          most = this.#values[high] as number;
          best = high;
        }
      }
    }
    if (best === -1) return -1;
    while (best < this.#size) {
      best *= 2;
      if ((this.#values[best] as number) !== most) best++;
    }
    return best - this.#size;
  }
}
