/**
 * Constrained searches for paths and components, from which the search for a named cycle is built. All
 * operate on one strongly connected part of the graph, with one label per edge.
 */
import type { Budget } from "../budget.ts";
import { EdgeList, components, graphOf, type Graph } from "./graph.ts";

/** Repeated breadth-first search on one graph without clearing its marks. */
export class PathFinder {
  readonly #graph: Graph;
  readonly #mark: Int32Array;
  readonly #parent: Int32Array;
  readonly #queue: Int32Array;
  #round = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#mark = new Int32Array(graph.size);
    this.#parent = new Int32Array(graph.size);
    this.#queue = new Int32Array(graph.size);
  }

  /**
   * A shortest path from `from` to `to` over edges in `mask`, both ends included; `undefined` if there is
   * none with fewer than `limit` edges. It does not visit `avoid`.
   */
  find(
    from: number,
    to: number,
    mask: number,
    budget: Budget,
    options: { avoid?: number; limit?: number } = {},
  ): number[] | undefined {
    if (from === to) return [from];
    const { start, target, kind } = this.#graph;
    const mark = this.#mark;
    const queue = this.#queue;
    const round = ++this.#round;
    mark[from] = round;
    if (options.avoid !== undefined) mark[options.avoid] = round;
    queue[0] = from;
    let head = 0;
    let tail = 1;
    let levelEnd = 1;
    let depth = 0;
    const limit = options.limit ?? Infinity;
    while (head < tail) {
      if (head === levelEnd) {
        levelEnd = tail;
        if (++depth >= limit) return undefined;
      }
      const v = queue[head++] as number;
      budget.demand();
      for (let i = start[v] as number; i < (start[v + 1] as number); i++) {
        const next = target[i] as number;
        if (((kind[i] as number) & mask) === 0 || mark[next] === round) continue;
        mark[next] = round;
        this.#parent[next] = v;
        if (next === to) return this.#path(from, to);
        queue[tail++] = next;
      }
    }
    return undefined;
  }

  #path(from: number, to: number): number[] {
    const path = [to];
    for (let v = to; v !== from;) {
      v = this.#parent[v] as number;
      path.push(v);
    }
    return path.reverse();
  }
}

/** An edge between positions: `from`, `to`. */
export type Edge = readonly [from: number, to: number];

/**
 * Of `candidates` (u -> v), those where `v` reaches `u` over edges in `mask`. Thirty-one are processed at a
 * time: their marks propagate through the condensation in one pass.
 */
export function closedBy(
  graph: Graph,
  mask: number,
  candidates: readonly Edge[],
  enough: number,
  budget: Budget,
): Edge[] {
  const found = components(graph, mask);
  const closed: Edge[] = [];
  const open: Edge[] = [];
  for (const edge of candidates) {
    const [u, v] = edge;
    const from = found.of[v] as number;
    const to = found.of[u] as number;
    if (from === to) closed.push(edge);
    else if (from > to) open.push(edge);
    if (closed.length >= enough) return closed;
  }
  open.sort((a, b) => (found.of[b[1]] as number) - (found.of[a[1]] as number));
  const byComponent = verticesByComponent(found.of, found.count);
  const reached = new Int32Array(found.count);
  for (let at = 0; at < open.length && closed.length < enough; at += 31) {
    const block = open.slice(at, at + 31);
    let high = 0;
    let low = found.count;
    for (let i = 0; i < block.length; i++) {
      const [u, v] = block[i] as Edge;
      const from = found.of[v] as number;
      reached[from] = (reached[from] as number) | (1 << i);
      high = Math.max(high, from);
      low = Math.min(low, found.of[u] as number);
    }
    flow(graph, mask, found.of, byComponent, reached, high, low, budget);
    for (let i = 0; i < block.length; i++) {
      const edge = block[i] as Edge;
      if (((reached[found.of[edge[0]] as number] as number) & (1 << i)) !== 0) closed.push(edge);
    }
    reached.fill(0, low, high + 1);
  }
  return closed;
}

function flow(
  graph: Graph,
  mask: number,
  componentOf: Int32Array,
  byComponent: { start: Int32Array; vertex: Int32Array },
  reached: Int32Array,
  high: number,
  low: number,
  budget: Budget,
): void {
  for (let component = high; component >= low; component--) {
    const bits = reached[component] as number;
    if (bits === 0) continue;
    budget.demand();
    const end = byComponent.start[component + 1] as number;
    for (let j = byComponent.start[component] as number; j < end; j++) {
      const v = byComponent.vertex[j] as number;
      for (let i = graph.start[v] as number; i < (graph.start[v + 1] as number); i++) {
        if (((graph.kind[i] as number) & mask) === 0) continue;
        const next = componentOf[graph.target[i] as number] as number;
        if (next >= low) reached[next] = (reached[next] as number) | bits;
      }
    }
  }
}

function verticesByComponent(
  of: Int32Array,
  count: number,
): { start: Int32Array; vertex: Int32Array } {
  const start = new Int32Array(count + 1);
  for (const component of of) start[component + 1] = (start[component + 1] as number) + 1;
  for (let c = 0; c < count; c++) start[c + 1] = (start[c + 1] as number) + (start[c] as number);
  const next = start.slice(0, count);
  const vertex = new Int32Array(of.length);
  for (let v = 0; v < of.length; v++) {
    const component = of[v] as number;
    const at = next[component] as number;
    next[component] = at + 1;
    vertex[at] = v;
  }
  return { start, vertex };
}

/**
 * The graph in which a walk never uses two edges of `hops` in a row. Vertex v is split into v (anything may
 * follow) and `size + v` (reached by a hop: no hop may follow). Its cycles are the closed walks of `passes`
 * and isolated `hops`, which snapshot isolation forbids (Cerone and Gotsman, "Analysing Snapshot
 * Isolation", 2016).
 */
export function withLoneHops(graph: Graph, passes: number, hops: number): Graph {
  const edges = new EdgeList();
  const { size, start, target, kind } = graph;
  for (let v = 0; v < size; v++) {
    for (let i = start[v] as number; i < (start[v + 1] as number); i++) {
      const to = target[i] as number;
      const bits = kind[i] as number;
      if ((bits & passes) !== 0) {
        edges.add(v, to, 1);
        edges.add(size + v, to, 1);
      }
      if ((bits & hops) !== 0) edges.add(v, size + to, 2);
    }
  }
  return graphOf(size * 2, edges);
}

/** Whether a graph has a cycle over edges in `mask`. */
export function hasCycle(graph: Graph, mask = 255): boolean {
  return components(graph, mask).sizes.some((size) => size > 1);
}
