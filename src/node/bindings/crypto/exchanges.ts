/**
 * Diffie-Hellman, over numbers and over curves: the real exchanges, with secrets from a seeded
 * stream.
 */
import { bytesOfNumber, numberOf } from "./der.ts";
import { drawScalar } from "./elliptic.ts";
import type { NativeCrypto, NativeExchange } from "./native.ts";
import { type Draw, drawBits, drawPrime } from "./primes.ts";

/**
 * The length in bits of a sufficient secret, by the length of the prime, in the groups that OpenSSL
 * knows (RFC 7919).
 */
const secretBits: Readonly<Record<number, number>> = {
  1_536: 200,
  2_048: 225,
  3_072: 275,
  4_096: 325,
  6_144: 375,
  8_192: 400,
};

/** Draws a secret for a prime. In a group that OpenSSL knows, the secret is short. */
export function drawDhPrivate(prime: bigint, isGroup: boolean, draw: Draw): bigint {
  const bits = prime.toString(2).length;
  const short = isGroup ? secretBits[bits] : undefined;
  if (short !== undefined) return drawBits(short, draw) | 1n;
  return drawBits(bits - 1, draw) | (1n << BigInt(bits - 2));
}

/** Draws a prime for a key exchange with OpenSSL's conditions, which depend on the generator. */
export function safePrime(bits: number, generator: number, draw: Draw): Buffer {
  const [add, rem] = generator === 2 ? [24n, 23n] : generator === 5 ? [60n, 59n] : [12n, 11n];
  return bytesOfNumber(drawPrime({ bits, safe: true, add, rem }, draw));
}

/** OpenSSL refuses smaller primes with an error of its own. */
const DH_BITS_MIN = 512;

/** Creates the classes of one process. */
export function exchanges(native: NativeCrypto, draw: Draw): Record<string, unknown> {
  const ensureSecret = (exchange: NativeExchange, isGroup: boolean): void => {
    try {
      exchange.getPrivateKey();
    } catch {
      const prime = exchange.getPrime();
      const secret = drawDhPrivate(numberOf(prime), isGroup, draw);
      exchange.setPrivateKey(bytesOfNumber(secret));
    }
  };

  class DiffieHellman extends native.DiffieHellman {
    constructor(sizeOrKey: unknown, generator: unknown) {
      const drawn =
        typeof sizeOrKey === "number" &&
        sizeOrKey >= DH_BITS_MIN &&
        typeof generator === "number" &&
        generator >= 2
          ? safePrime(sizeOrKey, generator, draw)
          : sizeOrKey;
      super(drawn, generator);
    }

    override generateKeys(): Buffer {
      ensureSecret(this, false);
      return super.generateKeys();
    }
  }

  class DiffieHellmanGroup extends native.DiffieHellmanGroup {
    override generateKeys(): Buffer {
      ensureSecret(this, true);
      return super.generateKeys();
    }
  }

  class ECDH extends native.ECDH {
    readonly #curve: string;

    constructor(curve: string) {
      super(curve);
      this.#curve = curve;
    }

    override generateKeys(): Buffer {
      this.setPrivateKey(drawScalar(this.#curve, draw));
      return undefined as unknown as Buffer;
    }
  }

  return { DiffieHellman, DiffieHellmanGroup, ECDH };
}
