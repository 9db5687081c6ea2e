/**
 * Every setting of `redis.conf` for a server without TLS, with its type, default and bounds, as
 * listed in config.c of Redis 7.0. Most have no effect here, but clients and tests query all of
 * them.
 */

/** The allowed values of a setting, and its default. */
export type Setting =
  | { readonly kind: "bool"; readonly value: string }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "word"; readonly value: string; readonly words: readonly string[] }
  | NumberSetting;

/** A numeric setting with bounds. */
export interface NumberSetting {
  readonly kind: "int" | "memory" | "percent" | "octal";
  readonly value: string;
  readonly min: number;
  readonly max: number;
}

const INT_MAX = 2_147_483_647;
const UINT_MAX = 4_294_967_295;
const INT64_MAX = 2 ** 63;
const UINT64_MAX = 2 ** 64;

function bool(value: string): Setting {
  return { kind: "bool", value };
}

function text(value: string): Setting {
  return { kind: "text", value };
}

function word(value: string, words: string): Setting {
  return { kind: "word", value, words: words.split(" ") };
}

function int(value: string, min: number, max: number): Setting {
  return { kind: "int", value, min, max };
}

function memory(value: string, min: number, max: number): Setting {
  return { kind: "memory", value, min, max };
}

function percent(value: string, min: number, max: number): Setting {
  return { kind: "percent", value, min, max };
}

function octal(value: string, min: number, max: number): Setting {
  return { kind: "octal", value, min, max };
}

