/** INFO: the server in words, in Redis's sections and with Redis's names. */
import { type Reply, Verbatim } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { Server } from "../server.ts";

type Section = (server: Server) => (string | number)[][];

const sections: Readonly<Record<string, Section>> = {
  Server: (server) => [
    ["redis_version", server.config.version],
    ["redis_git_sha1", "00000000"],
    ["redis_git_dirty", 0],
    ["redis_mode", "standalone"],
    ["os", "Lightcone"],
    ["arch_bits", 64],
    ["process_id", process.pid],
    ["run_id", server.runId],
    ["tcp_port", server.config.get("port")],
    ["server_time_usec", `${Math.floor(server.nowMs)}000`],
    ["uptime_in_seconds", Math.floor((server.nowMs - server.startedMs) / 1_000)],
    ["uptime_in_days", Math.floor((server.nowMs - server.startedMs) / 86_400_000)],
    ["hz", server.config.get("hz")],
    ["executable", "/lightcone"],
    ["config_file", ""],
  ],
  Clients: (server) => [
    ["connected_clients", server.clients.size],
    ["maxclients", server.config.get("maxclients")],
    ["blocked_clients", server.blockedClients],
  ],
  Memory: (server) => [
    ["used_memory", 1_048_576],
    ["used_memory_human", "1.00M"],
    ["maxmemory", server.config.get("maxmemory")],
    ["maxmemory_human", "0B"],
    ["maxmemory_policy", server.config.get("maxmemory-policy")],
    ["mem_allocator", "v8"],
  ],
  Persistence: (server) => [
    ["loading", 0],
    ["async_loading", 0],
    ["rdb_changes_since_last_save", server.dirty],
    ["rdb_bgsave_in_progress", 0],
    ["rdb_last_save_time", Math.floor(server.startedMs / 1_000)],
    ["rdb_last_bgsave_status", "ok"],
    ["aof_enabled", 0],
    ["aof_rewrite_in_progress", 0],
  ],
  Stats: (server) => [
    ["total_connections_received", server.stats.connections],
    ["total_commands_processed", server.stats.commands],
    ["instantaneous_ops_per_sec", 0],
    ["expired_keys", server.stats.expired],
    ["evicted_keys", 0],
    ["keyspace_hits", server.stats.hits],
    ["keyspace_misses", server.stats.misses],
    ["pubsub_channels", server.pubsub.channels.size],
    ["pubsub_patterns", server.pubsub.patterns.size],
    ["total_error_replies", [...server.stats.errors.values()].reduce((a, b) => a + b, 0)],
  ],
  Replication: () => [
    ["role", "master"],
    ["connected_slaves", 0],
    ["master_failover_state", "no-failover"],
    ["master_repl_offset", 0],
    ["repl_backlog_active", 0],
  ],
  CPU: () => [
    ["used_cpu_sys", "0.000000"],
    ["used_cpu_user", "0.000000"],
  ],
  Commandstats: (server) =>
    server
      .calledCommands()
      .map(({ name, calls }) => [`cmdstat_${name}`, `calls=${calls},usec=0,usec_per_call=0.00`]),
  Errorstats: (server) =>
    [...server.stats.errors].map(([code, count]) => [`errorstat_${code}`, `count=${count}`]),
  Cluster: () => [["cluster_enabled", 0]],
  Keyspace: (server) =>
    server.databases
      .filter((database) => database.keys.size > 0)
      .map((database) => [
        `db${database.index}`,
        `keys=${database.keys.size},expires=${database.expiring},avg_ttl=0`,
      ]),
};

const onlyWhenNamed = new Set(["Commandstats"]);

export function info(client: Client, args: string[]): Reply {
  const wanted = new Set(args.slice(1).map((name) => name.toLowerCase()));
  const everything = wanted.has("all") || wanted.has("everything");
  const usual = wanted.size === 0 || wanted.has("default");
  const out: string[] = [];
  for (const [title, section] of Object.entries(sections)) {
    const chosen =
      everything || wanted.has(title.toLowerCase()) || (usual && !onlyWhenNamed.has(title));
    if (!chosen) continue;
    const lines = section(client.server).map(([name, value]) => `${name}:${value}\r\n`);
    out.push(`# ${title}\r\n${lines.join("")}`);
  }
  return new Verbatim("txt", out.join("\r\n"));
}
