/**
 * The order in which one session must have seen the versions of each key: what its reads demand, together
 * with the order in which each writer wrote. It must not be circular.
 */
import type { Accesses } from "./accesses.ts";
import { INITIAL } from "./accesses.ts";
import { findCycle } from "./graph.ts";

/** That the version `from` must be older than `to`, because the read `because` returned `to`. */
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
   * Demands that `read` return `older` or something newer. Returns the demand if it is plainly not met: the
   * read returned the initial value, or something that `older`'s own session wrote before it.
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
    // Most reads repeat the demand of the read before.
    if (this.#lastTo.get(older) === to) return undefined;
    this.#lastTo.set(older, to);
    this.#demands.push(demand);
    return undefined;
  }

  /** A circle among the demands, if there is one. */
  circle(): Demand[] | undefined {
    // A demand joins two different lanes, so one alone cannot close a circle.
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
}
