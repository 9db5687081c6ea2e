/**
 * The real `internalBinding('crypto')`, with types for the parts that are used here. Its classes
 * compute the same output from the same input, except for some that draw on OpenSSL's randomness:
 * those are replaced here.
 *
 * Native code aborts the process when it is called in a way that Node's library never does. Where
 * the real public function does the same work, it is called instead.
 */
import { Buffer } from "node:buffer";
import * as real from "node:crypto";
import { realInternalBinding, realInternalModule } from "../../lib/internals.ts";
import { librarySource } from "../../lib/natives.ts";

/** `[error, result]`, as returned by a job that runs synchronously. */
export type JobResult = readonly [error: unknown, result?: unknown];

/** A job: runs synchronously and returns its outcome. */
interface NativeJob {
  run(): JobResult;
}

export type NativeJobClass = new (mode: number, ...args: unknown[]) => NativeJob;

/** A handle that holds a key. */
export interface KeyHandle {
  init(type: number, ...args: unknown[]): unknown;
  export(...args: unknown[]): Buffer | string;
  exportJwk(target: object, handleRsaPss: boolean): object;
  getAsymmetricKeyType(): string;
}

/** A Diffie-Hellman exchange, over numbers or a curve. */
export interface NativeExchange {
  generateKeys(): Buffer;
  getPrivateKey(): Buffer;
  setPrivateKey(key: Uint8Array): void;
  getPrime(): Buffer;
}

export interface NativeSign {
  init(algorithm: string, ...rest: unknown[]): void;
  update(data: unknown, encoding?: unknown): void;
  sign(...args: unknown[]): Buffer;
}

/**
 * The parts of the binding that the replacements use. The rest is passed to the library unchanged.
 */
export interface NativeCrypto extends Record<string, unknown> {
  readonly kCryptoJobAsync: number;
  readonly kCryptoJobSync: number;
  /** If Node has it, such a job returns a promise, of a `CryptoKey` if it creates a key. */
  readonly kCryptoJobWebCrypto?: number;
  readonly kKeyTypeSecret: number;
  readonly kKeyTypePublic: number;
  readonly kKeyTypePrivate: number;
  readonly kKeyFormatDER: number;
  readonly kKeyFormatPEM: number;
  readonly kKeyFormatJWK: number;
  readonly kKeyEncodingPKCS1: number;
  readonly kKeyEncodingPKCS8: number;
  readonly kKeyEncodingSEC1: number;
  readonly kSigEncP1363: number;
  readonly kSignJobModeSign: number;
  readonly kWebCryptoCipherEncrypt: number;
  readonly OPENSSL_EC_EXPLICIT_CURVE: number;
  readonly kKeyVariantRSA_PSS: number;
  readonly KeyObjectHandle: new () => KeyHandle;
  readonly ECDH: new (curve: string) => NativeExchange;
  readonly DiffieHellman: new (sizeOrKey: unknown, generator: unknown) => NativeExchange;
  readonly DiffieHellmanGroup: new (name: string) => NativeExchange;
  readonly Sign: new () => NativeSign;
  readonly CipherBase: new (encrypts: boolean, ...rest: unknown[]) => object;
  readonly publicEncrypt: (...args: unknown[]) => Buffer;
}

let native: NativeCrypto | undefined;

/** The real binding. */
export function nativeCrypto(): NativeCrypto {
  return (native ??= realInternalBinding("crypto") as NativeCrypto);
}

/** Returns the result of a real job, or throws its failure. */
export function resultOf([error, result]: JobResult): unknown {
  if (error !== undefined && error !== null) throw error;
  return result;
}

/**
 * Clears OpenSSL's error queue. Some native code leaves errors there, and a later failure without
 * an error of its own would report them, even in another process or another run.
 */
export function clearNativeErrors(): void {
  try {
    void new real.X509Certificate("none");
  } catch {
    // Reading a certificate clears the errors, whether it succeeds or not.
  }
}

interface KeysModule {
  readonly PrivateKeyObject: new (handle: KeyHandle) => real.KeyObject;
  readonly PublicKeyObject: new (handle: KeyHandle) => real.KeyObject;
}

let keysModule: KeysModule | undefined;

function keys(): KeysModule {
  return (keysModule ??= realInternalModule("internal/crypto/keys") as unknown as KeysModule);
}

/** Returns a real private key for a handle. */
export function privateKeyOf(handle: KeyHandle): real.KeyObject {
  return new (keys().PrivateKeyObject)(handle);
}

/** Returns a real public key for a handle. */
export function publicKeyOf(handle: KeyHandle): real.KeyObject {
  return new (keys().PublicKeyObject)(handle);
}

/** Returns the real private key for this PKCS #8 data. */
export function importPrivate(der: Uint8Array): real.KeyObject {
  return real.createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
}

/** Returns a real private key in PKCS #8. */
export function exportPrivate(key: real.KeyObject): Buffer {
  return key.export({ format: "der", type: "pkcs8" });
}

let keyArity: number | undefined;

/**
 * The number of arguments that define a key: its data, format, type, passphrase, and in later
 * versions its curve.
 */
export function keyArgumentCount(): number {
  keyArity ??= /preparePrivateKey[^]*?namedCurve/i.test(librarySource("internal/crypto/sig"))
    ? 5
    : 4;
  return keyArity;
}

/** Returns such arguments in the form that this version's native code expects. */
function keyArguments(given: readonly unknown[]): unknown[] {
  const count = keyArgumentCount();
  const args = Array.from({ length: count }, (_, i) => given[i]);
  // Later versions expect null for an absent value.
  return count === 5 ? args.map((value) => value ?? null) : args;
}

/** Returns the handle of the key that the arguments define. */
export function handleFrom(args: readonly unknown[], isPrivate: boolean): KeyHandle {
  const { KeyObjectHandle, kKeyTypePrivate, kKeyTypePublic } = nativeCrypto();
  const [first] = args;
  if (first instanceof KeyObjectHandle) return first;
  const handle = new KeyObjectHandle();
  handle.init(isPrivate ? kKeyTypePrivate : kKeyTypePublic, ...keyArguments(args));
  return handle;
}

/** Returns handles of both halves of a private key in PKCS #8, of the process's own class. */
export function handlesOf(
  der: Uint8Array,
  Handle: new () => KeyHandle,
): { publicHandle: KeyHandle; privateHandle: KeyHandle } {
  const { kKeyTypePrivate, kKeyTypePublic, kKeyFormatDER, kKeyEncodingPKCS8 } = nativeCrypto();
  const args = keyArguments([Buffer.from(der), kKeyFormatDER, kKeyEncodingPKCS8]);
  const [publicHandle, privateHandle] = [new Handle(), new Handle()];
  publicHandle.init(kKeyTypePublic, ...args);
  privateHandle.init(kKeyTypePrivate, ...args);
  return { publicHandle, privateHandle };
}
