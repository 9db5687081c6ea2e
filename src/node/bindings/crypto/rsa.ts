/**
 * The randomized parts of RSA: the paddings OAEP, PSS and PKCS #1's for encryption, with bytes from
 * a seeded stream around the real raw operation (RFC 8017). The real function runs first, so any
 * error in the input has already been reported as OpenSSL's own.
 */
import { Buffer } from "node:buffer";
import * as real from "node:crypto";
import { element, integer, readSequence, sequence, Tag } from "./der.ts";
import {
  exportPrivate,
  importPrivate,
  type KeyHandle,
  privateKeyOf,
  publicKeyOf,
} from "./native.ts";
import type { Draw } from "./primes.ts";

const { RSA_NO_PADDING } = real.constants;
/** 1.2.840.113549.1.1.1, and its parameters: none. */
const rsaAlgorithm = sequence(
  element(Tag.identifier, Buffer.from("2a864886f70d010101", "hex")),
  element(Tag.nothing),
);

/** The key as a plain RSA key, which can do the raw operation whatever the key is restricted to. */
const plain = new WeakMap<KeyHandle, real.KeyObject>();

function plainPrivate(handle: KeyHandle): real.KeyObject {
  let key = plain.get(handle);
  if (!key) {
    const given = privateKeyOf(handle);
    key = given;
    if (given.asymmetricKeyType !== "rsa") {
      const [version, , numbers] = readSequence(exportPrivate(given));
      key = importPrivate(sequence(version!.bytes, rsaAlgorithm, numbers!.bytes));
    }
    plain.set(handle, key);
  }
  return key;
}

function plainPublic(handle: KeyHandle, isPrivate: boolean): real.KeyObject {
  return isPrivate ? real.createPublicKey(plainPrivate(handle)) : publicKeyOf(handle);
}

/** MGF1: derives `size` bytes from `seed`. */
function mask(hash: string, seed: Uint8Array, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let length = 0, counter = 0; length < size; counter++) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    const part = real.createHash(hash).update(seed).update(count).digest();
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts).subarray(0, size);
}

function xor(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] as number)));
}

/** The options of OAEP encryption. */
export interface OaepOptions {
  readonly hash: string;
  /** The hash of the mask, if it differs. */
  readonly maskHash?: string | undefined;
  readonly label: Uint8Array;
}

/** EME-OAEP of `message`, for a modulus of `size` bytes. */
function oaep(
  message: Uint8Array,
  size: number,
  { hash, maskHash = hash, label }: OaepOptions,
  draw: Draw,
): Buffer {
  const labelHash = real.createHash(hash).update(label).digest();
  const length = labelHash.length;
  const zeros = Buffer.alloc(size - message.length - 2 * length - 2);
  const block = Buffer.concat([labelHash, zeros, Buffer.of(1), message]);
  const seed = draw(length);
  const maskedBlock = xor(block, mask(maskHash, seed, block.length));
  const maskedSeed = xor(seed, mask(maskHash, maskedBlock, length));
  return Buffer.concat([Buffer.of(0), maskedSeed, maskedBlock]);
}

/** EME-PKCS1-v1_5 of `message`. */
function type2(message: Uint8Array, size: number, draw: Draw): Buffer {
  const padding = draw(size - message.length - 3);
  for (let i = 0; i < padding.length; i++)
    while (padding[i] === 0) padding[i] = draw(1)[0] as number;
  return Buffer.concat([Buffer.of(0, 2), padding, Buffer.of(0), message]);
}

/**
 * The key to encrypt with, and whether it is a private one. Of a private key, the public half is
 * used.
 */
export interface EncryptionKey {
  readonly handle: KeyHandle;
  readonly isPrivate: boolean;
}

/** Repeats an encryption of the real Node, in `size` bytes, with randomness from the stream. */
export function encryptAgain(
  { handle, isPrivate }: EncryptionKey,
  message: Uint8Array,
  size: number,
  options: OaepOptions | undefined,
  draw: Draw,
): Buffer {
  const padded = options ? oaep(message, size, options, draw) : type2(message, size, draw);
  return real.publicEncrypt(
    { key: plainPublic(handle, isPrivate), padding: RSA_NO_PADDING },
    padded,
  );
}

