/**
 * Signatures of ECDSA and DSA with nonces from a seeded stream, and keys on a curve. The real Node
 * multiplies points, so every curve that it knows is supported. The rest is arithmetic on numbers.
 */
import { Buffer } from "node:buffer";
import * as real from "node:crypto";
import { LightconeError } from "../../../base/errors.ts";
import {
  bytesOfNumber,
  type Element,
  element,
  integer,
  numberOf,
  readElements,
  readSequence,
  sequence,
  Tag,
} from "./der.ts";
import { exportPrivate, type KeyHandle, privateKeyOf } from "./native.ts";
import { type Draw, drawBelow, inverse, power } from "./primes.ts";

const orders = new Map<string, bigint>();

/** Returns the number of points in a curve's group. */
export function orderOf(curve: string): bigint {
  let order = orders.get(curve);
  if (order === undefined) {
    // A key with explicit curve parameters contains the order.
    const { privateKey } = real.generateKeyPairSync("ec", {
      namedCurve: curve,
      paramEncoding: "explicit",
      publicKeyEncoding: { format: "der", type: "spki" },
      privateKeyEncoding: { format: "der", type: "pkcs8" },
    });
    const [, algorithm] = readSequence(privateKey);
    const parameters = readElements(algorithm!.content)[1] as Element;
    order = numberOf((readElements(parameters.content)[4] as Element).content);
    orders.set(curve, order);
  }
  return order;
}

/** Draws a private key for a curve. Returns its bytes. */
export function drawScalar(curve: string, draw: Draw): Buffer {
  const order = orderOf(curve);
  return bytesOfNumber(drawBelow(order, draw), Math.ceil(order.toString(2).length / 8));
}

/** Returns the x coordinate of `scalar` times the generator. */
function multiplied(curve: string, scalar: Buffer): bigint {
  const exchange = real.createECDH(curve);
  exchange.setPrivateKey(scalar);
  const point = exchange.getPublicKey();
  return numberOf(point.subarray(1, (point.length + 1) / 2));
}

/**
 * A group for signing: its order, the secret, and the function that computes the first half of a
 * signature from a nonce.
 */
interface Group {
  readonly order: bigint;
  readonly secret: bigint;
  readonly commit: (nonce: bigint) => bigint;
}

const groups = new WeakMap<KeyHandle, Group>();

function groupOf(handle: KeyHandle): Group {
  let group = groups.get(handle);
  if (!group) {
    const key = privateKeyOf(handle);
    group = key.asymmetricKeyType === "dsa" ? numbersGroup(key) : curveGroup(key);
    groups.set(handle, group);
  }
  return group;
}

function curveGroup(key: real.KeyObject): Group {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === undefined) {
    throw new LightconeError(
      "LC_NOT_SIMULATED",
      "a signature on a curve without a name is not simulated",
      "Its randomness would come from the real machine, and differ from run to run.",
    );
  }
  const order = orderOf(curve);
  const size = Math.ceil(order.toString(2).length / 8);
  const [, , inner] = readSequence(exportPrivate(key));
  const secret = numberOf((readSequence(inner!.content)[1] as Element).content);
  const commit = (nonce: bigint): bigint => multiplied(curve, bytesOfNumber(nonce, size)) % order;
  return { order, secret, commit };
}

function numbersGroup(key: real.KeyObject): Group {
  const [, algorithm, inner] = readSequence(exportPrivate(key));
  const [, parameters] = readElements(algorithm!.content);
  const [p, order, g] = readElements(parameters!.content).map(({ content }) => numberOf(content));
  const secret = numberOf((readElements(inner!.content)[0] as Element).content);
  const commit = (nonce: bigint): bigint =>
    power(g as bigint, nonce, p as bigint) % (order as bigint);
  return { order: order as bigint, secret, commit };
}

/** Signs a digest. `plain` returns the two numbers side by side (IEEE P1363) instead of in DER. */
export function signDigest(
  handle: KeyHandle,
  digest: Uint8Array,
  plain: boolean,
  draw: Draw,
): Buffer {
  const { order, secret, commit } = groupOf(handle);
  const bits = order.toString(2).length;
  const surplus = BigInt(Math.max(0, digest.length * 8 - bits));
  const message = numberOf(digest) >> surplus;
  for (;;) {
    const nonce = drawBelow(order, draw);
    const r = commit(nonce);
    const s = (inverse(nonce, order) * (message + r * secret)) % order;
    if (r === 0n || s === 0n) continue;
    if (!plain) return sequence(integer(r), integer(s));
    const size = Math.ceil(bits / 8);
    return Buffer.concat([bytesOfNumber(r, size), bytesOfNumber(s, size)]);
  }
}

/**
 * Returns a private key of the same kind and curve as `key`, with a secret from the stream, in PKCS
 * #8.
 */
export function withScalar(key: real.KeyObject, curve: string, draw: Draw): Buffer {
  const [version, algorithm, inner] = readSequence(exportPrivate(key));
  const scalar = drawScalar(curve, draw);
  const exchange = real.createECDH(curve);
  exchange.setPrivateKey(scalar);
  const parts = readSequence(inner!.content).map(({ tag, bytes }) => {
    if (tag === Tag.octetString) return element(Tag.octetString, scalar);
    // [1]: the public key, as a bit string without unused bits.
    if (tag === 0xa1)
      return element(0xa1, element(Tag.bitString, Buffer.of(0), exchange.getPublicKey()));
    return bytes;
  });
  return sequence(version!.bytes, algorithm!.bytes, element(Tag.octetString, sequence(...parts)));
}
