/** The compact encodings that Redis up to 6.2 wrote (ziplist, zipmap), and the intset. */
import { integerOf } from "../numbers.ts";
import { ByteReader, CorruptError, littleEndian, littleEndian64 } from "./bytes.ts";

function readZiplistElement(reader: ByteReader, first: number): string {
  switch (first >> 6) {
    case 0:
      return reader.take(first & 63);
    case 1:
      return reader.take(((first & 63) << 8) | reader.byte());
    case 2: {
      let length = 0;
      for (let left = 4; left > 0; left--) length = length * 256 + reader.byte();
      return reader.take(length);
    }
    default:
  }
  if (first === 0xc0) return String(reader.signed(2));
  if (first === 0xd0) return String(reader.signed(4));
  if (first === 0xe0) return String(reader.signed64());
  if (first === 0xf0) return String(reader.signed(3));
  if (first === 0xfe) return String(reader.signed(1));
  if (first >= 0xf1 && first <= 0xfd) return String((first & 15) - 1);
  throw new CorruptError("an element of a ziplist has an unknown encoding");
}

/** Returns the texts of a ziplist. */
export function decodeZiplist(bytes: string): string[] {
  const reader = new ByteReader(bytes);
  if (reader.unsigned(4) !== bytes.length) throw new CorruptError("a ziplist's length is wrong");
  reader.unsigned(4);
  const count = reader.unsigned(2);
  const out: string[] = [];
  let before = 0;
  for (;;) {
    const start = reader.at;
    const first = reader.byte();
    if (first === 0xff) break;
    const previous = first === 0xfe ? reader.unsigned(4) : first;
    if (previous !== before) throw new CorruptError("an element of a ziplist has a wrong length");
    out.push(readZiplistElement(reader, reader.byte()));
    before = reader.at - start;
  }
  if (reader.left !== 0 || (count !== 65_535 && count !== out.length)) {
    throw new CorruptError("a ziplist holds another number of elements than it says");
  }
  return out;
}

/** Returns the alternating fields and values of a zipmap, the hash encoding of Redis up to 2.4. */
export function decodeZipmap(bytes: string): string[] {
  const reader = new ByteReader(bytes);
  reader.byte();
  const out: string[] = [];
  for (;;) {
    const first = reader.byte();
    if (first === 0xff) break;
    const length = first === 0xfe ? reader.unsigned(4) : first;
    const isValue = out.length % 2 === 1;
    const free = isValue ? reader.byte() : 0;
    out.push(reader.take(length));
    reader.take(free);
  }
  if (reader.left !== 0 || out.length % 2 === 1) throw new CorruptError("a zipmap is broken");
  return out;
}

/** Returns the members of an intset. */
export function decodeIntset(bytes: string): string[] {
  const reader = new ByteReader(bytes);
  const size = reader.unsigned(4);
  const count = reader.unsigned(4);
  const known = size === 2 || size === 4 || size === 8;
  if (!known || count === 0 || reader.left !== size * count) {
    throw new CorruptError("an intset's length is wrong");
  }
  return Array.from({ length: count }, () =>
    String(size === 8 ? reader.signed64() : reader.signed(size)),
  );
}

/** Encodes members that are all integers, in order, as an intset. */
export function encodeIntset(members: readonly string[]): string {
  const values = members.map((text) => integerOf(text) as number | bigint);
  const fits = (bits: number): boolean =>
    values.every((value) => value >= -(2 ** (bits - 1)) && value < 2 ** (bits - 1));
  const size = fits(16) ? 2 : fits(32) ? 4 : 8;
  const body = values.map((value) =>
    size === 8 ? littleEndian64(BigInt(value)) : littleEndian(Number(value) >>> 0, size),
  );
  return littleEndian(size, 4) + littleEndian(values.length, 4) + body.join("");
}
