/**
 * Random numbers, split into named streams. A new draw in one stream does not change the others.
 *
 * The generator is sfc32 (Chris Doty-Humphrey's PractRand): 128 bits of state, fast on 32-bit integers,
 * passes PractRand to terabytes. A stream's seed is a hash of its parent's seed and its name.
 */
import { InvariantError } from "./errors.ts";

/**
 * A seeded stream of random numbers. The same seed and path of names always give the same stream.
 */
export class Prng {
  #seedHigh: number;
  #seedLow: number;
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;
  /** The root stream and all its descendants; `undefined` if they cannot be branched. */
  readonly #family: Prng[] | undefined;

  private constructor(seedHigh: number, seedLow: number, family?: Prng[]) {
    this.#seedHigh = seedHigh;
    this.#seedLow = seedLow;
    this.#family = family;
    family?.push(this);
    this.#begin();
  }

  /**
   * The root stream of a run. `seed` is a non-negative integer, at most 2^53 - 1. With `branchable`, it and all its
   * descendants are kept in memory, and `branch` may be called.
   */
  static root(seed: number, options: { readonly branchable?: boolean } = {}): Prng {
    const family = options.branchable === true ? [] : undefined;
    return new Prng(Math.floor(seed / 0x1_0000_0000) >>> 0, seed >>> 0, family);
  }

  /**
   * From now on this stream, all its relatives, and all streams that are forked from them later draw other numbers, which
   * `salt` (an integer, 1 to 2^32 - 1) determines. Throws if the root is not `branchable`.
   */
  branch(salt: number): void {
    if (!this.#family) throw new InvariantError("a stream is branched that is not branchable");
    for (const stream of this.#family) {
      stream.#seedHigh = mix(stream.#seedHigh ^ salt);
      stream.#seedLow = mix(stream.#seedLow ^ stream.#seedHigh);
      stream.#begin();
    }
  }

  #begin(): void {
    this.#a = 0;
    this.#b = this.#seedHigh | 0;
    this.#c = this.#seedLow | 0;
    this.#counter = 1;
    for (let i = 0; i < 15; i++) this.uint32();
  }

  /**
   * Returns the child stream called `name`. It depends only on this stream's seed and the name, not
   * on how much has been drawn so far.
   */
  fork(name: string): Prng {
    let high = this.#seedHigh ^ 0x9e3779b9;
    let low = this.#seedLow ^ 0x85ebca6b;
    for (let i = 0; i < name.length; i++) {
      const code = name.charCodeAt(i);
      high = Math.imul(high ^ code, 0x01000193) ^ (low >>> 15);
      low = Math.imul(low ^ code, 0x5bd1e995) ^ (high >>> 13);
    }
    return new Prng(mix(high), mix(low ^ high), this.#family);
  }

  /** A uniform integer in [0, 2^32). */
  uint32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }

  /** A uniform number in [0, 1) with 53 bits. */
  float(): number {
    return ((this.uint32() >>> 5) * 0x4000000 + (this.uint32() >>> 6)) / 0x20000000000000;
  }

  /** A uniform integer in [0, bound). `bound` is a positive integer up to 2^53. */
  below(bound: number): number {
    if (bound > 0x1_0000_0000) return Math.floor(this.float() * bound);
    // Lemire's method without the rejection step would be biased by bound / 2^32; reject instead.
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return draw % bound;
  }

  /** A uniform integer in [min, max], both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /**
   * True with probability `p`. Always draws once, so the value of `p` does not change later draws.
   */
  chance(p: number): boolean {
    return this.float() < p;
  }

  /** One element of a non-empty array. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** A sample from the exponential distribution with this mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.float());
  }

  /** A new array with the same elements in a random order. */
  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swap = out[i] as T;
      out[i] = out[j] as T;
      out[j] = swap;
    }
    return out;
  }

  /** Fills `bytes` with uniform bytes. */
  fill(bytes: Uint8Array): void {
    let word = 0;
    for (let i = 0; i < bytes.length; i++) {
      if ((i & 3) === 0) word = this.uint32();
      bytes[i] = word & 0xff;
      word >>>= 8;
    }
  }
}

/** MurmurHash3's finalizer. */
function mix(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
