/** DUMP and RESTORE: one value as bytes that Redis of the same or a later version accepts. */
import { OK, type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, SYNTAX } from "../errors.ts";
import { parseInteger } from "../numbers.ts";
import { CorruptError } from "../rdb/bytes.ts";
import { dumpValue, restoreValue, unsealed } from "../rdb/dump.ts";
import { saveOptions } from "../rdb/file.ts";
import type { Value } from "../values/value.ts";

function dump(client: Client, args: string[]): Reply {
  const value = client.db.lookup(args[1] as string);
  return value === undefined ? null : dumpValue(value, saveOptions(client.server));
}

interface RestoreOptions {
  replace: boolean;
  absolute: boolean;
  idleSeconds: number;
  frequency: number;
}

function parseOptions(args: string[]): RestoreOptions {
  const options = { replace: false, absolute: false, idleSeconds: -1, frequency: -1 };
  for (let at = 4; at < args.length; at++) {
    const word = (args[at] as string).toUpperCase();
    const more = at + 1 < args.length;
    if (word === "REPLACE") options.replace = true;
    else if (word === "ABSTTL") options.absolute = true;
    else if (word === "IDLETIME" && more && options.frequency === -1) {
      options.idleSeconds = parseInteger(args[++at] as string);
      if (options.idleSeconds < 0) throw err("Invalid IDLETIME value, must be >= 0");
    } else if (word === "FREQ" && more && options.idleSeconds === -1) {
      options.frequency = parseInteger(args[++at] as string);
      if (options.frequency < 0 || options.frequency > 255) {
        throw err("Invalid FREQ value, must be >= 0 and <= 255");
      }
    } else throw SYNTAX;
  }
  return options;
}

function valueOf(client: Client, payload: string): Value {
  const body = unsealed(payload);
  if (body === undefined) throw err("DUMP payload version or checksum are wrong");
  try {
    return restoreValue(body, client.server.config.limits);
  } catch (error) {
    if (error instanceof CorruptError) throw err("Bad data format");
    throw error;
  }
}

function restore(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const [, key, ttlText, payload] = args as [string, string, string, string];
  const options = parseOptions(args);
  if (!options.replace && db.lookup(key) !== undefined) {
    throw new RespError("BUSYKEY Target key name already exists.");
  }
  const ttl = parseInteger(ttlText);
  if (ttl < 0) throw err("Invalid TTL value, must be >= 0");
  const value = valueOf(client, payload);
  const deleted = options.replace && db.delete(key);
  const deadline = ttl === 0 ? Infinity : options.absolute ? ttl : server.nowMs + ttl;
  if (deadline <= server.nowMs) {
    if (deleted) server.notify("g", "del", key, db);
    server.propagation?.instead(db, ["DEL", key]);
    return OK;
  }
  value.expireAtMs = deadline;
  db.add(key, value);
  if (options.idleSeconds >= 0) value.touchedMs -= options.idleSeconds * 1_000;
  if (options.frequency >= 0) value.frequency = options.frequency;
  db.changed(key);
  server.notify("g", "restore", key, db);
  if (ttl !== 0 && !options.absolute) {
    const rest = args.slice(3);
    server.propagation?.instead(db, ["RESTORE", key, deadline, ...rest, "ABSTTL"]);
  }
  return OK;
}

export const dumps: CommandTable = {
  dump: [dump, 2, "r", 1, 1, 1],
  restore: [restore, -4, "wm", 1, 1, 1],
};
