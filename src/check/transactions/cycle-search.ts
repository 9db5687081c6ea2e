/**
 * Finds a named cycle in one strongly connected part of a graph: for each kind, most severe first, the
 * shortest cycle among those tried. The search is complete: if a cycle of a kind exists and no more severe
 * kind that implies it was found, one is found (Elle stops at the first candidate, and may miss it).
 */
import { BudgetSpent, type Budget } from "../budget.ts";
import { withStronger } from "../levels.ts";
import { forbiddenBy, withImplied } from "./anomalies.ts";
import { cycleExists, cycleKinds, cycleTypes, typeOfCycle, type CycleKind } from "./cycle-kinds.ts";
import { PathFinder, closedBy, hasCycle, withLoneHops, type Edge } from "./cycle-paths.ts";
import { components, type Graph } from "./graph.ts";

/** The number of closing edges tried for a shorter cycle once one was found. */
const tries = 24;
/** The maximum number of steps of the fallback, a search for simple paths. */
const simpleSteps = 200_000;

/** A cycle: vertices in order, and the label of the edge from each to the next. */
export interface FoundCycle {
  readonly type: string;
  readonly vertices: readonly number[];
  readonly labels: readonly number[];
}

/** The findings in one component. */
export interface ComponentFindings {
  readonly cycles: readonly FoundCycle[];
  /** "PL-SI-cycle-exists", ...: levels that some cycle rules out, whether or not it was named. */
  readonly exists: readonly string[];
  /** The reason why the search was aborted; `undefined` if it completed. */
  readonly spent: string | undefined;
}

/** Searches a strongly connected graph. `labelOrder` determines which kind labels an edge that has several. */
export function searchComponent(
  graph: Graph,
  labelOrder: readonly number[],
  budget: Budget,
): ComponentFindings {
  const exists: string[] = [];
  const cycles: FoundCycle[] = [];
  const search = new Search(graph, labelOrder, budget);
  try {
    const impossible = new Set<string>();
    for (const { type, level, passes, hops } of cycleExists) {
      if (impossible.has(level)) continue;
      const cyclic =
        hops === 0 ? hasCycle(graph, passes) : hasCycle(withLoneHops(graph, passes, hops));
      if (!cyclic) continue;
      exists.push(type);
      for (const name of withStronger([level])) impossible.add(name);
    }
    const settled = absentKinds(impossible);
    for (const kind of cycleKinds) {
      if (settled.has(kind.type)) continue;
      const cycle = search.find(kind);
      if (!cycle) continue;
      cycles.push(cycle);
      for (const name of withImplied([kind.type])) settled.add(name);
    }
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    return { cycles, exists, spent: error.message };
  }
  return { cycles, exists, spent: undefined };
}

/** The kinds of cycle that cannot exist, because levels that forbid them were found to hold. */
function absentKinds(impossible: ReadonlySet<string>): Set<string> {
  const possible = cycleExists.map(({ level }) => level).filter((level) => !impossible.has(level));
  return new Set([...forbiddenBy(possible)].filter((type) => cycleTypes.has(type)));
}

class Search {
  readonly #graph: Graph;
  readonly #labelled: Graph;
  readonly #paths: PathFinder;
  readonly #anyPaths: PathFinder;
  readonly #budget: Budget;

  constructor(graph: Graph, labelOrder: readonly number[], budget: Budget) {
    this.#graph = graph;
    this.#labelled = labelled(graph, labelOrder);
    this.#paths = new PathFinder(this.#labelled);
    this.#anyPaths = new PathFinder(graph);
    this.#budget = budget;
  }

  find(kind: CycleKind): FoundCycle | undefined {
    switch (kind.antidependencies) {
      case "none":
        return (
          this.#plain(this.#labelled, this.#paths, kind, true) ??
          this.#plain(this.#graph, this.#anyPaths, kind, false)
        );
      case "one":
        return this.#single(kind);
      case "nonadjacent":
        return this.#nonadjacent(kind);
      case "adjacent":
        return this.#adjacent(kind);
    }
  }

