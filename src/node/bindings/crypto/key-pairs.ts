/**
 * Key generation from the process's seeded stream. The real Node creates a key, and all its random
 * parts are then replaced; so its format and the errors are OpenSSL's in every version.
 */
import { Buffer } from "node:buffer";
import * as real from "node:crypto";
import { LightconeError } from "../../../base/errors.ts";
import { drawDhPrivate, safePrime } from "./exchanges.ts";
import { element, integer, numberOf, readElements, readSequence, sequence, Tag } from "./der.ts";
import { withScalar } from "./elliptic.ts";
import {
  exportPrivate,
  type NativeCrypto,
  type NativeJobClass,
  privateKeyOf,
  resultOf,
} from "./native.ts";
import type { KeyHandle } from "./native.ts";
import { type Draw, drawBelow, drawPrime, inverse, power } from "./primes.ts";
import { withNumbers } from "./rsa.ts";

/** Returns a private key in PKCS #8 for the arguments of a job, without those of its encoding. */
export type Generate = (...args: unknown[]) => Uint8Array;

/**
 * The kinds of pairs by the name of their job, with the number of arguments that define the pair.
 */
export interface Kind {
  readonly generate: Generate;
  readonly argumentCount: (args: readonly unknown[]) => number;
}

/** OpenSSL refuses smaller keys with an error of its own. */
const RSA_BITS_MIN = 512;
const FIPS_DIVISOR_BITS = 224;

/** Creates the generators of one process. */
export function keyPairKinds(native: NativeCrypto, draw: Draw): Record<string, Kind> {
  /** Returns the real Node's key for the same or nearly the same arguments. */
  const model = (name: string, args: readonly unknown[]): real.KeyObject => {
    const Job = native[name] as NativeJobClass;
    const job = new Job(native.kCryptoJobSync, ...args, ...Array.from({ length: 6 }));
    const [, privateHandle] = resultOf(job.run()) as [KeyHandle, KeyHandle];
    return privateKeyOf(privateHandle);
  };

  const rsa: Generate = (variant, bits, exponent, ...rest) => {
    const size = Math.min(Number(bits), RSA_BITS_MIN);
    const key = model("RsaKeyPairGenJob", [variant, size, exponent, ...rest]);
    return withNumbers(key, drawRsa(Number(bits), BigInt(Number(exponent)), draw));
  };

  const elliptic: Generate = (...args) => {
    const key = model("EcKeyPairGenJob", args);
    const curve = key.asymmetricKeyDetails?.namedCurve;
    if (curve === undefined) throw refused(`a key on the curve ${String(args[0])}`);
    try {
      return withScalar(key, curve, draw);
    } catch {
      // Some curves cannot be encoded by name, because they have no object identifier.
      const explicit = model("EcKeyPairGenJob", [args[0], native.OPENSSL_EC_EXPLICIT_CURVE]);
      return withScalar(explicit, curve, draw);
    }
  };

  const named =
    (job: string): Generate =>
    (...args) =>
      withSeed(model(job, args), draw);

  const diffieHellman: Generate = (first, generator) => {
    const group = typeof first === "number" ? safePrime(first, Number(generator), draw) : first;
    const key = model("DhKeyPairGenJob", generator === undefined ? [group] : [group, generator]);
    const [version, algorithm] = readSequence(exportPrivate(key));
    const [prime] = readElements(readElements(algorithm!.content)[1]!.content);
    const isGroup = typeof first === "string";
    const secret = drawDhPrivate(numberOf(prime!.content), isGroup, draw);
    return sequence(version!.bytes, algorithm!.bytes, element(Tag.octetString, integer(secret)));
  };

  return {
    RsaKeyPairGenJob: {
      generate: rsa,
      argumentCount: ([variant]) => (variant === native.kKeyVariantRSA_PSS ? 6 : 3),
    },
    EcKeyPairGenJob: { generate: elliptic, argumentCount: () => 2 },
    DsaKeyPairGenJob: {
      generate: (bits, divisor) => drawDsa(Number(bits), Number(divisor), draw),
      argumentCount: () => 2,
    },
    DhKeyPairGenJob: {
      generate: diffieHellman,
      argumentCount: ([first]) => (typeof first === "string" ? 1 : 2),
    },
    NidKeyPairGenJob: { generate: named("NidKeyPairGenJob"), argumentCount: () => 1 },
    NamedKeyPairGenJob: { generate: named("NamedKeyPairGenJob"), argumentCount: () => 1 },
  };
}

