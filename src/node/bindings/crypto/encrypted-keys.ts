/**
 * Private keys that are exported with a passphrase, with a salt and an initialization vector from a
 * seeded stream. OpenSSL encrypts the key first: its output shows which algorithms to use.
 */
import { Buffer } from "node:buffer";
import * as real from "node:crypto";
import { LightconeError } from "../../../base/errors.ts";
import { element, numberOf, pem, readElements, readSequence, sequence, Tag } from "./der.ts";
import type { Draw } from "./primes.ts";

/** Hashes by the last byte of an object identifier that starts with 1.2.840.113549.2. */
const macs: Readonly<Record<number, string>> = {
  7: "sha1",
  8: "sha224",
  9: "sha256",
  10: "sha384",
  11: "sha512",
};

/** What a key is encrypted with. */
export interface Protection {
  readonly cipher: string;
  readonly passphrase: Uint8Array;
}

function encrypt(plain: Uint8Array, cipher: string, key: Uint8Array, iv: Uint8Array): Buffer {
  const made = real.createCipheriv(cipher, key, iv);
  return Buffer.concat([made.update(plain), made.final()]);
}

function keyLengthOf(cipher: string): number {
  return real.getCipherInfo(cipher)?.keyLength ?? 0;
}

/** Returns PKCS #8's `EncryptedPrivateKeyInfo` of `plain`, with the algorithms of `before`. */
export function protectAgain(
  before: Uint8Array,
  plain: Uint8Array,
  with_: Protection,
  draw: Draw,
): Buffer {
  const [algorithm] = readSequence(before);
  const [scheme, parameters] = readElements(algorithm!.content);
  const [derivation, encryption] = readElements(parameters!.content);
  const [derivationName, derivationParts] = readElements(derivation!.content);
  const [encryptionName, vector] = readElements(encryption!.content);
  if (vector?.tag !== Tag.octetString) {
    throw new LightconeError(
      "LC_NOT_SIMULATED",
      `the encryption of a key with ${with_.cipher} is not simulated`,
      "Its randomness would come from the real machine, and differ from run to run.",
    );
  }
  const [saltBefore, rounds, ...rest] = readElements(derivationParts!.content);
  const mac = rest.find(({ tag }) => tag === Tag.sequence);
  const macName = mac ? readElements(mac.content)[0]!.content.at(-1) : 7;
  const salt = draw(saltBefore!.content.length);
  const iv = draw(vector.content.length);
  const count = Number(numberOf(rounds!.content));
  const hash = macs[macName as number] as string;
  const key = real.pbkdf2Sync(with_.passphrase, salt, count, keyLengthOf(with_.cipher), hash);
  const derivationNow = sequence(
    derivationName!.bytes,
    sequence(element(Tag.octetString, salt), rounds!.bytes, ...rest.map(({ bytes }) => bytes)),
  );
  const encryptionNow = sequence(encryptionName!.bytes, element(Tag.octetString, iv));
  return sequence(
    sequence(scheme!.bytes, sequence(derivationNow, encryptionNow)),
    element(Tag.octetString, encrypt(plain, with_.cipher, key, iv)),
  );
}

/**
 * Returns the traditional form (RFC 1421) of `plain`, whose header names the cipher, with the
 * cipher of `before`.
 */
export function protectTraditionally(
  before: string,
  plain: Uint8Array,
  with_: Protection,
  draw: Draw,
): string {
  const label = /^-----BEGIN ([^-]+)-----/.exec(before)?.[1] as string;
  const [, name = "", vector = ""] = /^DEK-Info: ([^,]+),([0-9A-F]+)/m.exec(before) ?? [];
  const iv = draw(vector.length / 2);
  const key = derive(with_.passphrase, iv.subarray(0, 8), keyLengthOf(with_.cipher));
  const head = ["Proc-Type: 4,ENCRYPTED", `DEK-Info: ${name},${iv.toString("hex").toUpperCase()}`];
  return pem(label, encrypt(plain, with_.cipher, key, iv), head);
}

/** OpenSSL's `EVP_BytesToKey` with MD5 and one round. */
function derive(passphrase: Uint8Array, salt: Uint8Array, size: number): Buffer {
  let key = Buffer.alloc(0);
  for (let last = Buffer.alloc(0); key.length < size; key = Buffer.concat([key, last])) {
    last = real.createHash("md5").update(last).update(passphrase).update(salt).digest();
  }
  return key.subarray(0, size);
}

/** Returns the bytes in a PEM block. */
export function bytesOfPem(text: string): Buffer {
  return Buffer.from(text.replace(/-----[^-]+-----/g, ""), "base64");
}
