/**
 * What Node does with its command line before it runs a program: it refuses flags that it does not know, and reads the
 * files of environment variables that `--env-file` and `--env-file-if-exists` name.
 */
import { posix } from "node:path";
import { parseEnv } from "node:util";
import type { Process } from "../../sim/process.ts";
import { splitOptions, valuesOf } from "../lib/options.ts";
import type { NodeProcess } from "../node-process.ts";
import { hostFiles } from "./host-files.ts";
import { complaintOf } from "./known-flags.ts";

const ENV_FILE = "--env-file";
const ENV_FILE_IF_EXISTS = "--env-file-if-exists";
/** Node's exit code for arguments that it does not take. */
const INVALID_ARGUMENT = 9;

/** The environment of a process with what its files add. */
export interface ReadEnvironment {
  readonly env: Readonly<Record<string, string>>;
  /** What Node prints before it runs the program. */
  readonly notes: string;
  /** Whether Node does not run the program. */
  readonly isRefused: boolean;
}

/**
 * Reads the files, from the disk of the process's host. Later files take precedence, and the environment
 * over all of them.
 */
export function readEnvFiles(
  process: Process,
  start: {
    readonly execArgv: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    /** The name that Node was called by. */
    readonly argv0?: string | undefined;
  },
): ReadEnvironment {
  const { execArgv, env, cwd, argv0 = "node" } = start;
  const complaint = execArgv.length === 0 ? undefined : complaintOf(execArgv);
  if (complaint !== undefined) {
    return { env, notes: `${argv0}: ${complaint}\n`, isRefused: true };
  }
  for (const name of [ENV_FILE, ENV_FILE_IF_EXISTS]) {
    if (valuesOf(splitOptions(env["NODE_OPTIONS"]), name).length === 0) continue;
    return { env, notes: `node: ${name}= is not allowed in NODE_OPTIONS\n`, isRefused: true };
  }
  const paths = valuesOf(execArgv, ENV_FILE, ENV_FILE_IF_EXISTS);
  if (paths.length === 0) return { env, notes: "", isRefused: false };
  const optional = new Set(valuesOf(execArgv, ENV_FILE_IF_EXISTS));
  const files = hostFiles(process);
  const values: NodeJS.Dict<string> = {};
  let notes = "";
  for (const path of paths) {
    const file = posix.resolve(cwd, path);
    if (files.kind(file) === 0) Object.assign(values, parseEnv(files.source(file)));
    else if (optional.has(path)) notes += `${path} not found. Continuing without it.\n`;
    else return { env, notes: `node: ${path}: not found\n`, isRefused: true };
  }
  return { env: { ...values, ...env } as Record<string, string>, notes, isRefused: false };
}

/** Prints what Node says of the files, and ends the process if Node would not run its program. */
export function tellEnvFiles(node: NodeProcess, { notes, isRefused }: ReadEnvironment): void {
  if (notes !== "") node.writeError(notes);
  if (isRefused) node.exit(INVALID_ARGUMENT);
}
