/** Decodes values from RDB objects of Redis 7.0 and earlier (rdb.c). */
import type { Limits } from "../config.ts";
import { floatOf, integerOf } from "../numbers.ts";
import { HashValue } from "../values/hash.ts";
import { ListValue } from "../values/list.ts";
import { SetValue } from "../values/set.ts";
import { type Consumer, Group, type Pending } from "../values/stream-group.ts";
import { makeId, millisecondsOf, sequenceOf, type StreamId } from "../values/stream-id.ts";
import { type StreamEntry, StreamValue } from "../values/stream.ts";
import { StringValue } from "../values/string.ts";
import type { Value } from "../values/value.ts";
import { ZSetValue } from "../values/zset.ts";
import { type ByteReader, CorruptError } from "./bytes.ts";
import { decodeListpack } from "./listpack.ts";
import { decodeIntset, decodeZiplist, decodeZipmap } from "./older.ts";
import { readLength, readLength64, readString } from "./strings.ts";
import { TYPE } from "./types.ts";

/** Reads the body of a value of this type. Throws {@link CorruptError} if it is invalid. */
export function loadValue(type: string, reader: ByteReader, limits: Limits): Value {
  switch (type) {
    case TYPE.string:
      return new StringValue(readString(reader));
    case TYPE.list:
      return listOf(readStrings(reader));
    case TYPE.listZiplist:
      return listOf(decodeZiplist(readString(reader)));
    case TYPE.quicklist:
      return listOf(readNodes(reader, () => decodeZiplist(readString(reader))));
    case TYPE.quicklist2:
      return listOf(readNodes(reader, () => readNode2(reader)));
    case TYPE.set:
      return setOf(readStrings(reader), limits);
    case TYPE.intset:
      return setOf(decodeIntset(readString(reader)), limits);
    case TYPE.zset:
    case TYPE.zset2:
      return readZset(reader, type, limits);
    case TYPE.zsetZiplist:
      return zsetOf(decodeZiplist(readString(reader)), limits);
    case TYPE.zsetListpack:
      return zsetOf(decodeListpack(readString(reader)), limits);
    case TYPE.hash:
      return hashOf(readStrings(reader, 2), limits);
    case TYPE.hashZipmap:
      return hashOf(decodeZipmap(readString(reader)), limits);
    case TYPE.hashZiplist:
      return hashOf(decodeZiplist(readString(reader)), limits);
    case TYPE.hashListpack:
      return hashOf(decodeListpack(readString(reader)), limits);
    case TYPE.stream:
    case TYPE.stream2:
      return readStream(reader, type === TYPE.stream2, limits);
    default:
      throw new CorruptError(`a value has the unknown type ${type.charCodeAt(0)}`);
  }
}

/** Reads a count, and that many strings or groups of `each` strings. */
function readStrings(reader: ByteReader, each = 1): string[] {
  const count = readLength(reader) * each;
  if (count > reader.left) throw new CorruptError("it holds fewer elements than it says");
  return Array.from({ length: count }, () => readString(reader));
}

/**
 * Reads a count of nodes, and the strings of each node. A count greater than the number of
 * remaining bytes is invalid.
 */
function readNodes(reader: ByteReader, read: () => string[]): string[] {
  const count = readLength(reader);
  if (count > reader.left) throw new CorruptError("it holds fewer nodes than it says");
  return Array.from({ length: count }, read).flat();
}

const PLAIN = 1;
const PACKED = 2;

function readNode2(reader: ByteReader): string[] {
  const container = readLength(reader);
  if (container === PLAIN) return [readString(reader)];
  if (container !== PACKED) throw new CorruptError("a list has an unknown container");
  return decodeListpack(readString(reader));
}

function notEmpty<T extends readonly unknown[]>(items: T): T {
  if (items.length === 0) throw new CorruptError("a collection is empty");
  return items;
}

function noneTwice(count: number, size: number): void {
  if (count !== size) throw new CorruptError("an element is there twice");
}

function listOf(items: string[]): ListValue {
  return ListValue.of(notEmpty(items));
}

function setOf(members: string[], limits: Limits): SetValue {
  const set = SetValue.of(notEmpty(members), limits);
  noneTwice(members.length, set.size);
  return set;
}

function hashOf(flat: string[], limits: Limits): HashValue {
  if (notEmpty(flat).length % 2 === 1) throw new CorruptError("a field has no value");
  const hash = new HashValue();
  for (let at = 0; at < flat.length; at += 2) {
    hash.set(flat[at] as string, flat[at + 1] as string, limits);
  }
  noneTwice(flat.length / 2, hash.size);
  return hash;
}

function zsetOf(flat: string[], limits: Limits): ZSetValue {
  if (notEmpty(flat).length % 2 === 1) throw new CorruptError("a member has no score");
  const set = new ZSetValue();
  for (let at = 0; at < flat.length; at += 2) {
    const score = floatOf(flat[at + 1] as string);
    if (score === undefined) throw new CorruptError("a score is no number");
    set.set(flat[at] as string, score, limits);
  }
  noneTwice(flat.length / 2, set.size);
  return set;
}

