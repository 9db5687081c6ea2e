/**
 * The real `internalBinding('crypto')`, with the types of what we use of it. Its classes compute the same
 * from the same input, with some exceptions, which draw on OpenSSL's randomness: those have a stand-in here.
 *
 * Native code ends the process when it is called in a way that Node's library never does. Where the real
 * public function serves as well, it is called instead.
 */
import * as real from "node:crypto";
import { realInternalBinding, realInternalModule } from "../../lib/internals.ts";
import { librarySource } from "../../lib/natives.ts";

/** `[error, result]`, as a job gives it that runs at once. */
export type JobResult = readonly [error: unknown, result?: unknown];

/** A piece of work: it runs at once, and says what came of it. */
interface NativeJob {
  run(): JobResult;
}

export type NativeJobClass = new (mode: number, ...args: unknown[]) => NativeJob;

/** What holds a key. */
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

/** The parts of the binding that our stand-ins stand on; the rest goes to the library as it is. */
export interface NativeCrypto extends Record<string, unknown> {
  readonly kCryptoJobAsync: number;
  readonly kCryptoJobSync: number;
  /** Where Node has it, such a job gives a promise, of a `CryptoKey` if it makes a key. */
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

/** What a real job gave. Throws what it failed with. */
export function resultOf([error, result]: JobResult): unknown {
  if (error !== undefined && error !== null) throw error;
  return result;
}

/**
 * Forgets what OpenSSL keeps of a failure. Some native code leaves that behind, and a later failure that has no
 * words of its own takes them: in another process of another run, too.
 */
export function clearNativeErrors(): void {
  try {
    void new real.X509Certificate("none");
  } catch {
    // Reading a certificate clears the errors, whatever comes of it.
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

/** A real private key around a handle. */
export function privateKeyOf(handle: KeyHandle): real.KeyObject {
  return new (keys().PrivateKeyObject)(handle);
}

/** A real public key around a handle. */
export function publicKeyOf(handle: KeyHandle): real.KeyObject {
  return new (keys().PublicKeyObject)(handle);
}

/** The real private key that is this PKCS #8 text. */
export function importPrivate(der: Uint8Array): real.KeyObject {
  return real.createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
}

/** A real private key in PKCS #8. */
export function exportPrivate(key: real.KeyObject): Buffer {
  return key.export({ format: "der", type: "pkcs8" });
}

let keyArity: number | undefined;

/** How many arguments say which key: its data, format, type, passphrase, and in later versions its curve. */
export function keyArgumentCount(): number {
  keyArity ??= /preparePrivateKey[^]*?namedCurve/i.test(librarySource("internal/crypto/sig"))
    ? 5
    : 4;
  return keyArity;
}

/** Such arguments, as native code takes them in this version. */
function keyArguments(given: readonly unknown[]): unknown[] {
  const count = keyArgumentCount();
  const args = Array.from({ length: count }, (_, i) => given[i]);
  // Later versions take the absence of a value as null.
  return count === 5 ? args.map((value) => value ?? null) : args;
}

/** The handle that the arguments for a key stand for. */
export function handleFrom(args: readonly unknown[], isPrivate: boolean): KeyHandle {
  const { KeyObjectHandle, kKeyTypePrivate, kKeyTypePublic } = nativeCrypto();
  const [first] = args;
  if (first instanceof KeyObjectHandle) return first;
  const handle = new KeyObjectHandle();
  handle.init(isPrivate ? kKeyTypePrivate : kKeyTypePublic, ...keyArguments(args));
  return handle;
}

/** Handles of both halves of a private key in PKCS #8, of the process's own class. */
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
