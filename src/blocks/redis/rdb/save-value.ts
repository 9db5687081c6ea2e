/** Encodes values as RDB objects, in the encodings of Redis 7.0 (rdb.c). */
import { formatDouble } from "../../../wire/index.ts";
import type { Limits } from "../config.ts";
import { HashValue } from "../values/hash.ts";
import { ListValue } from "../values/list.ts";
import { SetValue } from "../values/set.ts";
import type { Group, PendingList } from "../values/stream-group.ts";
import { millisecondsOf, sequenceOf, type StreamId } from "../values/stream-id.ts";
import { type StreamEntry, StreamValue } from "../values/stream.ts";
import { StringValue } from "../values/string.ts";
import type { Value } from "../values/value.ts";
import { ZSetValue } from "../values/zset.ts";
import { littleEndian64, littleEndianDouble } from "./bytes.ts";
import { encodeElement, encodeListpack, joinListpack } from "./listpack.ts";
import { encodeIntset } from "./older.ts";
import { encodeLength, encodeLength64, encodeString } from "./strings.ts";
import { TYPE } from "./types.ts";

/** The options that decide between encodings. */
export interface SaveOptions {
  /** `rdbcompression`. */
  readonly compressing: boolean;
  readonly limits: Limits;
}

/** Returns the type byte and the body of a value. */
export function saveValue(value: Value, options: SaveOptions): string {
  const string = (text: string): string => encodeString(text, options.compressing);
  if (value instanceof StringValue) return TYPE.string + string(value.text);
  if (value instanceof ListValue) return TYPE.quicklist2 + saveList(value, string, options);
  if (value instanceof SetValue) {
    const members = value.list();
    if (value.integers) return TYPE.intset + string(encodeIntset(members));
    return TYPE.set + encodeLength(members.length) + members.map(string).join("");
  }
  if (value instanceof ZSetValue) return saveZset(value, string);
  if (value instanceof HashValue) {
    const flat = value.fields.slots().flatMap(({ key, value: text }) => [key, text]);
    if (!value.large) return TYPE.hashListpack + string(encodeListpack(flat));
    return TYPE.hash + encodeLength(value.size) + flat.map(string).join("");
  }
  if (value instanceof StreamValue) return TYPE.stream2 + saveStream(value, string);
  throw new TypeError(`no RDB encoding for ${value.type}`);
}

const NODE_BYTES = [4_096, 8_192, 16_384, 32_768, 65_536];
const NODE_BYTES_SAFE = 8_192;
/** Redis's estimate of an element's size in addition to its bytes. */
const ELEMENT_BYTES = 8;
const PACKED = 2;

/** Encodes a list in nodes of the size that `list-max-listpack-size` sets. */
function saveList(list: ListValue, string: (text: string) => string, { limits }: SaveOptions) {
  const fill = limits.listSize;
  const bytesMax = fill < 0 ? NODE_BYTES[Math.min(4, -fill - 1)] : NODE_BYTES_SAFE;
  const countMax = fill < 0 ? Infinity : Math.max(1, fill);
  const nodes: string[][] = [];
  let bytes = Infinity;
  let node: string[] = [];
  for (const item of list.items()) {
    const full = bytes + item.length + ELEMENT_BYTES > (bytesMax as number);
    if (full || node.length >= countMax) {
      nodes.push((node = []));
      bytes = 7;
    }
    const element = encodeElement(item);
    node.push(element);
    bytes += element.length;
  }
  return (
    encodeLength(nodes.length) +
    nodes.map((one) => encodeLength(PACKED) + string(joinListpack(one))).join("")
  );
}

function saveZset(set: ZSetValue, string: (text: string) => string): string {
  const all = set.all();
  if (!set.large) {
    const flat = all.flatMap(({ member, score }) => [member, formatDouble(score)]);
    return TYPE.zsetListpack + string(encodeListpack(flat));
  }
  // In descending order, so that a loader always inserts at the front of its skip list.
  const body = all.map(({ member, score }) => string(member) + littleEndianDouble(score));
  return TYPE.zset2 + encodeLength(all.length) + body.reverse().join("");
}

/** Encodes an ID as 16 bytes, most significant first. */
function idBytes(id: StreamId): string {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeBigUInt64BE(millisecondsOf(id));
  bytes.writeBigUInt64BE(sequenceOf(id), 8);
  return bytes.toString("latin1");
}

function idLengths(id: StreamId): string {
  return encodeLength64(millisecondsOf(id)) + encodeLength64(sequenceOf(id));
}

const SAME_FIELDS = 2;

/**
 * Encodes one node: the master entry with the fields of the first entry, then each entry relative
 * to it.
 */
function saveStreamNode(entries: readonly StreamEntry[]): string {
  const first = entries[0] as StreamEntry;
  const master = first.fields.filter((_, at) => at % 2 === 0);
  const flat = [String(entries.length), "0", String(master.length), ...master, "0"];
  for (const { id, fields } of entries) {
    const names = fields.filter((_, at) => at % 2 === 0);
    const values = fields.filter((_, at) => at % 2 === 1);
    const same = names.length === master.length && names.every((name, at) => name === master[at]);
    flat.push(
      String(same ? SAME_FIELDS : 0),
      String(BigInt.asIntN(64, millisecondsOf(id) - millisecondsOf(first.id))),
      String(BigInt.asIntN(64, sequenceOf(id) - sequenceOf(first.id))),
      ...(same ? values : [String(names.length), ...fields]),
      String(same ? names.length + 3 : fields.length + 4),
    );
  }
  return encodeListpack(flat);
}

function saveStream(stream: StreamValue, string: (text: string) => string): string {
  const nodes = stream.entriesByNode();
  const groups = stream.sortedGroups();
  return [
    encodeLength(nodes.length),
    ...nodes.map((entries) => {
      return string(idBytes((entries[0] as StreamEntry).id)) + string(saveStreamNode(entries));
    }),
    encodeLength(stream.length),
    idLengths(stream.lastId),
    idLengths(stream.firstId),
    idLengths(stream.maxDeletedId),
    encodeLength(stream.entriesAdded),
    encodeLength(groups.length),
    ...groups.map((group) => saveGroup(group, string)),
  ].join("");
}

function saveGroup(group: Group, string: (text: string) => string): string {
  const consumers = group.consumers();
  return [
    string(group.name),
    idLengths(group.lastId),
    encodeLength64(BigInt.asUintN(64, BigInt(group.entriesRead ?? -1))),
    savePending(group.pending, true),
    encodeLength(consumers.length),
    ...consumers.map(
      ({ name, seenMs, pending }) =>
        string(name) + littleEndian64(BigInt(Math.floor(seenMs))) + savePending(pending, false),
    ),
  ].join("");
}

function savePending(list: PendingList, whole: boolean): string {
  const entries = list.from(0n).map(({ id, deliveredMs, deliveries }) => {
    const delivery = littleEndian64(BigInt(Math.floor(deliveredMs))) + encodeLength(deliveries);
    return idBytes(id) + (whole ? delivery : "");
  });
  return encodeLength(entries.length) + entries.join("");
}
