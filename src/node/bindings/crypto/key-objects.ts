/**
 * The native classes behind `KeyObject` and `CryptoKey`, for one process: Node's library derives
 * its own classes from them. Handles are the real ones, so all real native code accepts them.
 */
import type { Kind } from "./key-pairs.ts";
import type { JobClass, JobMaker } from "./jobs.ts";
import { bytesOfPem, protectAgain, protectTraditionally } from "./encrypted-keys.ts";
import { pem } from "./der.ts";
import {
  handlesOf,
  type KeyHandle,
  type NativeCrypto,
  type NativeJobClass,
  resultOf,
} from "./native.ts";
import { owner } from "./owner.ts";
import type { Draw } from "./primes.ts";
import { bytesOf } from "./random.ts";

type AnyClass = new (...args: never[]) => object;

/** The classes of one process. */
export interface KeyObjects {
  readonly names: Record<string, unknown>;
  /** The class of handles. */
  readonly Handle: new () => KeyHandle;
  /** Returns the handle in a key, or any other value unchanged. */
  readonly unwrap: (value: unknown) => unknown;
  /** Creates a `CryptoKey`, for Node's jobs that do so. */
  readonly cryptoKey: (
    handle: KeyHandle,
    algorithm: unknown,
    usages: unknown,
    extractable: unknown,
  ) => object;
}

// A key counts as a key in every process: `util.types` is shared, and messages carry keys.
const keyHandles = new WeakMap<object, KeyHandle>();
const slots = new WeakMap<object, unknown[]>();

/**
 * How a receiver creates its own copy of a key in a message: a class of its library, and its
 * arguments.
 */
export interface NativeClone {
  readonly file: string;
  readonly name: string;
  readonly args: readonly unknown[];
}

const classNames: Readonly<Record<string, string>> = {
  secret: "SecretKeyObject",
  public: "PublicKeyObject",
  private: "PrivateKeyObject",
};

/**
 * Returns what native code would clone of `value`, if it is a key. Handles are the same in all
 * processes.
 */
export function cloneOfKey(value: object): NativeClone | undefined {
  const file = "internal/crypto/keys";
  const handle = keyHandles.get(value);
  if (handle) {
    const { type } = value as { type: string };
    return { file, name: classNames[type] as string, args: [handle] };
  }
  const args = slots.get(value);
  return args && { file, name: "InternalCryptoKey", args };
}

/** Creates the classes, for all processes. */
export function createKeyObjects(native: NativeCrypto, draw: Draw): KeyObjects {
  class KeyObjectHandle extends native.KeyObjectHandle {
    // Native code creates handles, too, for example of a certificate's key.
    static override [Symbol.hasInstance](value: unknown): boolean {
      return Function.prototype[Symbol.hasInstance].call(native.KeyObjectHandle, value);
    }

    override export(...args: unknown[]): Buffer | string {
      const result = super.export(...args);
      const [format, type, cipher, passphrase] = args;
      if (typeof cipher !== "string") return result;
      const protection = { cipher, passphrase: bytesOf(passphrase as ArrayBufferView) };
      const plain = super.export(native.kKeyFormatDER, type, null, null) as Buffer;
      if (type !== native.kKeyEncodingPKCS8) {
        return protectTraditionally(result as string, plain, protection, draw);
      }
      const isPem = format === native.kKeyFormatPEM;
      const before = isPem ? bytesOfPem(result as string) : (result as Buffer);
      const der = protectAgain(before, plain, protection, draw);
      return isPem ? pem("ENCRYPTED PRIVATE KEY", der) : der;
    }
  }
  Object.defineProperty(KeyObjectHandle, "name", { value: "KeyObjectHandle" });

  class NativeKeyObject {
    constructor(handle: KeyHandle) {
      keyHandles.set(this, handle);
    }
  }

  class NativeCryptoKey {
    constructor(...given: unknown[]) {
      slots.set(this, given);
    }
  }

  const names = {
    KeyObjectHandle,
    createNativeKeyObjectClass: (create: (base: AnyClass) => unknown) => create(NativeKeyObject),
    isKeyObject: (value: object) => keyHandles.has(value),
    getKeyObjectSlots: (key: object) => {
      const handle = keyHandles.get(key) as KeyHandle & { getKeyType(): number };
      return [handle.getKeyType(), handle];
    },
    createCryptoKeyClass(create: (base: AnyClass) => unknown[]): unknown[] {
      const made = create(NativeCryptoKey);
      owner().cryptoKeyClass = made[1] as new (...args: unknown[]) => object;
      return made;
    },
    isCryptoKey: (value: object) => slots.has(value),
    getCryptoKeySlots(key: object): unknown[] {
      const [handle, algorithm, usages, extractable, second, seed] = slots.get(key) as unknown[];
      const { getKeyType } = native.KeyObjectHandle.prototype as unknown as {
        getKeyType(): number;
      };
      return [getKeyType.call(handle), extractable, algorithm, usages, handle, second, seed];
    },
  };
  const cryptoKey: KeyObjects["cryptoKey"] = (...args) => {
    const { cryptoKeyClass: CryptoKey } = owner();
    if (!CryptoKey) throw new TypeError("the library has not made its class of keys");
    return new CryptoKey(...args);
  };
  const unwrap = (value: unknown): unknown => keyHandles.get(value as object) ?? value;
  return { names, Handle: KeyObjectHandle, unwrap, cryptoKey };
}

