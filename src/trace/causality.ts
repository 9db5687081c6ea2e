/**
 * What could have influenced what (Lamport, "Time, Clocks, and the Ordering of Events", CACM 1978): an
 * event follows its cause, and whatever ran before it on the same host. The set of all that precedes an
 * event is its past light cone; nothing outside of it can have mattered.
 */
import type { Trace } from "./trace.ts";

/** A set of events of one trace. */
export class Cone {
  readonly #member: Uint8Array;
  /** How many events it holds. */
  readonly size: number;

  constructor(member: Uint8Array, size: number) {
    this.#member = member;
    this.size = size;
  }

  /** Whether event `id` belongs to it. */
  has(id: number): boolean {
    return this.#member[id - 1] === 1;
  }

  /** The ids of its events, in order. */
  ids(): number[] {
    const out: number[] = [];
    for (let row = 0; row < this.#member.length; row++) if (this.#member[row]) out.push(row + 1);
    return out;
  }
}

/** All that could have influenced event `id`, itself included: one sweep backwards. */
export function pastCone(trace: Trace, id: number): Cone {
  const member = new Uint8Array(trace.length);
  // A host's events before one that belongs to the cone belong to it too; host 0 is no place.
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

/** All that event `id` could have influenced, itself included: one sweep forwards. */
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

/** The chain of causes that led to event `id`, the first one first, itself last. */
export function causesOf(trace: Trace, id: number): number[] {
  const chain: number[] = [];
  for (let at = id; at > 0 && at <= trace.length; at = trace.cause[at - 1] as number)
    chain.push(at);
  return chain.reverse();
}
