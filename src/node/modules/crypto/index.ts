/**
 * `node:crypto` of a simulated process: the real algorithms, with randomness from the process's stream
 * and without the thread pool. Asynchronous calls do their work at once and complete at a virtual time;
 * what would draw on OpenSSL's own randomness throws `LC_NOT_SIMULATED`.
 */
import * as real from "node:crypto";
import { notSimulated } from "../../bindings/index.ts";
import type { Realm } from "../../realm-types.ts";
import { drawPrime, drawScalar, generateKeyPair, generateSecret, scalarSize } from "./keys.ts";
import { bytesOf, type Callback, createLater, type Later } from "./later.ts";
import { createRandom, type RandomFunctions } from "./random.ts";
import { createSubtle } from "./subtle.ts";

type AnyFunction = (...args: unknown[]) => unknown;

/** Makes the module of one process. */
export function createCryptoModule(realm: Realm): object {
  const later = createLater(realm);
  const random = createRandom(realm, later);
  const { randomBytes, randomFillSync, randomFill, randomInt, randomUUID } = random;
  let webcrypto: Record<string, unknown> | undefined;
  const web = (): Record<string, unknown> => (webcrypto ??= createWebCrypto(realm, random));
  const module: Record<string, unknown> = {
    ...(real as { default?: object }).default,
    ...{ randomBytes, randomFillSync, randomFill, randomInt, randomUUID },
    ...{ pseudoRandomBytes: randomBytes, prng: randomBytes, rng: randomBytes },
    ...derivations(realm, later),
    ...keys(realm, random, later),
    ...signatures(),
  };
  Object.defineProperties(module, {
    webcrypto: { get: web, enumerable: true, configurable: true },
    subtle: { get: () => web()["subtle"], enumerable: true, configurable: true },
  });
  module["getRandomValues"] = (view: ArrayBufferView) =>
    (web()["getRandomValues"] as AnyFunction)(view);
  return module;
}

/** `globalThis.crypto`. */
function createWebCrypto(realm: Realm, random: RandomFunctions): Record<string, unknown> {
  return {
    getRandomValues<T extends ArrayBufferView>(view: T): T {
      if (view.byteLength > 65_536) {
        throw new DOMException("The requested length exceeds 65,536 bytes", "QuotaExceededError");
      }
      bytesOf(view).set(random.bytes(view.byteLength));
      return view;
    },
    randomUUID: random.randomUUID,
    subtle: createSubtle(realm, random.bytes),
  };
}

/** Functions that have a synchronous twin with the same arguments. */
function derivations(realm: Realm, later: Later): Record<string, unknown> {
  const { validateFunction } = realm.require("internal/validators");
  const out: Record<string, unknown> = {};
  for (const name of ["pbkdf2", "scrypt", "hkdf", "checkPrime"] as const) {
    const sync = real[`${name}Sync`] as AnyFunction;
    out[name] = (...args: unknown[]) => {
      const callback = args.pop() as Callback;
      validateFunction(callback, "callback");
      later(callback, () => sync(...args));
    };
  }
  return out;
}

function keys(realm: Realm, { bytes }: RandomFunctions, later: Later): Record<string, unknown> {
  const { kCustomPromisifyArgsSymbol, customPromisifyArgs } = realm.require("internal/util");
  const pair = (type: string, options: object = {}): object =>
    generateKeyPair(type, options, bytes);
  const secret = (type: string, options: object = {}): object =>
    generateSecret(type, options, bytes);
  const prime = (size: number, options: { bigint?: boolean } = {}): unknown => {
    const value = drawPrime(size, bytes);
    if (options.bigint) return value;
    return Buffer.from(value.toString(16).padStart(Math.ceil(size / 8) * 2, "0"), "hex").buffer;
  };
  const optional = (args: unknown[]): { callback: Callback; options: object } => ({
    callback: args.pop() as Callback,
    options: (args[0] as object | undefined) ?? {},
  });
  const asynchronousPair = (type: string, ...args: unknown[]): void => {
    const { callback, options } = optional(args);
    const done: Callback = (error, made) => {
      const { publicKey, privateKey } = (made ?? {}) as Record<string, unknown>;
      if (error) callback(error);
      else callback(null, publicKey, privateKey);
    };
    later(done, () => pair(type, options), 5_000_000);
  };
  const promisifyArgs = (kCustomPromisifyArgsSymbol ?? customPromisifyArgs) as symbol | undefined;
  if (promisifyArgs) {
    const names = { value: ["publicKey", "privateKey"], enumerable: false };
    Object.defineProperty(asynchronousPair, promisifyArgs, names);
  }
  class ECDH extends (real.ECDH as unknown as new (curve: string) => real.ECDH) {
    readonly #size: number;

    constructor(curve: string) {
      super(curve);
      const size = scalarSize(curve);
      if (size === undefined)
        (notSimulated(`crypto.createECDH(${JSON.stringify(curve)})`) as () => never)();
      this.#size = size as number;
    }

    override generateKeys(...args: unknown[]): never {
      drawScalar(this, this.#size, bytes);
      return (this.getPublicKey as AnyFunction)(...args) as never;
    }
  }
  return {
    generateKeyPairSync: pair,
    generateKeyPair: asynchronousPair,
    generateKeySync: secret,
    generateKey: (type: string, options: object, callback: Callback) =>
      later(callback, () => secret(type, options)),
    generatePrimeSync: prime,
    generatePrime: (size: number, ...args: unknown[]) => {
      const { callback, options } = optional(args);
      later(callback, () => prime(size, options), 5_000_000);
    },
    createECDH: (curve: string) => new ECDH(curve),
    createDiffieHellman: notSimulated("crypto.createDiffieHellman"),
    getDiffieHellman: notSimulated("crypto.getDiffieHellman"),
    createDiffieHellmanGroup: notSimulated("crypto.createDiffieHellmanGroup"),
  };
}

/** Whether a signature with this key is a function of key and message alone. */
function isDeterministic(key: unknown): boolean {
  try {
    const given = key as { asymmetricKeyType?: string; key?: unknown; padding?: number };
    if (given.padding === real.constants.RSA_PKCS1_PSS_PADDING) return false;
    const object = given.asymmetricKeyType
      ? given
      : real.createPrivateKey(key as real.PrivateKeyInput | string);
    return ["rsa", "ed25519", "ed448"].includes(object.asymmetricKeyType ?? "");
  } catch {
    // The real function says what is wrong with the key.
    return true;
  }
}

/** Signatures and encryptions into which OpenSSL mixes randomness of its own are not simulated. */
function signatures(): Record<string, unknown> {
  const refuse = (what: string): never => (notSimulated(what) as () => never)();
  class Sign extends (real.Sign as unknown as new (algorithm: string) => real.Sign) {
    override sign(...args: unknown[]): never {
      if (!isDeterministic(args[0]))
        refuse("crypto.Sign with a key of this type (its signatures are random)");
      return (super.sign as AnyFunction).apply(this, args) as never;
    }
  }
  return {
    Sign,
    createSign: (algorithm: string) => new Sign(algorithm),
    sign: (...args: unknown[]) => {
      if (!isDeterministic(args[2]))
        refuse("crypto.sign with a key of this type (its signatures are random)");
      return (real.sign as unknown as AnyFunction)(...args);
    },
    publicEncrypt: notSimulated("crypto.publicEncrypt"),
  };
}
