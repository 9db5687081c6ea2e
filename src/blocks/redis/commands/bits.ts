/**
 * Strings as bit arrays. The first bit is the most significant bit of the first byte (bitops.c).
 */
import type { Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, SYNTAX } from "../errors.ts";
import { parseInteger } from "../numbers.ts";
import { StringValue } from "../values/string.ts";
import { bitfield, bitfieldReadOnly, parseBitOffset } from "./bitfield.ts";

function setbit(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const offset = parseBitOffset(client, args[2] as string);
  const bit = parseInteger(args[3] as string, err("bit is not an integer or out of range"));
  if (bit !== 0 && bit !== 1) throw err("bit is not an integer or out of range");
  const value = db.getOrAdd(StringValue, key, () => new StringValue(""));
  const { length } = value;
  const bytes = value.grow(
    (offset >>> 3) + 1 > value.length ? Math.floor(offset / 8) + 1 : value.length,
  );
  const at = Math.floor(offset / 8);
  const mask = 0x80 >> (offset % 8);
  const before = bytes[at] as number;
  bytes[at] = bit ? before | mask : before & ~mask;
  if (bytes[at] !== before || value.length !== length) {
    db.changed(key);
    server.notify("$", "setbit", key, db);
  }
  return before & mask ? 1 : 0;
}

function getbit(client: Client, args: string[]): Reply {
  const offset = parseBitOffset(client, args[2] as string);
  const value = client.db.get(StringValue, args[1] as string);
  const at = Math.floor(offset / 8);
  if (value === undefined || at >= value.length) return 0;
  return (value.slice(at, at + 1).charCodeAt(0) & (0x80 >> (offset % 8))) === 0 ? 0 : 1;
}

/** The number of set bits for each byte value. */
const ones: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) count++;
  return count;
});

/**
 * Clamps a range in bytes or bits, both ends included, to `total`. Returns undefined if it is
 * empty.
 */
function clampRange(start: number, end: number, total: number): [number, number] | undefined {
  const from = start < 0 ? Math.max(0, start + total) : start;
  const to = Math.min(total - 1, end < 0 ? Math.max(0, end + total) : end);
  return from > to ? undefined : [from, to];
}

function inBits(word: string | undefined): boolean {
  const unit = word?.toUpperCase();
  if (unit !== undefined && unit !== "BIT" && unit !== "BYTE") throw SYNTAX;
  return unit === "BIT";
}

function bitcount(client: Client, args: string[]): Reply {
  const value = client.db.get(StringValue, args[1] as string);
  if (value === undefined) return 0;
  if (args.length === 3 || args.length > 5) throw SYNTAX;
  const { bytes, length } = value.peek();
  if (args.length === 2) return countOnes(bytes, 0, length * 8 - 1);
  const start = parseInteger(args[2] as string);
  const end = parseInteger(args[3] as string);
  if (start < 0 && end < 0 && start > end) return 0;
  const bits = inBits(args[4]);
  const range = clampRange(start, end, bits ? length * 8 : length);
  if (range === undefined) return 0;
  return bits ? countOnes(bytes, ...range) : countOnes(bytes, range[0] * 8, range[1] * 8 + 7);
}

/** Counts the set bits from one position to another, both included. */
function countOnes(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  let bit = from;
  for (; bit <= to && bit % 8 !== 0; bit++) count += bitAt(bytes, bit);
  for (; bit + 7 <= to; bit += 8) count += ones[bytes[bit / 8] as number] as number;
  for (; bit <= to; bit++) count += bitAt(bytes, bit);
  return count;
}

function bitAt(bytes: Uint8Array, bit: number): number {
  return ((bytes[Math.floor(bit / 8)] as number) >> (7 - (bit % 8))) & 1;
}

function bitpos(client: Client, args: string[]): Reply {
  const wanted = parseInteger(args[2] as string);
  if (wanted !== 0 && wanted !== 1) throw err("The bit argument must be 1 or 0.");
  const value = client.db.get(StringValue, args[1] as string);
  if (value === undefined) return wanted === 0 ? 0 : -1;
  if (args.length > 6) throw SYNTAX;
  const start = args[3] === undefined ? 0 : parseInteger(args[3]);
  const end = args[4] === undefined ? -1 : parseInteger(args[4]);
  const bits = inBits(args[5]);
  const { bytes, length } = value.peek();
  const range = clampRange(start, end, bits ? length * 8 : length);
  if (range === undefined) return -1;
  const [from, to] = bits ? range : [range[0] * 8, range[1] * 8 + 7];
  const dull = wanted === 1 ? 0 : 255;
  for (let bit = from; bit <= to;) {
    if (bit % 8 === 0 && bit + 7 <= to && bytes[bit / 8] === dull) bit += 8;
    else if (bitAt(bytes, bit) === wanted) return bit;
    else bit++;
  }
  // Without an explicit end, the string is treated as padded with zeros on the right.
  return wanted === 0 && args[4] === undefined ? length * 8 : -1;
}

function bitop(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const operation = (args[1] as string).toUpperCase();
  if (!["AND", "OR", "XOR", "NOT"].includes(operation)) throw SYNTAX;
  const key = args[2] as string;
  const sources = args.slice(3);
  if (operation === "NOT" && sources.length !== 1) {
    throw err("BITOP NOT must be called with a single source key.");
  }
  const inputs = sources.map((source) => {
    const value = db.get(StringValue, source);
    return value ? value.peek() : { bytes: Buffer.alloc(0), length: 0 };
  });
  const length = Math.max(...inputs.map((input) => input.length));
  if (length === 0) {
    if (db.delete(key)) server.notify("g", "del", key, db);
    return 0;
  }
  const out = Buffer.alloc(length);
  for (let at = 0; at < length; at++) {
    const byteOf = (index: number): number => {
      const input = inputs[index] as (typeof inputs)[number];
      return at < input.length ? (input.bytes[at] as number) : 0;
    };
    let byte = byteOf(0);
    if (operation === "NOT") byte = ~byte;
    for (let index = 1; index < inputs.length; index++) {
      if (operation === "AND") byte &= byteOf(index);
      else if (operation === "OR") byte |= byteOf(index);
      else byte ^= byteOf(index);
    }
    out[at] = byte;
  }
  const result = new StringValue(out.toString("latin1"));
  result.left = "raw";
  db.put(key, result);
  server.notify("$", "set", key, db);
  return length;
}

export const bits: CommandTable = {
  setbit: [setbit, 4, "wm", 1, 1, 1],
  getbit: [getbit, 3, "rF", 1, 1, 1],
  bitcount: [bitcount, -2, "r", 1, 1, 1],
  bitpos: [bitpos, -3, "r", 1, 1, 1],
  bitop: [bitop, -4, "wm", 2, -1, 1],
  bitfield: [bitfield, -2, "wm", 1, 1, 1],
  bitfield_ro: [bitfieldReadOnly, -2, "rF", 1, 1, 1],
};
