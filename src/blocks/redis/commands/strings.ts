/** Strings: SET with all of its options, GET and related commands (t_string.c). */
import { OK, type Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, invalidExpire, SYNTAX, wrongArity, WRONG_TYPE } from "../errors.ts";
import { parseInt64, parseInteger } from "../numbers.ts";
import { StringValue } from "../values/string.ts";
import { lcs } from "./lcs.ts";

const DEADLINE_MS_MAX = 2 ** 63;

/**
 * Parses an expiry time from an option such as `EX 10`. Throws if it is not positive or out of
 * range.
 */
export function deadlineOf(client: Client, unit: string, text: string, name: string): number {
  const value = Number(parseInt64(text));
  const seconds = unit === "EX" || unit === "EXAT";
  const absolute = unit === "EXAT" || unit === "PXAT";
  if (value <= 0 || (seconds && value > DEADLINE_MS_MAX / 1_000)) throw invalidExpire(name);
  const ms = seconds ? value * 1_000 : value;
  const deadline = absolute ? ms : client.server.nowMs + ms;
  if (deadline >= DEADLINE_MS_MAX) throw invalidExpire(name);
  return deadline;
}

interface SetOptions {
  unit?: string;
  time?: string;
  keepTtl: boolean;
  condition?: "NX" | "XX";
  get: boolean;
}

const timeUnits = new Set(["EX", "PX", "EXAT", "PXAT"]);

function parseSetOptions(args: string[]): SetOptions {
  const options: SetOptions = { keepTtl: false, get: false };
  for (let at = 3; at < args.length; at++) {
    const word = (args[at] as string).toUpperCase();
    if ((word === "NX" || word === "XX") && (options.condition ?? word) === word) {
      options.condition = word;
    } else if (word === "GET") {
      options.get = true;
    } else if (word === "KEEPTTL" && options.unit === undefined) {
      options.keepTtl = true;
    } else if (
      timeUnits.has(word) &&
      !options.keepTtl &&
      options.unit === undefined &&
      at + 1 < args.length
    ) {
      options.unit = word;
      options.time = args[++at] as string;
    } else {
      throw SYNTAX;
    }
  }
  return options;
}

function set(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  if (args.length === 3) {
    db.put(key, new StringValue(args[2] as string));
    server.notify("$", "set", key, db);
    return OK;
  }
  const options = parseSetOptions(args);
  const { unit, time, condition } = options;
  const deadline = unit === undefined ? Infinity : deadlineOf(client, unit, time as string, "set");
  const old = db.lookup(key);
  let before: string | null = null;
  if (options.get && old !== undefined) {
    if (!(old instanceof StringValue)) throw WRONG_TYPE;
    before = old.text;
  }
  if ((condition === "NX" && old !== undefined) || (condition === "XX" && old === undefined)) {
    return before;
  }
  const value = new StringValue(args[2] as string);
  value.expireAtMs = options.keepTtl && old ? old.expireAtMs : deadline;
  if (deadline <= server.nowMs) {
    // A time in the past: the key is set and expires immediately.
    if (old) db.delete(key);
    server.notify("g", "del", key, db);
    server.propagation?.instead(db, ["DEL", key]);
    return options.get ? before : OK;
  }
  db.put(key, value);
  server.notify("$", "set", key, db);
  if (unit !== undefined) {
    server.notify("g", "expire", key, db);
    server.propagation?.instead(db, ["SET", key, args[2] as string, "PXAT", deadline]);
  }
  return options.get ? before : OK;
}

function setWithTime(unit: "EX" | "PX", name: string) {
  return (client: Client, args: string[]): Reply => {
    const deadline = deadlineOf(client, unit, args[2] as string, name);
    const key = args[1] as string;
    const value = new StringValue(args[3] as string);
    value.expireAtMs = deadline;
    client.db.put(key, value);
    client.server.notify("$", "set", key, client.db);
    client.server.notify("g", "expire", key, client.db);
    client.server.propagation?.instead(client.db, ["SET", key, value.text, "PXAT", deadline]);
    return OK;
  };
}

function setnx(client: Client, args: string[]): Reply {
  const key = args[1] as string;
  if (client.db.lookup(key) !== undefined) return 0;
  client.db.put(key, new StringValue(args[2] as string));
  client.server.notify("$", "set", key, client.db);
  return 1;
}

function get(client: Client, args: string[]): Reply {
  return client.db.text(args[1] as string) ?? null;
}

function getdel(client: Client, args: string[]): Reply {
  const key = args[1] as string;
  const text = client.db.text(key);
  if (text === undefined) return null;
  client.db.delete(key);
  client.server.notify("g", "del", key, client.db);
  return text;
}

function getset(client: Client, args: string[]): Reply {
  const before = get(client, args);
  const key = args[1] as string;
  client.db.put(key, new StringValue(args[2] as string));
  client.server.notify("$", "set", key, client.db);
  return before;
}

