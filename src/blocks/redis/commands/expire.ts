/** Expiry times: EXPIRE, TTL and related commands (expire.c). */
import type { Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, invalidExpire } from "../errors.ts";
import { INT64_MAX, INT64_MIN, parseInt64 } from "../numbers.ts";

function parseFlags(args: string[]): Set<string> {
  const flags = new Set<string>();
  for (const given of args.slice(3)) {
    const flag = given.toUpperCase();
    if (!["NX", "XX", "GT", "LT"].includes(flag)) throw err(`Unsupported option ${given}`);
    flags.add(flag);
  }
  if (flags.has("NX") && flags.size > 1) {
    throw err("NX and XX, GT or LT options at the same time are not compatible");
  }
  if (flags.has("GT") && flags.has("LT")) {
    throw err("GT and LT options at the same time are not compatible");
  }
  return flags;
}

function expireAt(name: string, unitMs: number, absolute: boolean) {
  return (client: Client, args: string[]): Reply => {
    const { db, server } = client;
    const key = args[1] as string;
    const flags = parseFlags(args);
    const given = BigInt(parseInt64(args[2] as string));
    const offsetMs = given * BigInt(unitMs);
    const exact = offsetMs + (absolute ? 0n : BigInt(Math.floor(server.nowMs)));
    if (offsetMs < INT64_MIN || exact > INT64_MAX) throw invalidExpire(name);
    const deadline = Number(exact);
    const value = db.lookup(key);
    if (value === undefined) return 0;
    const before = value.expireAtMs;
    if (flags.has("NX") && before !== Infinity) return 0;
    if (flags.has("XX") && before === Infinity) return 0;
    if (flags.has("GT") && deadline <= before) return 0;
    if (flags.has("LT") && deadline >= before) return 0;
    if (deadline <= server.nowMs) {
      db.delete(key);
      server.notify("g", "del", key, db);
      server.propagation?.instead(db, ["DEL", key]);
      return 1;
    }
    db.setExpiry(key, value, deadline);
    db.changed(key);
    server.notify("g", "expire", key, db);
    server.propagation?.instead(db, ["PEXPIREAT", key, deadline]);
    return 1;
  };
}

function timeLeft(unitMs: number, absolute: boolean) {
  return (client: Client, args: string[]): Reply => {
    const value = client.db.peek(args[1] as string);
    if (value === undefined) return -2;
    if (value.expireAtMs === Infinity) return -1;
    const ms = absolute ? value.expireAtMs : Math.max(0, value.expireAtMs - client.server.nowMs);
    return unitMs === 1 ? ms : Math.floor((ms + 500) / 1_000);
  };
}

function persist(client: Client, args: string[]): Reply {
  const { db } = client;
  const key = args[1] as string;
  const value = db.lookup(key);
  if (value === undefined || value.expireAtMs === Infinity) return 0;
  db.setExpiry(key, value, Infinity);
  db.changed(key);
  client.server.notify("g", "persist", key, db);
  return 1;
}

export const expire: CommandTable = {
  expire: [expireAt("expire", 1_000, false), -3, "wF", 1, 1, 1],
  pexpire: [expireAt("pexpire", 1, false), -3, "wF", 1, 1, 1],
  expireat: [expireAt("expireat", 1_000, true), -3, "wF", 1, 1, 1],
  pexpireat: [expireAt("pexpireat", 1, true), -3, "wF", 1, 1, 1],
  ttl: [timeLeft(1_000, false), 2, "rF", 1, 1, 1],
  pttl: [timeLeft(1, false), 2, "rF", 1, 1, 1],
  expiretime: [timeLeft(1_000, true), 2, "rF", 1, 1, 1],
  pexpiretime: [timeLeft(1, true), 2, "rF", 1, 1, 1],
  persist: [persist, 2, "wF", 1, 1, 1],
};
