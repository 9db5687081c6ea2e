/** What goes wrong with a Redis server besides what goes wrong with any program. `operator.ts` does what an operator can do. */
import type { BlockFault } from "../faults.ts";

/** The rare paths that the server offers. */
export const rarePaths = {
  slow: "a command of Redis takes long",
  late: "Redis finds expired keys late",
  loads: "Redis loads slowly",
} as const;

export const redisFaults: readonly BlockFault[] = [
  {
    name: "slow-commands",
    summary: "Some commands take 50 to 500 ms, and all others wait meanwhile.",
    cause: "KEYS, a large value that is deleted, a fork, swapping.",
    begins: "takes long for a share of {probability} of its commands",
    ends: "is as fast as before",
    draws: { probability: [0.01, 0.3] },
    path: rarePaths.slow,
  },
  {
    name: "pause-writes",
    summary: "Commands that change data wait (`CLIENT PAUSE`).",
    cause: "a failover that is prepared, a backup.",
    begins: "lets writes wait",
    ends: "lets writes go on",
  },
  {
    name: "kill-clients",
    summary:
      "All connections of clients are closed (`CLIENT KILL`). What they have sent may have been done.",
    cause: "an operator, a limit of clients or of their output, a proxy.",
    begins: "closes the connections of all its clients",
  },
  {
    name: "evict",
    summary:
      "Memory gets scarce, and keys are evicted, whether they expire or not (`allkeys-random`).",
    cause: "`maxmemory` of a cache that is used as a store, a neighbour that takes the memory.",
    begins: "has to do without {share} of its memory, and evicts keys",
    ends: "has its memory back",
    draws: { share: [0.05, 0.9] },
  },
  {
    name: "refuse-writes",
    summary: "Memory is used up, and commands that need some are answered with `OOM`.",
    cause: "`maxmemory` with `noeviction`, the default policy.",
    begins: "has no memory left, and answers writes with OOM",
    ends: "has memory again",
  },
  {
    name: "busy-script",
    summary:
      "A script does not end, and every other command is answered with `BUSY` until it is killed.",
    cause: "a loop in a script, a script over far more keys than usual.",
    begins: "runs a script that does not end",
    ends: "has its script killed",
  },
  {
    name: "late-expiry",
    summary:
      "Expired keys are found late, and so come the notifications of it. Nobody can read them meanwhile.",
    cause: "many keys that expire at once: Redis looks for them by samples.",
    begins: "finds expired keys late",
    ends: "finds expired keys in time",
    draws: { probability: [0.5, 1] },
    path: rarePaths.late,
  },
  {
    name: "slow-load",
    summary:
      "The server is killed and started again, and answers with `LOADING` for a while. What it has in memory only is lost.",
    cause: "a restart with a large file of data.",
    begins: "takes some time to load its data when it starts, and answers with LOADING",
    ends: "loads its data as fast as before",
    draws: { probability: [1, 1] },
    path: rarePaths.loads,
    restarts: true,
  },
];
