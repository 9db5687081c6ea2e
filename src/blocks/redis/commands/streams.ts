/** Streams: add, read by range, delete and trim (t_stream.c). */
import { NULL_ARRAY, OK, type Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, NO_SUCH_KEY, SYNTAX, wrongArity } from "../errors.ts";
import { parseInteger } from "../numbers.ts";
import {
  formatId,
  ID_MAX,
  makeId,
  millisecondsOf,
  parseEnd,
  parseStart,
  parseStrictId,
  sequenceOf,
  type StreamId,
} from "../values/stream-id.ts";
import { entryReply, StreamValue, type Trim } from "../values/stream.ts";

const SEQUENCE_MAX = (1n << 64n) - 1n;

interface AddOptions {
  trim: Trim | undefined;
  makeStream: boolean;
  /** The index of the ID among the arguments. */
  at: number;
}

/** Parses the options of XADD up to the ID, or all of XTRIM. */
function parseOptions(client: Client, args: string[], adding: boolean): AddOptions {
  const options: AddOptions = { trim: undefined, makeStream: true, at: 2 };
  let strategy: Pick<Trim, "lengthMax" | "idMin"> | undefined;
  let approximate = false;
  let limit: number | undefined;
  let at = 2;
  for (; at < args.length; at++) {
    const word = (args[at] as string).toLowerCase();
    const left = args.length - 1 - at;
    if (adding && word === "*") break;
    if ((word === "maxlen" || word === "minid") && left > 0) {
      if (strategy) {
        throw err("syntax error, MAXLEN and MINID options at the same time are not compatible");
      }
      const mark = args[at + 1];
      approximate = left >= 2 && mark === "~";
      if (left >= 2 && (mark === "~" || mark === "=")) at++;
      const value = args[++at] as string;
      if (word === "minid") strategy = { idMin: parseStrictId(value, 0n) };
      else {
        strategy = { lengthMax: parseInteger(value) };
        if ((strategy.lengthMax as number) < 0) throw err("The MAXLEN argument must be >= 0.");
      }
    } else if (word === "limit" && left > 0) {
      limit = parseInteger(args[++at] as string);
      if (limit < 0) throw err("The LIMIT argument must be >= 0.");
    } else if (adding && word === "nomkstream") {
      options.makeStream = false;
    } else if (adding) {
      break;
    } else {
      throw SYNTAX;
    }
  }
  options.at = at;
  if (adding && at < args.length && args[at] !== "*") checkGivenId(args[at] as string);
  if (limit && !strategy) {
    throw err("syntax error, LIMIT cannot be used without specifying a trimming strategy");
  }
  if (!adding && !strategy) {
    throw err("syntax error, XTRIM must be called with a trimming strategy");
  }
  if (limit !== undefined && !approximate) {
    throw err("syntax error, LIMIT cannot be used without the special ~ option");
  }
  if (strategy) {
    options.trim = {
      ...strategy,
      approximate,
      limit: limit ?? (approximate ? approximateLimit(client) : 0),
    };
  }
  return options;
}

/** Trimming with `~` and without LIMIT removes at most a hundred nodes. */
function approximateLimit(client: Client): number {
  const limit = 100 * client.server.config.limits.streamEntries;
  return limit <= 0 ? 10_000 : Math.min(limit, 1_000_000);
}

function checkGivenId(text: string): void {
  parseStrictId(text.endsWith("-*") ? text.slice(0, -2) : text, 0n);
}

const NOT_GREATER = err(
  "The ID specified in XADD is equal or smaller than the target stream top item",
);

/** Returns the ID of a new entry. */
function nextId(client: Client, stream: StreamValue, text: string): StreamId {
  const { lastId } = stream;
  if (lastId === ID_MAX) {
    throw err("The stream has exhausted the last possible ID, unable to add more items");
  }
  if (text === "*") {
    const now = makeId(BigInt(Math.floor(client.server.nowMs)), 0n);
    return now > lastId ? now : lastId + 1n;
  }
  let id: StreamId;
  if (text.endsWith("-*")) {
    id = parseStrictId(text.slice(0, -2), 0n);
    if (millisecondsOf(id) === millisecondsOf(lastId)) {
      if (sequenceOf(lastId) === SEQUENCE_MAX) throw NOT_GREATER;
      id = lastId + 1n;
    }
  } else {
    id = parseStrictId(text, 0n);
  }
  if (id <= lastId) throw NOT_GREATER;
  return id;
}

