/**
 * `crypto.subtle` of a simulated process, on the synchronous functions of the real `node:crypto`. What
 * draws randomness of its own inside OpenSSL (ECDSA, RSA-PSS, RSA-OAEP) is not simulated.
 */
import * as real from "node:crypto";
import { Kind } from "../../../trace/kinds.ts";
import { notSimulated } from "../../bindings/index.ts";
import type { Realm } from "../../realm-types.ts";
import { bytesOf } from "./later.ts";
import { type Draw, generateKeyPair } from "./keys.ts";

type Bytes = ArrayBuffer | ArrayBufferView;
type Key = real.webcrypto.CryptoKey;

interface Algorithm {
  readonly name: string;
  readonly hash?: string | { readonly name: string };
  readonly iv?: Bytes;
  readonly counter?: Bytes;
  readonly additionalData?: Bytes;
  readonly tagLength?: number;
  readonly length?: number;
  readonly salt?: Bytes;
  readonly info?: Bytes;
  readonly iterations?: number;
  readonly namedCurve?: string;
  readonly public?: Key;
}

const { KeyObject, webcrypto } = real;

/** What an operation costs in virtual time. */
const OPERATION_NS = 50_000;

function hashName(hash: Algorithm["hash"]): string {
  const name = typeof hash === "string" ? hash : (hash?.name ?? "");
  return name.toLowerCase().replace("-", "");
}

function copy(bytes: Uint8Array): ArrayBuffer {
  // `slice` of a Buffer is a view of its pool.
  return new Uint8Array(bytes).buffer;
}

function cipherOf(algorithm: Algorithm, key: Key): string {
  const { length } = key.algorithm as unknown as { length: number };
  return `aes-${length}-${algorithm.name.slice(4).toLowerCase()}`;
}

function aes(algorithm: Algorithm, key: Key, data: Bytes, encrypt: boolean): ArrayBuffer {
  const name = cipherOf(algorithm, key);
  const isGcm = algorithm.name === "AES-GCM";
  const iv = bytesOf((algorithm.iv ?? algorithm.counter) as Bytes);
  const tagBytes = (algorithm.tagLength ?? 128) / 8;
  const options = isGcm ? { authTagLength: tagBytes } : {};
  const make = (
    encrypt ? real.createCipheriv : real.createDecipheriv
  ) as typeof real.createCipheriv;
  const cipher = make(
    name,
    KeyObject.from(key),
    iv,
    options as object,
  ) as unknown as real.CipherGCM & real.DecipherGCM;
  if (isGcm && algorithm.additionalData) cipher.setAAD(bytesOf(algorithm.additionalData));
  let input = bytesOf(data);
  if (isGcm && !encrypt) {
    cipher.setAuthTag(input.subarray(input.length - tagBytes));
    input = input.subarray(0, input.length - tagBytes);
  }
  const parts = [cipher.update(input), cipher.final()];
  if (isGcm && encrypt) parts.push(cipher.getAuthTag());
  return copy(Buffer.concat(parts));
}

function operationError(): DOMException {
  return new DOMException(
    "The operation failed for an operation-specific reason",
    "OperationError",
  );
}

function sign(algorithm: Algorithm, key: Key, data: Bytes): ArrayBuffer {
  const bytes = bytesOf(data);
  const { hash } = key.algorithm as { hash?: { name: string } };
  if (algorithm.name === "HMAC") {
    return copy(real.createHmac(hashName(hash), KeyObject.from(key)).update(bytes).digest());
  }
  if (algorithm.name === "RSASSA-PKCS1-v1_5") {
    return copy(real.sign(hashName(hash), bytes, KeyObject.from(key)));
  }
  if (algorithm.name === "Ed25519") return copy(real.sign(null, bytes, KeyObject.from(key)));
  return (notSimulated(`crypto.subtle.sign with ${algorithm.name}`) as () => never)();
}

function verify(algorithm: Algorithm, key: Key, signature: Bytes, data: Bytes): boolean {
  const [bytes, given] = [bytesOf(data), bytesOf(signature)];
  const { hash } = key.algorithm as { hash?: { name: string } };
  if (algorithm.name === "HMAC") {
    const expected = bytesOf(sign(algorithm, key, data));
    return expected.length === given.length && real.timingSafeEqual(expected, given);
  }
  const object = KeyObject.from(key);
  if (algorithm.name === "Ed25519") return real.verify(null, bytes, object, given);
  if (algorithm.name === "ECDSA") {
    return real.verify(
      hashName(algorithm.hash),
      bytes,
      { key: object, dsaEncoding: "ieee-p1363" },
      given,
    );
  }
  if (algorithm.name === "RSA-PSS") {
    const padding = real.constants.RSA_PKCS1_PSS_PADDING;
    return real.verify(hashName(hash), bytes, { key: object, padding }, given);
  }
  return real.verify(hashName(hash), bytes, object, given);
}

