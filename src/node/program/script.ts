/** Starts a script that is on the host's disk, as `node FILE` does. */
import type { Process } from "../../sim/process.ts";
import { Kind } from "../../trace/kinds.ts";
import { NodeProcess } from "../node-process.ts";
import { loaderOf } from "./commonjs.ts";
import { readEnvFiles, tellEnvFiles } from "./env-files.ts";
import { startFile } from "./evaluate.ts";
import { baseEnv, type StartOptions } from "./start.ts";

/** The options for starting a script. */
export interface ScriptOptions extends StartOptions {
  /** Built-in modules that replace the process's own. */
  readonly builtins?: (node: NodeProcess) => Readonly<Record<string, () => unknown>>;
}

/** Gives `process` the script at `path`, an absolute path of its host, to start at once. */
export function startScript(
  process: Process,
  path: string,
  options: ScriptOptions = {},
): NodeProcess {
  const { execArgv = [], cwd = "/" } = options;
  const read = readEnvFiles(process, { execArgv, env: { ...baseEnv, ...options.env }, cwd });
  const node = new NodeProcess(
    process,
    {
      argv: [path, ...(options.argv ?? [])],
      execArgv,
      env: read.env,
      cwd,
      title: "node",
    },
    options,
  );
  loaderOf(node.realm, options.builtins?.(node));
  const start = (): void => {
    tellEnvFiles(node, read);
    startFile(node, path);
  };
  process.schedule(0, Kind.start, start, undefined);
  return node;
}
