/** Lists (t_list.c). The commands that wait are in `list-moves.ts`. */
import { NULL_ARRAY, OK, type Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, NO_SUCH_KEY, NOT_POSITIVE, OUT_OF_RANGE, SYNTAX } from "../errors.ts";
import { parseInteger, parseIntegerIn } from "../numbers.ts";
import { ListValue } from "../values/list.ts";

/** Pushes onto a list and notifies of the change. Creates the list if there is none. */
export function pushAll(client: Client, key: string, left: boolean, items: string[]): number {
  const { db } = client;
  const list = db.getOrAdd(ListValue, key, () => new ListValue());
  for (const item of items) list.push(left, item);
  db.changed(key);
  client.server.notify("l", left ? "lpush" : "rpush", key, db);
  return list.length;
}

/**
 * Called after elements were taken: notifies of the change, and removes the list if it is empty.
 */
export function popped(client: Client, key: string, list: ListValue, left: boolean): void {
  const { db, server } = client;
  server.notify("l", left ? "lpop" : "rpop", key, db);
  if (list.length === 0) db.deleteEmpty(key);
  else db.changed(key);
}

function push(left: boolean, onlyExisting: boolean) {
  return (client: Client, args: string[]): Reply => {
    const key = args[1] as string;
    if (onlyExisting && client.db.get(ListValue, key) === undefined) return 0;
    return pushAll(client, key, left, args.slice(2));
  };
}

function pop(left: boolean) {
  return (client: Client, args: string[]): Reply => {
    const key = args[1] as string;
    if (args.length > 3)
      throw err(`wrong number of arguments for '${left ? "lpop" : "rpop"}' command`);
    const counted = args[2] !== undefined;
    const count = counted ? parseIntegerIn(args[2] as string, 0, Infinity, NOT_POSITIVE) : 1;
    const list = client.db.get(ListValue, key);
    if (list === undefined) return counted ? NULL_ARRAY : null;
    if (count === 0) return [];
    const taken = takeMany(list, left, count);
    popped(client, key, list, left);
    return counted ? taken : (taken[0] as string);
  };
}

/** Takes up to `count` elements from one end. */
export function takeMany(list: ListValue, left: boolean, count: number): string[] {
  const taken: string[] = [];
  for (let left_ = Math.min(count, list.length); left_ > 0; left_--)
    taken.push(list.pop(left) as string);
  return taken;
}

/**
 * Converts start and end to indexes within a collection of `length`, both included. Returns
 * undefined if the range is empty.
 */
export function rangeWithin(
  startText: string,
  endText: string,
  length: number,
): readonly [number, number] | undefined {
  let start = parseInteger(startText);
  let end = parseInteger(endText);
  if (start < 0) start = Math.max(0, start + length);
  if (end < 0) end += length;
  if (end >= length) end = length - 1;
  return start > end || start >= length ? undefined : [start, end];
}

function lrange(client: Client, args: string[]): Reply {
  const [, key, from, to] = args as [string, string, string, string];
  parseInteger(from);
  parseInteger(to);
  const list = client.db.get(ListValue, key);
  const range = list && rangeWithin(from, to, list.length);
  return range ? list.range(...range) : [];
}

function ltrim(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const [, key, from, to] = args as [string, string, string, string];
  parseInteger(from);
  parseInteger(to);
  const list = db.get(ListValue, key);
  if (list === undefined) return OK;
  const range = rangeWithin(from, to, list.length);
  server.notify("l", "ltrim", key, db);
  if (range === undefined) {
    db.deleteEmpty(key);
    return OK;
  }
  list.trim(...range);
  db.changed(key);
  return OK;
}

function lindex(client: Client, args: string[]): Reply {
  const list = client.db.get(ListValue, args[1] as string);
  if (list === undefined) return null;
  const index = parseInteger(args[2] as string);
  return list.at(index < 0 ? index + list.length : index) ?? null;
}

