/**
 * Redis's `redisLrand48`: a server's scripts draw the same random numbers in every run (rand.c).
 */

const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 0xbn;
const MASK = (1n << 48n) - 1n;
const LRAND_MAX = 0x7fffffff;

export class Drand48 {
  #state = 0x1234abcd330en;

  /** `redisSrand48`. Scripts start with 0. */
  seed(value: number): void {
    this.#state = (BigInt.asUintN(32, BigInt(value)) << 16n) | 0x330en;
  }

  /** Returns a number in [0, 1), as `math.random()` derives it. */
  draw(): number {
    this.#state = (this.#state * MULTIPLIER + INCREMENT) & MASK;
    return (Number(this.#state >> 17n) % LRAND_MAX) / LRAND_MAX;
  }
}
