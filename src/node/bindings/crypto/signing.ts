/**
 * Signatures and encryptions that use randomness of OpenSSL's. The real Node makes one first, which
 * reports errors in the input; then it is made again, with randomness from the process's stream.
 */
import { Buffer } from "node:buffer";
import * as real from "node:crypto";
import { LightconeError } from "../../../base/errors.ts";
import { signDigest } from "./elliptic.ts";
import type { JobClass, JobMaker } from "./jobs.ts";
import {
  handleFrom,
  keyArgumentCount,
  type KeyHandle,
  type NativeCrypto,
  type NativeJobClass,
  privateKeyOf,
  resultOf,
} from "./native.ts";
import type { Draw } from "./primes.ts";
import { bytesOf } from "./random.ts";
import { encryptAgain, signAgain } from "./rsa.ts";

const { RSA_PKCS1_PSS_PADDING, RSA_PKCS1_OAEP_PADDING, RSA_PKCS1_PADDING } = real.constants;

/** The options of a signature. */
interface SignatureForm {
  readonly padding: unknown;
  readonly encoding: unknown;
}

interface Digest {
  readonly hash: string;
  readonly value: Buffer;
}

/** Returns the bytes of what native code accepts as bytes: a view or a buffer, of any realm. */
function bytesFrom(source: unknown): Uint8Array {
  if (source === undefined || source === null) return new Uint8Array(0);
  if (typeof source === "string") return Buffer.from(source);
  return bytesOf(source as ArrayBufferView);
}

/** The hash if none is named: OpenSSL's default for the type of key. */
const DEFAULT_HASH = "sha256";

/** The part of the binding that signs and encrypts. */
export function signing(native: NativeCrypto, make: JobMaker, draw: Draw): Record<string, unknown> {
  /**
   * Returns `signature` as the real Node made it, or a new one with the stream's randomness if it
   * was random.
   */
  function again(
    handle: KeyHandle,
    signature: Uint8Array,
    digest: () => Digest,
    { padding, encoding }: SignatureForm,
  ): Uint8Array {
    const type = privateKeyOf(handle).asymmetricKeyType as string;
    switch (type) {
      case "rsa":
        return padding === RSA_PKCS1_PSS_PADDING
          ? signAgain(handle, signature, digest(), draw)
          : signature;
      case "rsa-pss":
        return signAgain(handle, signature, digest(), draw);
      case "ec":
      case "dsa":
        return signDigest(handle, digest().value, encoding === native.kSigEncP1363, draw);
      case "ed25519":
      case "ed448":
        return signature;
      default:
        throw new LightconeError(
          "LC_NOT_SIMULATED",
          `crypto: a signature with a key of type ${type} is not simulated`,
          "Its randomness would come from the real machine, and differ from run to run.",
        );
    }
  }

  const keyCount = keyArgumentCount();

  class Sign extends native.Sign {
    #hash = "";
    #digest: real.Hash | undefined;

    override init(algorithm: string, ...rest: unknown[]): void {
      super.init(algorithm, ...rest);
      // A former name of DSA's first hash.
      this.#hash = /^dss1$/i.test(algorithm) ? "sha1" : algorithm;
      this.#digest = real.createHash(this.#hash);
    }

    override update(data: unknown, encoding?: unknown): void {
      super.update(data, encoding);
      this.#digest?.update(data as string, encoding as BufferEncoding);
    }

    override sign(...args: unknown[]): Buffer {
      const signature = super.sign(...args);
      const [padding, , encoding] = args.slice(keyCount);
      const value = (): Digest => ({
        hash: this.#hash,
        value: (this.#digest as real.Hash).digest(),
      });
      const handle = handleFrom(args.slice(0, keyCount), true);
      return Buffer.from(again(handle, signature, value, { padding, encoding }));
    }
  }

  const SignJob: JobClass = make("SignJob", (_mode, args) => {
    const job = new (native["SignJob"] as NativeJobClass)(native.kCryptoJobSync, ...args);
    const [signMode, ...rest] = args;
    const [data, hash, , padding, encoding] = rest.slice(keyCount);
    return () => {
      const result = resultOf(job.run());
      if (signMode !== native.kSignJobModeSign) return result;
      const handle = handleFrom(rest.slice(0, keyCount), true);
      const name = (hash as string | undefined) ?? defaultHash(handle);
      const digest = (): Digest => ({
        hash: name,
        value: real.createHash(name).update(bytesFrom(data)).digest(),
      });
      const made = again(handle, bytesFrom(result), digest, { padding, encoding });
      return new Uint8Array(made).buffer;
    };
  });

  const RSACipherJob: JobClass = make("RSACipherJob", (_mode, args) => {
    const job = new (native["RSACipherJob"] as NativeJobClass)(native.kCryptoJobSync, ...args);
    const [mode, handle, data, , hash, label] = args;
    return () => {
      const result = resultOf(job.run());
      if (mode !== native.kWebCryptoCipherEncrypt) return result;
      const options = { hash: hash as string, label: bytesFrom(label) };
      const key = { handle: handle as KeyHandle, isPrivate: false };
      const size = bytesFrom(result).length;
      return new Uint8Array(encryptAgain(key, bytesFrom(data), size, options, draw)).buffer;
    };
  });

  /** `(data, format, type, passphrase, [namedCurve], buffer, padding, oaepHash, oaepLabel, [mgf1Hash])` */
  function publicEncrypt(...args: unknown[]): Buffer {
    const result = native.publicEncrypt(...args);
    const [data, padding, hash = "sha1", label, maskHash] = args.slice(keyCount);
    if (padding !== RSA_PKCS1_OAEP_PADDING && padding !== RSA_PKCS1_PADDING) return result;
    const handle = handleFrom(args.slice(0, keyCount), false);
    const options = { hash: hash as string, maskHash: maskHash as string, label: bytesFrom(label) };
    const oaep = padding === RSA_PKCS1_OAEP_PADDING ? options : undefined;
    const key = { handle, isPrivate: isPrivateHandle(handle) };
    return encryptAgain(key, bytesFrom(data), result.length, oaep, draw);
  }

  return { Sign, SignJob, RSACipherJob, publicEncrypt };
}

/** A private key is accepted for encryption, too: its public half is used. */
function isPrivateHandle(handle: KeyHandle): boolean {
  return "d" in handle.exportJwk({}, false);
}

/** A restricted key names its hash. */
function defaultHash(handle: KeyHandle): string {
  const details = privateKeyOf(handle).asymmetricKeyDetails as
    | { hashAlgorithm?: string }
    | undefined;
  return details?.hashAlgorithm ?? DEFAULT_HASH;
}
