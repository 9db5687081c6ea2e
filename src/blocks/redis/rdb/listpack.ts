/** Listpacks: Redis's compact lists of short strings and integers (listpack.c). */
import { integerOf } from "../numbers.ts";
import { ByteReader, CorruptError, littleEndian, littleEndian64 } from "./bytes.ts";

const END = "\xff";

/**
 * Encodes an element's size, which is stored after the element so that a reader can walk backwards.
 */
function backLength(size: number): string {
  if (size <= 127) return String.fromCharCode(size);
  const groups: number[] = [];
  // Redis's limits are one below the capacity of each size.
  const limits = [16_383, 2_097_151, 268_435_455];
  let count = limits.findIndex((limit) => size < limit) + 2;
  if (count < 2) count = 5;
  for (let group = count - 1; group >= 0; group--) {
    const bits = Math.floor(size / 128 ** group) & 127;
    groups.push(group === count - 1 ? bits : bits | 128);
  }
  return String.fromCharCode(...groups);
}

function encodeInteger(value: number | bigint): string {
  if (value >= 0 && value <= 127) return String.fromCharCode(Number(value));
  if (value >= -4_096 && value <= 4_095) {
    const bits = Number(value) & 0x1fff;
    return String.fromCharCode((bits >> 8) | 0xc0, bits & 0xff);
  }
  if (value >= -32_768 && value <= 32_767) {
    return `\xf1${littleEndian(Number(value) & 0xffff, 2)}`;
  }
  if (value >= -8_388_608 && value <= 8_388_607) {
    return `\xf2${littleEndian(Number(value) & 0xffffff, 3)}`;
  }
  if (value >= -2_147_483_648 && value <= 2_147_483_647) {
    return `\xf3${littleEndian(Number(value) >>> 0, 4)}`;
  }
  return `\xf4${littleEndian64(BigInt(value))}`;
}

/** Encodes one element, followed by its length. */
export function encodeElement(text: string): string {
  const integer = integerOf(text);
  let body: string;
  if (integer !== undefined) body = encodeInteger(integer);
  else if (text.length < 64) body = String.fromCharCode(0x80 | text.length) + text;
  else if (text.length < 4_096) {
    body = String.fromCharCode(0xe0 | (text.length >> 8), text.length & 0xff) + text;
  } else body = `\xf0${littleEndian(text.length, 4)}${text}`;
  return body + backLength(body.length);
}

/** Builds a listpack from elements that {@link encodeElement} encoded. */
export function joinListpack(encoded: readonly string[]): string {
  const body = encoded.join("");
  const count = encoded.length < 65_535 ? encoded.length : 65_535;
  return littleEndian(body.length + 7, 4) + littleEndian(count, 2) + body + END;
}

/** Encodes texts as a listpack. */
export function encodeListpack(texts: readonly string[]): string {
  return joinListpack(texts.map(encodeElement));
}

function readElement(reader: ByteReader, first: number): string {
  if (first < 0x80) return String(first);
  if (first < 0xc0) return reader.take(first & 63);
  if (first < 0xe0) {
    const bits = ((first & 31) << 8) | reader.byte();
    return String(bits >= 4_096 ? bits - 8_192 : bits);
  }
  if (first < 0xf0) return reader.take(((first & 15) << 8) | reader.byte());
  switch (first) {
    case 0xf0:
      return reader.take(reader.unsigned(4));
    case 0xf1:
      return String(reader.signed(2));
    case 0xf2:
      return String(reader.signed(3));
    case 0xf3:
      return String(reader.signed(4));
    case 0xf4:
      return String(reader.signed64());
    default:
      throw new CorruptError("an element of a listpack has an unknown encoding");
  }
}

/** Returns the texts of a listpack. Throws {@link CorruptError} if it is invalid. */
export function decodeListpack(bytes: string): string[] {
  const reader = new ByteReader(bytes);
  if (reader.unsigned(4) !== bytes.length) throw new CorruptError("a listpack's length is wrong");
  const count = reader.unsigned(2);
  const out: string[] = [];
  for (;;) {
    const start = reader.at;
    const first = reader.byte();
    if (first === 0xff) break;
    out.push(readElement(reader, first));
    const length = backLength(reader.at - start);
    if (reader.take(length.length) !== length) {
      throw new CorruptError("an element of a listpack has a wrong length");
    }
  }
  if (reader.left !== 0 || (count !== 65_535 && count !== out.length)) {
    throw new CorruptError("a listpack holds another number of elements than it says");
  }
  return out;
}
