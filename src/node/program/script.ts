/** Starts a script that is on the host's disk, as `node FILE` does. */
import type { Process } from "../../sim/process.ts";
import { Kind } from "../../trace/kinds.ts";
import { NodeProcess } from "../node-process.ts";
import { loaderOf } from "./commonjs.ts";
import { startFile } from "./evaluate.ts";
import { baseEnv, type StartOptions } from "./start.ts";

/** The options for starting a script. */
export interface ScriptOptions extends StartOptions {
  /** Flags for Node itself, as `process.execArgv` shows them. */
  readonly execArgv?: readonly string[];
  /** Built-in modules that replace the process's own. */
  readonly builtins?: (node: NodeProcess) => Readonly<Record<string, () => unknown>>;
}

/** Gives `process` the script at `path`, an absolute path of its host, to start at once. */
export function startScript(
  process: Process,
  path: string,
  options: ScriptOptions = {},
): NodeProcess {
  const node = new NodeProcess(
    process,
    {
      argv: [path, ...(options.argv ?? [])],
      execArgv: options.execArgv ?? [],
      env: { ...baseEnv, ...options.env },
      cwd: options.cwd ?? "/",
      title: "node",
    },
    options,
  );
  loaderOf(node.realm, options.builtins?.(node));
  process.schedule(0, Kind.start, () => startFile(node, path), undefined);
  return node;
}
