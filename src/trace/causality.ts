/**
 * Which events could have influenced which (Lamport, "Time, Clocks, and the Ordering of Events",
 * CACM 1978): an event depends on its cause and on every earlier event of the same host. The set of
 * all events that it depends on is its past light cone. Nothing outside of that set can have
 * influenced it.
 */
import type { Trace } from "./trace.ts";

/** A set of events of one trace. */
export class Cone {
  readonly #member: Uint8Array;
  /** The number of events in the set. */
  readonly size: number;

  constructor(member: Uint8Array, size: number) {
    this.#member = member;
    this.size = size;
  }

  /** Whether event `id` is in the set. */
  has(id: number): boolean {
    return this.#member[id - 1] === 1;
  }

  /** The ids of its events, in ascending order. */
  ids(): number[] {
    const out: number[] = [];
    for (let row = 0; row < this.#member.length; row++) if (this.#member[row]) out.push(row + 1);
    return out;
  }
}

/**
 * Returns all events that could have influenced event `id`, including itself. Takes one backward
 * pass.
 */
export function pastCone(trace: Trace, id: number): Cone {
  const member = new Uint8Array(trace.length);
  // A host's earlier events belong to the cone if a later one does. Host 0 stands for no host.
  const reached = new Uint8Array(trace.hosts.length + 1);
  let size = 0;
  if (id >= 1 && id <= trace.length) member[id - 1] = 1;
  for (let row = Math.min(id, trace.length) - 1; row >= 0; row--) {
    const host = trace.host[row] as number;
    if (member[row] !== 1 && !(host > 0 && reached[host] === 1)) continue;
    member[row] = 1;
    size++;
    reached[host] = 1;
    const cause = trace.cause[row] as number;
    if (cause > 0) member[cause - 1] = 1;
  }
  return new Cone(member, size);
}

/**
 * Returns all events that event `id` could have influenced, including itself. Takes one forward
 * pass.
 */
export function futureCone(trace: Trace, id: number): Cone {
  const member = new Uint8Array(trace.length);
  const reached = new Uint8Array(trace.hosts.length + 1);
  let size = 0;
  for (let row = id - 1; row >= 0 && row < trace.length; row++) {
    const host = trace.host[row] as number;
    const cause = trace.cause[row] as number;
    const caused = cause > 0 && member[cause - 1] === 1;
    if (row !== id - 1 && !caused && !(host > 0 && reached[host] === 1)) continue;
    member[row] = 1;
    size++;
    reached[host] = 1;
  }
  return new Cone(member, size);
}

/** Returns the chain of causes that led to event `id`, from the first cause to the event itself. */
export function causesOf(trace: Trace, id: number): number[] {
  const chain: number[] = [];
  for (let at = id; at > 0 && at <= trace.length; at = trace.cause[at - 1] as number)
    chain.push(at);
  return chain.reverse();
}
