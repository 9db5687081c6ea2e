/**
 * What a byzantine host does to what its programs send: it swallows messages, changes them, or sends old ones again; or whatever
 * the author of the world has it do. A lie concerns whole writes of a program, and only those to other hosts.
 */
import { digestOfText } from "../base/fingerprint.ts";
import type { Prng } from "../base/prng.ts";
import type { Interpreter, MessagePart, Overheard, Piece } from "./network/overhear.ts";

/** The ways to lie. "own": a function of the world's author. */
export const lieWays = ["silent", "change", "equivocate", "replay", "field", "own"] as const;

/** One of the ways to lie. */
export type LieWay = (typeof lieWays)[number];

/** What a host is about to send, for a liar that the author of a world has written. */
export interface LiarsMessage {
  /** A copy of the bytes. */
  readonly bytes: Uint8Array;
  /** The same as text (UTF-8). */
  readonly text: string;
  /** The messages that are complete with it, as the dissectors read them: "PUBLISH news hello". */
  readonly summaries: readonly string[];
  /** The fields of the first of them, such as "redis.cmd" and "http.path". */
  readonly fields: Readonly<Record<string, string | number>>;
  readonly fromPort: number;
  readonly toPort: number;
  readonly protocol: "tcp" | "udp";
}

/** What is sent in place of a message: nothing, something else, or several things. */
export type LiarsAnswer = undefined | null | string | Uint8Array | readonly (string | Uint8Array)[];

/** A liar of the author's: `undefined` sends the message as it is, `null` swallows it. */
export type OwnLiar = (message: LiarsMessage, peer: string, prng: Prng) => LiarsAnswer;

/** How a host lies for a while. */
export interface Lie {
  readonly how: LieWay;
  /** The share of the messages that it concerns; 0 to 1. */
  readonly probability: number;
  /** `equivocate`: decides, with a peer's name, whether that peer is lied to. */
  readonly draw: number;
  /** `field`: only fields whose names contain this. */
  readonly field?: string | undefined;
  /** `own`: the function. */
  readonly own?: OwnLiar | undefined;
}

/** How many messages to a peer a liar remembers. */
const REMEMBERED = 16;
const ZERO = 48;
/** A value is looked for in so many bytes of a part. */
const NAMED_MAX = 4_096;
/** Parts that say how long others are: changing them is no lie but noise. */
const LENGTHS = /length|size|count|flags|version|type/i;

/** The lies of one host. */
export class Liar {
  readonly #prng: Prng;
  readonly #remembered = new Map<string, Uint8Array[]>();
  readonly #interpret: Interpreter | undefined;
  /** What it does now; empty if it is honest. */
  lies: readonly Lie[] = [];
  /** How many messages it has lied about. */
  told = 0;

  /** `interpret`: tells the messages in what it sends, if somebody can. */
  constructor(prng: Prng, interpret?: Interpreter) {
    this.#prng = prng;
    this.#interpret = interpret;
  }

  /** What the host sends in place of a piece of a conversation, in order; empty if that is swallowed. */
  tell(piece: Piece): readonly Uint8Array[] {
    const { to: peer, bytes } = piece;
    const earlier = this.#remember(peer, bytes);
    const reads = this.lies.some(({ how }) => how === "field" || how === "own");
    const messages = reads ? (this.#interpret?.(piece) ?? []) : [];
    let told: readonly Uint8Array[] = [bytes];
    for (const lie of this.lies) {
      const { how, probability, draw } = lie;
      if (how === "equivocate" && (digestOfText(`${draw} ${peer}`) & 1) === 0) continue;
      const [first] = told;
      if (first === undefined || !this.#prng.chance(probability)) continue;
      const instead = this.#lieOnce(lie, { ...piece, bytes: first }, messages, earlier);
      if (!instead) continue;
      this.told++;
      told = [...instead, ...told.slice(1)];
    }
    return told;
  }

  /** What is sent in place of a piece by one lie; `undefined` for the same. */
  #lieOnce(
    { how, field, own }: Lie,
    piece: Piece,
    messages: readonly Overheard[],
    earlier: readonly Uint8Array[],
  ): readonly Uint8Array[] | undefined {
    const { bytes } = piece;
    if (how === "silent") return [];
    if (how === "replay")
      return earlier.length === 0 ? undefined : [bytes, this.#prng.pick(earlier)];
    if (how === "own")
      return own && answerOf(own(messageOf(piece, messages), piece.to, this.#prng));
    if (how !== "field") return [changed(bytes, this.#prng)];
    const parts = messages
      .flatMap((message) => message.parts)
      .filter((part) => fits(part, bytes, field));
    return parts.length === 0 ? undefined : [withPart(bytes, this.#prng.pick(parts), this.#prng)];
  }

  #remember(peer: string, bytes: Uint8Array): readonly Uint8Array[] {
    const earlier = this.#remembered.get(peer) ?? [];
    this.#remembered.set(peer, [...earlier.slice(1 - REMEMBERED), bytes.slice()]);
    return earlier;
  }
}

function messageOf(piece: Piece, messages: readonly Overheard[]): LiarsMessage {
  const { bytes, fromPort, toPort, protocol } = piece;
  const copy = new Uint8Array(bytes);
  return {
    bytes: copy,
    text: new TextDecoder().decode(copy),
    summaries: messages.map(({ summary }) => summary),
    fields: messages[0]?.flat ?? {},
    ...{ fromPort, toPort, protocol },
  };
}

function answerOf(answer: LiarsAnswer): readonly Uint8Array[] | undefined {
  if (answer === undefined) return undefined;
  if (answer === null) return [];
  const list = typeof answer === "string" || ArrayBuffer.isView(answer) ? [answer] : answer;
  return list.map((one) => (typeof one === "string" ? new TextEncoder().encode(one) : one));
}

/** Whether a part can be changed without changing what is around it. */
function fits(
  { name, start, end }: MessagePart,
  bytes: Uint8Array,
  field: string | undefined,
): boolean {
  if (start < 0 || end > bytes.length || end <= start) return false;
  if (field !== undefined) return name.toLowerCase().includes(field.toLowerCase());
  return (
    !LENGTHS.test(name) &&
    bytes.subarray(start, end).some((byte) => isDigit(byte) || isLetter(byte))
  );
}

/** A copy in which one digit or letter of a part is another one; where it has neither, one bit. */
function withPart(bytes: Uint8Array, part: MessagePart, prng: Prng): Uint8Array {
  const copy = bytes.slice();
  const within = valueIn(copy.subarray(part.start, part.end), part.value);
  const digits = [...within.keys()].filter((at) => isDigit(within[at] as number));
  const letters = [...within.keys()].filter((at) => isLetter(within[at] as number));
  if (digits.length === 0 && letters.length > 0) {
    const at = prng.pick(letters);
    const byte = within[at] as number;
    const base = byte & 0x60;
    within[at] = base + 1 + (((byte & 0x1f) - 1 + prng.between(1, 25)) % 26);
    return copy;
  }
  within.set(changed(within, prng));
  return copy;
}

/** The value within a part that names it, too: "Host: shop". All of it if the value is not there as it is told. */
function valueIn(bytes: Uint8Array, value: string): Uint8Array {
  const at = String.fromCharCode(...bytes.subarray(0, NAMED_MAX)).indexOf(value);
  return at < 0 || value === "" ? bytes : bytes.subarray(at, at + value.length);
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

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 97 && lower <= 122;
}
