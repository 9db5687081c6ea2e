/** Commands on keys of any type: delete, rename, copy and inspect (db.c). */
import { OK, type Reply, type RespError, Status } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import type { Database } from "../database.ts";
import { err, NO_SUCH_KEY, NOT_INTEGER, SYNTAX } from "../errors.ts";
import { globMatch } from "../glob.ts";
import { parseInteger } from "../numbers.ts";
import { ListValue } from "../values/list.ts";
import { StreamValue } from "../values/stream.ts";
import type { Value } from "../values/value.ts";
import { objectCommands } from "./object.ts";
import { scan } from "./scan.ts";

function del(client: Client, args: string[]): Reply {
  let removed = 0;
  for (let at = 1; at < args.length; at++) {
    const key = args[at] as string;
    if (!client.db.delete(key)) continue;
    client.server.notify("g", "del", key, client.db);
    removed++;
  }
  return removed;
}

/** Redis frees values with fewer elements immediately. */
const LAZY_ELEMENTS_MIN = 64;

function elementsOf(value: Value): number {
  if (value instanceof ListValue || value instanceof StreamValue) return value.length;
  const { size } = value as { size?: number };
  return size ?? 1;
}

/** Same as DEL. What Redis would free in the background is counted as freed. */
function unlink(client: Client, args: string[]): Reply {
  for (const key of args.slice(1)) {
    const value = client.db.peek(key);
    if (value !== undefined && elementsOf(value) > LAZY_ELEMENTS_MIN) client.server.lazyFreed++;
  }
  return del(client, args);
}

function exists(client: Client, args: string[]): Reply {
  let count = 0;
  for (let at = 1; at < args.length; at++) if (client.db.peek(args[at] as string)) count++;
  return count;
}

function touch(client: Client, args: string[]): Reply {
  return args.slice(1).filter((key) => client.db.lookup(key) !== undefined).length;
}

function rename(client: Client, args: string[], onlyNew: boolean): Reply {
  const { db, server } = client;
  const [, from, to] = args as [string, string, string];
  const value = db.lookup(from);
  if (value === undefined) throw NO_SUCH_KEY;
  if (from === to) return onlyNew ? 0 : OK;
  if (db.lookup(to) !== undefined) {
    if (onlyNew) return 0;
    db.delete(to);
  }
  db.remove(from, value);
  db.add(to, value);
  db.changed(from);
  db.changed(to);
  server.notify("g", "rename_from", from, db);
  server.notify("g", "rename_to", to, db);
  return onlyNew ? 1 : OK;
}

function type(client: Client, args: string[]): Reply {
  return new Status(client.db.peek(args[1] as string)?.type ?? "none");
}

function keysMatching(client: Client, args: string[]): Reply {
  const pattern = args[1] as string;
  return client.db.keys
    .keys()
    .filter((key) => globMatch(pattern, key) && client.db.peek(key) !== undefined);
}

function randomKey(client: Client): Reply {
  const { db } = client;
  while (db.keys.size > 0) {
    const { key } = db.keys.random();
    if (db.peek(key) !== undefined) return key;
  }
  return null;
}

/** Returns the database with this number. Throws if there is none. */
export function databaseOf(
  client: Client,
  text: string,
  complaint: RespError = NOT_INTEGER,
): Database {
  const index = parseInteger(text, complaint);
  const database = client.server.databases[index];
  if (!database) throw err("DB index is out of range");
  return database;
}

function move(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const target = databaseOf(client, args[2] as string);
  if (target === db) throw err("source and destination objects are the same");
  const value = db.lookup(key);
  if (value === undefined || target.lookup(key) !== undefined) return 0;
  db.remove(key, value);
  target.add(key, value);
  db.changed(key);
  target.changed(key);
  server.notify("g", "move_from", key, db);
  server.notify("g", "move_to", key, target);
  return 1;
}

function copy(client: Client, args: string[]): Reply {
  const [, from, to] = args as [string, string, string];
  let target = client.db;
  let replace = false;
  for (let at = 3; at < args.length; at++) {
    const word = (args[at] as string).toUpperCase();
    if (word === "REPLACE") replace = true;
    else if (word === "DB" && at + 1 < args.length)
      target = databaseOf(client, args[++at] as string);
    else throw SYNTAX;
  }
  if (target === client.db && from === to) {
    throw err("source and destination objects are the same");
  }
  const value = client.db.lookup(from);
  if (value === undefined) return 0;
  if (target.lookup(to) !== undefined) {
    if (!replace) return 0;
    target.delete(to);
  }
  const duplicate = value.copy();
  duplicate.expireAtMs = value.expireAtMs;
  target.add(to, duplicate);
  target.changed(to);
  client.server.notify("g", "copy_to", to, target);
  return 1;
}

export const keys: CommandTable = {
  del: [del, -2, "w", 1, -1, 1],
  unlink: [unlink, -2, "wF", 1, -1, 1],
  exists: [exists, -2, "rF", 1, -1, 1],
  touch: [touch, -2, "rF", 1, -1, 1],
  rename: [(c, a) => rename(c, a, false), 3, "w", 1, 2, 1],
  renamenx: [(c, a) => rename(c, a, true), 3, "wF", 1, 2, 1],
  type: [type, 2, "rF", 1, 1, 1],
  keys: [keysMatching, 2, "r"],
  scan: [scan, -2, "r"],
  randomkey: [randomKey, 1, "r"],
  move: [move, 3, "wF", 1, 1, 1],
  copy: [copy, -3, "wm", 1, 2, 1],
  object: [objectCommands, -2, ""],
};
