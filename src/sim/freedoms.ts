/**
 * What Node and its system may do at any time and seldom do: hand over bytes in smaller pieces than they arrived in, fire a timer
 * late, accept connections in another order. A fault has a host take these freedoms for a while.
 */
import type { Prng } from "../base/prng.ts";

/** A timer is at most this late, in milliseconds. */
const LATE_MAX_MS = 50;

/** The freedoms of one host. */
export class Freedoms {
  readonly #prng: Prng;
  /** The share of the occasions at which one is taken; 0 for none. */
  probability = 0;
  /** How many were taken. */
  taken = 0;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  /** How many of `bytes` bytes that could be read are read: at least one. */
  piece(bytes: number): number {
    if (bytes < 2 || !this.#takes()) return bytes;
    // A few bytes as often as most of them.
    return this.#prng.chance(0.5)
      ? this.#prng.between(1, Math.min(bytes - 1, 16))
      : this.#prng.between(1, bytes - 1);
  }

  /** How late a timer fires, in milliseconds. */
  lateMs(): number {
    return this.#takes() ? this.#prng.between(1, LATE_MAX_MS) : 0;
  }

  /** Which of `count` things that wait comes first. */
  next(count: number): number {
    return count > 1 && this.#takes() ? this.#prng.below(count) : 0;
  }

  /** A list in the order that is returned: any, if its order promises nothing. */
  order<T>(items: readonly T[]): readonly T[] {
    return items.length > 1 && this.#takes() ? this.#prng.shuffle(items) : items;
  }

  #takes(): boolean {
    const takes = this.#prng.chance(this.probability);
    if (takes) this.taken++;
    return takes;
  }
}
