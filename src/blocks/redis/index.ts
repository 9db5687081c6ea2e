/** The Redis block, for use in a world. Importing this starts nothing and loads no server code. */
import { type Block, entryUrl } from "../block.ts";
import { redisFaults } from "./faults.ts";
import { refuseOptions, text, texts, whole } from "../options.ts";

const kinds = {
  port: whole(0, 65_535),
  host: text,
  password: text,
  version: text,
  databases: whole(1, 1_000_000),
  config: texts,
};

/** Options of a Redis server that change its defaults. */
export interface RedisOptions {
  /** TCP port. Default: 6379. */
  readonly port?: number;
  /** The address to listen on. Default: all addresses of the host. */
  readonly host?: string;
  /** `requirepass`: clients must `AUTH` first. */
  readonly password?: string;
  /** The version that `INFO` and `HELLO` report. */
  readonly version?: string;
  /** Number of databases. Default: 16. */
  readonly databases?: number;
  /** Other settings, by their names in `redis.conf`, such as `{ "notify-keyspace-events": "Ex" }`. */
  readonly config?: Readonly<Record<string, string>>;
}

/**
 * A Redis server with the behaviour of Redis 7.0: RESP2 and RESP3, all types of values,
 * transactions, publish/subscribe, client-side caching, access control, eviction, and Lua scripts.
 *
 * It keeps all data in memory, so a crash of its host loses everything, unless it appends to a
 * file: `redis({ config: { appendonly: "yes", appendfsync: "everysec" } })` keeps on the host's
 * disk what Redis would keep. Throws `LC_BAD_BLOCK` for unknown or invalid options.
 */
export function redis(options: RedisOptions = {}): Block {
  refuseOptions("redis", options, kinds);
  const argv: string[] = [];
  if (options.port !== undefined) argv.push("--port", String(options.port));
  if (options.host !== undefined) argv.push("--host", options.host);
  if (options.password !== undefined) argv.push("--requirepass", options.password);
  if (options.version !== undefined) argv.push("--version", options.version);
  if (options.databases !== undefined) argv.push("--databases", String(options.databases));
  for (const [name, value] of Object.entries(options.config ?? {})) argv.push(`--${name}`, value);
  const operator = entryUrl("./operator", import.meta.url);
  const suffers = { faults: redisFaults, operator };
  return { name: "redis", entry: entryUrl("./main", import.meta.url), argv, suffers };
}