function xadd(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const { trim, makeStream, at } = parseOptions(client, args, true);
  const fields = args.slice(at + 1);
  if (fields.length < 2 || fields.length % 2 === 1) throw wrongArity("xadd");
  const given = args[at] as string;
  if (!given.endsWith("*") && parseStrictId(given, 0n) === 0n) {
    throw err("The ID specified in XADD must be greater than 0-0");
  }
  const existing = db.get(StreamValue, key);
  if (existing === undefined && !makeStream) return null;
  const stream = existing ?? new StreamValue();
  const id = nextId(client, stream, given);
  stream.append(id, fields, server.config.limits);
  if (existing === undefined) db.add(key, stream);
  db.changed(key);
  server.notify("t", "xadd", key, db);
  if (trim && stream.trim(trim) > 0) server.notify("t", "xtrim", key, db);
  db.ready(key);
  const exact = trim ? ["MAXLEN", "=", stream.length] : [];
  server.propagation?.instead(db, ["XADD", key, ...exact, formatId(id), ...fields]);
  return formatId(id);
}

function xtrim(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const { trim } = parseOptions(client, args, false);
  const stream = db.get(StreamValue, key);
  if (stream === undefined) return 0;
  const removed = stream.trim(trim as Trim);
  if (removed > 0) {
    server.notify("t", "xtrim", key, db);
    db.changed(key);
    server.propagation?.instead(db, ["XTRIM", key, "MAXLEN", "=", stream.length]);
  }
  return removed;
}

function xdel(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const stream = db.get(StreamValue, key);
  const ids = args.slice(2).map((text) => (stream ? parseStrictId(text, 0n) : 0n));
  if (stream === undefined) return 0;
  let removed = 0;
  for (const id of ids) if (stream.delete(id)) removed++;
  if (removed > 0) {
    db.changed(key);
    server.notify("t", "xdel", key, db);
  }
  return removed;
}

function xrange(reverse: boolean) {
  return (client: Client, args: string[]): Reply => {
    const [startText, endText] = reverse ? [args[3], args[2]] : [args[2], args[3]];
    const start = parseStart(startText as string);
    const end = parseEnd(endText as string);
    let count = Infinity;
    for (let at = 4; at < args.length; at += 2) {
      if (args[at]?.toUpperCase() !== "COUNT" || args[at + 1] === undefined) throw SYNTAX;
      count = Math.max(0, parseInteger(args[at + 1] as string));
    }
    const stream = client.db.get(StreamValue, args[1] as string);
    if (stream === undefined) return [];
    if (count === 0) return NULL_ARRAY;
    const found = reverse ? stream.rangeDown(start, end, count) : stream.range(start, end, count);
    return found.map(entryReply);
  };
}

function xsetid(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const id = parseStrictId(args[2] as string, 0n);
  let added: number | undefined;
  let deleted = 0n;
  for (let at = 3; at < args.length; at += 2) {
    const word = (args[at] as string).toUpperCase();
    const value = args[at + 1];
    if (word === "ENTRIESADDED" && value !== undefined) {
      added = parseInteger(value);
      if (added < 0) throw err("entries_added must be positive");
    } else if (word === "MAXDELETEDID" && value !== undefined) {
      deleted = parseStrictId(value, 0n);
      if (id < deleted) {
        throw err("The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
      }
    } else {
      throw SYNTAX;
    }
  }
  const stream = db.get(StreamValue, key);
  if (stream === undefined) throw NO_SUCH_KEY;
  if (stream.last && id < stream.last.id) {
    throw err("The ID specified in XSETID is smaller than the target stream top item");
  }
  if (stream.length > 0 && added !== undefined && stream.length > added) {
    throw err("The entries_added specified in XSETID is smaller than the target stream length");
  }
  stream.lastId = id;
  if (added !== undefined) stream.entriesAdded = added;
  if (deleted !== 0n) stream.maxDeletedId = deleted;
  server.dirty++;
  server.notify("t", "xsetid", key, db);
  return OK;
}

export const streams: CommandTable = {
  xadd: [xadd, -5, "wmF", 1, 1, 1],
  xtrim: [xtrim, -4, "w", 1, 1, 1],
  xdel: [xdel, -3, "wF", 1, 1, 1],
  xlen: [(c, a) => c.db.get(StreamValue, a[1] as string)?.length ?? 0, 2, "rF", 1, 1, 1],
  xrange: [xrange(false), -4, "r", 1, 1, 1],
  xrevrange: [xrange(true), -4, "r", 1, 1, 1],
  xsetid: [xsetid, -3, "wmF", 1, 1, 1],
};
