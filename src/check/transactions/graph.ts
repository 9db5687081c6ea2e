/** Directed graphs over row numbers, in compressed rows, with the kinds of each edge as bits. */
import { IntColumn, ByteColumn } from "./columns.ts";

/** The kinds of an edge between transactions, as bits. */
export const WW = 1;
export const WR = 2;
export const RW = 4;
export const PROCESS = 8;
export const REALTIME = 16;
/** The same kinds for predicates. */
export const WWP = 32;
export const WRP = 64;
export const RWP = 128;

/** Edges in the order in which they are found, possibly repeated. */
export class EdgeList {
  readonly from: IntColumn = new IntColumn(4096);
  readonly to: IntColumn = new IntColumn(4096);
  readonly kind: ByteColumn = new ByteColumn(4096);

  add(from: number, to: number, kind: number): void {
    this.from.push(from);
    this.to.push(to);
    this.kind.push(kind);
  }

  get length(): number {
    return this.from.length;
  }
}

/** A graph in compressed rows: the edges of `v` are `target` and `kind` from `start[v]` to `start[v + 1]`. */
export interface Graph {
  readonly size: number;
  readonly start: Int32Array;
  readonly target: Int32Array;
  /** The kinds of each edge, as bits. */
  readonly kind: Uint8Array;
}

/** Sorts edges into rows. Edges between the same two vertices are merged into one with all their kinds. */
export function graphOf(size: number, edges: EdgeList): Graph {
  const count = edges.length;
  const from = edges.from.data;
  const to = edges.to.data;
  const kinds = edges.kind.data;
  const start = new Int32Array(size + 1);
  for (let i = 0; i < count; i++) {
    const row = (from[i] as number) + 1;
    start[row] = (start[row] as number) + 1;
  }
  for (let v = 0; v < size; v++) start[v + 1] = (start[v + 1] as number) + (start[v] as number);
  const next = start.slice(0, size);
  const target = new Int32Array(count);
  const kind = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const row = from[i] as number;
    const at = next[row] as number;
    next[row] = at + 1;
    target[at] = to[i] as number;
    kind[at] = kinds[i] as number;
  }
  return mergeParallel(size, start, target, kind);
}

function mergeParallel(
  size: number,
  start: Int32Array,
  target: Int32Array,
  kind: Uint8Array,
): Graph {
  const placeOf = new Int32Array(size).fill(-1);
  let write = 0;
  for (let v = 0; v < size; v++) {
    const rowStart = write;
    const end = start[v + 1] as number;
    for (let i = start[v] as number; i < end; i++) {
      const to = target[i] as number;
      const place = placeOf[to] as number;
      if (place >= rowStart) kind[place] = (kind[place] as number) | (kind[i] as number);
      else {
        placeOf[to] = write;
        target[write] = to;
        kind[write++] = kind[i] as number;
      }
    }
    start[v] = rowStart;
  }
  start[size] = write;
  return { size, start, target: target.subarray(0, write), kind: kind.subarray(0, write) };
}

/** Strongly connected components. */
export interface Components {
  /** The component of each vertex. An edge between components leads to a smaller number. */
  readonly of: Int32Array;
  readonly count: number;
  readonly sizes: Int32Array;
}

/**
 * Tarjan's algorithm, without recursion. Only edges with a kind in `mask` count; with `within`, only
 * those whose ends are both in it.
 */
export function components(graph: Graph, mask = 255): Components {
  const { size, start, target, kind } = graph;
  const of = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const order = new Int32Array(size);
  const cursor = new Int32Array(size);
  const stack = new Int32Array(size);
  const path = new Int32Array(size);
  const sizes = new IntColumn(64);
  let clock = 0;
  let stacked = 0;
  let count = 0;
  for (let root = 0; root < size; root++) {
    if (order[root] !== 0) continue;
    let depth = 0;
    path[0] = root;
    order[root] = low[root] = ++clock;
    cursor[root] = start[root] as number;
    stack[stacked++] = root;
    while (depth >= 0) {
      const v = path[depth] as number;
      const end = start[v + 1] as number;
      let at = cursor[v] as number;
      let descended = false;
      while (at < end) {
        const to = target[at] as number;
        if (((kind[at++] as number) & mask) === 0) continue;
        if (order[to] === 0) {
          order[to] = low[to] = ++clock;
          cursor[to] = start[to] as number;
          stack[stacked++] = to;
          path[++depth] = to;
          descended = true;
          break;
        }
        if (of[to] === -1 && (order[to] as number) < (low[v] as number))
          low[v] = order[to] as number;
      }
      cursor[v] = at;
      if (descended) continue;
      if (low[v] === order[v]) {
        const from = stacked;
        let member: number;
        do {
          member = stack[--stacked] as number;
          of[member] = count;
        } while (member !== v);
        sizes.push(from - stacked);
        count++;
      }
      depth--;
      if (depth >= 0) {
        const parent = path[depth] as number;
        if ((low[v] as number) < (low[parent] as number)) low[parent] = low[v] as number;
      }
    }
  }
  return { of, count, sizes: sizes.finish() };
}

/** The vertices of each component with more than one vertex, in order of their smallest vertex. */
export function cyclicComponents(found: Components): Int32Array[] {
  const place = new Int32Array(found.count).fill(-1);
  const groups: Int32Array[] = [];
  const filled: number[] = [];
  for (let v = 0; v < found.of.length; v++) {
    const component = found.of[v] as number;
    const size = found.sizes[component] as number;
    if (size < 2) continue;
    let group = place[component] as number;
    if (group < 0) {
      group = place[component] = groups.length;
      groups.push(new Int32Array(size));
      filled.push(0);
    }
    const at = filled[group] as number;
    filled[group] = at + 1;
    (groups[group] as Int32Array)[at] = v;
  }
  return groups;
}

/** The part of `graph` whose vertices are `members`; vertex `i` of the result is `members[i]`. */
export function subgraph(graph: Graph, members: Int32Array, scratch: Int32Array): Graph {
  for (let i = 0; i < members.length; i++) scratch[members[i] as number] = i + 1;
  const edges = new EdgeList();
  for (let i = 0; i < members.length; i++) {
    const v = members[i] as number;
    for (let at = graph.start[v] as number; at < (graph.start[v + 1] as number); at++) {
      const to = scratch[graph.target[at] as number] as number;
      if (to > 0) edges.add(i, to - 1, graph.kind[at] as number);
    }
  }
  for (const v of members) scratch[v] = 0;
  return graphOf(members.length, edges);
}
