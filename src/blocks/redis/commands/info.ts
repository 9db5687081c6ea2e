/** INFO: a report about the server, with Redis's sections and field names. */
import { formatG, type Reply, Verbatim } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { Server } from "../server.ts";

type Field = readonly [name: string, value: string | number];
type Section = (server: Server) => Field[];

/** Formats a byte count for people. */
export function humanBytes(bytes: number): string {
  const units = ["K", "M", "G", "T", "P"];
  if (bytes < 1_024) return `${bytes}B`;
  let value = bytes / 1_024;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${value.toFixed(2)}${units[unit] as string}`;
}

function server(one: Server): Field[] {
  const uptimeMs = Math.max(0, one.nowMs - one.startedMs);
  return [
    ["redis_version", one.config.version],
    ["redis_git_sha1", "00000000"],
    ["redis_git_dirty", 0],
    ["redis_build_id", "0"],
    ["redis_mode", "standalone"],
    ["os", "Lightcone"],
    ["arch_bits", 64],
    ["process_id", process.pid],
    ["run_id", one.runId],
    ["tcp_port", one.config.get("port")],
    ["server_time_usec", `${Math.floor(one.nowMs)}000`],
    ["uptime_in_seconds", Math.floor(uptimeMs / 1_000)],
    ["uptime_in_days", Math.floor(uptimeMs / 86_400_000)],
    ["hz", one.config.get("hz")],
    ["configured_hz", one.config.get("hz")],
    ["lru_clock", Math.floor(one.nowMs / 1_000) & 0xffffff],
    ["executable", "/lightcone"],
    ["config_file", ""],
  ];
}

function clients(one: Server): Field[] {
  return [
    ["connected_clients", one.clients.size],
    ["cluster_connections", 0],
    ["maxclients", one.config.get("maxclients")],
    ["client_recent_max_input_buffer", 0],
    ["client_recent_max_output_buffer", 0],
    ["blocked_clients", one.blockedClients],
    ["tracking_clients", one.tracking?.clientCount ?? 0],
    ["clients_in_timeout_table", 0],
  ];
}

function memory(one: Server): Field[] {
  const used = one.memory.used();
  const peak = one.memory.peakBytes;
  const startup = one.memory.startupBytes;
  const libraries = [...(one.scripts?.functions.libraries.values() ?? [])];
  const functions = libraries.reduce((sum, library) => sum + library.functions.size, 0);
  return [
    ["used_memory", used],
    ["used_memory_human", humanBytes(used)],
    ["used_memory_rss", used],
    ["used_memory_rss_human", humanBytes(used)],
    ["used_memory_peak", peak],
    ["used_memory_peak_human", humanBytes(peak)],
    ["number_of_cached_scripts", one.scripts?.size ?? 0],
    ["used_memory_peak_perc", `${((100 * used) / peak).toFixed(2)}%`],
    ["used_memory_overhead", startup],
    ["used_memory_startup", startup],
    ["used_memory_dataset", used - startup],
    ["used_memory_dataset_perc", "100.00%"],
    ["number_of_functions", functions],
    ["number_of_libraries", libraries.length],
    ["maxmemory", one.config.get("maxmemory")],
    ["maxmemory_human", humanBytes(one.memory.limitBytes)],
    ["maxmemory_policy", one.config.get("maxmemory-policy")],
    ["mem_fragmentation_ratio", "1.00"],
    ["mem_not_counted_for_evict", 0],
    ["mem_clients_normal", 0],
    ["mem_aof_buffer", 0],
    ["mem_allocator", "v8"],
    ["active_defrag_running", 0],
    ["lazyfree_pending_objects", 0],
    ["lazyfreed_objects", one.lazyFreed],
  ];
}

function persistence(one: Server): Field[] {
  const disk = one.persistence;
  const failed = disk?.lastSaveFailed === true;
  const fields: Field[] = [
    ["loading", disk?.loading || one.loadsUntilMs > one.nowMs ? 1 : 0],
    ["async_loading", 0],
    ["current_cow_size", 0],
    ["rdb_changes_since_last_save", disk?.changes ?? one.dirty],
    ["rdb_bgsave_in_progress", 0],
    ["rdb_last_save_time", Math.floor((disk?.lastSaveMs ?? one.startedMs) / 1_000)],
    ["rdb_last_bgsave_status", failed ? "err" : "ok"],
    ["rdb_last_bgsave_time_sec", disk?.saves ? 0 : -1],
    ["rdb_current_bgsave_time_sec", -1],
    ["rdb_saves", disk?.saves ?? 0],
    ["aof_enabled", one.propagation === undefined ? 0 : 1],
    ["aof_rewrite_in_progress", 0],
    ["aof_rewrite_scheduled", 0],
    ["aof_last_rewrite_time_sec", -1],
    ["aof_current_rewrite_time_sec", -1],
    ["aof_last_bgrewrite_status", "ok"],
    ["aof_rewrites", disk?.aof.rewrites ?? 0],
    ["aof_last_write_status", disk?.aof.failure === undefined ? "ok" : "err"],
  ];
  if (disk && one.propagation !== undefined) {
    fields.push(
      ["aof_current_size", disk.aof.sizeBytes],
      ["aof_base_size", disk.aof.baseBytes],
      ["aof_pending_rewrite", 0],
      ["aof_buffer_length", 0],
      ["aof_pending_bio_fsync", 0],
      ["aof_delayed_fsync", 0],
    );
  }
  return fields;
}

function stats(one: Server): Field[] {
  const { stats: counts, pubsub, tracking } = one;
  return [
    ["total_connections_received", counts.connections],
    ["total_commands_processed", counts.commands],
    ["instantaneous_ops_per_sec", 0],
    ["rejected_connections", counts.refused],
    ["expired_keys", counts.expired],
    ["expired_stale_perc", "0.00"],
    ["expired_time_cap_reached_count", 0],
    ["evicted_keys", one.memory.evicted],
    ["evicted_clients", 0],
    ["keyspace_hits", counts.hits],
    ["keyspace_misses", counts.misses],
    ["pubsub_channels", pubsub.channels.size],
    ["pubsub_patterns", pubsub.patterns.size],
    ["pubsubshard_channels", pubsub.shardChannels.size],
    ["latest_fork_usec", 0],
    ["total_forks", 0],
    ["migrate_cached_sockets", 0],
    ["tracking_total_keys", tracking?.keyCount ?? 0],
    ["tracking_total_items", tracking?.itemCount ?? 0],
    ["tracking_total_prefixes", tracking?.prefixCount ?? 0],
    ["unexpected_error_replies", 0],
    ["total_error_replies", [...counts.errors.values()].reduce((a, b) => a + b, 0)],
    ["dump_payload_sanitizations", 0],
  ];
}

function replication(one: Server): Field[] {
  return [
    ["role", "master"],
    ["connected_slaves", 0],
    ["master_failover_state", "no-failover"],
    ["master_replid", one.runId],
    ["master_replid2", "0".repeat(40)],
    ["master_repl_offset", 0],
    ["second_repl_offset", -1],
    ["repl_backlog_active", 0],
    ["repl_backlog_size", one.config.get("repl-backlog-size")],
    ["repl_backlog_first_byte_offset", 0],
    ["repl_backlog_histlen", 0],
  ];
}

function cpu(): Field[] {
  const names = ["sys", "user", "sys_children", "user_children", "sys_main_thread"];
  return [...names, "user_main_thread"].map((name) => [`used_cpu_${name}`, "0.000000"]);
}

function commandStats(one: Server): Field[] {
  return one.calledCommands().map(({ name, calls, micros, rejected, failed }) => {
    const each = calls === 0 ? 0 : micros / calls;
    return [
      `cmdstat_${name}`,
      `calls=${calls},usec=${micros},usec_per_call=${each.toFixed(2)},rejected_calls=${rejected},failed_calls=${failed}`,
    ];
  });
}

function latencyStats(one: Server): Field[] {
  const percentiles = one.config.get("latency-tracking-info-percentiles");
  if (percentiles === "" || !one.config.flag("latency-tracking")) return [];
  return one.calledCommands().flatMap(({ name, histogram }) => {
    if (!histogram) return [];
    const values = percentiles.split(" ").map((text) => {
      return `p${formatG(Number(text), 17)}=${histogram.percentile(Number(text)).toFixed(3)}`;
    });
    return [[`latency_percentiles_usec_${name}`, values.join(",")] as const];
  });
}

function keyspace(one: Server): Field[] {
  return one.databases
    .filter((database) => database.keys.size > 0)
    .map((database) => [
      `db${database.index}`,
      `keys=${database.keys.size},expires=${database.expiring},avg_ttl=0`,
    ]);
}

const sections: Readonly<Record<string, Section>> = {
  Server: server,
  Clients: clients,
  Memory: memory,
  Persistence: persistence,
  Stats: stats,
  Replication: replication,
  CPU: cpu,
  Modules: () => [],
  Commandstats: commandStats,
  Errorstats: (one) =>
    [...one.stats.errors].map(([code, count]) => [`errorstat_${code}`, `count=${count}`]),
  Latencystats: latencyStats,
  Cluster: () => [["cluster_enabled", 0]],
  Keyspace: keyspace,
};

const onlyWhenNamed = new Set(["Commandstats", "Latencystats"]);

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
