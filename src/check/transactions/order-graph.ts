/**
 * A graph that is kept acyclic and always has a topological order available (Pearce and Kelly, "A Dynamic
 * Topological Sort Algorithm for Directed Acyclic Graphs", 2006). Edges are removed in reverse order, as a
 * search with backtracking requires; the order remains valid after a removal.
 */
import type { Budget } from "../budget.ts";
import { IntColumn } from "./columns.ts";

/** A dynamic order. Every edge carries the literal that it was added for; 0 if it is permanent. */
export class OrderGraph {
  readonly size: number;
  /** The position of each vertex in the order. */
  readonly place: Int32Array;
  readonly #firstOut: Int32Array;
  readonly #firstIn: Int32Array;
  readonly #nextOut: IntColumn = new IntColumn(4096);
  readonly #nextIn: IntColumn = new IntColumn(4096);
  readonly #from: IntColumn = new IntColumn(4096);
  readonly #to: IntColumn = new IntColumn(4096);
  readonly #why: IntColumn = new IntColumn(4096);
  readonly #mark: Int32Array;
  readonly #via: Int32Array;
  readonly #budget: Budget;
  #round = 0;
  /** Vertices whose position changed since this was last emptied. */
  readonly moved: number[] = [];
  /** After a rejected edge: the edges (numbers) of the path that it would close to a cycle. */
  cycle: number[] = [];

  /** `place` must be a topological order of the edges that are added first. */
  constructor(place: Int32Array, budget: Budget) {
    this.size = place.length;
    this.place = place;
    this.#firstOut = new Int32Array(this.size).fill(-1);
    this.#firstIn = new Int32Array(this.size).fill(-1);
    this.#mark = new Int32Array(this.size);
    this.#via = new Int32Array(this.size);
    this.#budget = budget;
  }

  /** The number of edges. Pass it to `takeBack` to return to this point. */
  get edges(): number {
    return this.#from.length;
  }

  from(edge: number): number {
    return this.#from.data[edge] as number;
  }

  to(edge: number): number {
    return this.#to.data[edge] as number;
  }

  why(edge: number): number {
    return this.#why.data[edge] as number;
  }

  /** Adds an edge. Returns false, with {@link cycle} set, if it would close a cycle. */
  add(from: number, to: number, why: number): boolean {
    const place = this.place;
    const low = place[to] as number;
    const high = place[from] as number;
    if (low <= high) {
      if (from === to) {
        this.cycle = [];
        return false;
      }
      const after = this.#reach(to, from, high);
      if (!after) return false;
      this.#shift(this.#behind(from, low), after);
    }
    const edge = this.#from.length;
    this.#from.push(from);
    this.#to.push(to);
    this.#why.push(why);
    this.#nextOut.push(this.#firstOut[from] as number);
    this.#nextIn.push(this.#firstIn[to] as number);
    this.#firstOut[from] = edge;
    this.#firstIn[to] = edge;
    return true;
  }

  /** Whether there is a path from one vertex to another; sets {@link cycle} to it. */
  reaches(from: number, to: number): boolean {
    if ((this.place[from] as number) >= (this.place[to] as number)) return false;
    return this.#reach(from, to, this.place[to] as number) === undefined;
  }