  /** G0 and G1c: any cycle over the kind's edges that contains an edge the kind requires. */
  #plain(graph: Graph, paths: PathFinder, kind: CycleKind, exact: boolean): FoundCycle | undefined {
    const found = components(graph, kind.passes);
    const starts: Edge[] = [];
    const needed = kind.needs === 0 ? kind.passes : kind.needs;
    for (const edge of edgesWith(graph, needed)) {
      if (found.of[edge[0]] === found.of[edge[1]]) starts.push(edge);
    }
    return this.#shortest(starts, ([u, v], limit) => {
      const path = paths.find(v, u, kind.passes, this.#budget, { limit });
      if (!path) return undefined;
      const cycle = this.#cycle(path);
      return exact && cycle.type !== kind.type ? undefined : cycle;
    });
  }

  /** G-single: one antidependency, closed by a path without any. */
  #single(kind: CycleKind): FoundCycle | undefined {
    const candidates = edgesWith(this.#labelled, kind.counts);
    const closed = closedBy(this.#labelled, kind.passes, candidates, tries, this.#budget);
    return this.#shortest(closed, ([u, v], limit) => {
      const path = this.#paths.find(v, u, kind.passes, this.#budget, { limit });
      return path && this.#ofType(kind, path);
    });
  }

  /** G-nonadjacent: two or more antidependencies, no two of them in a row. */
  #nonadjacent(kind: CycleKind): FoundCycle | undefined {
    const { size } = this.#labelled;
    const split = withLoneHops(this.#labelled, kind.passes, kind.counts);
    const found = components(split);
    const starts = edgesWith(this.#labelled, kind.counts).filter(
      ([u, v]) => found.of[u] === found.of[size + v],
    );
    const paths = new PathFinder(split);
    const cycle = this.#shortest(starts, ([u, v], limit) => {
      const walk = paths.find(size + v, u, 255, this.#budget, { limit });
      const path = walk?.map((place) => (place >= size ? place - size : place));
      return path && new Set(path).size === path.length ? this.#ofType(kind, path) : undefined;
    });
    return cycle ?? this.#simpleWalk(kind, starts);
  }

  /** G2: two antidependencies in a row somewhere. */
  #adjacent(kind: CycleKind): FoundCycle | undefined {
    const passes = kind.passes | kind.counts;
    const found = components(this.#labelled, passes);
    const into = new Map<number, number[]>();
    const candidates = edgesWith(this.#labelled, kind.counts).filter(
      ([u, v]) => found.of[u] === found.of[v],
    );
    for (const [u, v] of candidates) {
      const list = into.get(v);
      if (list) list.push(u);
      else into.set(v, [u]);
    }
    let best: FoundCycle | undefined;
    let successes = 0;
    for (const [v, w] of candidates) {
      for (const u of into.get(v) ?? []) {
        this.#budget.demand();
        const limit = best ? best.vertices.length - 2 : Infinity;
        const path = this.#paths.find(w, u, passes, this.#budget, { avoid: v, limit });
        const cycle = path && this.#ofType(kind, [v, ...path]);
        if (!cycle) continue;
        if (!best || cycle.vertices.length < best.vertices.length) best = cycle;
        if (cycle.vertices.length === 2 || ++successes >= tries) return best;
      }
      if (best && ++successes >= tries * 8) return best;
    }
    return best;
  }

  /** The fallback if shortest walks visit a vertex twice: simple paths, depth first, up to a limit. */
  #simpleWalk(kind: CycleKind, starts: readonly Edge[]): FoundCycle | undefined {
    const { start, target, kind: labels } = this.#labelled;
    let steps = simpleSteps;
    for (const [u, first] of starts) {
      const path = [first];
      const onPath = new Set([u, first]);
      const cursors = [start[first] as number];
      const hopped = [true];
      while (path.length > 0) {
        if (--steps < 0) return undefined;
        const v = path[path.length - 1] as number;
        const at = cursors[cursors.length - 1] as number;
        if (at === (start[v + 1] as number)) {
          path.pop();
          cursors.pop();
          hopped.pop();
          onPath.delete(v);
          continue;
        }
        cursors[cursors.length - 1] = at + 1;
        const label = labels[at] as number;
        const hop = (label & kind.counts) !== 0;
        if (hop ? hopped[hopped.length - 1] : (label & kind.passes) === 0) continue;
        const next = target[at] as number;
        if (next === u) {
          const cycle = hop ? undefined : this.#ofType(kind, [...path, u]);
          if (cycle) return cycle;
          continue;
        }
        if (onPath.has(next)) continue;
        onPath.add(next);
        path.push(next);
        cursors.push(start[next] as number);
        hopped.push(hop);
      }
    }
    return undefined;
  }

  #shortest(
    starts: readonly Edge[],
    close: (edge: Edge, limit: number) => FoundCycle | undefined,
  ): FoundCycle | undefined {
    let best: FoundCycle | undefined;
    let successes = 0;
    for (const edge of starts) {
      this.#budget.demand();
      const cycle = close(edge, best ? best.vertices.length - 1 : Infinity);
      if (cycle && (!best || cycle.vertices.length < best.vertices.length)) best = cycle;
      if (best && (best.vertices.length === 2 || ++successes >= tries)) break;
    }
    return best;
  }

  #ofType(kind: CycleKind, path: readonly number[]): FoundCycle | undefined {
    const cycle = this.#cycle(path);
    return cycle.type === kind.type ? cycle : undefined;
  }

  /** The cycle obtained by connecting the end of `path` to its beginning. */
  #cycle(path: readonly number[]): FoundCycle {
    const labels = path.map((v, i) => this.#label(v, path[(i + 1) % path.length] as number));
    return { type: typeOfCycle(labels), vertices: path, labels };
  }

  #label(from: number, to: number): number {
    const { start, target, kind } = this.#labelled;
    for (let i = start[from] as number; i < (start[from + 1] as number); i++) {
      if (target[i] === to) return kind[i] as number;
    }
    return 0;
  }
}

/** The graph with one label per edge: the first of `order` that it has. */
function labelled(graph: Graph, order: readonly number[]): Graph {
  const first = new Uint8Array(256);
  for (let bits = 0; bits < 256; bits++)
    first[bits] = order.find((label) => (bits & label) !== 0) ?? 0;
  return { ...graph, kind: graph.kind.map((bits) => first[bits] as number) };
}

function edgesWith(graph: Graph, mask: number): Edge[] {
  const edges: Edge[] = [];
  for (let v = 0; v < graph.size; v++) {
    for (let i = graph.start[v] as number; i < (graph.start[v + 1] as number); i++) {
      if (((graph.kind[i] as number) & mask) !== 0) edges.push([v, graph.target[i] as number]);
    }
  }
  return edges;
}