function getex(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  let deadline: number | undefined;
  const word = args[2]?.toUpperCase();
  if (word === "PERSIST" && args.length === 3) deadline = Infinity;
  else if (word !== undefined && timeUnits.has(word) && args.length === 4) {
    db.get(StringValue, key);
    if (db.peek(key) === undefined) return null;
    deadline = deadlineOf(client, word, args[3] as string, "getex");
  } else if (word !== undefined) throw SYNTAX;
  const value = db.get(StringValue, key);
  if (value === undefined) return null;
  const { text } = value;
  if (deadline === undefined) return text;
  if (deadline <= server.nowMs) {
    db.delete(key);
    server.notify("g", "del", key, db);
    server.propagation?.instead(db, ["DEL", key]);
  } else if (deadline !== Infinity) {
    db.setExpiry(key, value, deadline);
    db.changed(key);
    server.notify("g", "expire", key, db);
    server.propagation?.instead(db, ["PEXPIREAT", key, deadline]);
  } else if (value.expireAtMs !== Infinity) {
    db.setExpiry(key, value, Infinity);
    db.changed(key);
    server.notify("g", "persist", key, db);
    server.propagation?.instead(db, ["PERSIST", key]);
  }
  return text;
}

function mget(client: Client, args: string[]): Reply {
  return args.slice(1).map((key) => {
    const value = client.db.lookup(key);
    return value instanceof StringValue ? value.text : null;
  });
}

function mset(client: Client, args: string[]): Reply {
  if (args.length % 2 === 0) throw wrongArity("mset");
  setPairs(client, args);
  return OK;
}

function msetnx(client: Client, args: string[]): Reply {
  if (args.length % 2 === 0) throw wrongArity("msetnx");
  for (let at = 1; at < args.length; at += 2) {
    if (client.db.lookup(args[at] as string) !== undefined) return 0;
  }
  setPairs(client, args);
  return 1;
}

function setPairs(client: Client, args: string[]): void {
  for (let at = 1; at < args.length; at += 2) {
    const key = args[at] as string;
    client.db.put(key, new StringValue(args[at + 1] as string));
    client.server.notify("$", "set", key, client.db);
  }
}

/** Throws if a string would exceed `proto-max-bulk-len`. */
export function checkLength(client: Client, length: number): void {
  if (length > Number(client.server.config.get("proto-max-bulk-len"))) {
    throw err("string exceeds maximum allowed size (proto-max-bulk-len)");
  }
}

function append(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const value = db.get(StringValue, key);
  const extra = args[2] as string;
  if (value === undefined) {
    db.put(key, new StringValue(extra));
  } else {
    checkLength(client, value.length + extra.length);
    value.text += extra;
    value.left = "raw";
    db.changed(key);
  }
  server.notify("$", "append", key, db);
  return (value?.length ?? extra.length) as number;
}

function strlen(client: Client, args: string[]): Reply {
  return client.db.get(StringValue, args[1] as string)?.length ?? 0;
}

function setrange(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const offset = parseInteger(args[2] as string);
  const patch = args[3] as string;
  if (offset < 0) throw err("offset is out of range");
  let value = db.get(StringValue, key);
  if (patch === "") return value?.length ?? 0;
  checkLength(client, offset + patch.length);
  if (value === undefined) {
    value = new StringValue("");
    db.add(key, value);
  }
  value.grow(offset + patch.length).write(patch, offset, "latin1");
  db.changed(key);
  server.notify("$", "setrange", key, db);
  return value.length;
}

function getrange(client: Client, args: string[]): Reply {
  let start = parseInteger(args[2] as string);
  let end = parseInteger(args[3] as string);
  const value = client.db.get(StringValue, args[1] as string);
  if (value === undefined) return "";
  const { length } = value;
  if (start < 0 && end < 0 && start > end) return "";
  if (start < 0) start = Math.max(0, length + start);
  if (end < 0) end = Math.max(0, length + end);
  if (end >= length) end = length - 1;
  return start > end || length === 0 ? "" : value.slice(start, end + 1);
}

export const strings: CommandTable = {
  set: [set, -3, "wm", 1, 1, 1],
  get: [get, 2, "rF", 1, 1, 1],
  setnx: [setnx, 3, "wmF", 1, 1, 1],
  setex: [setWithTime("EX", "setex"), 4, "wm", 1, 1, 1],
  psetex: [setWithTime("PX", "psetex"), 4, "wm", 1, 1, 1],
  getset: [getset, 3, "wmF", 1, 1, 1],
  getdel: [getdel, 2, "wF", 1, 1, 1],
  getex: [getex, -2, "wF", 1, 1, 1],
  mget: [mget, -2, "rF", 1, -1, 1],
  mset: [mset, -3, "wm", 1, -1, 2],
  msetnx: [msetnx, -3, "wm", 1, -1, 2],
  append: [append, 3, "wmF", 1, 1, 1],
  strlen: [strlen, 2, "rF", 1, 1, 1],
  setrange: [setrange, 4, "wm", 1, 1, 1],
  getrange: [getrange, 4, "r", 1, 1, 1],
  substr: [getrange, 4, "r", 1, 1, 1],
  lcs: [lcs, -3, "r", 1, 2, 1],
};
