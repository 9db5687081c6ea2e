/** XINFO: describes streams, groups and consumers. */
import { MapReply, type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { NO_SUCH_KEY, SYNTAX } from "../errors.ts";
import { parseInteger } from "../numbers.ts";
import type { Consumer, Group } from "../values/stream-group.ts";
import { formatId, ID_MAX } from "../values/stream-id.ts";
import { entryReply, StreamValue } from "../values/stream.ts";

function streamAt(client: Client, key: string): StreamValue {
  const stream = client.db.get(StreamValue, key);
  if (stream === undefined) throw NO_SUCH_KEY;
  return stream;
}

/** Returns how many entries the group has not read yet, or null if that is unknown. */
function lag(stream: StreamValue, group: Group): number | null {
  if (stream.entriesAdded === 0) return 0;
  if (group.entriesRead !== undefined && !stream.hasTombstones(group.lastId)) {
    return stream.entriesAdded - group.entriesRead;
  }
  const read = stream.distance(group.lastId);
  return read === undefined ? null : stream.entriesAdded - read;
}

function stream(client: Client, args: string[]): Reply {
  const found = streamAt(client, args[2] as string);
  const flat: Reply[] = [
    "length",
    found.length,
    "radix-tree-keys",
    found.nodes,
    "radix-tree-nodes",
    found.nodes + 1,
    "last-generated-id",
    formatId(found.lastId),
    "max-deleted-entry-id",
    formatId(found.maxDeletedId),
    "entries-added",
    found.entriesAdded,
    "recorded-first-entry-id",
    formatId(found.firstId),
  ];
  if (args.length === 3) {
    const { first, last } = found;
    flat.push("groups", found.groups.size);
    flat.push("first-entry", first ? entryReply(first) : null);
    flat.push("last-entry", last ? entryReply(last) : null);
    return new MapReply(flat);
  }
  if (args[3]?.toUpperCase() !== "FULL" || (args.length !== 4 && args.length !== 6)) throw SYNTAX;
  let count = 10;
  if (args.length === 6) {
    if (args[4]?.toUpperCase() !== "COUNT") throw SYNTAX;
    count = parseInteger(args[5] as string);
    if (count < 0) count = 10;
  }
  const limit = count === 0 ? Infinity : count;
  flat.push("entries", found.range(0n, ID_MAX, limit).map(entryReply));
  flat.push(
    "groups",
    found.sortedGroups().map((group) => fullGroup(found, group, limit)),
  );
  return new MapReply(flat);
}

function fullGroup(stream: StreamValue, group: Group, limit: number): Reply {
  const pending = group.pending
    .from(0n)
    .slice(0, limit)
    .map((one) => [formatId(one.id), one.consumer.name, one.deliveredMs, one.deliveries]);
  return new MapReply([
    "name",
    group.name,
    "last-delivered-id",
    formatId(group.lastId),
    "entries-read",
    group.entriesRead ?? null,
    "lag",
    lag(stream, group),
    "pel-count",
    group.pending.size,
    "pending",
    pending,
    "consumers",
    group.consumers().map((consumer) => fullConsumer(consumer, limit)),
  ]);
}

function fullConsumer(consumer: Consumer, limit: number): Reply {
  return new MapReply([
    "name",
    consumer.name,
    "seen-time",
    consumer.seenMs,
    "pel-count",
    consumer.pending.size,
    "pending",
    consumer.pending
      .from(0n)
      .slice(0, limit)
      .map((one) => [formatId(one.id), one.deliveredMs, one.deliveries]),
  ]);
}

function groups(client: Client, args: string[]): Reply {
  const found = streamAt(client, args[2] as string);
  return found
    .sortedGroups()
    .map(
      (group) =>
        new MapReply([
          "name",
          group.name,
          "consumers",
          group.consumers().length,
          "pending",
          group.pending.size,
          "last-delivered-id",
          formatId(group.lastId),
          "entries-read",
          group.entriesRead ?? null,
          "lag",
          lag(found, group),
        ]),
    );
}

function consumers(client: Client, args: string[]): Reply {
  const [, , key, name] = args as [string, string, string, string];
  const group = streamAt(client, key).groups.get(name);
  if (!group) throw new RespError(`NOGROUP No such consumer group '${name}' for key name '${key}'`);
  return group
    .consumers()
    .map(
      (consumer) =>
        new MapReply([
          "name",
          consumer.name,
          "pending",
          consumer.pending.size,
          "idle",
          Math.max(0, client.server.nowMs - consumer.seenMs),
        ]),
    );
}

export const streamInfo: CommandTable = {
  xinfo: [
    {
      stream: [stream, -3, "r", 2, 2, 1],
      groups: [groups, 3, "r", 2, 2, 1],
      consumers: [consumers, 4, "r", 2, 2, 1],
    },
    -2,
    "",
  ],
};
