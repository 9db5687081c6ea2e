/** Runs a parsed command of `child_process` in a process of the same host. */
import type { Process } from "../../sim/process.ts";
import type { Command } from "../command.ts";
import type { NodeProcess, StandardStream } from "../node-process.ts";
import { flagsOf } from "../lib/options.ts";
import { readEnvFiles, tellEnvFiles } from "./env-files.ts";
import { giveModules, startFile, startModule } from "./evaluate.ts";
import { afterImports, preload } from "./preload.ts";
import { isModuleSyntax, runSource } from "./run-source.ts";

/** What a child takes from its parent. */
export interface ChildOptions {
  readonly owner: NodeProcess;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly streams: readonly StandardStream[];
  /** The value of `process.argv0`; the default is "node". */
  readonly argv0?: string | undefined;
  /** Modules that are injected into its programs; the default is the parent's own. */
  readonly injected?: Readonly<Record<string, unknown>>;
}

/** Gives `child` its program, which starts at once. */
export function startCommand(child: Process, command: Command, options: ChildOptions): void {
  const { owner, cwd, streams } = options;
  const isNode = command.kind === "node";
  const argv0 = (isNode ? command.argv0 : undefined) ?? options.argv0;
  const execArgv = isNode ? command.execArgv : [];
  const env = { ...options.env, ...command.env };
  const read = isNode
    ? readEnvFiles(child, { execArgv, env, cwd, argv0 })
    : { env, notes: "", isRefused: false };
  const node = owner.fork(
    child,
    {
      argv: isNode ? [...(command.script ? [command.script] : []), ...command.argv] : [],
      execArgv,
      env: read.env,
      cwd,
      title: isNode ? (argv0 ?? "node") : command.name,
      ...(argv0 !== undefined && { argv0 }),
      streams,
    },
    { ...owner.observer, onExit: () => {}, onUncaught: () => {} },
  );
  node.inherit(owner, options.injected);
  giveModules(node, node.injected);
  openChannel(node);
  if (read.notes !== "") node.runTurn(() => tellEnvFiles(node, read), undefined);
  if (!child.alive) return;
  const script = isNode ? command.script : undefined;
  // The process has its runner only now. Running the script through it makes it, and not the
  // simulator, catch the script's exceptions.
  if (script !== undefined) {
    node.runTurn((path) => startFile(node, path), script);
    return;
  }
  node.loop.checkIdle();
  const { source } = command;
  if (source !== undefined) node.runTurn(() => evaluate(node, source, "[eval]"), undefined);
  else node.runTurn(() => evaluateInput(node), undefined);
}

/** Runs text that is the program: of `node -e`, of standard input, or of another command. */
function evaluate(node: NodeProcess, source: string, name: string): void {
  const flags = flagsOf(node.realm.process);
  const type = flags.findLast((flag) => flag.startsWith("--input-type="));
  preload(node);
  afterImports(node, () => {
    if (type === "--input-type=module") {
      startModule(node, source, `${name}1`);
      return;
    }
    try {
      runSource(node, source, name);
    } catch (thrown) {
      if (type !== undefined || !isModuleSyntax(thrown)) throw thrown;
      startModule(node, source, `${name}1`);
    }
  });
}

/** Reads a script from standard input and runs it. */
function evaluateInput(node: NodeProcess): void {
  const { stdin } = node.realm.process;
  let source = "";
  stdin.setEncoding("utf8");
  stdin.on("data", (text: string) => {
    source += text;
  });
  stdin.on("end", () => evaluate(node, source, "[stdin]"));
}

/** Does what `setupChildProcessIpcChannel` of Node's `internal/process/pre_execution` does. */
function openChannel(node: NodeProcess): void {
  const object = node.realm.process;
  const descriptor = object.env.NODE_CHANNEL_FD;
  if (!descriptor) return;
  const mode = object.env.NODE_CHANNEL_SERIALIZATION_MODE ?? "json";
  delete object.env.NODE_CHANNEL_FD;
  delete object.env.NODE_CHANNEL_SERIALIZATION_MODE;
  node.realm.require("child_process")._forkChild(Number(descriptor), mode);
  // And `initializeClusterIPC`: a worker of `cluster` opens its side before any of its code runs.
  if (object.argv[1] !== undefined && object.env.NODE_UNIQUE_ID) {
    node.realm.require("cluster")._setupWorker();
    delete object.env.NODE_UNIQUE_ID;
  }
}