  /** Removes all edges except the first `count`. */
  takeBack(count: number): void {
    for (let edge = this.#from.length - 1; edge >= count; edge--) {
      this.#firstOut[this.from(edge)] = this.#nextOut.data[edge] as number;
      this.#firstIn[this.to(edge)] = this.#nextIn.data[edge] as number;
    }
    for (const column of [this.#from, this.#to, this.#why, this.#nextOut, this.#nextIn]) {
      column.length = Math.min(column.length, count);
    }
  }

  /**
   * The vertices reachable from `start` up to position `high`; `undefined`, with the path in `cycle`, if
   * `goal` is among them.
   */
  #reach(start: number, goal: number, high: number): number[] | undefined {
    const round = ++this.#round;
    this.#mark[start] = round;
    const queue = [start];
    for (let head = 0; head < queue.length; head++) {
      this.#budget.demand();
      const v = queue[head] as number;
      for (let e = this.#firstOut[v] as number; e >= 0; e = this.#nextOut.data[e] as number) {
        const next = this.#to.data[e] as number;
        if (this.#mark[next] === round || (this.place[next] as number) > high) continue;
        this.#mark[next] = round;
        this.#via[next] = e;
        if (next === goal) {
          const cycle = [];
          for (let at = goal; at !== start; at = this.from(this.#via[at] as number)) {
            cycle.push(this.#via[at] as number);
          }
          this.cycle = cycle.reverse();
          return undefined;
        }
        queue.push(next);
      }
    }
    return queue;
  }

  /** The vertices that reach `start`, down to position `low`. */
  #behind(start: number, low: number): number[] {
    const round = ++this.#round;
    this.#mark[start] = round;
    const queue = [start];
    for (let head = 0; head < queue.length; head++) {
      this.#budget.demand();
      const v = queue[head] as number;
      for (let e = this.#firstIn[v] as number; e >= 0; e = this.#nextIn.data[e] as number) {
        const next = this.#from.data[e] as number;
        if (this.#mark[next] === round || (this.place[next] as number) < low) continue;
        this.#mark[next] = round;
        queue.push(next);
      }
    }
    return queue;
  }

  /** Assigns the positions of both groups to `before`, then `after`, each in its own order. */
  #shift(before: number[], after: number[]): void {
    const byPlace = (a: number, b: number): number =>
      (this.place[a] as number) - (this.place[b] as number);
    before.sort(byPlace);
    after.sort(byPlace);
    const vertices = [...before, ...after];
    const places = vertices.map((v) => this.place[v] as number).sort((a, b) => a - b);
    for (let i = 0; i < vertices.length; i++) {
      const v = vertices[i] as number;
      if (this.place[v] === places[i]) continue;
      this.place[v] = places[i] as number;
      this.moved.push(v);
    }
  }
}

/**
 * A topological order of a graph given as edges, which prefers the vertex with the smallest `hint` if there
 * is a choice; `undefined` if there is a cycle.
 */
export function topologicalPlaces(
  size: number,
  edges: { readonly from: IntColumn; readonly to: IntColumn; readonly length: number },
  hint: Float64Array,
): Int32Array | undefined {
  const start = new Int32Array(size + 1);
  const incoming = new Int32Array(size);
  for (let i = 0; i < edges.length; i++) {
    const from = edges.from.data[i] as number;
    const to = edges.to.data[i] as number;
    start[from + 1] = (start[from + 1] as number) + 1;
    incoming[to] = (incoming[to] as number) + 1;
  }
  for (let v = 0; v < size; v++) start[v + 1] = (start[v + 1] as number) + (start[v] as number);
  const next = start.slice(0, size);
  const target = new Int32Array(edges.length);
  for (let i = 0; i < edges.length; i++) {
    const from = edges.from.data[i] as number;
    const at = next[from] as number;
    next[from] = at + 1;
    target[at] = edges.to.data[i] as number;
  }
  const heap = new HintHeap(hint, size);
  for (let v = 0; v < size; v++) if (incoming[v] === 0) heap.push(v);
  const place = new Int32Array(size);
  let placed = 0;
  for (let v = heap.pop(); v >= 0; v = heap.pop()) {
    place[v] = placed++;
    for (let i = start[v] as number; i < (start[v + 1] as number); i++) {
      const to = target[i] as number;
      const left = (incoming[to] as number) - 1;
      incoming[to] = left;
      if (left === 0) heap.push(to);
    }
  }
  return placed === size ? place : undefined;
}

/** A binary heap of vertices by their hint, with ties by number. */
class HintHeap {
  readonly #hint: Float64Array;
  readonly #heap: Int32Array;
  #size = 0;

  constructor(hint: Float64Array, capacity: number) {
    this.#hint = hint;
    this.#heap = new Int32Array(capacity + 1);
  }

  push(v: number): void {
    const heap = this.#heap;
    let at = ++this.#size;
    while (at > 1 && this.#less(v, heap[at >> 1] as number)) {
      heap[at] = heap[at >> 1] as number;
      at >>= 1;
    }
    heap[at] = v;
  }

  /** The first vertex; -1 if there is none. */
  pop(): number {
    if (this.#size === 0) return -1;
    const heap = this.#heap;
    const first = heap[1] as number;
    const last = heap[this.#size--] as number;
    let at = 1;
    for (;;) {
      let child = at * 2;
      if (child > this.#size) break;
      if (child < this.#size && this.#less(heap[child + 1] as number, heap[child] as number))
        child++;
      if (!this.#less(heap[child] as number, last)) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  #less(a: number, b: number): boolean {
    const difference = (this.#hint[a] as number) - (this.#hint[b] as number);
    return difference < 0 || (difference === 0 && a < b);
  }
}