/** The position of the salt in an encoded message. */
interface Encoded {
  readonly saltLength: number;
  readonly maskHash: string;
}

interface Digest {
  readonly hash: string;
  readonly value: Buffer;
}

/** Returns the hash of a digest and its salt, which is the value that is signed. */
function saltedHash({ hash, value }: Digest, salt: Uint8Array): Buffer {
  return real.createHash(hash).update(Buffer.alloc(8)).update(value).update(salt).digest();
}

/**
 * Detects how a message was encoded. No option gives the length of its salt in every version. Under
 * a wrong mask a block may look valid by chance, so the hash is checked as well.
 */
function decode(encoded: Buffer, bits: number, digest: Digest, hashes: readonly string[]): Encoded {
  const hashLength = digest.value.length;
  const blockLength = encoded.length - hashLength - 1;
  const seed = encoded.subarray(blockLength, blockLength + hashLength);
  for (const maskHash of hashes) {
    const block = xor(encoded.subarray(0, blockLength), mask(maskHash, seed, blockLength));
    block[0] = (block[0] as number) & (0xff >> (8 * encoded.length - bits));
    const start = block.findIndex((byte) => byte !== 0);
    if (block[start] !== 1) continue;
    const salt = block.subarray(start + 1);
    if (saltedHash(digest, salt).equals(seed)) return { maskHash, saltLength: salt.length };
  }
  throw new RangeError("not a PSS signature");
}

/** Replaces the salt of a PSS signature of the real Node with one from the stream. */
export function signAgain(
  handle: KeyHandle,
  signature: Uint8Array,
  digest: Digest,
  draw: Draw,
): Buffer {
  const key = plainPrivate(handle);
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const details = privateKeyOf(handle).asymmetricKeyDetails as
    | { mgf1HashAlgorithm?: string }
    | undefined;
  const bits = modulusLength - 1;
  const size = Math.ceil(bits / 8);
  const raw = { key: real.createPublicKey(key), padding: RSA_NO_PADDING };
  const before = real.publicDecrypt(raw, signature).subarray(-size);
  const hashes = [digest.hash, details?.mgf1HashAlgorithm].filter((name) => name !== undefined);
  const hashLength = digest.value.length;
  const { saltLength, maskHash } = decode(before, bits, digest, hashes);
  const salt = draw(saltLength);
  const seed = saltedHash(digest, salt);
  const zeros = Buffer.alloc(size - saltLength - hashLength - 2);
  const block = Buffer.concat([zeros, Buffer.of(1), salt]);
  const masked = xor(block, mask(maskHash, seed, block.length));
  masked[0] = (masked[0] as number) & (0xff >> (8 * size - bits));
  const encoded = Buffer.concat([masked, seed, Buffer.of(0xbc)]);
  const padded = Buffer.concat([Buffer.alloc(signature.length - size), encoded]);
  return real.privateEncrypt({ key, padding: RSA_NO_PADDING }, padded);
}

/** The numbers of an RSA key. */
export interface RsaNumbers {
  readonly n: bigint;
  readonly e: bigint;
  readonly d: bigint;
  readonly p: bigint;
  readonly q: bigint;
  readonly dp: bigint;
  readonly dq: bigint;
  readonly qi: bigint;
}

/** Returns a private key of the same kind as `key`, with other numbers, in PKCS #8. */
export function withNumbers(key: real.KeyObject, numbers: RsaNumbers): Buffer {
  const [version, algorithm] = readSequence(exportPrivate(key));
  const { n, e, d, p, q, dp, dq, qi } = numbers;
  const inner = sequence(...[0n, n, e, d, p, q, dp, dq, qi].map(integer));
  return sequence(version!.bytes, algorithm!.bytes, element(Tag.octetString, inner));
}
