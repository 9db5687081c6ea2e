/** Random bytes and primes, from the process's seeded stream. */
import { bytesOfNumber, numberOf } from "./der.ts";
import type { JobClass, JobMaker } from "./jobs.ts";
import { nativeCrypto, type NativeJobClass, resultOf } from "./native.ts";
import { type Draw, drawPrime } from "./primes.ts";

/** Fills memory with random bytes. */
export type Fill = (bytes: Uint8Array) => void;

/** Returns the bytes behind a view or a buffer. */
export function bytesOf(source: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

function part(target: unknown, offset: unknown, size: unknown): Uint8Array {
  const bytes = bytesOf(target as ArrayBufferView);
  const start = Number(offset ?? 0);
  return bytes.subarray(start, size === undefined ? undefined : start + Number(size));
}

/** The parts of the binding that return randomness themselves. */
export function randomness(make: JobMaker, fill: Fill, draw: Draw): Record<string, unknown> {
  const bytes: JobClass = make("RandomBytesJob", (_mode, [target, offset, size]) => () => {
    fill(part(target, offset, size));
  });
  const prime: JobClass = make("RandomPrimeJob", (_mode, [size, safe, add, rem]) => {
    const number = (given: unknown): bigint | undefined =>
      given === undefined ? undefined : numberOf(bytesOf(given as ArrayBufferView));
    const wish = { bits: Number(size), safe: Boolean(safe), add: number(add), rem: number(rem) };
    checkWish(wish);
    return () => {
      // There is no such prime. This is OpenSSL's error.
      if (wish.bits < 2 || (!add && wish.safe && wish.bits < 6 && wish.bits !== 3)) {
        const { RandomPrimeJob, kCryptoJobSync } = nativeCrypto();
        const Job = RandomPrimeJob as NativeJobClass;
        return resultOf(new Job(kCryptoJobSync, size, safe, add, rem).run());
      }
      const found = bytesOfNumber(drawPrime(wish, draw), Math.ceil(wish.bits / 8));
      return new Uint8Array(found).buffer;
    };
  });
  return {
    RandomBytesJob: bytes,
    RandomPrimeJob: prime,
    randomFillSync: (target: unknown, offset: unknown, size: unknown) =>
      fill(part(target, offset, size)),
  };
}

interface Wish {
  readonly bits: number;
  readonly add: bigint | undefined;
  readonly rem: bigint | undefined;
}

/** Throws native code's errors for invalid conditions. */
function checkWish({ bits, add, rem }: Wish): void {
  if (add === undefined) return;
  if (add.toString(2).length > bits) throw rangeError("invalid options.add");
  if (rem !== undefined && add <= rem) throw rangeError("invalid options.rem");
}

function rangeError(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: "ERR_OUT_OF_RANGE" });
}
