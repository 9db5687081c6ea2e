/** Sorted sets: add, remove, look up and pop members (t_zset.c). */
import { Double, formatDouble, NULL_ARRAY, type Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, NOT_POSITIVE, SYNTAX } from "../errors.ts";
import { parseFloat64, parseIntegerIn } from "../numbers.ts";
import { type Scored, ZSetValue } from "../values/zset.ts";
import { parseTimeoutMs, tryOrWait } from "./blocking.ts";
import { parseMultiPop } from "./list-moves.ts";
import { drawMany, parseDrawCount } from "./random-draw.ts";
import { parseCursor, parseScan } from "./scan.ts";

const NOT_A_NUMBER = err("resulting score is not a number (NaN)");

interface AddOptions {
  readonly nx: boolean;
  readonly xx: boolean;
  readonly gt: boolean;
  readonly lt: boolean;
  readonly ch: boolean;
  readonly incr: boolean;
  /** The index of the first pair among the arguments. */
  readonly at: number;
}

const addOptions = new Set(["NX", "XX", "GT", "LT", "CH", "INCR"]);

function parseAdd(args: string[], incr: boolean): AddOptions {
  const seen = new Set<string>(incr ? ["INCR"] : []);
  let at = 2;
  // ZINCRBY takes no options: a word such as NX is in the position of its increment, and is not a
  // number.
  if (!incr) {
    while (at < args.length && addOptions.has((args[at] as string).toUpperCase())) {
      seen.add((args[at++] as string).toUpperCase());
    }
  }
  const options = {
    nx: seen.has("NX"),
    xx: seen.has("XX"),
    gt: seen.has("GT"),
    lt: seen.has("LT"),
    ch: seen.has("CH"),
    incr: seen.has("INCR"),
    at,
  };
  const pairs = args.length - at;
  if (pairs === 0 || pairs % 2 === 1) throw SYNTAX;
  if (options.nx && options.xx) {
    throw err("XX and NX options at the same time are not compatible");
  }
  if ((options.gt && options.nx) || (options.lt && options.nx) || (options.gt && options.lt)) {
    throw err("GT, LT, and/or NX options at the same time are not compatible");
  }
  if (options.incr && pairs > 2) throw err("INCR option supports a single increment-element pair");
  return options;
}

function add(client: Client, args: string[], incr: boolean): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const options = parseAdd(args, incr);
  const pairs: [number, string][] = [];
  for (let at = options.at; at < args.length; at += 2) {
    pairs.push([parseFloat64(args[at] as string), args[at + 1] as string]);
  }
  let set = db.get(ZSetValue, key);
  if (set === undefined && options.xx) return options.incr ? null : 0;
  let added = 0;
  let updated = 0;
  let result: number | undefined;
  for (const [given, member] of pairs) {
    const before = set?.scores.get(member);
    const score = options.incr ? (before ?? 0) + given : given;
    if (before === undefined ? options.xx : options.nx) continue;
    if (Number.isNaN(score)) throw NOT_A_NUMBER;
    if (before !== undefined && options.lt && score >= before) continue;
    if (before !== undefined && options.gt && score <= before) continue;
    result = score;
    if (score === before) continue;
    set ??= db.getOrAdd(ZSetValue, key, () => new ZSetValue());
    if (set.set(member, score, server.config.limits)) added++;
    else updated++;
  }
  if (added + updated > 0) {
    db.changed(key);
    server.notify("z", options.incr ? "zincr" : "zadd", key, db);
  }
  if (options.incr) return result === undefined ? null : new Double(result);
  return options.ch ? added + updated : added;
}

/** ZADD, for commands that are built on it. */
export function addMembers(client: Client, args: string[]): Reply {
  return add(client, args, false);
}

/** Removes the members in `doomed` and notifies of the change. */
export function removeMembers(
  client: Client,
  key: string,
  set: ZSetValue,
  options: { doomed: readonly string[]; event: string },
): number {
  const { db, server } = client;
  let removed = 0;
  for (const member of options.doomed) if (set.delete(member)) removed++;
  if (removed === 0) return 0;
  server.notify("z", options.event, key, db);
  if (set.size === 0) db.deleteEmpty(key);
  else db.changed(key);
  return removed;
}

function zrem(client: Client, args: string[]): Reply {
  const key = args[1] as string;
  const set = client.db.get(ZSetValue, key);
  if (set === undefined) return 0;
  return removeMembers(client, key, set, { doomed: args.slice(2), event: "zrem" });
}

function scoreReply(set: ZSetValue | undefined, member: string): Reply {
  const score = set?.scores.get(member);
  return score === undefined ? null : new Double(score);
}

function rank(reverse: boolean) {
  return (client: Client, args: string[]): Reply => {
    const set = client.db.get(ZSetValue, args[1] as string);
    const place = set?.rank(args[2] as string);
    if (set === undefined || place === undefined) return null;
    return reverse ? set.size - 1 - place : place;
  };
}

/** Formats members with their scores: pairs in RESP3, a flat array in RESP2. */
export function scoredReply(client: Client, scored: readonly Scored[]): Reply {
  if (client.resp === 3) return pairsReply(scored);
  return scored.flatMap(({ member, score }) => [member, new Double(score)]);
}

function pairsReply(scored: readonly Scored[]): Reply {
  return scored.map(({ member, score }) => [member, new Double(score)]);
}

/** Takes up to `count` members from the lower or the upper end. */
function take(
  client: Client,
  key: string,
  set: ZSetValue,
  options: { max: boolean; count: number },
): Scored[] {
  const count = Math.min(options.count, set.size);
  const last = set.size - 1;
  const taken = options.max ? set.slice(last, last - count + 1) : set.slice(0, count - 1);
  removeMembers(client, key, set, {
    doomed: taken.map(({ member }) => member),
    event: options.max ? "zpopmax" : "zpopmin",
  });
  return taken;
}

