/**
 * A set of configurations of the search, without dominated ones.
 *
 * A configuration is a state and two bits for each open operation: `ok` (its effect is no longer
 * outstanding, so it may return now) and `used` (it has been taken, and cannot be taken again). A
 * configuration with no more outstanding effects and no fewer unused operations can do everything that the
 * other can, so the other is dropped.
 */
import type { Budget } from "../budget.ts";

/** If there are more than this in one state, dominance is checked against the first of them only. */
const comparedMax = 1024;
/** From this size on, the budget is asked before growing. */
const askFrom = 1 << 16;

export class Front {
  /** 32-bit words for each of the two sets of bits. */
  readonly words: number;
  /** The length of a configuration in numbers: the state, the words of `ok`, the words of `used`. */
  readonly stride: number;
  data: Int32Array;
  /** The number of configurations added, including those dropped later, whose state is -1. */
  count = 0;
  /** The number of configurations in the set. */
  live = 0;
  #next: Int32Array;
  #head: Int32Array = new Int32Array(64);
  #stamp: Int32Array = new Int32Array(64);
  #round = 1;

  constructor(words: number) {
    this.words = words;
    this.stride = 1 + 2 * words;
    this.data = new Int32Array(16 * this.stride);
    this.#next = new Int32Array(16);
  }

  /** Empties it. */
  clear(): void {
    this.count = 0;
    this.live = 0;
    this.#round++;
  }

  /**
   * Adds the configuration at `from[at]`, unless an existing one dominates it. Returns whether it was
   * added.
   */
  add(from: Int32Array, at: number): boolean {
    const { words, stride } = this;
    const state = from[at] as number;
    if (state >= this.#head.length) this.#growStates(state);
    let previous = -1;
    let i = this.#stamp[state] === this.#round ? (this.#head[state] as number) : -1;
    for (let compared = 0; i !== -1 && compared < comparedMax; compared++) {
      const { data } = this;
      const other = i * stride;
      let below = true;
      let above = true;
      for (let w = 1; w <= words; w++) {
        const mineOk = from[at + w] as number;
        const theirOk = data[other + w] as number;
        const mineUsed = from[at + words + w] as number;
        const theirUsed = data[other + words + w] as number;
        if (((mineOk & ~theirOk) | (theirUsed & ~mineUsed)) !== 0) below = false;
        if (((theirOk & ~mineOk) | (mineUsed & ~theirUsed)) !== 0) above = false;
      }
      if (below) return false;
      const next = this.#next[i] as number;
      if (above) {
        data[other] = -1;
        this.live--;
        if (previous === -1) this.#head[state] = next;
        else this.#next[previous] = next;
      } else previous = i;
      i = next;
    }
    this.#push(from, at, state);
    return true;
  }

  #push(from: Int32Array, at: number, state: number): void {
    const { stride } = this;
    const index = this.count++;
    this.live++;
    if (this.count > this.#next.length) this.#grow();
    const to = index * stride;
    const { data } = this;
    for (let w = 0; w < stride; w++) data[to + w] = from[at + w] as number;
    this.#next[index] = this.#stamp[state] === this.#round ? (this.#head[state] as number) : -1;
    this.#head[state] = index;
    this.#stamp[state] = this.#round;
  }

  /** The size in bytes. */
  get bytes(): number {
    return this.data.byteLength + this.#next.byteLength;
  }

  /** Whether it may grow to `count` within the budget. */
  fits(count: number, budget: Budget): boolean {
    // Small sets are covered by the budget's own polls.
    return count < this.#next.length || count < askFrom || budget.grant(this.bytes);
  }

  #grow(): void {
    const data = new Int32Array(this.data.length * 2);
    data.set(this.data);
    this.data = data;
    const next = new Int32Array(this.#next.length * 2);
    next.set(this.#next);
    this.#next = next;
  }

  #growStates(state: number): void {
    const length = Math.max(this.#head.length * 4, state + 1);
    const head = new Int32Array(length);
    head.set(this.#head);
    this.#head = head;
    const stamp = new Int32Array(length);
    stamp.set(this.#stamp);
    this.#stamp = stamp;
  }
}
