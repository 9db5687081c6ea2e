/** XREAD and XREADGROUP, which can wait for entries. */
import { MapReply, NULL_ARRAY, type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { type CommandTable, type NoReply } from "../command.ts";
import { err, SYNTAX } from "../errors.ts";
import { parseInteger } from "../numbers.ts";
import type { Consumer, Group } from "../values/stream-group.ts";
import { formatId, ID_MAX, parseStrictId, type StreamId } from "../values/stream-id.ts";
import { entryReply, type StreamEntry, StreamValue } from "../values/stream.ts";
import { recordClaim } from "./stream-groups.ts";

const BLOCKED_COUNT = 1_000;

interface ReadOptions {
  readonly groupName: string | undefined;
  readonly consumerName: string;
  readonly count: number;
  readonly blockMs: number | undefined;
  readonly noAck: boolean;
  readonly keys: readonly string[];
  readonly ids: readonly string[];
}

function parseBlock(client: Client, text: string, name: string): number {
  if (client.socket === undefined) {
    throw err(`${name} command is not allowed with BLOCK option from scripts`);
  }
  const timeoutMs = parseInteger(text, err("timeout is not an integer or out of range"));
  if (timeoutMs < 0) throw err("timeout is negative");
  return timeoutMs;
}

function parse(client: Client, args: string[]): ReadOptions {
  const grouped = (args[0] as string).length === 10;
  let groupName: string | undefined;
  let consumerName = "";
  let count = 0;
  let blockMs: number | undefined;
  let noAck = false;
  for (let at = 1; at < args.length; at++) {
    const left = args.length - at - 1;
    const word = (args[at] as string).toUpperCase();
    if (word === "BLOCK" && left > 0) {
      blockMs = parseBlock(client, args[++at] as string, args[0] as string);
    } else if (word === "COUNT" && left > 0) {
      count = Math.max(0, parseInteger(args[++at] as string));
    } else if (word === "GROUP" && left >= 2) {
      if (!grouped) {
        throw err("The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
      }
      groupName = args[++at] as string;
      consumerName = args[++at] as string;
    } else if (word === "NOACK") {
      if (!grouped) {
        throw err("The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
      }
      noAck = true;
    } else if (word === "STREAMS" && left > 0) {
      if (left % 2 === 1) {
        throw err(
          "Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
        );
      }
      if (grouped && groupName === undefined) throw err("Missing GROUP option for XREADGROUP");
      const keys = args.slice(at + 1, at + 1 + left / 2);
      const ids = args.slice(at + 1 + left / 2);
      return { groupName, consumerName, count, blockMs, noAck, keys, ids };
    } else {
      throw SYNTAX;
    }
  }
  throw SYNTAX;
}

/** Resolves the ID after which to read. `>` becomes the greatest ID. */
function resolveId(client: Client, options: ReadOptions, index: number): StreamId {
  const key = options.keys[index] as string;
  const text = options.ids[index] as string;
  const stream = client.db.get(StreamValue, key);
  const { groupName } = options;
  if (groupName !== undefined && !stream?.groups.has(groupName)) {
    throw new RespError(
      `NOGROUP No such key '${key}' or consumer group '${groupName}' in XREADGROUP with GROUP option`,
    );
  }
  if (text === "$") {
    if (groupName !== undefined) {
      throw err(
        "The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.",
      );
    }
    return stream?.lastId ?? 0n;
  }
  if (text === ">") {
    if (groupName === undefined) {
      throw err(
        "The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
      );
    }
    return ID_MAX;
  }
  return parseStrictId(text, 0n);
}

function consumerOf(client: Client, key: string, group: Group, name: string): Consumer {
  const { server, db } = client;
  const known = group.seen(name, server.nowMs);
  if (known) return known;
  server.notify("t", "xgroup-createconsumer", key, db);
  server.dirty++;
  server.propagation?.instead(db, ["XGROUP", "CREATECONSUMER", key, group.name, name]);
  return group.add(name, server.nowMs);
}

/** Delivers new entries to a group's consumer. They become pending. */
function deliver(
  client: Client,
  {
    key,
    stream,
    group,
    consumer,
  }: { key: string; stream: StreamValue; group: Group; consumer: Consumer },
  options: { count: number; noAck: boolean },
): StreamEntry[] {
  const count = options.count === 0 ? Infinity : options.count;
  const entries = stream.range(group.lastId + 1n, ID_MAX, count);
  for (const { id } of entries) {
    if (group.entriesRead !== undefined && !stream.hasTombstones(id)) group.entriesRead++;
    else if (stream.entriesAdded > 0) group.entriesRead = stream.distance(id);
    group.lastId = id;
    if (options.noAck) continue;
    const old = group.pending.get(id);
    const pending = old ?? { id, consumer, deliveredMs: 0, deliveries: 0 };
    pending.deliveredMs = client.server.nowMs;
    pending.deliveries = 1;
    group.assign(pending, consumer);
    recordClaim(client, key, group, pending);
  }
  if (entries.length > 0) {
    client.db.changed(key);
    const place = ["SETID", key, group.name, formatId(group.lastId)];
    const read = group.entriesRead === undefined ? -1 : group.entriesRead;
    const { propagation } = client.server;
    propagation?.instead(client.db, ["XGROUP", ...place, "ENTRIESREAD", read]);
  }
  return entries;
}

/** Returns what a consumer was delivered and has not acknowledged. Deleted entries are null. */
function history(
  client: Client,
  stream: StreamValue,
  consumer: Consumer,
  { after, count }: { after: StreamId; count: number },
): Reply {
  const out: Reply[] = [];
  for (const pending of consumer.pending.from(after + 1n)) {
    if (count > 0 && out.length >= count) break;
    const entry = stream.get(pending.id);
    if (!entry) {
      out.push([formatId(pending.id), NULL_ARRAY]);
      continue;
    }
    out.push(entryReply(entry));
    pending.deliveredMs = client.server.nowMs;
    pending.deliveries++;
  }
  return out;
}

/** Returns what one stream has available immediately, or undefined if there is nothing. */
function readOne(
  client: Client,
  options: ReadOptions,
  index: number,
  after: StreamId,
): Reply | undefined {
  const key = options.keys[index] as string;
  const stream = client.db.get(StreamValue, key);
  if (stream === undefined) return undefined;
  const top = stream.last?.id ?? 0n;
  if (options.groupName === undefined) {
    if (stream.length === 0 || top <= after) return undefined;
    const count = options.count === 0 ? Infinity : options.count;
    return stream.range(after + 1n, ID_MAX, count).map(entryReply);
  }
  const group = stream.groups.get(options.groupName) as Group;
  if (after !== ID_MAX) {
    const consumer = consumerOf(client, key, group, options.consumerName);
    return history(client, stream, consumer, { after, count: options.count });
  }
  if (stream.length === 0 || top <= group.lastId) return undefined;
  const consumer = consumerOf(client, key, group, options.consumerName);
  return deliver(client, { key, stream, group, consumer }, options).map(entryReply);
}

function asReply(client: Client, found: readonly (readonly [string, Reply])[]): Reply {
  return client.resp === 3 ? new MapReply(found.flat()) : found;
}

function xread(client: Client, args: string[]): Reply | NoReply {
  const options = parse(client, args);
  const after = options.keys.map((_, index) => resolveId(client, options, index));
  const found: [string, Reply][] = [];
  options.keys.forEach((key, index) => {
    const entries = readOne(client, options, index, after[index] as StreamId);
    if (entries !== undefined) found.push([key, entries]);
  });
  if (found.length > 0) return asReply(client, found);
  if (options.blockMs === undefined || client.denyBlocking) return NULL_ARRAY;
  const waiting = { ...options, count: options.count === 0 ? BLOCKED_COUNT : options.count };
  return client.block({
    keys: options.keys,
    timeoutMs: options.blockMs,
    onTimeout: NULL_ARRAY,
    attempt: (key) => serve(client, waiting, key, after),
  });
}

/** Serves a waiting client after one of its keys changed. */
function serve(
  client: Client,
  options: ReadOptions,
  key: string,
  after: readonly StreamId[],
): Reply | undefined {
  const value = client.db.peek(key);
  if (options.groupName !== undefined) {
    if (!(value instanceof StreamValue)) {
      return new RespError("UNBLOCKED the stream key no longer exists");
    }
    if (!value.groups.has(options.groupName)) {
      return new RespError(
        "NOGROUP the consumer group this client was blocked on no longer exists",
      );
    }
  }
  if (!(value instanceof StreamValue)) return undefined;
  const index = options.keys.indexOf(key);
  const entries = readOne(client, options, index, after[index] as StreamId);
  return entries === undefined ? undefined : asReply(client, [[key, entries]]);
}

export const streamReads: CommandTable = {
  xread: [xread, -4, "rbM"],
  xreadgroup: [xread, -7, "wbM"],
};
