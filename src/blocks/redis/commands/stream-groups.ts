/** Consumer groups: XGROUP, XACK, XPENDING, XCLAIM, XAUTOCLAIM. */
import { NULL_ARRAY, OK, type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, SYNTAX } from "../errors.ts";
import { parseInteger, parseIntegerIn } from "../numbers.ts";
import { type Consumer, Group, type Pending } from "../values/stream-group.ts";
import {
  formatId,
  parseEnd,
  parseId,
  parseStart,
  parseStrictId,
  type StreamId,
} from "../values/stream-id.ts";
import { entryReply, StreamValue } from "../values/stream.ts";

const NO_STREAM = err(
  "The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.",
);

function subcommandSyntax(args: string[]): RespError {
  return err(
    `unknown subcommand or wrong number of arguments for '${args[1] as string}'. Try ${(args[0] as string).toUpperCase()} HELP.`,
  );
}

function parseEntriesRead(text: string): number | undefined {
  const value = parseInteger(text);
  if (value < -1) throw err("value for ENTRIESREAD must be positive or -1");
  return value === -1 ? undefined : value;
}

function create(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const [, , key, name, idText] = args as [string, string, string, string, string];
  let makeStream = false;
  let entriesRead: number | undefined;
  for (let at = 5; at < args.length; at++) {
    const word = (args[at] as string).toUpperCase();
    if (word === "MKSTREAM") makeStream = true;
    else if (word === "ENTRIESREAD" && at + 1 < args.length) {
      entriesRead = parseEntriesRead(args[++at] as string);
    } else throw subcommandSyntax(args);
  }
  let stream = db.get(StreamValue, key);
  if (stream === undefined && !makeStream) throw NO_STREAM;
  const id = idText === "$" ? (stream?.lastId ?? 0n) : parseStrictId(idText, 0n);
  if (stream === undefined) {
    stream = new StreamValue();
    db.add(key, stream);
    db.changed(key);
  }
  if (stream.groups.has(name)) throw new RespError("BUSYGROUP Consumer Group name already exists");
  stream.groups.set(name, new Group(name, id, entriesRead));
  server.dirty++;
  server.notify("t", "xgroup-create", key, db);
  return OK;
}

/** Returns the stream and group for the other subcommands of XGROUP. */
function existing(client: Client, args: string[]): { stream: StreamValue; group: Group } {
  const [, , key, name] = args as [string, string, string, string];
  const stream = client.db.get(StreamValue, key);
  if (stream === undefined) throw NO_STREAM;
  const group = stream.groups.get(name);
  if (!group) throw new RespError(`NOGROUP No such consumer group '${name}' for key name '${key}'`);
  return { stream, group };
}

function setId(client: Client, args: string[]): Reply {
  let entriesRead: number | undefined;
  if (args.length > 5) {
    if (args.length !== 7 || args[5]?.toUpperCase() !== "ENTRIESREAD") throw subcommandSyntax(args);
    entriesRead = parseEntriesRead(args[6] as string);
  }
  const { stream, group } = existing(client, args);
  const text = args[4] as string;
  group.lastId = text === "$" ? stream.lastId : parseId(text, 0n);
  group.entriesRead = entriesRead;
  client.server.dirty++;
  client.server.notify("t", "xgroup-setid", args[2] as string, client.db);
  return OK;
}

function destroy(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[2] as string;
  const stream = db.get(StreamValue, key);
  if (stream === undefined) throw NO_STREAM;
  if (!stream.groups.delete(args[3] as string)) return 0;
  server.dirty++;
  server.notify("t", "xgroup-destroy", key, db);
  db.ready(key);
  return 1;
}

function createConsumer(client: Client, args: string[]): Reply {
  const { group } = existing(client, args);
  const name = args[4] as string;
  if (group.peek(name)) return 0;
  group.add(name, client.server.nowMs);
  client.server.dirty++;
  client.server.notify("t", "xgroup-createconsumer", args[2] as string, client.db);
  return 1;
}

function deleteConsumer(client: Client, args: string[]): Reply {
  const { group } = existing(client, args);
  const pending = group.remove(args[4] as string);
  if (pending === undefined) return 0;
  client.server.dirty++;
  client.server.notify("t", "xgroup-delconsumer", args[2] as string, client.db);
  return pending;
}

function xack(client: Client, args: string[]): Reply {
  const group = client.db.get(StreamValue, args[1] as string)?.groups.get(args[2] as string);
  if (!group) return 0;
  const ids = args.slice(3).map((text) => parseStrictId(text, 0n));
  let acknowledged = 0;
  for (const id of ids) if (group.acknowledge(id)) acknowledged++;
  client.server.dirty += acknowledged;
  return acknowledged;
}