/** The settings by name. */
export const settings: ReadonlyMap<string, Setting> = new Map(
  Object.entries({
    rdbchecksum: bool("yes"),
    daemonize: bool("no"),
    "io-threads-do-reads": bool("no"),
    "always-show-logo": bool("no"),
    "protected-mode": bool("yes"),
    rdbcompression: bool("yes"),
    "rdb-del-sync-files": bool("no"),
    activerehashing: bool("yes"),
    "stop-writes-on-bgsave-error": bool("yes"),
    "set-proc-title": bool("yes"),
    "dynamic-hz": bool("yes"),
    "lazyfree-lazy-eviction": bool("no"),
    "lazyfree-lazy-expire": bool("no"),
    "lazyfree-lazy-server-del": bool("no"),
    "lazyfree-lazy-user-del": bool("no"),
    "lazyfree-lazy-user-flush": bool("no"),
    "repl-disable-tcp-nodelay": bool("no"),
    "repl-diskless-sync": bool("yes"),
    "aof-rewrite-incremental-fsync": bool("yes"),
    "no-appendfsync-on-rewrite": bool("no"),
    "cluster-require-full-coverage": bool("yes"),
    "rdb-save-incremental-fsync": bool("yes"),
    "aof-load-truncated": bool("yes"),
    "aof-use-rdb-preamble": bool("yes"),
    "aof-timestamp-enabled": bool("no"),
    "cluster-replica-no-failover": bool("no"),
    "replica-lazy-flush": bool("no"),
    "replica-serve-stale-data": bool("yes"),
    "replica-read-only": bool("yes"),
    "replica-ignore-maxmemory": bool("yes"),
    "jemalloc-bg-thread": bool("yes"),
    activedefrag: bool("no"),
    "syslog-enabled": bool("no"),
    "cluster-enabled": bool("no"),
    appendonly: bool("no"),
    "cluster-allow-reads-when-down": bool("no"),
    "cluster-allow-pubsubshard-when-down": bool("yes"),
    "crash-log-enabled": bool("yes"),
    "crash-memcheck-enabled": bool("yes"),
    "disable-thp": bool("yes"),
    "cluster-allow-replica-migration": bool("yes"),
    "replica-announced": bool("yes"),
    "latency-tracking": bool("yes"),
    "aof-disable-auto-gc": bool("no"),
    "replica-ignore-disk-write-errors": bool("no"),
    databases: int("16", 1, INT_MAX),
    port: int("6379", 0, 65_535),
    "io-threads": int("1", 1, 128),
    "auto-aof-rewrite-percentage": int("100", 0, INT_MAX),
    "cluster-replica-validity-factor": int("10", 0, INT_MAX),
    "list-max-listpack-size": int("-2", -INT_MAX - 1, INT_MAX),
    "tcp-keepalive": int("300", 0, INT_MAX),
    "cluster-migration-barrier": int("1", 0, INT_MAX),
    "active-defrag-cycle-min": int("1", 1, 99),
    "active-defrag-cycle-max": int("25", 1, 99),
    "active-defrag-threshold-lower": int("10", 0, 1000),
    "active-defrag-threshold-upper": int("100", 0, 1000),
    "lfu-log-factor": int("10", 0, INT_MAX),
    "lfu-decay-time": int("1", 0, INT_MAX),
    "replica-priority": int("100", 0, INT_MAX),
    "repl-diskless-sync-delay": int("5", 0, INT_MAX),
    "maxmemory-samples": int("5", 1, INT_MAX),
    "maxmemory-eviction-tenacity": int("10", 0, 100),
    timeout: int("0", 0, INT_MAX),
    "replica-announce-port": int("0", 0, 65_535),
    "tcp-backlog": int("511", 0, INT_MAX),
    "cluster-port": int("0", 0, 65_535),
    "cluster-announce-bus-port": int("0", 0, 65_535),
    "cluster-announce-port": int("0", 0, 65_535),
    "cluster-announce-tls-port": int("0", 0, 65_535),
    "repl-timeout": int("60", 1, INT_MAX),
    "repl-ping-replica-period": int("10", 1, INT_MAX),
    "list-compress-depth": int("0", 0, INT_MAX),
    "active-expire-effort": int("1", 1, 10),
    hz: int("10", 0, INT_MAX),
    "min-replicas-to-write": int("0", 0, INT_MAX),
    "min-replicas-max-lag": int("10", 0, INT_MAX),
    "shutdown-timeout": int("10", 0, INT_MAX),
    "repl-diskless-sync-max-replicas": int("0", 0, INT_MAX),
    maxclients: int("10000", 1, UINT_MAX),
    unixsocketperm: octal("0", 0, 0o777),
    "socket-mark-id": int("0", 0, UINT_MAX),
    "active-defrag-max-scan-fields": int("1000", 1, INT64_MAX),
    "slowlog-max-len": int("128", 0, INT64_MAX),
    "acllog-max-len": int("128", 0, INT64_MAX),
    "busy-reply-threshold": int("5000", 0, INT64_MAX),
    "cluster-node-timeout": int("15000", 0, INT64_MAX),
    "slowlog-log-slower-than": int("10000", -1, INT64_MAX),
    "latency-monitor-threshold": int("0", 0, INT64_MAX),
    "proto-max-bulk-len": memory("536870912", 1_048_576, INT64_MAX),
    "stream-node-max-entries": int("100", 0, INT64_MAX),
    "repl-backlog-size": memory("1048576", 1, INT64_MAX),
    maxmemory: memory("0", 0, UINT64_MAX),
    "cluster-link-sendbuf-limit": memory("0", 0, UINT64_MAX),
    "hash-max-listpack-entries": int("512", 0, INT64_MAX),
    "set-max-intset-entries": int("512", 0, INT64_MAX),
    "zset-max-listpack-entries": int("128", 0, INT64_MAX),
    "active-defrag-ignore-bytes": memory("104857600", 1, INT64_MAX),
    "hash-max-listpack-value": memory("64", 0, INT64_MAX),
    "stream-node-max-bytes": memory("4096", 0, INT64_MAX),
    "zset-max-listpack-value": memory("64", 0, INT64_MAX),
    "hll-sparse-max-bytes": memory("3000", 0, INT64_MAX),
    "tracking-table-max-keys": int("1000000", 0, INT64_MAX),
    "client-query-buffer-limit": memory("1073741824", 1_048_576, INT64_MAX),
    "maxmemory-clients": percent("0", -100, INT64_MAX),
    "repl-backlog-ttl": int("3600", 0, INT64_MAX),
    "auto-aof-rewrite-min-size": memory("67108864", 0, INT64_MAX),
    supervised: word("no", "upstart systemd auto no"),
    "syslog-facility": word(
      "local0",
      "user local0 local1 local2 local3 local4 local5 local6 local7",
    ),
    "repl-diskless-load": word("disabled", "disabled on-empty-db swapdb"),
    loglevel: word("notice", "debug verbose notice warning"),
    "maxmemory-policy": word(
      "noeviction",
      "volatile-lru volatile-lfu volatile-random volatile-ttl allkeys-lru allkeys-lfu allkeys-random noeviction",
    ),
    appendfsync: word("everysec", "everysec always no"),
    "oom-score-adj": word("no", "no yes relative absolute"),
    "acl-pubsub-default": word("resetchannels", "allchannels resetchannels"),
    "sanitize-dump-payload": word("no", "no yes clients"),
    "enable-protected-configs": word("no", "no yes local"),
    "enable-debug-command": word("no", "no yes local"),
    "enable-module-command": word("no", "no yes local"),
    "cluster-preferred-endpoint-type": word("ip", "ip hostname unknown-endpoint"),
    "propagation-error-behavior": word("ignore", "ignore panic panic-on-replicas"),
    "shutdown-on-sigint": word("default", "default save nosave now force"),
    "shutdown-on-sigterm": word("default", "default save nosave now force"),
    aclfile: text(""),
    unixsocket: text(""),
    pidfile: text(""),
    "replica-announce-ip": text(""),
    masteruser: text(""),
    "cluster-announce-ip": text(""),
    "cluster-config-file": text("nodes.conf"),
    "cluster-announce-hostname": text(""),
    "syslog-ident": text("redis"),
    dbfilename: text("dump.rdb"),
    appendfilename: text("appendonly.aof"),
    appenddirname: text("appendonlydir"),
    server_cpulist: text(""),
    bio_cpulist: text(""),
    aof_rewrite_cpulist: text(""),
    bgsave_cpulist: text(""),
    "ignore-warnings": text(""),
    "proc-title-template": text("{title} {listen-addr} {server-mode}"),
    "bind-source-addr": text(""),
    logfile: text(""),
    masterauth: text(""),
    requirepass: text(""),
    dir: text("/"),
    save: text(""),
    "client-output-buffer-limit": text(
      "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
    ),
    "oom-score-adj-values": text("0 200 800"),
    "notify-keyspace-events": text(""),
    bind: text("* -::*"),
    replicaof: text(""),
    "latency-tracking-info-percentiles": text("50 99 99.9"),
  }),
);

