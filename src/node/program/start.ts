/** Starts a compiled program as a process of a host. */
import type { Process } from "../../sim/process.ts";
import { Kind } from "../../trace/kinds.ts";
import { NodeProcess, type ProcessObserver } from "../node-process.ts";
import type { CompiledProgram } from "./compile.ts";
import { readEnvFiles, tellEnvFiles } from "./env-files.ts";
import { installProgram, startCompiled } from "./evaluate.ts";

/** The options for starting a program. */
export interface StartOptions extends ProcessObserver {
  /** The arguments after the script's name in `process.argv`. */
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Flags for Node itself, as `process.execArgv` shows them. */
  readonly execArgv?: readonly string[];
  /** The working directory; the default is "/". */
  readonly cwd?: string;
  /** Programs that are loaded in place of other modules, by name. */
  readonly substitutes?: Readonly<Record<string, CompiledProgram>>;
  /** The injected modules for which the program was compiled. */
  readonly inject?: Readonly<Record<string, unknown>>;
  /**
   * Returns the modules for a child process or thread of this one; the default is the same modules.
   */
  readonly injectChild?: (child: Process) => Readonly<Record<string, unknown>>;
  /** Called in the process with the entry's exports, once its top level has finished. */
  readonly main?: (exports: Record<string, unknown>, node: NodeProcess) => void | Promise<void>;
}

export const baseEnv: Readonly<Record<string, string>> = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: "/root",
  TZ: "UTC",
  LANG: "C.UTF-8",
};

/**
 * Gives `process` its program, to start at the current time of the run. The process ends as Node's
 * do: when nothing keeps it alive, when it exits, or on an uncaught exception.
 */
export function startProgram(
  process: Process,
  program: CompiledProgram,
  options: StartOptions = {},
): NodeProcess {
  // Its working directory may be one of them.
  installProgram(process.host, program);
  const substitutes = Object.entries(options.substitutes ?? {});
  for (const [, substitute] of substitutes) installProgram(process.host, substitute);
  const { execArgv = [], cwd = "/" } = options;
  const read = readEnvFiles(process, { execArgv, env: { ...baseEnv, ...options.env }, cwd });
  const node = new NodeProcess(
    process,
    {
      argv: [program.entry, ...(options.argv ?? [])],
      execArgv,
      env: read.env,
      cwd,
      title: "node",
    },
    options,
  );
  node.standIns = Object.fromEntries(substitutes.map(([name, { entry }]) => [name, entry]));
  node.injectChild = options.injectChild;
  const start = (): void => {
    tellEnvFiles(node, read);
    startCompiled(node, program, options);
  };
  process.schedule(0, Kind.start, start, undefined);
  return node;
}
