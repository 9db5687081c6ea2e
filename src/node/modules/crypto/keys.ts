/**
 * Keys that are generated, from the process's seeded stream: the same seed gives the same keys. The
 * numbers are drawn here; the real module makes keys of them.
 */
import {
  checkPrimeSync,
  createECDH,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
} from "node:crypto";
import { LightconeError } from "../../../base/errors.ts";

/** Draws random bytes. */
export type Draw = (size: number) => Buffer;

interface KeyOptions {
  readonly namedCurve?: string;
  readonly modulusLength?: number;
  readonly publicExponent?: number;
  readonly length?: number;
  readonly publicKeyEncoding?: object;
  readonly privateKeyEncoding?: object;
}

/** RFC 8410: what stands before the bytes of a private key of these kinds in PKCS #8. */
const montgomery: Record<string, { head: string; size: number }> = {
  ed25519: { head: "302e020100300506032b657004220420", size: 32 },
  x25519: { head: "302e020100300506032b656e04220420", size: 32 },
  ed448: { head: "3047020100300506032b6571043b0439", size: 57 },
  x448: { head: "3046020100300506032b656f043a0438", size: 56 },
};

const curves: Record<string, { name: string; jwk: string; size: number }> = {
  "P-256": { name: "prime256v1", jwk: "P-256", size: 32 },
  prime256v1: { name: "prime256v1", jwk: "P-256", size: 32 },
  "P-384": { name: "secp384r1", jwk: "P-384", size: 48 },
  secp384r1: { name: "secp384r1", jwk: "P-384", size: 48 },
  "P-521": { name: "secp521r1", jwk: "P-521", size: 66 },
  secp521r1: { name: "secp521r1", jwk: "P-521", size: 66 },
  secp256k1: { name: "secp256k1", jwk: "secp256k1", size: 32 },
};

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`);
}

function toBytes(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

/** A random prime of exactly `bits` bits. */
export function drawPrime(bits: number, draw: Draw): bigint {
  const size = Math.ceil(bits / 8);
  const mask = (1n << BigInt(bits)) - 1n;
  // The two highest bits are set, so that a product of two primes has all its bits.
  const high = 3n << BigInt(bits - 2);
  for (
    let start = (toBigInt(draw(size)) & mask) | high | 1n;
    ;
    start = (toBigInt(draw(size)) & mask) | high | 1n
  ) {
    for (let candidate = start; candidate < start + 2_000n; candidate += 2n) {
      if (candidate > mask) break;
      if (checkPrimeSync(candidate)) return candidate;
    }
  }
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [r0, r1, t0, t1] = [modulus, value % modulus, 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  return t0 < 0n ? t0 + modulus : t0;
}

function rsa(
  { modulusLength = 2_048, publicExponent = 65_537 }: KeyOptions,
  draw: Draw,
): KeyObject {
  const e = BigInt(publicExponent);
  for (;;) {
    const p = drawPrime(modulusLength >> 1, draw);
    const q = drawPrime(modulusLength - (modulusLength >> 1), draw);
    const phi = (p - 1n) * (q - 1n);
    if (p === q || phi % e === 0n) continue;
    const d = inverse(e, phi);
    const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
    const key: Record<string, string> = { kty: "RSA" };
    for (const [name, value] of Object.entries(numbers))
      key[name] = toBytes(value).toString("base64url");
    return createPrivateKey({ key, format: "jwk" });
  }
}

function elliptic({ namedCurve = "P-256" }: KeyOptions, draw: Draw): KeyObject {
  const curve = curves[namedCurve];
  if (!curve) throw unsupported(`the curve ${JSON.stringify(namedCurve)}`);
  const ecdh = createECDH(curve.name);
  const d = drawScalar(ecdh, curve.size, draw);
  const point = ecdh.getPublicKey();
  const x = point.subarray(1, 1 + curve.size).toString("base64url");
  const y = point.subarray(1 + curve.size).toString("base64url");
  const key = { kty: "EC", crv: curve.jwk, x, y, d: d.toString("base64url") };
  return createPrivateKey({ key, format: "jwk" });
}

/** Gives `ecdh` a private key from the stream; a draw that is no valid key is drawn again. */
export function drawScalar(
  ecdh: { setPrivateKey(key: Buffer): void },
  size: number,
  draw: Draw,
): Buffer {
  for (;;) {
    const scalar = draw(size);
    // P-521 has one bit in its highest byte.
    if (size === 66) scalar[0] = (scalar[0] as number) & 1;
    try {
      ecdh.setPrivateKey(scalar);
      return scalar;
    } catch {
      // Not below the order of the curve.
    }
  }
}

/** The bytes of a private key of an ECDH curve by OpenSSL's name. */
export function scalarSize(curve: string): number | undefined {
  return Object.values(curves).find(({ name }) => name === curve)?.size;
}

function unsupported(what: string): LightconeError {
  return new LightconeError(
    "LC_NOT_SIMULATED",
    `crypto: keys for ${what} are not simulated`,
    "They would come from the real machine's randomness, and differ from run to run.",
  );
}

/** `generateKeyPairSync`. */
export function generateKeyPair(type: string, options: KeyOptions, draw: Draw): object {
  let privateKey: KeyObject;
  const known = montgomery[type];
  if (known) {
    const key = Buffer.concat([Buffer.from(known.head, "hex"), draw(known.size)]);
    privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
  } else if (type === "ec") {
    privateKey = elliptic(options, draw);
  } else if (type === "rsa") {
    privateKey = rsa(options, draw);
  } else {
    throw unsupported(type);
  }
  const publicKey = createPublicKey(privateKey);
  const { publicKeyEncoding, privateKeyEncoding } = options;
  return {
    publicKey: publicKeyEncoding ? publicKey.export(publicKeyEncoding as never) : publicKey,
    privateKey: privateKeyEncoding ? privateKey.export(privateKeyEncoding as never) : privateKey,
  };
}

/** `generateKeySync`. */
export function generateSecret(type: string, { length = 256 }: KeyOptions, draw: Draw): KeyObject {
  return createSecretKey(draw(length >> 3));
}