/** Alternative names of settings that Redis still accepts. */
export const aliases: Readonly<Record<string, string>> = {
  "cluster-slave-no-failover": "cluster-replica-no-failover",
  "slave-lazy-flush": "replica-lazy-flush",
  "slave-serve-stale-data": "replica-serve-stale-data",
  "slave-read-only": "replica-read-only",
  "slave-ignore-maxmemory": "replica-ignore-maxmemory",
  "slave-announce-ip": "replica-announce-ip",
  "cluster-slave-validity-factor": "cluster-replica-validity-factor",
  "list-max-ziplist-size": "list-max-listpack-size",
  "slave-priority": "replica-priority",
  "slave-announce-port": "replica-announce-port",
  "repl-ping-slave-period": "repl-ping-replica-period",
  "min-slaves-to-write": "min-replicas-to-write",
  "min-slaves-max-lag": "min-replicas-max-lag",
  "lua-time-limit": "busy-reply-threshold",
  "hash-max-ziplist-entries": "hash-max-listpack-entries",
  "zset-max-ziplist-entries": "zset-max-listpack-entries",
  "hash-max-ziplist-value": "hash-max-listpack-value",
  "zset-max-ziplist-value": "zset-max-listpack-value",
  slaveof: "replicaof",
};

/** Settings that cannot be changed while the server runs. */
export const immutable: ReadonlySet<string> = new Set([
  "rdbchecksum",
  "daemonize",
  "io-threads-do-reads",
  "always-show-logo",
  "set-proc-title",
  "syslog-enabled",
  "cluster-enabled",
  "disable-thp",
  "aclfile",
  "unixsocket",
  "pidfile",
  "cluster-config-file",
  "syslog-ident",
  "appendfilename",
  "appenddirname",
  "server_cpulist",
  "bio_cpulist",
  "aof_rewrite_cpulist",
  "bgsave_cpulist",
  "logfile",
  "supervised",
  "syslog-facility",
  "enable-protected-configs",
  "enable-debug-command",
  "enable-module-command",
  "databases",
  "io-threads",
  "tcp-backlog",
  "cluster-port",
  "unixsocketperm",
  "socket-mark-id",
  "replicaof",
]);
