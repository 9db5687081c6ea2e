/** Encodes and decodes lengths and strings as in RDB files (rdb.c). */
import { integerOf } from "../numbers.ts";
import { type ByteReader, CorruptError, littleEndian } from "./bytes.ts";
import { compress, decompress } from "./lzf.ts";

/** Encodes a length or count. */
export function encodeLength(length: number): string {
  if (length < 64) return String.fromCharCode(length);
  if (length < 16_384) return String.fromCharCode(0x40 | (length >> 8), length & 0xff);
  const wide = length > 0xffff_ffff;
  const bytes = Buffer.allocUnsafe(wide ? 8 : 4);
  if (wide) bytes.writeBigUInt64BE(BigInt(length));
  else bytes.writeUInt32BE(length);
  return (wide ? "\x81" : "\x80") + bytes.toString("latin1");
}

/** Encodes a length that may be any 64-bit number. */
export function encodeLength64(length: bigint): string {
  if (length <= 0xffff_ffffn) return encodeLength(Number(length));
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(length);
  return `\x81${bytes.toString("latin1")}`;
}

/** Encodes a string: as an integer if it is one of up to 32 bits, compressed if that is shorter. */
export function encodeString(text: string, compressing: boolean): string {
  if (text.length <= 11) {
    const value = integerOf(text);
    if (value !== undefined) {
      if (value >= -128 && value <= 127) return `\xc0${littleEndian(Number(value) & 0xff, 1)}`;
      if (value >= -32_768 && value <= 32_767) {
        return `\xc1${littleEndian(Number(value) & 0xffff, 2)}`;
      }
      if (value >= -2_147_483_648 && value <= 2_147_483_647) {
        return `\xc2${littleEndian(Number(value) >>> 0, 4)}`;
      }
    }
  }
  if (compressing && text.length > 20) {
    const packed = compress(text);
    if (packed !== undefined) {
      return `\xc3${encodeLength(packed.length)}${encodeLength(text.length)}${packed}`;
    }
  }
  return encodeLength(text.length) + text;
}

function readBigEndian(reader: ByteReader, size: number): bigint {
  let value = 0n;
  for (let left = size; left > 0; left--) value = value * 256n + BigInt(reader.byte());
  return value;
}

/** Reads a length, or with `special` the type of a string with a special encoding. */
function readMark(reader: ByteReader): { length: bigint; special: boolean } {
  const first = reader.byte();
  switch (first >> 6) {
    case 0:
      return { length: BigInt(first), special: false };
    case 1:
      return { length: BigInt(((first & 63) << 8) | reader.byte()), special: false };
    case 3:
      return { length: BigInt(first & 63), special: true };
    default:
  }
  if (first === 0x80) return { length: readBigEndian(reader, 4), special: false };
  if (first === 0x81) return { length: readBigEndian(reader, 8), special: false };
  throw new CorruptError("a length has an unknown encoding");
}

/** Reads any 64-bit length. */
export function readLength64(reader: ByteReader): bigint {
  const { length, special } = readMark(reader);
  if (special) throw new CorruptError("a length was expected");
  return length;
}

/** Reads a length or count that must fit in memory. */
export function readLength(reader: ByteReader): number {
  return Number(readLength64(reader));
}

export function readString(reader: ByteReader): string {
  const { length, special } = readMark(reader);
  if (!special) return reader.take(Number(length));
  switch (Number(length)) {
    case 0:
      return String(reader.signed(1));
    case 1:
      return String(reader.signed(2));
    case 2:
      return String(reader.signed(4));
    case 3: {
      const packedBytes = readLength(reader);
      const size = readLength(reader);
      if (size > 536_870_912) throw new CorruptError("a compressed string is too long");
      const text = decompress(reader.take(packedBytes), size);
      if (text === undefined) throw new CorruptError("a compressed string is broken");
      return text;
    }
    default:
      throw new CorruptError("a string has an unknown encoding");
  }
}
