/** BITFIELD: integers of any width at any bit offset of a string, with three overflow modes. */
import type { Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { err, SYNTAX } from "../errors.ts";
import { parseInt64, parseInteger } from "../numbers.ts";
import { StringValue } from "../values/string.ts";

/**
 * Parses a bit offset. `unit` is the width by which an offset with the prefix `#` is multiplied.
 */
export function parseBitOffset(client: Client, text: string, unit = 0): number {
  const complaint = err("bit offset is not an integer or out of range");
  const scaled = unit > 0 && text.startsWith("#");
  const given = parseInteger(scaled ? text.slice(1) : text, complaint);
  const offset = scaled ? given * unit : given;
  const bytesMax = Number(client.server.config.get("proto-max-bulk-len"));
  if (offset < 0 || offset / 8 >= bytesMax) throw complaint;
  return offset;
}

type Overflow = "WRAP" | "SAT" | "FAIL";

interface Operation {
  readonly kind: "GET" | "SET" | "INCRBY";
  readonly signed: boolean;
  readonly width: number;
  readonly offset: number;
  readonly value: bigint;
  readonly overflow: Overflow;
}

const BAD_TYPE = err(
  "Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
);

function parse(client: Client, args: string[]): Operation[] {
  const operations: Operation[] = [];
  let overflow: Overflow = "WRAP";
  for (let at = 2; at < args.length;) {
    const word = (args[at] as string).toUpperCase();
    if (word === "OVERFLOW" && at + 1 < args.length) {
      const chosen = (args[at + 1] as string).toUpperCase();
      if (chosen !== "WRAP" && chosen !== "SAT" && chosen !== "FAIL") {
        throw err("Invalid OVERFLOW type specified");
      }
      overflow = chosen;
      at += 2;
      continue;
    }
    const length = word === "GET" ? 3 : 4;
    if ((word !== "GET" && word !== "SET" && word !== "INCRBY") || at + length > args.length) {
      throw SYNTAX;
    }
    const type = /^([iu])([0-9]{1,2})$/.exec(args[at + 1] as string);
    const signed = type?.[1] === "i";
    const width = Number(type?.[2] ?? 0);
    if (width < 1 || width > (signed ? 64 : 63)) throw BAD_TYPE;
    const offset = parseBitOffset(client, args[at + 2] as string, width);
    const value = word === "GET" ? 0n : BigInt(parseInt64(args[at + 3] as string));
    operations.push({ kind: word, signed, width, offset, value, overflow });
    at += length;
  }
  return operations;
}

export function bitfield(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const operations = parse(client, args);
  const writes = operations.filter(({ kind }) => kind !== "GET");
  let value = db.get(StringValue, key);
  let bytes = value?.peek().bytes ?? Buffer.alloc(0);
  let grown = false;
  if (writes.length > 0) {
    value ??= db.getOrAdd(StringValue, key, () => new StringValue(""));
    const last = Math.max(...writes.map(({ offset, width }) => offset + width - 1));
    const { length } = value;
    bytes = value.grow(Math.max(length, Math.floor(last / 8) + 1));
    grown = value.length > length;
  }
  let changes = grown ? 1 : 0;
  const replies = operations.map((operation): Reply => {
    const before = read(bytes, operation);
    if (operation.kind === "GET") return compact(before);
    const sets = operation.kind === "SET";
    const after = sets
      ? fit(operation.value, 0n, operation)
      : fit(before, operation.value, operation);
    if (after === undefined) return null;
    write(bytes, operation, after);
    if (after !== before) changes++;
    return compact(sets ? before : after);
  });
  if (changes > 0) {
    db.changed(key);
    server.notify("$", "setbit", key, db);
  }
  return replies;
}

export function bitfieldReadOnly(client: Client, args: string[]): Reply {
  const operations = parse(client, args);
  if (operations.some(({ kind }) => kind !== "GET")) {
    throw err("BITFIELD_RO only supports the GET subcommand");
  }
  const bytes = client.db.get(StringValue, args[1] as string)?.peek().bytes ?? Buffer.alloc(0);
  return operations.map((operation) => compact(read(bytes, operation)));
}

function compact(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

function read(bytes: Uint8Array, { offset, width, signed }: Operation): bigint {
  let value = 0n;
  for (let bit = offset; bit < offset + width; bit++) {
    const byte = bytes[Math.floor(bit / 8)] ?? 0;
    value = (value << 1n) | BigInt((byte >> (7 - (bit % 8))) & 1);
  }
  return signed ? BigInt.asIntN(width, value) : value;
}

function write(bytes: Uint8Array, { offset, width }: Operation, value: bigint): void {
  const raw = BigInt.asUintN(width, value);
  for (let index = 0; index < width; index++) {
    const bit = offset + index;
    const at = Math.floor(bit / 8);
    const mask = 0x80 >> (bit % 8);
    const set = (raw >> BigInt(width - 1 - index)) & 1n;
    bytes[at] = set ? (bytes[at] as number) | mask : (bytes[at] as number) & ~mask;
  }
}

/**
 * Returns `value + increment` in the field's width, or undefined if it overflows and must not. The
 * remaining range is computed in wrapping 64-bit arithmetic, as in bitops.c, so a value at the far
 * end overflows to the same side.
 */
function fit(given: bigint, increment: bigint, operation: Operation): bigint | undefined {
  const { signed, width, overflow } = operation;
  const bits = BigInt(width);
  const value = signed ? given : BigInt.asUintN(64, given);
  const max = signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  const min = signed ? -(1n << (bits - 1n)) : 0n;
  const roomAbove = BigInt.asIntN(64, max - value);
  const roomBelow = BigInt.asIntN(64, min - value);
  const narrow = signed && width !== 64;
  const above = value > max || (increment > roomAbove && (narrow || increment > 0n));
  const below = value < min || (increment < roomBelow && (narrow || increment < 0n));
  if (!above && !below) return value + increment;
  if (overflow === "FAIL") return undefined;
  if (overflow === "SAT") return above ? max : min;
  const wrapped = value + increment;
  return signed ? BigInt.asIntN(width, wrapped) : BigInt.asUintN(width, wrapped);
}