function refused(what: string): LightconeError {
  return new LightconeError(
    "LC_NOT_SIMULATED",
    `crypto: ${what} is not simulated`,
    "It would come from the real machine's randomness, and differ from run to run.",
  );
}

function drawRsa(bits: number, e: bigint, draw: Draw): Parameters<typeof withNumbers>[1] {
  for (;;) {
    const p = drawPrime({ bits: Math.ceil(bits / 2), high: true }, draw);
    const q = drawPrime({ bits: Math.floor(bits / 2), high: true }, draw);
    const [p1, q1] = [p - 1n, q - 1n];
    if (p === q || gcd(p1, e) !== 1n || gcd(q1, e) !== 1n) continue;
    const [high, low] = p > q ? [p, q] : [q, p];
    const d = inverse(e, (p1 * q1) / gcd(p1, q1));
    const numbers = { n: p * q, e, d, p: high, q: low };
    return { ...numbers, dp: d % (high - 1n), dq: d % (low - 1n), qi: inverse(low, high) };
  }
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** 1.2.840.10040.4.1 */
const dsaIdentifier = element(Tag.identifier, Buffer.from("2a8648ce380401", "hex"));

function drawDsa(bits: number, divisor: number, draw: Draw): Buffer {
  if (bits < RSA_BITS_MIN)
    real.generateKeyPairSync("dsa", { modulusLength: bits, divisorLength: divisor } as never);
  const divisorBits = divisor > 0 ? divisor : bits < 2_048 ? 160 : FIPS_DIVISOR_BITS;
  const q = drawPrime({ bits: divisorBits }, draw);
  const p = drawPrime({ bits, add: 2n * q, rem: 1n }, draw);
  let g = 1n;
  for (let h = 2n; g === 1n; h++) g = power(h, (p - 1n) / q, p);
  const parameters = sequence(integer(p), integer(q), integer(g));
  const secret = integer(drawBelow(q, draw));
  return sequence(
    integer(0n),
    sequence(dsaIdentifier, parameters),
    element(Tag.octetString, secret),
  );
}

/**
 * Tag of the seed, `[0]`, in the input of OpenSSL and in most of its output. The seed alone defines
 * a lattice key.
 */
const SEED_TAG = 0x80;

/**
 * Returns a key of the same kind with another seed: keys of Edwards and Montgomery curves, and
 * lattice keys.
 */
function withSeed(key: real.KeyObject, draw: Draw): Buffer {
  const type = key.asymmetricKeyType as string;
  const isCurve = /^(?:ed|x)\d+$/.test(type);
  if (!isCurve && !type.startsWith("ml-")) throw refused(`a key of type ${type}`);
  const [version, algorithm, inner] = readSequence(exportPrivate(key));
  const [secret] = readElements(inner!.content);
  let seed: Buffer;
  if (isCurve) {
    seed = element(Tag.octetString, clamp(type, draw(secret!.content.length)));
  } else {
    // The seed may be accompanied by the private key that is derived from it.
    const before = secret!.tag === SEED_TAG ? secret : readElements(secret!.content)[0];
    seed = element(SEED_TAG, draw(before!.content.length));
  }
  return sequence(version!.bytes, algorithm!.bytes, element(Tag.octetString, seed));
}

/** Sets the fixed bits of a secret scalar (RFC 7748). */
function clamp(type: string, seed: Buffer): Buffer {
  if (type === "x25519") {
    seed[0] = (seed[0] as number) & 0xf8;
    seed[31] = ((seed[31] as number) & 0x7f) | 0x40;
  } else if (type === "x448") {
    seed[0] = (seed[0] as number) & 0xfc;
    seed[55] = (seed[55] as number) | 0x80;
  }
  return seed;
}
