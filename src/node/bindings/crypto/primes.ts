/**
 * Primes from a seeded stream. Candidates are sieved by small primes. The real Node then tests them
 * for primality, which is a function of the number alone.
 */
import { checkPrimeSync } from "node:crypto";
import { bytesOfNumber, numberOf } from "./der.ts";

/** Draws random bytes. */
export type Draw = (size: number) => Buffer;

/** Conditions that a prime has to meet. */
export interface PrimeWish {
  readonly bits: number;
  /** `(p - 1) / 2` has to be prime, too. */
  readonly safe?: boolean | undefined;
  /** Requires `p % add === rem`. */
  readonly add?: bigint | undefined;
  readonly rem?: bigint | undefined;
  /** The two highest bits have to be set, so that a product of two such numbers has full length. */
  readonly high?: boolean | undefined;
}

/** The number of candidates that are checked from one random start. */
const WINDOW = 4_096;
const SIEVE_LIMIT = 20_000;
/** Below this size, sieving would remove the primes themselves. */
const SIEVE_BITS = 32;

let small: number[] | undefined;

function smallPrimes(): number[] {
  if (small) return small;
  const composite = new Uint8Array(SIEVE_LIMIT);
  small = [];
  for (let n = 3; n < SIEVE_LIMIT; n += 2) {
    if (composite[n]) continue;
    small.push(n);
    for (let multiple = n * n; multiple < SIEVE_LIMIT; multiple += n) composite[multiple] = 1;
  }
  return small;
}

function isPrime(value: bigint): boolean {
  return value > 1n && checkPrimeSync(bytesOfNumber(value));
}

/** Draws a number of at most `bits` bits, uniformly. */
export function drawBits(bits: number, draw: Draw): bigint {
  return numberOf(draw(Math.ceil(bits / 8))) & ((1n << BigInt(bits)) - 1n);
}

/** Draws a number from 1 to `bound - 1`. */
export function drawBelow(bound: bigint, draw: Draw): bigint {
  // Eight extra bytes keep the bias below 2^-64.
  const size = Math.ceil(bound.toString(2).length / 8) + 8;
  return (numberOf(draw(size)) % (bound - 1n)) + 1n;
}

/** Draws a random prime. */
export function drawPrime(wish: PrimeWish, draw: Draw): bigint {
  for (;;) {
    const found = lookFrom(drawStart(wish, draw), wish);
    if (found !== undefined) return found;
  }
}

function drawStart({ bits, high, safe, add, rem }: PrimeWish, draw: Draw): bigint {
  const top = 1n << BigInt(bits - 1);
  let start = drawBits(bits, draw) | top;
  if (high && bits > 1) start |= top >> 1n;
  if (add !== undefined) return start - (start % add) + (rem ?? (safe ? 3n : 1n));
  return bits > 2 ? start | 1n : start;
}

function lookFrom(start: bigint, wish: PrimeWish): bigint | undefined {
  const { bits, safe = false } = wish;
  const step = wish.add ?? (bits > 2 ? 2n : 1n);
  const limit = 1n << BigInt(bits);
  const crossed = bits > SIEVE_BITS ? sieve(start, step, safe) : undefined;
  const floor = limit >> 1n;
  const count = bits > SIEVE_BITS ? WINDOW : 64;
  for (let i = 0; i < count; i++) {
    if (crossed?.[i]) continue;
    const candidate = start + BigInt(i) * step;
    if (candidate >= limit) return undefined;
    if (candidate < floor) continue;
    // The half fails as often as the whole, and its test is a little cheaper.
    if (safe && !isPrime((candidate - 1n) / 2n)) continue;
    if (isPrime(candidate)) return candidate;
  }
  return undefined;
}

/** Marks which of `start + i * step` are divisible by a small prime. */
function sieve(start: bigint, step: bigint, safe: boolean): Uint8Array {
  const crossed = new Uint8Array(WINDOW);
  for (const prime of smallPrimes()) {
    const first = Number(start % BigInt(prime));
    const by = Number(step % BigInt(prime));
    if (by === 0) {
      // All candidates have the same remainder for this prime.
      if (first === 0 || (safe && first === 1)) crossed.fill(1);
      continue;
    }
    const inverse = inverseOf(by, prime);
    // start + i * step = r (mod prime)
    const solve = (r: number): number => (((r - first + prime) % prime) * inverse) % prime;
    for (let i = solve(0); i < WINDOW; i += prime) crossed[i] = 1;
    // (p - 1) / 2 = 0 (mod prime) where p = 1.
    if (safe) for (let i = solve(1); i < WINDOW; i += prime) crossed[i] = 1;
  }
  return crossed;
}

function inverseOf(value: number, prime: number): number {
  let [r0, r1, t0, t1] = [prime, value, 0, 1];
  while (r1 !== 0) {
    const quotient = Math.floor(r0 / r1);
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  return t0 < 0 ? t0 + prime : t0;
}

/** Returns the inverse of `value` modulo `modulus`. */
export function inverse(value: bigint, modulus: bigint): bigint {
  let [r0, r1, t0, t1] = [modulus, value % modulus, 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  return t0 < 0n ? t0 + modulus : t0;
}

/** Returns `base ** exponent % modulus`. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
