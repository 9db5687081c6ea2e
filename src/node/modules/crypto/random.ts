/** The randomness of `node:crypto`, from the process's seeded stream. */
import * as real from "node:crypto";
import type { Realm } from "../../realm-types.ts";
import { bytesOf, type Callback, type Later } from "./later.ts";

/** The functions of `node:crypto` that hand out randomness. */
export interface RandomFunctions {
  randomBytes(size: number, callback?: Callback): Buffer | undefined;
  randomFillSync<T extends ArrayBufferView>(view: T, offset?: number, size?: number): T;
  randomFill(view: ArrayBufferView, ...rest: unknown[]): void;
  randomInt(...args: unknown[]): number | undefined;
  randomUUID(): string;
  /** Bytes for our own use: keys, primes. */
  bytes(size: number): Buffer;
}

/** What a short asynchronous call costs in virtual time. */
const SHORT_NS = 10_000;

/** Makes the functions of one process. */
export function createRandom(realm: Realm, later: Later): RandomFunctions {
  const prng = realm.prng.fork("crypto");
  const { codes } = realm.require("internal/errors");
  const validators = realm.require("internal/validators");

  function bytes(size: number): Buffer {
    const drawn = Buffer.alloc(size);
    prng.fill(drawn);
    return drawn;
  }

  function randomBytes(size: number, callback?: Callback): Buffer | undefined {
    validators.validateNumber(size, "size", 0, 2 ** 31 - 1);
    if (callback !== undefined) validators.validateFunction(callback, "callback");
    const drawn = bytes(size);
    if (!callback) return drawn;
    later(callback, () => drawn, SHORT_NS);
    return undefined;
  }

  function randomFillSync<T extends ArrayBufferView>(view: T, offset = 0, size?: number): T {
    // The real one checks the arguments; what it fills is filled again.
    (real.randomFillSync as (...args: unknown[]) => unknown)(view, offset, size);
    const unit = (view as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    const start = offset * unit;
    const end = size === undefined ? undefined : start + size * unit;
    prng.fill(bytesOf(view).subarray(start, end));
    return view;
  }

  function randomFill(view: ArrayBufferView, ...rest: unknown[]): void {
    const callback = rest.pop() as Callback;
    validators.validateFunction(callback, "callback");
    const [offset, size] = rest as [number?, number?];
    randomFillSync(view, offset, size);
    later(callback, () => view, SHORT_NS);
  }

  function randomInt(...args: unknown[]): number | undefined {
    const callback = typeof args.at(-1) === "function" ? (args.pop() as Callback) : undefined;
    const [min, max] = (args.length === 1 ? [0, args[0]] : args) as [number, number];
    for (const [name, value] of Object.entries({ min, max })) {
      if (!Number.isSafeInteger(value)) {
        throw new codes.ERR_INVALID_ARG_TYPE(name, "a safe integer", value);
      }
    }
    if (max <= min) {
      throw new codes.ERR_OUT_OF_RANGE("max", `greater than the value of "min" (${min})`, max);
    }
    if (max - min > 0xffff_ffff_ffff) {
      throw new codes.ERR_OUT_OF_RANGE("max - min", `<= ${0xffff_ffff_ffff}`, max - min);
    }
    const drawn = min + prng.below(max - min);
    if (!callback) return drawn;
    later(callback, () => drawn, SHORT_NS);
    return undefined;
  }

  /** Version 4 of RFC 9562. */
  function randomUUID(): string {
    const drawn = bytes(16);
    drawn[6] = ((drawn[6] as number) & 0x0f) | 0x40;
    drawn[8] = ((drawn[8] as number) & 0x3f) | 0x80;
    const hex = drawn.toString("hex");
    const cuts = [0, 8, 12, 16, 20, 32];
    return cuts
      .slice(1)
      .map((end, i) => hex.slice(cuts[i], end))
      .join("-");
  }

  return { randomBytes, randomFillSync, randomFill, randomInt, randomUUID, bytes };
}
