/**
 * `node:crypto` of a simulated process: the real algorithms, with randomness from the process's stream
 * and without the thread pool. Asynchronous calls do their work at once and complete at a virtual time.
 */
import * as real from "node:crypto";
import { Kind } from "../../trace/kinds.ts";
import { notSimulated } from "../bindings/index.ts";
import type { Realm } from "../realm-types.ts";

type Callback = (error: Error | null, value?: unknown) => void;
type AnyFunction = (...args: unknown[]) => unknown;

/** What a derivation of a key costs in virtual time; the real cost depends on the machine. */
const JOB_NS = 1_000_000;

/** Makes the module of one process. */
export function createCryptoModule(realm: Realm): object {
  const prng = realm.prng.fork("crypto");
  const { process, loop } = realm.context;
  const { codes } = realm.require("internal/errors");
  const validators = realm.require("internal/validators");

  function later(callback: Callback, value: () => unknown, delayNs = JOB_NS): void {
    let error: Error | null = null;
    let result: unknown;
    try {
      result = value();
    } catch (thrown) {
      error = thrown as Error;
    }
    loop.retain();
    const finish = (): void => {
      loop.release();
      if (error) callback(error);
      else callback(null, result);
    };
    process.schedule(delayNs, Kind.completion, finish, undefined);
  }

  function bytesOf(view: ArrayBufferView | ArrayBuffer): Uint8Array {
    return ArrayBuffer.isView(view)
      ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
      : new Uint8Array(view);
  }

  function randomBytes(size: number, callback?: Callback): Buffer | undefined {
    validators.validateNumber(size, "size", 0, 2 ** 31 - 1);
    if (callback !== undefined) validators.validateFunction(callback, "callback");
    const bytes = Buffer.alloc(size);
    prng.fill(bytes);
    if (!callback) return bytes;
    later(callback, () => bytes, 10_000);
    return undefined;
  }

  function randomFillSync<T extends ArrayBufferView>(view: T, offset = 0, size?: number): T {
    // The real one checks the arguments, over bytes that are then our own.
    (real.randomFillSync as AnyFunction)(view, offset, size);
    const bytes = bytesOf(view);
    const unit = (view as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    const start = offset * unit;
    prng.fill(bytes.subarray(start, size === undefined ? undefined : start + size * unit));
    return view;
  }

  function randomFill(view: ArrayBufferView, ...rest: unknown[]): void {
    const callback = rest.pop() as Callback;
    validators.validateFunction(callback, "callback");
    const [offset, size] = rest as [number?, number?];
    randomFillSync(view, offset, size);
    later(callback, () => view, 10_000);
  }

  function randomInt(...args: unknown[]): number | undefined {
    const callback = typeof args.at(-1) === "function" ? (args.pop() as Callback) : undefined;
    const [min, max] = args.length === 1 ? [0, args[0]] : (args as [unknown, unknown]);
    for (const [value, name] of [
      [min, "min"],
      [max, "max"],
    ] as const) {
      if (!Number.isSafeInteger(value)) {
        throw new codes.ERR_INVALID_ARG_TYPE(name, "a safe integer", value);
      }
    }
    const [low, high] = [min as number, max as number];
    if (high <= low) {
      throw new codes.ERR_OUT_OF_RANGE("max", `greater than the value of "min" (${low})`, high);
    }
    if (high - low > 0xffff_ffff_ffff) {
      throw new codes.ERR_OUT_OF_RANGE("max - min", `<= ${0xffff_ffff_ffff}`, high - low);
    }
    const drawn = low + prng.below(high - low);
    if (!callback) return drawn;
    later(callback, () => drawn, 10_000);
    return undefined;
  }

  function randomUUID(): string {
    const bytes = Buffer.alloc(16);
    prng.fill(bytes);
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    const hex = bytes.toString("hex");
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join("-");
  }

  /** An asynchronous function of the real module, by way of its synchronous twin. */
  function viaSync(name: "pbkdf2" | "scrypt" | "hkdf"): AnyFunction {
    const sync = real[`${name}Sync`] as AnyFunction;
    return (...args) => {
      const callback = args.pop() as Callback;
      validators.validateFunction(callback, "callback");
      later(callback, () => sync(...args));
    };
  }

  const webcrypto = createWebCrypto(realm, {
    getRandomValues: (view: ArrayBufferView) => {
      if (view.byteLength > 65_536) {
        throw new DOMException(`The requested length exceeds 65,536 bytes`, "QuotaExceededError");
      }
      prng.fill(bytesOf(view));
      return view;
    },
    randomUUID,
  });

  const module: Record<string, unknown> = {
    ...(real as { default?: object }).default,
    randomBytes,
    pseudoRandomBytes: randomBytes,
    prng: randomBytes,
    rng: randomBytes,
    randomFillSync,
    randomFill,
    randomInt,
    randomUUID,
    pbkdf2: viaSync("pbkdf2"),
    scrypt: viaSync("scrypt"),
    hkdf: viaSync("hkdf"),
    webcrypto,
    subtle: webcrypto["subtle"],
    getRandomValues: webcrypto["getRandomValues"],
  };
  for (const name of ["randomBytes", "randomFill", "randomInt", "pbkdf2", "scrypt", "hkdf"]) {
    // `util.promisify` of the library resolves with the second argument: nothing more is needed.
    module[name] = module[name] as AnyFunction;
  }
  for (const name of [
    "generateKeyPair",
    "generateKey",
    "generatePrime",
    "checkPrime",
    "diffieHellman",
  ]) {
    const sync = (real as unknown as Record<string, AnyFunction>)[`${name}Sync`];
    if (name === "checkPrime" && sync) {
      module[name] = (...args: unknown[]) => {
        const callback = args.pop() as Callback;
        later(callback, () => sync(...args));
      };
    }
  }
  return module;
}

/** `globalThis.crypto`: randomness from the seed, digests at once. */
function createWebCrypto(
  realm: Realm,
  own: Record<string, AnyFunction | unknown>,
): Record<string, unknown> {
  const digest = async (
    algorithm: string | { name: string },
    data: ArrayBuffer | ArrayBufferView,
  ): Promise<ArrayBuffer> => {
    const name = (typeof algorithm === "string" ? algorithm : algorithm.name).toUpperCase();
    const view = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    const hash = real.createHash(name.replace("SHA-", "sha")).update(view).digest();
    await new Promise<void>((resolve) => {
      realm.context.loop.retain();
      realm.context.process.schedule(
        50_000,
        Kind.completion,
        () => {
          realm.context.loop.release();
          resolve();
        },
        undefined,
      );
    });
    return hash.buffer.slice(hash.byteOffset, hash.byteOffset + hash.byteLength) as ArrayBuffer;
  };
  const subtle: Record<string, unknown> = { digest };
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(real.webcrypto.subtle))) {
    if (name !== "constructor" && name !== "digest") {
      subtle[name] = notSimulated(`crypto.subtle.${name}`);
    }
  }
  return { ...own, subtle };
}