/**
 * Encodes one half of a pair according to the options of its generation. By default, it stays a
 * handle.
 */
function encoded(native: NativeCrypto, handle: KeyHandle, args: readonly unknown[]): unknown {
  const [format, ...rest] = args;
  if (format === undefined || format === null) return handle;
  if (format === native.kKeyFormatJWK) return handle.exportJwk({}, false);
  const raw = handle as unknown as Record<string, (form?: unknown) => unknown>;
  const { kKeyFormatRawPublic, kKeyFormatRawPrivate, kKeyFormatRawSeed } = native;
  const isCurve = handle.getAsymmetricKeyType() === "ec";
  if (format === kKeyFormatRawPublic) {
    return isCurve ? raw["exportECPublicRaw"]!(rest[0]) : raw["rawPublicKey"]!();
  }
  if (format === kKeyFormatRawPrivate) {
    return isCurve ? raw["exportECPrivateRaw"]!() : raw["rawPrivateKey"]!();
  }
  if (format === kKeyFormatRawSeed) return raw["rawSeed"]!();
  return handle.export(format, ...rest);
}

/** The jobs that generate keys. */
export function generation(
  native: NativeCrypto,
  make: JobMaker,
  keys: KeyObjects,
  kinds: Readonly<Record<string, Kind>>,
  draw: Draw,
): Record<string, JobClass> {
  const { Handle, cryptoKey } = keys;
  const jobs: Record<string, JobClass> = {};
  for (const [name, { generate, argumentCount }] of Object.entries(kinds)) {
    if (!(name in native)) continue;
    jobs[name] = make(name, (mode, given) => {
      // Web Crypto has names of its own: Ed25519.
      const args = given.map((value, i) =>
        i === 0 && name === "NamedKeyPairGenJob" ? String(value).toLowerCase() : value,
      );
      const count = argumentCount(args);
      const form = args.slice(count);
      const isWeb = mode === native.kCryptoJobWebCrypto;
      // Errors in the arguments are reported when a job is created.
      const real = [...args.slice(0, count), ...(isWeb ? Array.from({ length: 6 }) : form)];
      const model = new (native[name] as NativeJobClass)(native.kCryptoJobSync, ...real);
      return () => {
        // Some curves cannot be encoded. Creating a real key of that kind is fast and reports the
        // error.
        if (name === "EcKeyPairGenJob" && !isWeb && (form[0] ?? form[2]) !== undefined) {
          resultOf(model.run());
        }
        const { publicHandle, privateHandle } = handlesOf(
          generate(...args.slice(0, count)),
          Handle,
        );
        if (!isWeb) {
          const publicKey = encoded(native, publicHandle, form.slice(0, 2));
          return [publicKey, encoded(native, privateHandle, form.slice(2))];
        }
        const [algorithm, publicUsages, privateUsages, extractable] = form;
        return {
          publicKey: cryptoKey(publicHandle, algorithm, publicUsages, true),
          privateKey: cryptoKey(privateHandle, algorithm, privateUsages, extractable),
        };
      };
    });
  }
  jobs["SecretKeyGenJob"] = make("SecretKeyGenJob", (mode, [bits, ...form]) => () => {
    const handle = new Handle();
    handle.init(native.kKeyTypeSecret, draw(Math.floor(Number(bits) / 8)));
    if (mode !== native.kCryptoJobWebCrypto) return handle;
    const [algorithm, usages, extractable] = form;
    return cryptoKey(handle, algorithm, usages, extractable);
  });
  return jobs;
}