/** Returns the stream and group for XPENDING, XCLAIM and XAUTOCLAIM. */
function groupAt(client: Client, key: string, name: string): { stream: StreamValue; group: Group } {
  const stream = client.db.get(StreamValue, key);
  const group = stream?.groups.get(name);
  if (!stream || !group) {
    throw new RespError(`NOGROUP No such key '${key}' or consumer group '${name}'`);
  }
  return { stream, group };
}

function summary({
  pending,
  consumers,
}: {
  pending: Group["pending"];
  consumers: Consumer[];
}): Reply {
  if (pending.size === 0) return [0, null, null, NULL_ARRAY];
  const loads = consumers
    .filter((consumer) => consumer.pending.size > 0)
    .map((consumer) => [consumer.name, String(consumer.pending.size)]);
  return [
    pending.size,
    formatId((pending.first as Pending).id),
    formatId((pending.last as Pending).id),
    loads,
  ];
}

function xpending(client: Client, args: string[]): Reply {
  const [, key, name] = args as [string, string, string];
  if (args.length === 3) {
    const { group } = groupAt(client, key, name);
    return summary({ pending: group.pending, consumers: group.consumers() });
  }
  if (args.length < 6 || args.length > 9) throw SYNTAX;
  let at = 3;
  let idleMin = 0;
  if (args[3]?.toUpperCase() === "IDLE") {
    idleMin = parseInteger(args[4] as string);
    if (args.length < 8) throw SYNTAX;
    at = 5;
  }
  const count = Math.max(0, parseInteger(args[at + 2] as string));
  const start = parseStart(args[at] as string);
  const end = parseEnd(args[at + 1] as string);
  const { group } = groupAt(client, key, name);
  const consumerName = args[at + 3];
  const consumer = consumerName === undefined ? undefined : group.peek(consumerName);
  if (consumerName !== undefined && !consumer) return [];
  const out: Reply[] = [];
  for (const pending of (consumer ?? group).pending.from(start)) {
    if (out.length >= count || pending.id > end) break;
    const idle = Math.max(0, client.server.nowMs - pending.deliveredMs);
    if (idleMin > 0 && idle < idleMin) continue;
    out.push([formatId(pending.id), pending.consumer.name, idle, pending.deliveries]);
  }
  return out;
}

interface ClaimOptions {
  readonly ids: StreamId[];
  deliveredMs: number;
  retryCount: number | undefined;
  force: boolean;
  justId: boolean;
  lastId: StreamId;
}

function parseClaim(client: Client, args: string[]): ClaimOptions {
  const { nowMs } = client.server;
  const ids: StreamId[] = [];
  let at = 5;
  for (; at < args.length && /^[0-9]/.test(args[at] as string); at++) {
    ids.push(parseStrictId(args[at] as string, 0n));
  }
  const options: ClaimOptions = {
    ids,
    deliveredMs: nowMs,
    retryCount: undefined,
    force: false,
    justId: false,
    lastId: 0n,
  };
  const complaint = (what: string) => err(`Invalid ${what} option argument for XCLAIM`);
  for (; at < args.length; at++) {
    const word = (args[at] as string).toUpperCase();
    const value = args[at + 1];
    if (word === "FORCE") options.force = true;
    else if (word === "JUSTID") options.justId = true;
    else if (value === undefined) throw err(`Unrecognized XCLAIM option '${args[at] as string}'`);
    else if (word === "IDLE") options.deliveredMs = nowMs - parseInteger(value, complaint("IDLE"));
    else if (word === "TIME") options.deliveredMs = parseInteger(value, complaint("TIME"));
    else if (word === "RETRYCOUNT")
      options.retryCount = parseInteger(value, complaint("RETRYCOUNT"));
    else if (word === "LASTID") options.lastId = parseStrictId(value, 0n);
    else throw err(`Unrecognized XCLAIM option '${args[at] as string}'`);
    if (word !== "FORCE" && word !== "JUSTID") at++;
  }
  if (options.deliveredMs < 0 || options.deliveredMs > nowMs) options.deliveredMs = nowMs;
  return options;
}

function claimer(client: Client, key: string, group: Group, name: string): Consumer {
  const { server, db } = client;
  const known = group.seen(name, server.nowMs);
  if (known) return known;
  server.notify("t", "xgroup-createconsumer", key, db);
  server.propagation?.instead(db, ["XGROUP", "CREATECONSUMER", key, group.name, name]);
  return group.add(name, server.nowMs);
}

