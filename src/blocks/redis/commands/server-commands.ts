/** Commands about the server: CONFIG, TIME, DBSIZE, FLUSHALL, ROLE and others (server.c). */
import { MapReply, OK, type Reply, Verbatim } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { type CommandTable, NO_REPLY, type NoReply } from "../command.ts";
import { err, NOT_INTEGER, SYNTAX, wrongArity } from "../errors.ts";
import { parseInteger } from "../numbers.ts";
import { aclCommands } from "./acl.ts";
import { commandCommands } from "./command-command.ts";
import { debug } from "./debug.ts";
import { info } from "./info.ts";
import { databaseOf } from "./keys.ts";
import { latencyCommands, slowlogCommands } from "./slowlog.ts";

function time(): Reply {
  const nowMs = Date.now();
  const micros = Math.floor((nowMs % 1_000) * 1_000);
  return [String(Math.floor(nowMs / 1_000)), String(micros)];
}

function flush(all: boolean) {
  return (client: Client, args: string[]): Reply => {
    const word = args[1]?.toUpperCase();
    if (args.length > 2 || (word !== undefined && word !== "SYNC" && word !== "ASYNC")) {
      throw SYNTAX;
    }
    const chosen = all ? client.server.databases : [client.db];
    const { server } = client;
    let removed = 0;
    for (const database of chosen) removed += database.flush();
    if (word === "ASYNC") server.lazyFreed += removed;
    server.dirty += all ? removed + 1 : removed;
    server.tracking?.invalidateAll();
    return OK;
  };
}

function swapDb(client: Client, args: string[]): Reply {
  const { server } = client;
  const first = databaseOf(client, args[1] as string, err("invalid first DB index"));
  const second = databaseOf(client, args[2] as string, err("invalid second DB index"));
  if (first !== second) server.swap(first, second);
  return OK;
}

function configSet(client: Client, args: string[]): Reply {
  if (args.length % 2 === 1) throw wrongArity("config|set");
  const pairs: [string, string][] = [];
  for (let at = 2; at < args.length; at += 2)
    pairs.push([args[at] as string, args[at + 1] as string]);
  client.server.config.setAll(pairs);
  return OK;
}

function configRewrite(): Reply {
  throw err("The server is running without a config file");
}

function configGet(client: Client, args: string[]): Reply {
  const flat: string[] = [];
  const seen = new Set<string>();
  for (const pattern of args.slice(2)) {
    const found = client.server.config.match(pattern);
    for (let at = 0; at < found.length; at += 2) {
      if (seen.has(found[at] as string)) continue;
      seen.add(found[at] as string);
      flat.push(found[at] as string, found[at + 1] as string);
    }
  }
  return new MapReply(flat);
}

function shutdown(client: Client, args: string[]): NoReply {
  const { server } = client;
  const words = new Set(args.slice(1).map((word) => word.toUpperCase()));
  for (const word of words) {
    if (!["NOSAVE", "SAVE", "NOW", "FORCE", "ABORT"].includes(word)) throw SYNTAX;
  }
  if (words.has("ABORT")) throw err("No shutdown in progress.");
  if (words.has("SAVE") && words.has("NOSAVE")) throw SYNTAX;
  if (!words.has("NOSAVE")) server.busy.refuseToSave();
  const saves = words.has("SAVE") || (server.config.get("save") !== "" && !words.has("NOSAVE"));
  if (saves) {
    try {
      server.persistence?.save();
    } catch {
      if (!words.has("FORCE")) throw err("Errors trying to SHUTDOWN. Check logs.");
    }
  }
  void server.close().then(() => server.onShutdown());
  return NO_REPLY;
}

function wait(client: Client, args: string[]): Reply {
  parseInteger(args[1] as string);
  const timeoutMs = parseInteger(
    args[2] as string,
    err("timeout is not an integer or out of range"),
  );
  if (timeoutMs < 0) throw err("timeout is negative");
  if (client.denyBlocking || Number(args[1]) <= 0) return 0;
  return client.block({
    keys: [],
    timeoutMs,
    attempt: () => undefined,
    onTimeout: 0,
  }) as unknown as Reply;
}

function monitor(client: Client): Reply {
  client.monitoring = true;
  client.server.monitors.add(client);
  return OK;
}

function memoryUsage(client: Client, args: string[]): Reply {
  if (args.length > 3) {
    if (args.length !== 5 || args[3]?.toUpperCase() !== "SAMPLES") throw SYNTAX;
    if (parseInteger(args[4] as string, NOT_INTEGER) < 0) throw SYNTAX;
  }
  const key = args[2] as string;
  const value = client.db.peek(key);
  return value === undefined ? null : 56 + key.length + value.bytes();
}

const memoryDoctor =
  "Hi Sam, this instance is empty or is using very little memory, my issue detector can't be used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I finished rebooting.\n";

function memoryStats({ server }: Client): Reply {
  const keys = server.databases.reduce((sum, database) => sum + database.keys.size, 0);
  const used = server.memory.used();
  const dataset = used - server.memory.startupBytes;
  return new MapReply([
    ...["peak.allocated", server.memory.peakBytes, "total.allocated", used],
    ...["startup.allocated", server.memory.startupBytes, "keys.count", keys],
    ...["keys.bytes-per-key", keys === 0 ? 0 : Math.floor(dataset / keys)],
    ...["dataset.bytes", dataset],
  ]);
}

function noCluster(): Reply {
  throw err("This instance has cluster support disabled");
}

export const serverCommands: CommandTable = {
  info: [info, -1, "lt"],
  time: [time, 1, "ltF"],
  dbsize: [(client) => client.db.keys.size, 1, "rF"],
  flushdb: [flush(false), -1, "w"],
  flushall: [flush(true), -1, "w"],
  swapdb: [swapDb, 3, "wF"],
  role: [() => ["master", 0, []], 1, "sltF"],
  wait: [wait, 3, "sb"],
  monitor: [monitor, 1, "aslt"],
  shutdown: [shutdown, -1, "asltn"],
  command: [commandCommands, -1, "lt"],
  config: [
    {
      get: [configGet, -3, "aslt"],
      set: [configSet, -4, "aslt"],
      rewrite: [configRewrite, 2, "aslt"],
      resetstat: [(client) => (client.server.resetStats(), OK), 2, "aslt"],
    },
    -2,
    "",
  ],
  debug: [debug, -2, "asltD"],
  memory: [
    {
      usage: [memoryUsage, -3, "r", 2, 2, 1],
      doctor: [() => new Verbatim("txt", memoryDoctor), 2, ""],
      purge: [() => OK, 2, ""],
      "malloc-stats": [() => "Stats not supported for the current allocator", 2, ""],
      stats: [memoryStats, 2, ""],
    },
    -2,
    "",
  ],
  readonly: [noCluster, 1, "ltF"],
  readwrite: [noCluster, 1, "ltF"],
  latency: [latencyCommands, -2, ""],
  slowlog: [slowlogCommands, -2, ""],
  acl: [aclCommands, -2, ""],
};
