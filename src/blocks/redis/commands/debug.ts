/** DEBUG: inspection and control commands that Redis's tests use. */
import {
  BigNumber,
  Bool,
  Double,
  MapReply,
  OK,
  PushReply,
  type Reply,
  RespError,
  SetReply,
  Status,
  Verbatim,
} from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { digestOfAll, digestOfValue } from "../digest.ts";
import { err, NO_SUCH_KEY } from "../errors.ts";
import { parseFloat64, parseIntegerIn } from "../numbers.ts";
import { saveOptions } from "../rdb/file.ts";
import { saveValue } from "../rdb/save-value.ts";
import { ListValue } from "../values/list.ts";
import { StringValue } from "../values/string.ts";
import { engineOf } from "./scripting.ts";

/** DEBUG SLEEP blocks the whole server, as in Redis: nothing else happens until it ends. */
function sleep(client: Client, args: string[]): Reply {
  const ms = parseFloat64(args[2] as string) * 1_000;
  if (ms > 0) {
    const { server } = client;
    server.stall(ms);
    server.afterStall(() => server.timer.slept(client, args, ms));
  }
  return OK;
}

function object(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const value = db.keys.get(args[2] as string);
  if (value === undefined) throw NO_SUCH_KEY;
  const idle = Math.floor((server.nowMs - value.touchedMs) / 1_000);
  const bytes = saveValue(value, saveOptions(server)).length - 1;
  const nodes = value instanceof ListValue ? ` ql_nodes:1 ql_avg_node:${value.length}.00` : "";
  return new Status(
    `Value at:0x7f0000000000 refcount:1 encoding:${value.encoding()} serializedlength:${bytes} lru:${Math.floor(value.touchedMs / 1_000) & 0xffffff} lru_seconds_idle:${idle}${nodes}`,
  );
}

function reload({ server }: Client, args: string[]): Reply {
  const words = new Set(args.slice(2).map((word) => word.toUpperCase()));
  for (const word of words) {
    if (!["MERGE", "NOFLUSH", "NOSAVE"].includes(word)) {
      throw err("DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    }
  }
  const { persistence, dirty } = server;
  if (!persistence) throw err("the server was not started with a disk");
  if (!words.has("NOSAVE")) persistence.save();
  if (!words.has("NOFLUSH")) server.empty();
  try {
    persistence.loadSaved(words.has("MERGE"));
  } catch {
    throw err("Error trying to load the RDB dump");
  } finally {
    server.dirty = dirty;
  }
  return OK;
}

function loadAof({ server }: Client): Reply {
  const { persistence, propagation, dirty } = server;
  if (!persistence) throw err("the server was not started with a disk");
  persistence.aof.flush();
  server.empty();
  server.propagation = undefined;
  try {
    if (persistence.aof.exists()) persistence.aof.load();
  } finally {
    server.propagation = propagation;
    // The data did not change, so nothing must be recorded.
    server.dirty = dirty;
  }
  return OK;
}

const protocolReplies: Readonly<Record<string, (client: Client) => Reply>> = {
  string: () => "Hello World",
  integer: () => 12_345,
  double: () => new Double(3_141 / 1_000),
  bignum: () => new BigNumber("1234567999999999999999999999999999999"),
  null: () => null,
  array: () => [0, 1, 2],
  set: () => new SetReply([0, 1, 2]),
  map: () => new MapReply([0, new Bool(false), 1, new Bool(true), 2, new Bool(false)]),
  attrib: (client) => {
    // An attribute precedes the reply that it describes.
    if (client.resp > 2)
      client.write("|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n");
    return "Some real reply following the attribute";
  },
  push: (client) => {
    if (client.resp < 3) throw err("RESP2 is not supported by this command");
    client.push(new PushReply(["server-cpu-usage", 42]));
    return "Some real reply following the push reply";
  },
  verbatim: () => new Verbatim("txt", "This is a verbatim\nstring"),
  true: () => new Bool(true),
  false: () => new Bool(false),
};

function protocol(client: Client, args: string[]): Reply {
  const make = protocolReplies[(args[2] as string).toLowerCase()];
  if (!make) {
    throw err(
      "Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
    );
  }
  return make(client);
}

function populate(client: Client, args: string[]): Reply {
  const { db } = client;
  const count = parseIntegerIn(args[2] as string, 0, Infinity);
  const prefix = args[3] ?? "key";
  const size = args[4] === undefined ? 0 : parseIntegerIn(args[4], 0, 536_870_912);
  for (let at = 0; at < count; at++) {
    const key = `${prefix}:${at}`;
    if (db.lookup(key) !== undefined) continue;
    const text = `value:${at}`;
    db.put(key, new StringValue(size === 0 ? text : text.slice(0, size).padEnd(size, "\0")));
  }
  return OK;
}

const accepted = (): Reply => OK;

type Row = readonly [run: (client: Client, args: string[]) => Reply, arity: number];

const subcommands: Readonly<Record<string, Row>> = {
  sleep: [sleep, 3],
  object: [object, -3],
  "set-active-expire": [
    ({ server }, args) => {
      server.expiry.setActive(args[2] !== "0");
      return OK;
    },
    3,
  ],
  reload: [reload, -2],
  loadaof: [loadAof, 2],
  digest: [({ server }) => new Status(digestOfAll(server)), 2],
  "digest-value": [
    ({ db }, args) => args.slice(2).map((key) => new Status(digestOfValue(db, key))),
    -2,
  ],
  protocol: [protocol, 3],
  populate: [populate, -3],
  error: [
    (_client, args) => {
      throw new RespError(args[2] as string);
    },
    3,
  ],
  log: [accepted, 3],
  "quicklist-packed-threshold": [accepted, 3],
  "set-skip-checksum-validation": [accepted, 3],
  "set-disable-deny-scripts": [
    (client, args) => {
      engineOf(client).unlimited = args[2] !== "0";
      return OK;
    },
    3,
  ],
  "change-repl-id": [accepted, 2],
  "pause-cron": [accepted, 3],
  replybuffer: [accepted, -3],
  "stringmatch-test": [() => new Status("Apparently Redis did not crash: test passed"), 2],
};

/** DEBUG is a single command. Redis does not count its subcommands separately either. */
export function debug(client: Client, args: string[]): Reply {
  const word = (args[1] as string).toLowerCase();
  if (word === "help") {
    const names = Object.keys(subcommands).map((name) => name.toUpperCase());
    return ["DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", ...names].map(
      (line) => new Status(line),
    );
  }
  const row = Object.hasOwn(subcommands, word) ? subcommands[word] : undefined;
  const fits = row && (row[1] < 0 ? args.length >= -row[1] : args.length === row[1]);
  if (!row || !fits) {
    throw err(
      `unknown subcommand or wrong number of arguments for '${args[1] as string}'. Try DEBUG HELP.`,
    );
  }
  return row[0](client, args);
}
