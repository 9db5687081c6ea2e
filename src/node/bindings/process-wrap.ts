/**
 * `internalBinding('process_wrap')`: a child process is another process of the same host. It runs
 * Node with a script, or one of the few commands of `command.ts`. Its pipes are Unix sockets.
 */
import { Errno } from "../../sim/network/errno.ts";
import { filesOf } from "../../sim/disk/index.ts";
import { connectUnix } from "../../sim/network/tcp/handshake.ts";
import { accept, listen } from "../../sim/network/tcp/listener.ts";
import { TcpSocket } from "../../sim/network/tcp/socket.ts";
import type { Process, ProcessEnd } from "../../sim/process.ts";
import { Kind } from "../../trace/kinds.ts";
import { programAt, understand } from "../command.ts";
import type { NodeProcess, StandardStream } from "../node-process.ts";
import { startCommand } from "../program/start-command.ts";
import type { Realm } from "../realm-types.ts";
import { openSocketFile } from "../standard-files.ts";
import { Handle } from "./handle.ts";
import { socketAt } from "./descriptors.ts";
import { inherit, share } from "./inherited.ts";
import type { Passable, Passed } from "./passing.ts";
import type { PipeEnd } from "./pipe.ts";

const ESRCH = -3;
/** The time after which the two ends of a new pipe are connected. */
const JOINED_NS = 100_000;

/** The time until a child runs its first line. */
const START_NS = 20_000_000;

interface StdioEntry {
  readonly type: "pipe" | "overlapped" | "ignore" | "inherit" | "fd" | "wrap";
  readonly handle?: PipeEnd & Partial<Passable>;
  readonly fd?: number;
  readonly ipc?: boolean;
}

interface SpawnOptions {
  readonly file: string;
  readonly args?: readonly string[] | undefined;
  readonly cwd?: string | null | undefined;
  readonly envPairs?: readonly string[] | undefined;
  readonly stdio?: readonly StdioEntry[] | undefined;
}

let pairs = 0;

/**
 * Connects `end`, a pipe that is not connected yet, with a process that is about to start. Returns
 * the socket from which the process takes its own end when it starts.
 */
function pair(end: PipeEnd, child: Process): TcpSocket {
  const { socket } = end;
  const listener = new TcpSocket(socket.stack, child, true);
  // A unique name that cannot be looked up. It disappears with its socket.
  const path = `\0lightcone.pair.${++pairs}`;
  listener.path = path;
  listen(listener, 1);
  connectUnix(socket, listener);
  end.joined();
  return listener;
}

