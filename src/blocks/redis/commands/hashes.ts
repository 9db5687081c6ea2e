/** Hashes (t_hash.c). */
import { MapReply, OK, type Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, SYNTAX, wrongArity } from "../errors.ts";
import { addLongDouble } from "../long-double.ts";
import { addInt64, integerOf, parseInt64 } from "../numbers.ts";
import { HashValue } from "../values/hash.ts";
import { drawMany, parseDrawCount } from "./random-draw.ts";
import { parseCursor, parseScan } from "./scan.ts";

function hashAt(client: Client, key: string): HashValue {
  return client.db.getOrAdd(HashValue, key, () => new HashValue());
}

function setPairs(client: Client, args: string[], name: string): number {
  if (args.length % 2 === 1) throw wrongArity(name);
  const { db, server } = client;
  const key = args[1] as string;
  const hash = hashAt(client, key);
  let added = 0;
  for (let at = 2; at < args.length; at += 2) {
    if (hash.set(args[at] as string, args[at + 1] as string, server.config.limits)) added++;
  }
  db.changed(key);
  server.notify("h", "hset", key, db);
  return added;
}

function hsetnx(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const [, key, field, value] = args as [string, string, string, string];
  if (db.get(HashValue, key)?.fields.has(field)) return 0;
  hashAt(client, key).set(field, value, server.config.limits);
  db.changed(key);
  server.notify("h", "hset", key, db);
  return 1;
}

function hget(client: Client, args: string[]): Reply {
  return client.db.get(HashValue, args[1] as string)?.fields.get(args[2] as string) ?? null;
}

function hmget(client: Client, args: string[]): Reply {
  const hash = client.db.get(HashValue, args[1] as string);
  return args.slice(2).map((field) => hash?.fields.get(field) ?? null);
}

function hdel(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const hash = db.get(HashValue, key);
  if (hash === undefined) return 0;
  let removed = 0;
  for (const field of args.slice(2)) if (hash.delete(field)) removed++;
  if (removed === 0) return 0;
  server.notify("h", "hdel", key, db);
  if (hash.size === 0) db.deleteEmpty(key);
  else db.changed(key);
  return removed;
}

function hgetall(client: Client, args: string[]): Reply {
  const hash = client.db.get(HashValue, args[1] as string);
  if (hash === undefined) return new MapReply([]);
  const flat: string[] = [];
  for (const { key, value } of hash.fields.slots()) flat.push(key, value);
  return new MapReply(flat);
}

function hincrby(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const [, key, field, deltaText] = args as [string, string, string, string];
  const delta = parseInt64(deltaText);
  const before = integerOf(db.get(HashValue, key)?.fields.get(field) ?? "0");
  if (before === undefined) throw err("hash value is not an integer");
  const sum = addInt64(before, delta);
  if (sum === undefined) throw err("increment or decrement would overflow");
  hashAt(client, key).set(field, String(sum), server.config.limits);
  db.changed(key);
  server.notify("h", "hincrby", key, db);
  return sum;
}

function hincrbyfloat(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const [, key, field, delta] = args as [string, string, string, string];
  // The increment is parsed before the hash is looked up, so its error comes first.
  if (/^[+-]?(inf(inity)?|nan)$/i.test(delta)) throw err("value is NaN or Infinity");
  addLongDouble("0", delta);
  const before = db.get(HashValue, key)?.fields.get(field) ?? "0";
  const sum = addLongDouble(before, delta, err("hash value is not a float"));
  hashAt(client, key).set(field, sum, server.config.limits);
  db.changed(key);
  server.notify("h", "hincrbyfloat", key, db);
  server.propagation?.instead(db, ["HSET", key, field, sum]);
  return sum;
}

function hrandfield(client: Client, args: string[]): Reply {
  const withValues = args[3]?.toUpperCase() === "WITHVALUES";
  const count = args[2] === undefined ? undefined : parseDrawCount(args[2], withValues);
  if (args.length > 4 || (args.length === 4 && !withValues)) throw SYNTAX;
  const hash = client.db.get(HashValue, args[1] as string);
  if (count === undefined) return hash ? hash.fields.random().key : null;
  if (hash === undefined) return [];
  const slots = drawMany(hash.fields, count);
  if (!withValues) return slots.map(({ key }) => key);
  if (client.resp === 3) return slots.map(({ key, value }) => [key, value]);
  return slots.flatMap(({ key, value }) => [key, value]);
}

function hscan(client: Client, args: string[]): Reply {
  parseCursor(args[2] as string);
  const hash = client.db.get(HashValue, args[1] as string);
  const found: string[] = [];
  if (hash === undefined) return ["0", found];
  const { cursor, count, matches } = parseScan(args, 2);
  const visit = ({ key, value }: { key: string; value: string }) => {
    if (matches(key)) found.push(key, value);
  };
  if (!hash.large) {
    hash.fields.slots().forEach(visit);
    return ["0", found];
  }
  return [String(hash.fields.scan(cursor, count, visit)), found];
}

export const hashes: CommandTable = {
  hset: [(c, a) => setPairs(c, a, "hset"), -4, "wmF", 1, 1, 1],
  hmset: [(c, a) => (setPairs(c, a, "hmset"), OK), -4, "wmF", 1, 1, 1],
  hsetnx: [hsetnx, 4, "wmF", 1, 1, 1],
  hget: [hget, 3, "rF", 1, 1, 1],
  hmget: [hmget, -3, "rF", 1, 1, 1],
  hdel: [hdel, -3, "wF", 1, 1, 1],
  hlen: [(c, a) => c.db.get(HashValue, a[1] as string)?.size ?? 0, 2, "rF", 1, 1, 1],
  hstrlen: [
    (c, a) => c.db.get(HashValue, a[1] as string)?.fields.get(a[2] as string)?.length ?? 0,
    3,
    "rF",
    1,
    1,
    1,
  ],
  hexists: [
    (c, a) => (c.db.get(HashValue, a[1] as string)?.fields.has(a[2] as string) ? 1 : 0),
    3,
    "rF",
    1,
    1,
    1,
  ],
  hgetall: [hgetall, 2, "r", 1, 1, 1],
  hkeys: [(c, a) => c.db.get(HashValue, a[1] as string)?.fields.keys() ?? [], 2, "r", 1, 1, 1],
  hvals: [
    (c, a) =>
      c.db
        .get(HashValue, a[1] as string)
        ?.fields.slots()
        .map(({ value }) => value) ?? [],
    2,
    "r",
    1,
    1,
    1,
  ],
  hincrby: [hincrby, 4, "wmF", 1, 1, 1],
  hincrbyfloat: [hincrbyfloat, 4, "wmF", 1, 1, 1],
  hrandfield: [hrandfield, -2, "r", 1, 1, 1],
  hscan: [hscan, -3, "r", 1, 1, 1],
};
