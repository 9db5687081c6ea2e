/** Starts what a command of `child_process` means, in a process of the same host. */
import type { Process } from "../../sim/process.ts";
import type { Command } from "../command.ts";
import type { NodeProcess, StandardStream } from "../node-process.ts";
import { giveModules, startFile } from "./evaluate.ts";
import { runSource } from "./run-source.ts";

/** What a child gets of its parent. */
export interface ChildOptions {
  readonly owner: NodeProcess;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly streams: readonly StandardStream[];
  /** What `process.argv0` says; "node" unless told. */
  readonly argv0?: string | undefined;
  /** Modules that its programs are given; the parent's own by default. */
  readonly injected?: Readonly<Record<string, unknown>>;
}

/** Gives `child` its program, to run at once. */
export function startCommand(child: Process, command: Command, options: ChildOptions): void {
  const { owner, cwd, streams } = options;
  const isNode = command.kind === "node";
  const node = owner.fork(
    child,
    {
      argv: isNode ? [...(command.script ? [command.script] : []), ...command.argv] : [],
      execArgv: isNode ? command.execArgv : [],
      env: { ...options.env, ...command.env },
      cwd,
      title: isNode ? "node" : command.name,
      ...(options.argv0 !== undefined && { argv0: options.argv0 }),
      streams,
    },
    { ...owner.observer, onExit: () => {}, onUncaught: () => {} },
  );
  node.inherit(owner, options.injected);
  giveModules(node, node.injected);
  openChannel(node);
  const script = isNode ? command.script : undefined;
  // The process has its runner only now: what the script throws is caught by it and not by ours.
  if (script !== undefined) {
    node.run((path) => startFile(node, path), script);
    return;
  }
  const { source = "" } = command as { source?: string };
  node.loop.checkIdle();
  node.run(() => runSource(node, source, "[eval]"), undefined);
}

/** What `setupChildProcessIpcChannel` of Node's `internal/process/pre_execution` does. */
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
