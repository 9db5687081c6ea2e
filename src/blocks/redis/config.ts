/** Settings by their names in `redis.conf`: CONFIG GET and SET, and what the server itself asks. */
import { err } from "./errors.ts";
import { globMatch } from "./glob.ts";
import type { Server } from "./server.ts";

/** Settings that have an effect here, or that clients are known to ask for. */
const defaults: Readonly<Record<string, string>> = {
  port: "6379",
  bind: "* -::*",
  databases: "16",
  requirepass: "",
  maxclients: "10000",
  timeout: "0",
  "tcp-keepalive": "300",
  maxmemory: "0",
  "maxmemory-policy": "noeviction",
  "maxmemory-samples": "5",
  save: "",
  appendonly: "no",
  appendfsync: "everysec",
  dir: "/",
  dbfilename: "dump.rdb",
  "notify-keyspace-events": "",
  "proto-max-bulk-len": "536870912",
  "lua-time-limit": "5000",
  "busy-reply-threshold": "5000",
  "slowlog-log-slower-than": "10000",
  "slowlog-max-len": "128",
  "latency-monitor-threshold": "0",
  "hash-max-listpack-entries": "512",
  "hash-max-listpack-value": "64",
  "list-max-listpack-size": "-2",
  "list-compress-depth": "0",
  "set-max-intset-entries": "512",
  "zset-max-listpack-entries": "128",
  "zset-max-listpack-value": "64",
  "stream-node-max-bytes": "4096",
  "stream-node-max-entries": "100",
  "lazyfree-lazy-user-del": "no",
  "lazyfree-lazy-user-flush": "no",
  hz: "10",
  loglevel: "notice",
  "client-output-buffer-limit":
    "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
  "cluster-enabled": "no",
  "replica-read-only": "yes",
  "min-replicas-to-write": "0",
  activedefrag: "no",
  "lfu-log-factor": "10",
  "lfu-decay-time": "1",
};

/** Old names of settings that Redis still accepts. */
const aliases: Readonly<Record<string, string>> = {
  "hash-max-ziplist-entries": "hash-max-listpack-entries",
  "hash-max-ziplist-value": "hash-max-listpack-value",
  "list-max-ziplist-size": "list-max-listpack-size",
  "zset-max-ziplist-entries": "zset-max-listpack-entries",
  "zset-max-ziplist-value": "zset-max-listpack-value",
  "lua-time-limit": "busy-reply-threshold",
};

const immutable = new Set(["port", "databases", "bind", "cluster-enabled"]);
/** Settings that may take any text. */
const texts = new Set(["requirepass", "save", "dir", "dbfilename", "bind", "loglevel"]);

/** The thresholds of small encodings, as numbers, for the hot paths. */
export interface Limits {
  hashEntries: number;
  hashValueBytes: number;
  intsetEntries: number;
  zsetEntries: number;
  zsetValueBytes: number;
  streamEntries: number;
  streamBytes: number;
}

export class Config {
  readonly #values: Map<string, string> = new Map(Object.entries(defaults));
  readonly #server: Server;
  readonly limits: Limits = {
    hashEntries: 512,
    hashValueBytes: 64,
    intsetEntries: 512,
    zsetEntries: 128,
    zsetValueBytes: 64,
    streamEntries: 100,
    streamBytes: 4_096,
  };
  /** The version that INFO and HELLO report. */
  version = "7.0.15";

  constructor(settings: Readonly<Record<string, string>>, server: Server) {
    this.#server = server;
    for (const [name, value] of Object.entries(settings)) {
      if (name === "version") this.version = value;
      else this.#store(aliases[name] ?? name, value);
    }
  }

  /** The value of a setting; empty when there is none of this name. */
  get(name: string): string {
    return this.#values.get(name) ?? "";
  }

  /** Names and values that match a pattern, in turn. */
  match(pattern: string): string[] {
    const out: string[] = [];
    const wanted = pattern.toLowerCase();
    for (const [name, value] of this.#values) {
      if (globMatch(wanted, name)) out.push(name, value);
    }
    for (const [alias, name] of Object.entries(aliases)) {
      if (globMatch(wanted, alias)) out.push(alias, this.get(name));
    }
    return out;
  }

  /** CONFIG SET of several settings: all or none. */
  setAll(pairs: readonly (readonly [string, string])[]): void {
    const before = new Map(this.#values);
    for (const [given] of pairs) {
      const lower = given.toLowerCase();
      const name = aliases[lower] ?? lower;
      if (!this.#values.has(name)) {
        throw err(`Unknown option or number of arguments for CONFIG SET - '${given}'`);
      }
      if (immutable.has(name)) {
        throw err(
          `CONFIG SET failed (possibly related to argument '${given}') - can't set immutable config`,
        );
      }
    }
    for (const [given, value] of pairs) {
      const lower = given.toLowerCase();
      try {
        this.#store(aliases[lower] ?? lower, value);
      } catch (error) {
        for (const [name, old] of before) this.#store(name, old);
        const text = (error as { text: string }).text.replace(/^ERR /, "");
        throw err(`CONFIG SET failed (possibly related to argument '${given}') - ${text}`);
      }
    }
  }

  #store(name: string, value: string): void {
    const fallback = defaults[name];
    if (fallback === undefined) throw err(`Unknown option '${name}'`);
    if (name === "notify-keyspace-events") {
      this.#values.set(name, this.#server.notifier.configure(value));
      return;
    }
    if ((fallback === "yes" || fallback === "no") && !/^(yes|no)$/i.test(value)) {
      throw err("argument must be 'yes' or 'no'");
    }
    let stored = value;
    if (/^-?[0-9]+$/.test(fallback) && !texts.has(name)) {
      const bytes = memoryOf(value);
      if (bytes === undefined) throw err("argument couldn't be parsed into an integer");
      stored = String(bytes);
    }
    this.#values.set(name, stored);
    this.#derive();
  }

  #derive(): void {
    const { limits } = this;
    limits.hashEntries = Number(this.get("hash-max-listpack-entries"));
    limits.hashValueBytes = Number(this.get("hash-max-listpack-value"));
    limits.intsetEntries = Number(this.get("set-max-intset-entries"));
    limits.zsetEntries = Number(this.get("zset-max-listpack-entries"));
    limits.zsetValueBytes = Number(this.get("zset-max-listpack-value"));
    limits.streamEntries = Number(this.get("stream-node-max-entries"));
    limits.streamBytes = Number(this.get("stream-node-max-bytes"));
  }
}

const unitBytes: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1_000,
  kb: 1_024,
  m: 1_000_000,
  mb: 1_048_576,
  g: 1_000_000_000,
  gb: 1_073_741_824,
};

/** A number with an optional unit, as `redis.conf` takes it. */
function memoryOf(text: string): number | undefined {
  const match = /^(-?[0-9]+)([a-z]*)$/i.exec(text);
  const unit = match && unitBytes[(match[2] as string).toLowerCase()];
  return match && unit ? Number(match[1]) * unit : undefined;
}