function deriveBits(algorithm: Algorithm, key: Key, length: number): ArrayBuffer {
  const size = length / 8;
  const object = KeyObject.from(key);
  const digest = hashName(algorithm.hash);
  if (algorithm.name === "PBKDF2") {
    const salt = bytesOf(algorithm.salt as Bytes);
    return copy(
      real.pbkdf2Sync(object.export(), salt, algorithm.iterations as number, size, digest),
    );
  }
  if (algorithm.name === "HKDF") {
    const [salt, info] = [bytesOf(algorithm.salt as Bytes), bytesOf(algorithm.info as Bytes)];
    return real.hkdfSync(digest, object, salt, info, size);
  }
  const publicKey = KeyObject.from(algorithm.public as Key);
  const secret = real.diffieHellman({ privateKey: object, publicKey });
  return copy(length === null ? secret : secret.subarray(0, size));
}

/** Makes `crypto.subtle` for one process. */
export function createSubtle(realm: Realm, draw: Draw): object {
  const { process, loop } = realm.context;
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      loop.retain();
      const done = (): void => {
        loop.release();
        resolve();
      };
      process.schedule(OPERATION_NS, Kind.completion, done, undefined);
    });
  const normal = (algorithm: string | Algorithm): Algorithm =>
    typeof algorithm === "string" ? { name: algorithm } : algorithm;
  const { subtle } = webcrypto;

  async function generateKey(
    given: string | Algorithm,
    extractable: boolean,
    usages: never[],
  ): Promise<unknown> {
    const algorithm = normal(given);
    await turn();
    if (algorithm.name.startsWith("AES-") || algorithm.name === "HMAC") {
      const bits = algorithm.length ?? (hashName(algorithm.hash) === "sha512" ? 1_024 : 512);
      return subtle.importKey("raw", draw(bits >> 3), algorithm as never, extractable, usages);
    }
    const type = /^(Ed|X)\d+$/.test(algorithm.name) ? algorithm.name.toLowerCase() : "ec";
    if (type === "ec" && !algorithm.name.startsWith("EC")) {
      return (notSimulated(`crypto.subtle.generateKey for ${algorithm.name}`) as () => never)();
    }
    const pair = generateKeyPair(type, { namedCurve: algorithm.namedCurve ?? "" }, draw) as {
      publicKey: real.KeyObject;
      privateKey: real.KeyObject;
    };
    const der = { format: "der" } as const;
    const signing = (use: string): boolean => ["sign", "deriveKey", "deriveBits"].includes(use);
    const [privateKey, publicKey] = await Promise.all([
      subtle.importKey(
        "pkcs8",
        pair.privateKey.export({ ...der, type: "pkcs8" }),
        algorithm as never,
        extractable,
        (usages as string[]).filter(signing) as never[],
      ),
      subtle.importKey(
        "spki",
        pair.publicKey.export({ ...der, type: "spki" }),
        algorithm as never,
        true,
        (usages as string[]).filter((use) => use === "verify") as never[],
      ),
    ]);
    return { privateKey, publicKey };
  }

  const after =
    <A extends unknown[], R>(operation: (...args: A) => R) =>
    async (...args: A): Promise<R> => {
      await turn();
      try {
        return operation(...args);
      } catch (error) {
        throw (error as { code?: string }).code === "LC_NOT_SIMULATED" ? error : operationError();
      }
    };
  const bits = after((algorithm: Algorithm, key: Key, length: number) =>
    deriveBits(algorithm, key, length),
  );
  return {
    digest: after((algorithm: string | Algorithm, data: Bytes) =>
      copy(
        real
          .createHash(hashName(normal(algorithm).name))
          .update(bytesOf(data))
          .digest(),
      ),
    ),
    sign: after((algorithm: string | Algorithm, key: Key, data: Bytes) =>
      sign(normal(algorithm), key, data),
    ),
    verify: after((algorithm: string | Algorithm, key: Key, signature: Bytes, data: Bytes) =>
      verify(normal(algorithm), key, signature, data),
    ),
    encrypt: after((algorithm: Algorithm, key: Key, data: Bytes) => {
      if (!algorithm.name.startsWith("AES-")) notSimulatedAlgorithm("encrypt", algorithm);
      return aes(algorithm, key, data, true);
    }),
    decrypt: after((algorithm: Algorithm, key: Key, data: Bytes) => {
      if (!algorithm.name.startsWith("AES-")) notSimulatedAlgorithm("decrypt", algorithm);
      return aes(algorithm, key, data, false);
    }),
    deriveBits: bits,
    async deriveKey(
      algorithm: Algorithm,
      key: Key,
      wanted: Algorithm,
      extractable: boolean,
      usages: never[],
    ): Promise<Key> {
      const raw = await bits(algorithm, key, wanted.length ?? 256);
      return subtle.importKey("raw", raw, wanted as never, extractable, usages);
    },
    generateKey,
    // These do their work at once in Node itself, without a thread.
    importKey: (...args: never[]) => Reflect.apply(subtle.importKey, subtle, args) as unknown,
    exportKey: (...args: never[]) => Reflect.apply(subtle.exportKey, subtle, args) as unknown,
    wrapKey: notSimulated("crypto.subtle.wrapKey"),
    unwrapKey: notSimulated("crypto.subtle.unwrapKey"),
  };
}

function notSimulatedAlgorithm(operation: string, { name }: Algorithm): never {
  return (notSimulated(`crypto.subtle.${operation} with ${name}`) as () => never)();
}
