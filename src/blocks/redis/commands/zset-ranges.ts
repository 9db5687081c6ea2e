/** Sorted sets: ranges by rank, score and bytes, which can be read, counted, stored and removed. */
import type { Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, SYNTAX } from "../errors.ts";
import { floatOf, parseInteger } from "../numbers.ts";
import type { SkipNode } from "../values/skiplist.ts";
import { type Scored, ZSetValue } from "../values/zset.ts";
import { rangeWithin } from "./lists.ts";
import { removeMembers, scoredReply } from "./zsets.ts";

/** A range, as two conditions. Each holds for the first nodes of the list up to some point. */
interface Range {
  readonly before: (node: SkipNode) => boolean;
  readonly upTo: (node: SkipNode) => boolean;
}

function scoreRange(min: string, max: string): Range {
  const [low, lowOpen] = parseBound(min);
  const [high, highOpen] = parseBound(max);
  return {
    before: lowOpen ? ({ score }) => score <= low : ({ score }) => score < low,
    upTo: highOpen ? ({ score }) => score < high : ({ score }) => score <= high,
  };
}

function parseBound(text: string): [number, boolean] {
  const open = text.startsWith("(");
  const value = floatOf(open ? text.slice(1) : text);
  if (value === undefined) throw err("min or max is not a float");
  return [value, open];
}

function lexRange(min: string, max: string): Range {
  const low = parseLex(min);
  const high = parseLex(max);
  return {
    before: ({ member }) => {
      if (low.end !== undefined) return low.end;
      return low.open ? member <= low.text : member < low.text;
    },
    upTo: ({ member }) => {
      if (high.end !== undefined) return high.end;
      return high.open ? member < high.text : member <= high.text;
    },
  };
}

/** A bound by bytes. `end` is set for `-` (false) and `+` (true), which lie outside all members. */
function parseLex(text: string): { text: string; open: boolean; end?: boolean } {
  if (text === "-") return { text: "", open: false, end: false };
  if (text === "+") return { text: "", open: false, end: true };
  if (text.startsWith("[")) return { text: text.slice(1), open: false };
  if (text.startsWith("(")) return { text: text.slice(1), open: true };
  throw err("min or max not valid string range item");
}

/** Returns the ranks that a range covers, the end excluded. */
function ranksOf(set: ZSetValue, range: Range): [number, number] {
  const from = set.countWhile(range.before);
  return [from, Math.max(from, set.countWhile(range.upTo))];
}

type By = "rank" | "score" | "lex";

interface Query {
  readonly by: By;
  readonly reverse: boolean;
  readonly min: string;
  readonly max: string;
  readonly offset: number;
  readonly count: number;
  readonly withScores: boolean;
}

/**
 * Parses what follows the key: two bounds and options. The older commands preset `by` and
 * `reverse`.
 */
