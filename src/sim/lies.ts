/**
 * What a byzantine host does to what its programs send: it swallows messages, changes them, or sends old ones again. A
 * lie concerns whole writes of a program, and only those to other hosts.
 */
import { digestOfText } from "../base/fingerprint.ts";
import type { Prng } from "../base/prng.ts";

/** The ways to lie. */
export const lieWays = ["silent", "change", "equivocate", "replay"] as const;

/** One of the ways to lie. */
export type LieWay = (typeof lieWays)[number];

/** How a host lies for a while. */
export interface Lie {
  readonly how: LieWay;
  /** The share of the messages that it concerns; 0 to 1. */
  readonly probability: number;
  /** `equivocate`: decides, with a peer's name, whether that peer is lied to. */
  readonly draw: number;
}

/** What is sent in place of a message. */
export interface Told {
  /** The message, of the same length; `undefined` if it is swallowed. */
  readonly bytes: Uint8Array | undefined;
  /** An earlier message that is sent after it. */
  readonly again: Uint8Array | undefined;
}

/** How many messages to a peer a liar remembers. */
const REMEMBERED = 16;
const ZERO = 48;

/** The lies of one host. */
export class Liar {
  readonly #prng: Prng;
  readonly #remembered = new Map<string, Uint8Array[]>();
  /** What it does now; empty if it is honest. */
  lies: readonly Lie[] = [];
  /** How many messages it has lied about. */
  told = 0;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  /** What the host sends to a peer in place of a message. */
  tell(peer: string, bytes: Uint8Array): Told {
    const earlier = this.#remember(peer, bytes);
    let told: Told = { bytes, again: undefined };
    for (const { how, probability, draw } of this.lies) {
      if (how === "equivocate" && (digestOfText(`${draw} ${peer}`) & 1) === 0) continue;
      if (told.bytes === undefined || !this.#prng.chance(probability)) continue;
      this.told++;
      if (how === "silent") told = { bytes: undefined, again: undefined };
      else if (how === "replay") told = { ...told, again: this.#pick(earlier) };
      else told = { ...told, bytes: changed(told.bytes, this.#prng) };
    }
    return told;
  }

  #remember(peer: string, bytes: Uint8Array): readonly Uint8Array[] {
    const earlier = this.#remembered.get(peer) ?? [];
    this.#remembered.set(peer, [...earlier.slice(1 - REMEMBERED), bytes.slice()]);
    return earlier;
  }

  #pick(earlier: readonly Uint8Array[]): Uint8Array | undefined {
    return earlier.length === 0 ? undefined : this.#prng.pick(earlier);
  }
}

/** A copy in which one digit is another one, or, where there is none, one bit of a byte is. */
function changed(bytes: Uint8Array, prng: Prng): Uint8Array {
  const copy = bytes.slice();
  const digits = [...copy.keys()].filter((at) => isDigit(copy[at] as number));
  if (digits.length > 0) {
    const at = prng.pick(digits);
    copy[at] = ZERO + (((copy[at] as number) - ZERO + prng.between(1, 9)) % 10);
  } else if (copy.length > 0) {
    const at = prng.below(copy.length);
    copy[at] = (copy[at] as number) ^ (1 << prng.below(8));
  }
  return copy;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}
