/** Sets (t_set.c). */
import { type Reply, SetReply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { type CommandTable } from "../command.ts";
import { err, NOT_POSITIVE, SYNTAX } from "../errors.ts";
import { parseIntegerIn } from "../numbers.ts";
import { SetValue } from "../values/set.ts";
import { drawMany, parseDrawCount } from "./random-draw.ts";
import { parseCursor, parseScan } from "./scan.ts";

function sadd(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const set = db.getOrAdd(SetValue, key, () => new SetValue());
  let added = 0;
  for (const member of args.slice(2)) if (set.add(member, server.config.limits)) added++;
  if (added > 0) {
    db.changed(key);
    server.notify("s", "sadd", key, db);
  }
  return added;
}

/** Removes members and notifies of the change. Returns how many were removed. */
function removeAll(client: Client, key: string, set: SetValue, members: readonly string[]): number {
  const { db, server } = client;
  let removed = 0;
  for (const member of members) if (set.delete(member)) removed++;
  if (removed === 0) return 0;
  server.notify("s", "srem", key, db);
  if (set.size === 0) db.deleteEmpty(key);
  else db.changed(key);
  return removed;
}

function srem(client: Client, args: string[]): Reply {
  const set = client.db.get(SetValue, args[1] as string);
  return set === undefined ? 0 : removeAll(client, args[1] as string, set, args.slice(2));
}

function smove(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const [, from, to, member] = args as [string, string, string, string];
  const source = db.get(SetValue, from);
  const target = db.get(SetValue, to);
  if (source === undefined || !source.has(member)) return 0;
  if (source === target) return 1;
  removeAll(client, from, source, [member]);
  const into = target ?? db.getOrAdd(SetValue, to, () => new SetValue());
  if (into.add(member, server.config.limits)) {
    db.changed(to);
    server.notify("s", "sadd", to, db);
  }
  return 1;
}

function members(client: Client, args: string[]): Reply {
  return new SetReply(client.db.get(SetValue, args[1] as string)?.list() ?? []);
}

function smismember(client: Client, args: string[]): Reply {
  const set = client.db.get(SetValue, args[1] as string);
  return args.slice(2).map((member) => (set?.has(member) ? 1 : 0));
}

function spop(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  if (args.length > 3) throw SYNTAX;
  const counted = args[2] !== undefined;
  const count = counted ? parseIntegerIn(args[2] as string, 0, Infinity, NOT_POSITIVE) : 1;
  const set = db.get(SetValue, key);
  if (set === undefined) return counted ? new SetReply([]) : null;
  if (count === 0) return new SetReply([]);
  const taken: string[] = [];
  while (taken.length < count && set.size > 0) {
    const member = set.members.random().key;
    set.delete(member);
    taken.push(member);
  }
  server.notify("s", "spop", key, db);
  server.propagation?.instead(db, ["SREM", key, ...taken]);
  if (set.size === 0) db.deleteEmpty(key);
  else db.changed(key);
  return counted ? new SetReply(taken) : (taken[0] as string);
}

function srandmember(client: Client, args: string[]): Reply {
  if (args.length > 3) throw SYNTAX;
  const count = args[2] === undefined ? undefined : parseDrawCount(args[2], false);
  const set = client.db.get(SetValue, args[1] as string);
  if (count === undefined) return set ? set.members.random().key : null;
  return set ? drawMany(set.members, count).map(({ key }) => key) : [];
}

function sscan(client: Client, args: string[]): Reply {
  parseCursor(args[2] as string);
  const set = client.db.get(SetValue, args[1] as string);
  if (set === undefined) return ["0", []];
  const { cursor, count, matches } = parseScan(args, 2);
  if (set.integers) return ["0", set.list().filter(matches)];
  const found: string[] = [];
  const next = set.members.scan(cursor, count, ({ key }) => {
    if (matches(key)) found.push(key);
  });
  return [String(next), found];
}

/**
 * Returns the members that all of the sets contain, by walking the smallest set. Stops at `limit`
 * if it is positive.
 */
function intersect(sets: readonly (SetValue | undefined)[], limit = 0): string[] {
  if (sets.some((set) => set === undefined)) return [];
  const [smallest, ...others] = [...(sets as SetValue[])].sort((a, b) => a.size - b.size);
  const found: string[] = [];
  for (const member of (smallest as SetValue).list()) {
    if (!others.every((other) => other.has(member))) continue;
    found.push(member);
    if (found.length === limit) break;
  }
  return found;
}

function union(sets: readonly (SetValue | undefined)[]): string[] {
  const found = new Set<string>();
  for (const set of sets) for (const member of set?.list() ?? []) found.add(member);
  return [...found];
}

function difference([first, ...others]: readonly (SetValue | undefined)[]): string[] {
  return (first?.list() ?? []).filter((member) => !others.some((other) => other?.has(member)));
}

type Combine = (sets: readonly (SetValue | undefined)[]) => string[];

function combined(client: Client, keys: readonly string[], combine: Combine): SetValue {
  const sets = keys.map((key) => client.db.get(SetValue, key));
  return SetValue.of(combine(sets), client.server.config.limits);
}

function reading(combine: Combine) {
  return (client: Client, args: string[]): Reply =>
    new SetReply(combined(client, args.slice(1), combine).list());
}

function storing(combine: Combine, event: string) {
  return (client: Client, args: string[]): Reply => {
    const { db, server } = client;
    const key = args[1] as string;
    const result = combined(client, args.slice(2), combine);
    if (result.size === 0) {
      if (db.delete(key)) server.notify("g", "del", key, db);
      return 0;
    }
    db.put(key, result);
    server.notify("s", event, key, db);
    return result.size;
  };
}

function sintercard(client: Client, args: string[]): Reply {
  const count = parseIntegerIn(
    args[1] as string,
    1,
    Infinity,
    err("numkeys should be greater than 0"),
  );
  if (count > args.length - 2) throw err("Number of keys can't be greater than number of args");
  let limit = 0;
  for (let at = 2 + count; at < args.length; at += 2) {
    if (args[at]?.toUpperCase() !== "LIMIT" || args[at + 1] === undefined) throw SYNTAX;
    limit = parseIntegerIn(args[at + 1] as string, 0, Infinity, err("LIMIT can't be negative"));
  }
  const sets = args.slice(2, 2 + count).map((key) => client.db.get(SetValue, key));
  return intersect(sets, limit).length;
}

export const sets: CommandTable = {
  sadd: [sadd, -3, "wmF", 1, 1, 1],
  srem: [srem, -3, "wF", 1, 1, 1],
  smove: [smove, 4, "wF", 1, 2, 1],
  smembers: [members, 2, "r", 1, 1, 1],
  sismember: [
    (c, a) => (c.db.get(SetValue, a[1] as string)?.has(a[2] as string) ? 1 : 0),
    3,
    "rF",
    1,
    1,
    1,
  ],
  smismember: [smismember, -3, "rF", 1, 1, 1],
  scard: [(c, a) => c.db.get(SetValue, a[1] as string)?.size ?? 0, 2, "rF", 1, 1, 1],
  spop: [spop, -2, "wF", 1, 1, 1],
  srandmember: [srandmember, -2, "r", 1, 1, 1],
  sscan: [sscan, -3, "r", 1, 1, 1],
  sinter: [reading(intersect), -2, "r", 1, -1, 1],
  sunion: [reading(union), -2, "r", 1, -1, 1],
  sdiff: [reading(difference), -2, "r", 1, -1, 1],
  sinterstore: [storing(intersect, "sinterstore"), -3, "wm", 1, -1, 1],
  sunionstore: [storing(union, "sunionstore"), -3, "wm", 1, -1, 1],
  sdiffstore: [storing(difference, "sdiffstore"), -3, "wm", 1, -1, 1],
  sintercard: [sintercard, -3, "rM"],
};