function parseQuery(
  args: string[],
  at: number,
  options: { by: By | undefined; reverse: boolean | undefined; store: boolean },
): Query {
  let by = options.by;
  let reverse = options.reverse;
  let withScores = false;
  let limit: [number, number] | undefined;
  for (let i = at + 2; i < args.length; i++) {
    const word = (args[i] as string).toUpperCase();
    if (word === "WITHSCORES" && !options.store) withScores = true;
    else if (word === "LIMIT" && i + 2 < args.length) {
      limit = [parseInteger(args[++i] as string), parseInteger(args[++i] as string)];
    } else if (word === "REV" && options.reverse === undefined) reverse = true;
    else if (word === "BYSCORE" && options.by === undefined) by = "score";
    else if (word === "BYLEX" && options.by === undefined) by = "lex";
    else throw SYNTAX;
  }
  by ??= "rank";
  reverse ??= false;
  if (limit && by === "rank") {
    throw err("syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  }
  if (withScores && by === "lex") {
    throw err("syntax error, WITHSCORES not supported in combination with BYLEX");
  }
  let [min, max] = [args[at] as string, args[at + 1] as string];
  if (reverse && by !== "rank") [min, max] = [max, min];
  const [offset, count] = limit ?? [0, -1];
  return { by, reverse, min, max, offset, count, withScores };
}

/** Prepares a query: its bounds are parsed, and the result can be applied to a set. */
function prepare(query: Query): (set: ZSetValue) => Scored[] {
  if (query.by === "rank") {
    parseInteger(query.min);
    parseInteger(query.max);
    return (set) => {
      const range = rangeWithin(query.min, query.max, set.size);
      if (range === undefined) return [];
      const last = set.size - 1;
      return query.reverse ? set.slice(last - range[0], last - range[1]) : set.slice(...range);
    };
  }
  const range =
    query.by === "score" ? scoreRange(query.min, query.max) : lexRange(query.min, query.max);
  return (set) => {
    const [from, to] = ranksOf(set, range);
    if (query.offset < 0) return [];
    const count = query.count < 0 ? Infinity : query.count;
    const length = Math.min(count, to - from - query.offset);
    if (length <= 0) return [];
    if (!query.reverse) return set.slice(from + query.offset, from + query.offset + length - 1);
    const top = to - 1 - query.offset;
    return set.slice(top, top - length + 1);
  };
}

function range(by: By | undefined, reverse: boolean | undefined) {
  return (client: Client, args: string[]): Reply => {
    const query = parseQuery(args, 2, { by, reverse, store: false });
    const select = prepare(query);
    const set = client.db.get(ZSetValue, args[1] as string);
    const found = set ? select(set) : [];
    return query.withScores ? scoredReply(client, found) : found.map(({ member }) => member);
  };
}

function zrangestore(client: Client, args: string[]): Reply {
  const { db } = client;
  const [, to, from] = args as [string, string, string];
  const select = prepare(parseQuery(args, 3, { by: undefined, reverse: undefined, store: true }));
  const set = db.get(ZSetValue, from);
  const found = set ? select(set) : [];
  const entries = found.map(({ member, score }) => [member, score] as const);
  return storeScored(client, to, entries, "zrangestore");
}

/** Stores a sorted set under a key, or deletes the key if the set is empty. */
export function storeScored(
  client: Client,
  key: string,
  entries: Iterable<readonly [string, number]>,
  event: string,
): number {
  const { db, server } = client;
  const result = ZSetValue.of(entries, server.config.limits);
  if (result.size === 0) {
    if (db.delete(key)) server.notify("g", "del", key, db);
    return 0;
  }
  db.put(key, result);
  server.notify("z", event, key, db);
  return result.size;
}

function count(parse: (min: string, max: string) => Range) {
  return (client: Client, args: string[]): Reply => {
    const range = parse(args[2] as string, args[3] as string);
    const set = client.db.get(ZSetValue, args[1] as string);
    if (set === undefined) return 0;
    const [from, to] = ranksOf(set, range);
    return to - from;
  };
}

function removeRange(by: By, event: string) {
  return (client: Client, args: string[]): Reply => {
    const [, key, min, max] = args as [string, string, string, string];
    const select = prepare({
      by,
      reverse: false,
      min,
      max,
      offset: 0,
      count: -1,
      withScores: false,
    });
    const set = client.db.get(ZSetValue, key);
    if (set === undefined) return 0;
    const doomed = select(set).map(({ member }) => member);
    return removeMembers(client, key, set, { doomed, event });
  };
}

export const zsetRanges: CommandTable = {
  zrange: [range(undefined, undefined), -4, "r", 1, 1, 1],
  zrevrange: [range("rank", true), -4, "r", 1, 1, 1],
  zrangebyscore: [range("score", false), -4, "r", 1, 1, 1],
  zrevrangebyscore: [range("score", true), -4, "r", 1, 1, 1],
  zrangebylex: [range("lex", false), -4, "r", 1, 1, 1],
  zrevrangebylex: [range("lex", true), -4, "r", 1, 1, 1],
  zrangestore: [zrangestore, -5, "wm", 1, 2, 1],
  zcount: [count(scoreRange), 4, "rF", 1, 1, 1],
  zlexcount: [count(lexRange), 4, "rF", 1, 1, 1],
  zremrangebyrank: [removeRange("rank", "zremrangebyrank"), 4, "w", 1, 1, 1],
  zremrangebyscore: [removeRange("score", "zremrangebyscore"), 4, "w", 1, 1, 1],
  zremrangebylex: [removeRange("lex", "zremrangebylex"), 4, "w", 1, 1, 1],
};
