/**
 * Light cones with distances: which events could have influenced an event, which it could have influenced, and how
 * many messages lie between. Linear sweeps over the recorded order, with one distance for each host; no clocks.
 */
import type { Trace } from "../../trace/trace.ts";

/** The distance of an event that is not in a cone. */
export const OUTSIDE = 0xffff;

/** The depth that means "all". */
export const WHOLE = 0xfffe;

/** The cones of one event, in hops from host to host by row; {@link OUTSIDE} where it does not reach. */
export interface Cones {
  readonly id: number;
  readonly past: Uint16Array;
  readonly future: Uint16Array;
}

/** Both cones of event `id`. */
export function conesOf(trace: Trace, id: number): Cones {
  return { id, past: pastDepths(trace, id), future: futureDepths(trace, id) };
}

/** The number of hops from each event to event `id`, by row. */
export function pastDepths(trace: Trace, id: number): Uint16Array {
  const { length, host, cause } = trace;
  const depth = new Uint16Array(length).fill(OUTSIDE);
  if (id < 1 || id > length) return depth;
  const reached = new Uint16Array(trace.hosts.length + 1).fill(OUTSIDE);
  depth[id - 1] = 0;
  for (let row = id - 1; row >= 0; row--) {
    const on = host[row] as number;
    let near = depth[row] as number;
    const local = on > 0 ? (reached[on] as number) : OUTSIDE;
    if (local < near) depth[row] = near = local;
    if (near === OUTSIDE) continue;
    if (on > 0) reached[on] = near;
    const by = cause[row] as number;
    if (by === 0) continue;
    const there = host[by - 1] as number;
    // What lies earlier on the same host is as near by `reached`.
    if (there === on && on > 0) continue;
    const far = hop(near, there === on);
    if (far < (depth[by - 1] as number)) depth[by - 1] = far;
  }
  return depth;
}

/** The number of hops from event `id` to each event, by row. */
export function futureDepths(trace: Trace, id: number): Uint16Array {
  const { length, host, cause } = trace;
  const depth = new Uint16Array(length).fill(OUTSIDE);
  if (id < 1 || id > length) return depth;
  const reached = new Uint16Array(trace.hosts.length + 1).fill(OUTSIDE);
  depth[id - 1] = 0;
  for (let row = id - 1; row < length; row++) {
    const on = host[row] as number;
    let near = row === id - 1 ? 0 : on > 0 ? (reached[on] as number) : OUTSIDE;
    // No other host is nearer than one hop, so that no cause brings a host nearer that is as near as that.
    if (near > 1) {
      const by = cause[row] as number;
      const before = by > 0 ? (depth[by - 1] as number) : OUTSIDE;
      // Like `near`, a cause on the same host is in `reached`.
      if (before < near) {
        const far = hop(before, host[by - 1] === on);
        if (far < near) near = far;
      }
      if (near === OUTSIDE) continue;
    }
    depth[row] = near;
    if (on > 0) reached[on] = near;
  }
  return depth;
}

function hop(depth: number, sameHost: boolean): number {
  return sameHost ? depth : Math.min(depth + 1, WHOLE);
}

/** How two events relate. */
export type Relation = "same" | "before" | "after" | "concurrent";

/** How event `a` relates to event `b`: whether it could have influenced `b`, or the other way round. */
export function relate(trace: Trace, a: number, b: number): Relation {
  if (a === b) return "same";
  const [first, second] = a < b ? [a, b] : [b, a];
  const past = pastDepths(trace, second);
  if (past[first - 1] === OUTSIDE) return "concurrent";
  return a < b ? "before" : "after";
}

/**
 * The chain from event `from` to event `to` with the fewest hops, both included: ids in ascending order. Empty if
 * `from` could not have influenced `to`. Events of one host in between that neither send nor receive are left out.
 */
export function chainBetween(trace: Trace, from: number, to: number): number[] {
  if (from > to || from < 1) return [];
  const { host, cause } = trace;
  // The same sweep as `pastDepths`, which also keeps the next event on the way, by row.
  const depth = new Uint16Array(to).fill(OUTSIDE);
  const next = new Uint32Array(to);
  const reached = new Uint16Array(trace.hosts.length + 1).fill(OUTSIDE);
  const nearest = new Uint32Array(trace.hosts.length + 1);
  depth[to - 1] = 0;
  for (let row = to - 1; row >= from - 1; row--) {
    const on = host[row] as number;
    let near = depth[row] as number;
    if (on > 0 && (reached[on] as number) <= near && reached[on] !== OUTSIDE) {
      near = reached[on] as number;
      depth[row] = near;
      next[row] = nearest[on] as number;
    }
    if (near === OUTSIDE) continue;
    if (row === from - 1) break;
    if (on > 0 && near < (reached[on] as number)) {
      reached[on] = near;
      nearest[on] = row + 1;
    }
    const by = cause[row] as number;
    if (by === 0 || by < from) continue;
    const far = hop(near, host[by - 1] === on);
    if (far < (depth[by - 1] as number)) {
      depth[by - 1] = far;
      next[by - 1] = row + 1;
    }
  }
  if (depth[from - 1] === OUTSIDE) return [];
  const chain: number[] = [];
  for (let at = from; at !== 0; at = at === to ? 0 : (next[at - 1] as number)) chain.push(at);
  return chain;
}
