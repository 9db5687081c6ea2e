/** Tests of Redis's suite that our block does not pass, and is not meant to; each with its reason. */

const script = "another client ends a script that runs for ever; a script here runs to its end";
const freed = "measures how long freeing memory takes, which JavaScript does later and elsewhere";
const clients = "evicts clients (maxmemory-clients), which the block does not";
const program = "starts redis-server with command lines and files of its own";
const replica = "listens as a replica, and the block has no replication";

/** Why, by file and test; a name that ends in `*` stands for all that begin so. */
const reasons = {
  "unit/multi": {
    "MULTI and script timeout": script,
    "EXEC and script timeout": script,
    "MULTI-EXEC body and script timeout": script,
    "just EXEC and script timeout": script,
  },
  "unit/functions": {
    "FUNCTION - test function kill": script,
    "FUNCTION - test script kill not working on function": script,
    "FUNCTION - test function kill not working on eval": script,
    "LIBRARIES - load timeout": script,
  },
  "unit/scripting": {
    "Timedout*": script,
    "SCRIPT KILL*": script,
  },
  "unit/maxmemory": {
    "eviction due to output buffers of many MGET clients, client eviction: true": clients,
    "eviction due to input buffer of a dead client, client eviction: true": clients,
    "eviction due to output buffers of pubsub, client eviction: true": clients,
  },
  "unit/introspection": {
    "redis-server command line arguments*": program,
    "CONFIG REWRITE*": program,
    "CONFIG save params special case handled properly": program,
  },
  "unit/latency-monitor": {
    "LATENCY of expire events are correctly collected": freed,
  },
  "unit/type/list": {
    "SWAPDB wants to wake blocked client, but the key already expired": replica,
    "MULTI + LPUSH + EXPIRE + DEBUG SLEEP on blocked client, key already expired": replica,
  },
  "unit/expire": {
    "SCAN: Lazy-expire should not be wrapped in MULTI/EXEC": replica,
    "RANDOMKEY: Lazy-expire should not be wrapped in MULTI/EXEC": replica,
  },
};

const endless = new Set([script, clients, program]);

/** Tests that would never end against the block, as patterns of the suite. */
export function skipped(file) {
  return Object.entries(reasons[file] ?? {}).flatMap(([name, reason]) => {
    if (!endless.has(reason)) return [];
    return [name.endsWith("*") ? `/^${name.slice(0, -1)}` : name];
  });
}

/** Why a test is not passed by design; undefined when it ought to be. */
export function reasonOf(file, name) {
  for (const [pattern, reason] of Object.entries(reasons[file] ?? {})) {
    const same = pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
    if (same) return reason;
  }
  return undefined;
}
