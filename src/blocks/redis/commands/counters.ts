/**
 * Strings as numbers: INCR and related commands with 64-bit integers, and INCRBYFLOAT in extended
 * precision.
 */
import type { Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, NOT_INTEGER } from "../errors.ts";
import { addLongDouble } from "../long-double.ts";
import { addInt64, INT64_MIN, integerOf, parseInt64 } from "../numbers.ts";
import { StringValue } from "../values/string.ts";

function add(client: Client, key: string, delta: number | bigint): Reply {
  const { db, server } = client;
  const value = db.get(StringValue, key);
  const before = value === undefined ? 0 : integerOf(value.text);
  if (before === undefined) throw NOT_INTEGER;
  const sum = addInt64(before, delta);
  if (sum === undefined) throw err("increment or decrement would overflow");
  if (value === undefined) {
    db.put(key, new StringValue(String(sum)));
  } else {
    value.text = String(sum);
    value.left = undefined;
    db.changed(key);
  }
  server.notify("$", "incrby", key, db);
  return sum;
}

function decrby(client: Client, args: string[]): Reply {
  const delta = parseInt64(args[2] as string);
  if (delta === INT64_MIN) throw err("decrement would overflow");
  return add(client, args[1] as string, typeof delta === "bigint" ? -delta : 0 - delta);
}

function incrbyfloat(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const value = db.get(StringValue, key);
  const sum = addLongDouble(value?.text ?? "0", args[2] as string);
  const result = new StringValue(sum);
  result.left = "embstr";
  result.expireAtMs = value?.expireAtMs ?? Infinity;
  db.put(key, result);
  server.notify("$", "incrbyfloat", key, db);
  server.propagation?.instead(db, ["SET", key, sum, "KEEPTTL"]);
  return sum;
}

export const counters: CommandTable = {
  incr: [(c, a) => add(c, a[1] as string, 1), 2, "wmF", 1, 1, 1],
  decr: [(c, a) => add(c, a[1] as string, -1), 2, "wmF", 1, 1, 1],
  incrby: [(c, a) => add(c, a[1] as string, parseInt64(a[2] as string)), 3, "wmF", 1, 1, 1],
  decrby: [decrby, 3, "wmF", 1, 1, 1],
  incrbyfloat: [incrbyfloat, 3, "wmF", 1, 1, 1],
};