/** Records the current state of a pending entry. */
export function recordClaim(client: Client, key: string, group: Group, pending: Pending): void {
  const { consumer, id, deliveredMs, deliveries } = pending;
  const delivery = ["TIME", Math.floor(deliveredMs), "RETRYCOUNT", deliveries];
  client.server.propagation?.instead(client.db, [
    ...["XCLAIM", key, group.name, consumer.name, 0, formatId(id)],
    ...delivery,
    ...["FORCE", "JUSTID", "LASTID", formatId(group.lastId)],
  ]);
}

function xclaim(client: Client, args: string[]): Reply {
  const { server } = client;
  const [, key, name, consumerName] = args as [string, string, string, string];
  const { stream, group } = groupAt(client, key, name);
  const idleMin = parseInteger(args[4] as string, err("Invalid min-idle-time argument for XCLAIM"));
  const options = parseClaim(client, args);
  if (options.lastId > group.lastId) group.lastId = options.lastId;
  const out: Reply[] = [];
  for (const id of options.ids) {
    const old = group.pending.get(id);
    const entry = stream.get(id);
    if (!entry) {
      if (group.acknowledge(id)) {
        server.dirty++;
        server.propagation?.instead(client.db, ["XACK", key, name, formatId(id)]);
      }
      continue;
    }
    if (!old && !options.force) continue;
    if (old && idleMin > 0 && server.nowMs - old.deliveredMs < idleMin) continue;
    const consumer = claimer(client, key, group, consumerName);
    const pending = old ?? { id, consumer, deliveredMs: 0, deliveries: 1 };
    pending.deliveredMs = options.deliveredMs;
    if (options.retryCount !== undefined && options.retryCount >= 0) {
      pending.deliveries = options.retryCount;
    } else if (!options.justId) {
      pending.deliveries++;
    }
    group.assign(pending, consumer);
    recordClaim(client, key, group, pending);
    out.push(options.justId ? formatId(id) : entryReply(entry));
  }
  server.dirty += out.length;
  return out;
}

function xautoclaim(client: Client, args: string[]): Reply {
  const { server } = client;
  const [, key, name, consumerName] = args as [string, string, string, string];
  const complaint = err("Invalid min-idle-time argument for XAUTOCLAIM");
  const idleMin = Math.max(0, parseInteger(args[4] as string, complaint));
  const start = parseStart(args[5] as string);
  let count = 100;
  let justId = false;
  for (let at = 6; at < args.length; at++) {
    const word = (args[at] as string).toUpperCase();
    if (word === "JUSTID") justId = true;
    else if (word === "COUNT" && at + 1 < args.length) {
      count = parseIntegerIn(args[++at] as string, 1, 2 ** 63 / 16 - 1, err("COUNT must be > 0"));
    } else throw SYNTAX;
  }
  const { stream, group } = groupAt(client, key, name);
  const claimed: Reply[] = [];
  const deleted: string[] = [];
  let attempts = count * 10;
  let next: StreamId = 0n;
  for (const pending of group.pending.from(start)) {
    if (attempts-- <= 0 || claimed.length + deleted.length >= count) {
      next = pending.id;
      break;
    }
    const entry = stream.get(pending.id);
    if (!entry) {
      group.acknowledge(pending.id);
      server.propagation?.instead(client.db, ["XACK", key, name, formatId(pending.id)]);
      deleted.push(formatId(pending.id));
      continue;
    }
    if (idleMin > 0 && server.nowMs - pending.deliveredMs < idleMin) continue;
    const consumer = claimer(client, key, group, consumerName);
    pending.deliveredMs = server.nowMs;
    if (!justId) pending.deliveries++;
    group.assign(pending, consumer);
    recordClaim(client, key, group, pending);
    claimed.push(justId ? formatId(pending.id) : entryReply(entry));
  }
  server.dirty += claimed.length + deleted.length;
  return [formatId(next), claimed, deleted];
}

export const streamGroups: CommandTable = {
  xgroup: [
    {
      create: [create, -5, "wm", 2, 2, 1],
      setid: [setId, -5, "w", 2, 2, 1],
      destroy: [destroy, 4, "w", 2, 2, 1],
      createconsumer: [createConsumer, 5, "wm", 2, 2, 1],
      delconsumer: [deleteConsumer, 5, "w", 2, 2, 1],
    },
    -2,
    "",
  ],
  xack: [xack, -4, "wF", 1, 1, 1],
  xpending: [xpending, -3, "r", 1, 1, 1],
  xclaim: [xclaim, -6, "wF", 1, 1, 1],
  xautoclaim: [xautoclaim, -6, "wF", 1, 1, 1],
};