/**
 * Reads a score that is stored as text with a length byte, where 253 to 255 represent NaN and the
 * infinities.
 */
function readOldDouble(reader: ByteReader): number {
  const length = reader.byte();
  if (length === 255) return -Infinity;
  if (length === 254) return Infinity;
  const value = length === 253 ? undefined : floatOf(reader.take(length));
  if (value === undefined) throw new CorruptError("a score is no number");
  return value;
}

function readZset(reader: ByteReader, type: string, limits: Limits): ZSetValue {
  const count = readLength(reader);
  if (count === 0) throw new CorruptError("a collection is empty");
  const set = new ZSetValue();
  for (let left = count; left > 0; left--) {
    const member = readString(reader);
    const score = type === TYPE.zset2 ? reader.double() : readOldDouble(reader);
    if (Number.isNaN(score)) throw new CorruptError("a score is no number");
    set.set(member, score, limits);
  }
  noneTwice(count, set.size);
  return set;
}

function idOf(bytes: string): StreamId {
  if (bytes.length !== 16) throw new CorruptError("a stream's node has a key of another length");
  const buffer = Buffer.from(bytes, "latin1");
  return makeId(buffer.readBigUInt64BE(), buffer.readBigUInt64BE(8));
}

function readId(reader: ByteReader): StreamId {
  return makeId(readLength64(reader), readLength64(reader));
}

const DELETED = 1;
const SAME_FIELDS = 2;

/** Returns the entries of a node that are not deleted, and the total number of its entries. */
function readStreamNode(
  master: StreamId,
  items: readonly string[],
): { entries: StreamEntry[]; total: number } {
  let at = 0;
  const next = (): string => {
    const item = items[at++];
    if (item === undefined) throw new CorruptError("a stream's node ends too early");
    return item;
  };
  const number = (): bigint => {
    const value = integerOf(next());
    if (value === undefined) throw new CorruptError("a stream's node has text for a number");
    return BigInt(value);
  };
  const total = Number(number()) + Number(number());
  const fields = Array.from({ length: Number(number()) }, next);
  number();
  const entries: StreamEntry[] = [];
  while (at < items.length) {
    const flags = Number(number());
    const id = makeId(
      BigInt.asUintN(64, millisecondsOf(master) + number()),
      BigInt.asUintN(64, sequenceOf(master) + number()),
    );
    const flat =
      (flags & SAME_FIELDS) !== 0
        ? fields.flatMap((field) => [field, next()])
        : Array.from({ length: Number(number()) * 2 }, next);
    number();
    if ((flags & DELETED) === 0) entries.push({ id, fields: flat });
  }
  return { entries, total };
}

function readStream(reader: ByteReader, second: boolean, limits: Limits): StreamValue {
  const nodes: { entries: StreamEntry[]; total: number }[] = [];
  for (let left = readLength(reader); left > 0; left--) {
    const master = idOf(readString(reader));
    nodes.push(readStreamNode(master, decodeListpack(readString(reader))));
  }
  const length = readLength(reader);
  const lastId = readId(reader);
  const stream = StreamValue.restore(nodes, lastId, limits);
  if (length !== stream.length) throw new CorruptError("a stream has another length than it says");
  if (second) {
    readId(reader);
    stream.maxDeletedId = readId(reader);
    stream.entriesAdded = readLength(reader);
  } else {
    stream.entriesAdded = stream.length;
  }
  for (let left = readLength(reader); left > 0; left--) readGroup(reader, stream, second);
  return stream;
}

function readGroup(reader: ByteReader, stream: StreamValue, second: boolean): void {
  const name = readString(reader);
  const lastId = readId(reader);
  const read = second ? BigInt.asIntN(64, readLength64(reader)) : -1n;
  // Redis estimates the values that older versions did not write.
  const entriesRead = second ? (read < 0n ? undefined : Number(read)) : stream.distance(lastId);
  if (stream.groups.has(name)) throw new CorruptError("a consumer group is there twice");
  const group = new Group(name, lastId, entriesRead);
  stream.groups.set(name, group);
  const pending = new Map<StreamId, Omit<Pending, "consumer">>();
  for (let left = readLength(reader); left > 0; left--) {
    const id = idOf(reader.take(16));
    pending.set(id, { id, deliveredMs: Number(reader.signed64()), deliveries: readLength(reader) });
  }
  for (let left = readLength(reader); left > 0; left--) {
    const consumer: Consumer = group.add(readString(reader), Number(reader.signed64()));
    for (let entries = readLength(reader); entries > 0; entries--) {
      const id = idOf(reader.take(16));
      const delivery = pending.get(id);
      if (!delivery) throw new CorruptError("a consumer has an entry that its group has not");
      group.assign({ ...delivery, consumer }, consumer);
    }
  }
}