function pop(max: boolean) {
  return (client: Client, args: string[]): Reply => {
    const key = args[1] as string;
    if (args.length > 3)
      throw err(`wrong number of arguments for '${max ? "zpopmax" : "zpopmin"}' command`);
    const counted = args[2] !== undefined;
    const count = counted ? parseIntegerIn(args[2] as string, 0, Infinity, NOT_POSITIVE) : 1;
    const set = client.db.get(ZSetValue, key);
    if (set === undefined || count === 0) return [];
    const taken = take(client, key, set, { max, count });
    if (counted) return scoredReply(client, taken);
    return taken.flatMap(({ member, score }) => [member, new Double(score)]);
  };
}

function blockingPop(max: boolean) {
  return (client: Client, args: string[]): ReturnType<typeof tryOrWait> =>
    tryOrWait(client, {
      keys: args.slice(1, -1),
      timeoutMs: parseTimeoutMs(args[args.length - 1] as string),
      attempt: (key) => {
        const set = client.db.get(ZSetValue, key);
        if (set === undefined) return undefined;
        const [taken] = take(client, key, set, { max, count: 1 }) as [Scored];
        client.server.propagation?.instead(client.db, [max ? "ZPOPMAX" : "ZPOPMIN", key]);
        return [key, taken.member, new Double(taken.score)];
      },
      type: ZSetValue,
      onTimeout: NULL_ARRAY,
    });
}

function popOneOf(client: Client, where: string, count: number) {
  const side = where.toLowerCase();
  if (side !== "min" && side !== "max") throw SYNTAX;
  return (key: string): Reply | undefined => {
    const set = client.db.get(ZSetValue, key);
    if (set === undefined) return undefined;
    const taken = take(client, key, set, { max: side === "max", count });
    const name = side === "max" ? "ZPOPMAX" : "ZPOPMIN";
    client.server.propagation?.instead(client.db, [name, key, taken.length]);
    return [key, pairsReply(taken)];
  };
}

function zmpop(client: Client, args: string[]): Reply {
  const { keys, where, count } = parseMultiPop(args, 1);
  const attempt = popOneOf(client, where, count);
  for (const key of keys) {
    const reply = attempt(key);
    if (reply !== undefined) return reply;
  }
  return NULL_ARRAY;
}

function bzmpop(client: Client, args: string[]): ReturnType<typeof tryOrWait> {
  const timeoutMs = parseTimeoutMs(args[1] as string);
  const { keys, where, count } = parseMultiPop(args, 2);
  const attempt = popOneOf(client, where, count);
  return tryOrWait(client, { keys, timeoutMs, type: ZSetValue, attempt, onTimeout: NULL_ARRAY });
}

function zrandmember(client: Client, args: string[]): Reply {
  const withScores = args[3]?.toUpperCase() === "WITHSCORES";
  const count = args[2] === undefined ? undefined : parseDrawCount(args[2], withScores);
  if (args.length > 4 || (args.length === 4 && !withScores)) throw SYNTAX;
  const set = client.db.get(ZSetValue, args[1] as string);
  if (count === undefined) return set ? set.scores.random().key : null;
  if (set === undefined) return [];
  const drawn = drawMany(set.scores, count);
  if (!withScores) return drawn.map(({ key }) => key);
  return scoredReply(
    client,
    drawn.map(({ key, value }) => ({ member: key, score: value })),
  );
}

function zscan(client: Client, args: string[]): Reply {
  parseCursor(args[2] as string);
  const set = client.db.get(ZSetValue, args[1] as string);
  const found: Reply[] = [];
  if (set === undefined) return ["0", found];
  const { cursor, count, matches } = parseScan(args, 2);
  // Scores are plain strings here, in RESP3 as well.
  const text = (score: number): Reply => formatDouble(score);
  if (!set.large) {
    for (const { member, score } of set.all()) if (matches(member)) found.push(member, text(score));
    return ["0", found];
  }
  const next = set.scores.scan(cursor, count, ({ key, value }) => {
    if (matches(key)) found.push(key, text(value));
  });
  return [String(next), found];
}

export const zsets: CommandTable = {
  zadd: [(c, a) => add(c, a, false), -4, "wmF", 1, 1, 1],
  zincrby: [(c, a) => add(c, a, true), 4, "wmF", 1, 1, 1],
  zrem: [zrem, -3, "wF", 1, 1, 1],
  zcard: [(c, a) => c.db.get(ZSetValue, a[1] as string)?.size ?? 0, 2, "rF", 1, 1, 1],
  zscore: [
    (c, a) => scoreReply(c.db.get(ZSetValue, a[1] as string), a[2] as string),
    3,
    "rF",
    1,
    1,
    1,
  ],
  zmscore: [
    (c, a) => {
      const set = c.db.get(ZSetValue, a[1] as string);
      return a.slice(2).map((member) => scoreReply(set, member));
    },
    -3,
    "rF",
    1,
    1,
    1,
  ],
  zrank: [rank(false), 3, "rF", 1, 1, 1],
  zrevrank: [rank(true), 3, "rF", 1, 1, 1],
  zpopmin: [pop(false), -2, "wF", 1, 1, 1],
  zpopmax: [pop(true), -2, "wF", 1, 1, 1],
  bzpopmin: [blockingPop(false), -3, "wFbs", 1, -2, 1],
  bzpopmax: [blockingPop(true), -3, "wFbs", 1, -2, 1],
  zmpop: [zmpop, -4, "wM"],
  bzmpop: [bzmpop, -5, "wbM"],
  zrandmember: [zrandmember, -2, "r", 1, 1, 1],
  zscan: [zscan, -3, "r", 1, 1, 1],
};
