/**
 * The order in which a session must have seen the versions of each key: the demands of its reads, combined
 * with the order in which each writer wrote. It must be acyclic.
 */
import type { Operation } from "../../history/operation.ts";
import { INITIAL, sessionOf, type Accesses } from "./accesses.ts";
import { findCycle } from "./graph.ts";

/** States that the version `from` must be older than `to`, because the read `because` returned `to`. */
export interface Demand {
  readonly from: number;
  readonly to: number;
  readonly because: number;
}

/** The demands of one session. */
export class VersionOrder {
  readonly #accesses: Accesses;
  readonly #demands: Demand[] = [];
  readonly #lastTo = new Map<number, number>();

  constructor(accesses: Accesses) {
    this.#accesses = accesses;
  }

  /**
   * Demands that `read` return `older` or something newer. Returns the demand if it is directly violated:
   * the read returned the initial value, or something that `older`'s own session wrote before it.
   */
  demand(older: number, read: number): Demand | undefined {
    const { lane, place, readsFrom } = this.#accesses;
    const to = readsFrom[read] as number;
    if (to === older) return undefined;
    const demand = { from: older, to, because: read };
    if (to === INITIAL) return demand;
    if (lane[to] === lane[older]) {
      return (place[to] as number) < (place[older] as number) ? demand : undefined;
    }
    if (this.#inSession(to, older)) return demand;
    if (this.#inSession(older, to)) return undefined;
    // Most reads repeat the demand of the previous read.
    if (this.#lastTo.get(older) === to) return undefined;
    this.#lastTo.set(older, to);
    this.#demands.push(demand);
    return undefined;
  }

  /** Whether one session wrote `a` before `b`, on any of its lanes. */
  #inSession(a: number, b: number): boolean {
    // Only a session with several lanes has predecessors on other lanes.
    if (this.#accesses.predecessors.size === 0) return false;
    const before = this.#accesses.operations[a] as Operation;
    const after = this.#accesses.operations[b] as Operation;
    return sessionOf(before) === sessionOf(after) && before.completeRank < after.invokeRank;
  }

  /** A cycle among the demands, if there is one. */
  circle(): Demand[] | undefined {
    // A demand connects two different lanes, so a single one cannot form a cycle.
    if (this.#demands.length < 2) return undefined;
    const nodes = [...new Set(this.#demands.flatMap(({ from, to }) => [from, to]))];
    const { key, lane, place } = this.#accesses;
    const column = (table: Int32Array, at: number): number => table[at] as number;
    nodes.sort(
      (a, b) =>
        column(key, a) - column(key, b) ||
        column(lane, a) - column(lane, b) ||
        column(place, a) - column(place, b),
    );
    const idOf = new Map(nodes.map((at, id) => [at, id]));
    const out: number[][] = nodes.map((at, id) => {
      const next = nodes[id + 1];
      return next !== undefined && key[next] === key[at] && lane[next] === lane[at] ? [id + 1] : [];
    });
    if (this.#accesses.predecessors.size > 0) this.#acrossLanes(nodes, out);
    for (const { from, to } of this.#demands) {
      (out[idOf.get(from) as number] as number[]).push(idOf.get(to) as number);
    }
    const cycle = findCycle(nodes.length, (id) => out[id] as number[]);
    if (!cycle) return undefined;
    const found: Demand[] = [];
    for (const [position, id] of cycle.entries()) {
      const from = nodes[id];
      const to = nodes[cycle[(position + 1) % cycle.length] as number];
      const demand = this.#demands.find((one) => one.from === from && one.to === to);
      if (demand) found.push(demand);
    }
    return found;
  }

  /** Adds the order between the lanes of one session: writes of one lane that precede writes of another. */
  #acrossLanes(nodes: readonly number[], out: number[][]): void {
    const { key, lane } = this.#accesses;
    const groups = new Map<string, number[]>();
    for (const [id, at] of nodes.entries()) {
      const group = `${key[at]} ${String(sessionOf(this.#accesses.operations[at] as Operation))}`;
      const members = groups.get(group);
      if (members) members.push(id);
      else groups.set(group, [id]);
    }
    for (const members of groups.values()) {
      for (const a of members) {
        for (const b of members) {
          const from = nodes[a] as number;
          const to = nodes[b] as number;
          if (lane[from] !== lane[to] && this.#inSession(from, to)) (out[a] as number[]).push(b);
        }
      }
    }
  }
}