/** Creates the binding of one process. */
export function createProcessBinding(realm: Realm): object {
  const { context } = realm;
  const owner = context.process.runner as NodeProcess;

  class Process extends Handle {
    pid: number | undefined;
    onexit: ((code: number, signal: string) => void) | undefined;

    constructor() {
      super(context, "PROCESSWRAP");
    }

    /** Node 20 and 22 pass one object, later versions its fields in order. */
    spawn(first: SpawnOptions | string, ...rest: unknown[]): number {
      if (typeof first !== "string") return this.#spawn(first);
      const [args, cwd, envPairs, stdio] = rest as [
        SpawnOptions["args"],
        SpawnOptions["cwd"],
        SpawnOptions["envPairs"],
        SpawnOptions["stdio"],
      ];
      return this.#spawn({ file: first, args, cwd, envPairs, stdio });
    }

    #spawn(options: SpawnOptions): number {
      const { file, stdio = [] } = options;
      const args = options.args?.map(String) ?? [];
      const env = environment(options.envPairs, realm.process.env);
      const cwd = options.cwd || realm.process.cwd();
      const program = programAt(file, cwd, realm.require("fs").realpathSync);
      const command = understand(program, args.slice(1), env, cwd);
      const noDirectory = Boolean(options.cwd) && !realm.require("fs").existsSync(cwd);
      if (!command || noDirectory) {
        this.#endPipes(stdio);
        return Errno.ENOENT;
      }
      const child = context.process.host.spawnChild(context.process);
      const listeners: [number, TcpSocket][] = [];
      // A child that dies before it starts closes its pipes as any other does.
      child.onEnd.add(() => {
        for (const [, listener] of listeners) accept(listener)?.close();
      });
      stdio.forEach(({ type, handle }, fd) => {
        if ((type === "pipe" || type === "overlapped") && handle) {
          listeners.push([fd, pair(handle, child)]);
        }
      });
      handFilesOver(context.process, child, stdio);
      const shared = stdio.map((entry, fd) => shareSocket(context.process, child, entry, fd));
      const streams = [0, 1, 2].map((fd): StandardStream => {
        return shared[fd] === true ? { kind: "pipe" } : streamOf(stdio[fd], owner);
      });
      this.pid = child.pid;
      this.activate();
      const start = (): void => {
        for (const [fd, listener] of listeners.splice(0)) {
          const socket = accept(listener);
          listener.close();
          if (!socket) continue;
          socket.process = child;
          socket.stack.adopt(child, socket);
          inherit(child, fd, socket);
          if (fd > 2) openSocketFile(child, fd, socket);
        }
        startCommand(child, command, {
          owner,
          env,
          cwd,
          streams,
          argv0: args[0],
        });
      };
      child.schedule(START_NS, Kind.start, start, undefined);
      child.onEnd.add((end) => this.#ended(end));
      return 0;
    }

    /** The pipes of a child that could not be started exist and are at their end. */
    #endPipes(stdio: readonly StdioEntry[]): void {
      const { process } = context;
      for (const { type, handle } of stdio) {
        if ((type !== "pipe" && type !== "overlapped") || !handle) continue;
        const listener = pair(handle, process);
        const end = (): void => {
          accept(listener)?.close();
          listener.close();
        };
        process.schedule(JOINED_NS, Kind.internal, end, undefined);
      }
    }

    #ended(end: ProcessEnd): void {
      const tell = (): void => {
        this.deactivate();
        const args = [end.code ?? 0, end.signal ?? ""];
        if (this.onexit) context.async.makeCallback(this, this.onexit as () => void, args);
      };
      // SIGCHLD reaches the loop in a turn of its own, after the child's last output.
      context.process.schedule(100_000, Kind.internal, tell, undefined);
    }

    kill(signal: number): number {
      return this.pid === undefined ? ESRCH : owner.signals.kill(this.pid, signal);
    }
  }

  return {
    Process,
    /** The environment as `KEY=value` texts, which the library reads at once from Node 26.12 on. */
    getEnvPairs: () => Object.entries(realm.process.env).map(([name, value]) => `${name}=${value}`),
    // Bits of the flags of `spawn`, as libuv has them.
    constants: {
      kProcessFlagDetached: 8,
      kProcessFlagWindowsHide: 16,
      kProcessFlagWindowsVerbatimArguments: 4,
    },
  };
}

/** Returns a child's environment, from the pairs that the library creates. */
export function environment(
  pairsOfText: readonly string[] | undefined,
  inheritedEnv: Record<string, string>,
): Record<string, string> {
  if (!pairsOfText) return { ...inheritedEnv };
  return Object.fromEntries(
    pairsOfText.map((text) => {
      const at = text.indexOf("=");
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/**
 * Shares a socket of the parent with a child: as its standard input, under a number, or as a
 * handle. Both hold it from then on. Inherited output is forwarded through the parent (`stdio.ts`).
 */
function shareSocket(
  parent: Process,
  child: Process,
  { type, fd, handle }: StdioEntry,
  childFd: number,
): boolean {
  let passed: Passed | undefined;
  if (type === "wrap") passed = (handle as Partial<Passable> | undefined)?.passed;
  else if (fd !== undefined && (fd === 0 || fd > 2)) passed = socketAt(parent, fd);
  if (passed === undefined || passed.kind === "udp") return false;
  share(child, childFd, passed.socket);
  return true;
}

/** Shares the parent's open files with a child that is started with them. */
function handFilesOver(parent: Process, child: Process, stdio: readonly StdioEntry[]): void {
  const files = filesOf(parent);
  stdio.forEach(({ fd: from }, fd) => {
    if (from === undefined || from <= 2 || !files.has(from)) return;
    const file = files.get(from);
    file.retain();
    filesOf(child).set(fd, file);
  });
}

function streamOf(entry: StdioEntry | undefined, owner: NodeProcess): StandardStream {
  if (!entry || entry.type === "ignore") return { kind: "ignore" };
  if (entry.type === "pipe" || entry.type === "overlapped") return { kind: "pipe" };
  const fd = entry.fd ?? 1;
  if (fd <= 2) return { kind: "inherit", from: owner, fd };
  return filesOf(owner.process).has(fd) ? { kind: "file" } : { kind: "ignore" };
}
