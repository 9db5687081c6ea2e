/** The Redis block, as a world names it. Importing this starts nothing and loads no server code. */
import { type Block, entryUrl } from "../block.ts";
import { refuseOptions, text, texts, whole } from "../options.ts";

const kinds = {
  port: whole(0, 65_535),
  host: text,
  password: text,
  version: text,
  databases: whole(1, 1_000_000),
  config: texts,
};

/** How a Redis server of a world differs from the default one. */
export interface RedisOptions {
  /** TCP port; 6379 unless told. */
  readonly port?: number;
  /** The address to listen on; all of the host's unless told. */
  readonly host?: string;
  /** `requirepass`: clients must `AUTH` first. */
  readonly password?: string;
  /** The version that `INFO` and `HELLO` report. */
  readonly version?: string;
  /** Number of databases; 16 unless told. */
  readonly databases?: number;
  /** Other settings, by their names in `redis.conf`, such as `{ "notify-keyspace-events": "Ex" }`. */
  readonly config?: Readonly<Record<string, string>>;
}

/**
 * A Redis server, as Redis 7.0 answers: RESP2 and RESP3, all types of values, transactions,
 * publish/subscribe, client-side caching, access control, eviction, and Lua scripts.
 *
 * It holds everything in memory, so a crash of its host loses all, unless it appends to a file:
 * `redis({ config: { appendonly: "yes", appendfsync: "everysec" } })` keeps on the host's disk what Redis
 * would keep. Throws `LC_BAD_BLOCK` for options that there are not.
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
  return { name: "redis", entry: entryUrl("./main", import.meta.url), argv };
}