function lset(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const [, key, at, item] = args as [string, string, string, string];
  const list = db.get(ListValue, key);
  if (list === undefined) throw NO_SUCH_KEY;
  const given = parseInteger(at);
  const index = given < 0 ? given + list.length : given;
  if (index < 0 || index >= list.length) throw OUT_OF_RANGE;
  list.set(index, item);
  db.changed(key);
  server.notify("l", "lset", key, db);
  return OK;
}

function lrem(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const [, key, countText, item] = args as [string, string, string, string];
  const count = parseInteger(countText);
  const list = db.get(ListValue, key);
  if (list === undefined) return 0;
  const removed = list.remove(item, count === 0 ? Infinity : Math.abs(count), count < 0);
  if (removed === 0) return 0;
  server.notify("l", "lrem", key, db);
  if (list.length === 0) db.deleteEmpty(key);
  else db.changed(key);
  return removed;
}

function linsert(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const [, key, place, pivot, item] = args as [string, string, string, string, string];
  const side = place.toLowerCase();
  if (side !== "before" && side !== "after") throw SYNTAX;
  const list = db.get(ListValue, key);
  if (list === undefined) return 0;
  for (let index = 0; index < list.length; index++) {
    if (list.at(index) !== pivot) continue;
    list.insert(side === "before" ? index : index + 1, item);
    db.changed(key);
    server.notify("l", "linsert", key, db);
    return list.length;
  }
  return -1;
}

const RANK_ZERO = err(
  "RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
);

function lpos(client: Client, args: string[]): Reply {
  let rank = 1;
  let count: number | undefined;
  let lengthMax = 0;
  for (let at = 3; at < args.length; at += 2) {
    const word = (args[at] as string).toUpperCase();
    const value = args[at + 1];
    if (value === undefined) throw SYNTAX;
    if (word === "RANK") {
      rank = parseInteger(value);
      if (rank === 0) throw RANK_ZERO;
    } else if (word === "COUNT") {
      count = parseIntegerIn(value, 0, Infinity, err("COUNT can't be negative"));
    } else if (word === "MAXLEN") {
      lengthMax = parseIntegerIn(value, 0, Infinity, err("MAXLEN can't be negative"));
    } else {
      throw SYNTAX;
    }
  }
  const list = client.db.get(ListValue, args[1] as string);
  if (list === undefined) return count === undefined ? null : [];
  const limit = lengthMax === 0 ? list.length : Math.min(lengthMax, list.length);
  const wanted = count === undefined ? 1 : count === 0 ? Infinity : count;
  const found: number[] = [];
  let skip = Math.abs(rank) - 1;
  for (let i = 0; i < limit && found.length < wanted; i++) {
    const index = rank < 0 ? list.length - 1 - i : i;
    if (list.at(index) !== args[2]) continue;
    if (skip-- <= 0) found.push(index);
  }
  return count === undefined ? (found[0] ?? null) : found;
}

export const lists: CommandTable = {
  lpush: [push(true, false), -3, "wmF", 1, 1, 1],
  rpush: [push(false, false), -3, "wmF", 1, 1, 1],
  lpushx: [push(true, true), -3, "wmF", 1, 1, 1],
  rpushx: [push(false, true), -3, "wmF", 1, 1, 1],
  lpop: [pop(true), -2, "wF", 1, 1, 1],
  rpop: [pop(false), -2, "wF", 1, 1, 1],
  llen: [(c, a) => c.db.get(ListValue, a[1] as string)?.length ?? 0, 2, "rF", 1, 1, 1],
  lrange: [lrange, 4, "r", 1, 1, 1],
  ltrim: [ltrim, 4, "w", 1, 1, 1],
  lindex: [lindex, 3, "r", 1, 1, 1],
  lset: [lset, 4, "wm", 1, 1, 1],
  lrem: [lrem, 4, "w", 1, 1, 1],
  linsert: [linsert, 5, "wm", 1, 1, 1],
  lpos: [lpos, -3, "r", 1, 1, 1],
};
