/**
 * `cluster` as `net` sees it: `listen` asks it whether its process is a worker of another one. Node has
 * loaded it by then, in its snapshot. Here each process would load it, and with it `child_process`,
 * which was eight percent of the cost of starting a small server; so a process that is no worker loads
 * it when it is used for anything else.
 */

import { hasOwn } from "../views/safe.ts";

type Require = (id: string) => unknown;

interface Cluster {
  readonly isPrimary: boolean;
  _getServer(...args: unknown[]): unknown;
}

/** Returns the `require` of the library's `net`. `loaded` returns `cluster`, if it has been loaded. */
export function withLazyCluster(
  require: Require,
  loaded: () => unknown,
  env: () => Readonly<Record<string, unknown>>,
): Require {
  const lazy: Cluster = {
    get isPrimary() {
      const cluster = loaded() as Cluster | undefined;
      // As `cluster` itself decides it when it is loaded.
      return cluster?.isPrimary ?? !hasOwn(env(), "NODE_UNIQUE_ID");
    },
    _getServer(...args) {
      return (require("cluster") as Cluster)._getServer(...args);
    },
  };
  return (id) => (id === "cluster" ? lazy : require(id));
}
