/**
 * `internalBinding('worker')`: a worker is a thread of the same host, with its own instance of
 * Node's library and of its program. Node's `internal/worker` controls it on one side. On the
 * other, `runThread` does what Node's `internal/main/worker_thread` does.
 */
import { Kind } from "../../trace/kinds.ts";
import { filesOf } from "../../sim/disk/index.ts";
import { Process } from "../../sim/process.ts";
import { birthOf } from "../birth.ts";
import type { NodeProcess } from "../node-process.ts";
import { giveModules, startFile, startModule } from "../program/evaluate.ts";
import { isModuleSyntax, runSource } from "../program/run-source.ts";
import type { Realm } from "../realm-types.ts";
import { Handle } from "./handle.ts";
import { createPortPair } from "./messaging.ts";

/** The time that a thread takes to start. */
const START_NS = 5_000_000;
/** The time until the end of a thread is reported. */
const JOIN_NS = 100_000;

const [NODE_MAJOR = 0, NODE_MINOR = 0] = process.versions.node.split(".").map(Number);

const nextThreadId = new WeakMap<object, number>();

/** Marks a thread that shares its creator's environment. */
const SHARED = Symbol("shared");

/** Returns whether a thread may have its own value of a Node flag. */
function isThreadFlag(flag: string): boolean {
  const [name = ""] = flag.split("=");
  if (wholeProcess.has(name) || (name === "--redirect-warnings" && name === flag)) return false;
  return allowedFlags.has(name);
}

const wholeProcess = new Set(["--title", "--v8-pool-size", "--max-old-space-size"]);
const allowedFlags = process.allowedNodeEnvironmentFlags;

/** Creates the binding of one process. */
export function createWorkerBinding(realm: Realm): object {
  const { context, thread } = realm;
  const owner = context.process.runner as NodeProcess;

  class Worker extends Handle {
    readonly threadId: number;
    readonly messagePort: object;
    onexit: ((code: number, error?: string | null, reason?: string | null) => void) | null = null;
    readonly #childPort: object;
    /** `null` for a copy of the creator's environment, a symbol for the creator's own. */
    readonly #env: Record<string, string> | null | symbol;
    readonly #execArgv: readonly string[] | undefined;
    readonly invalidExecArgv: readonly string[] | undefined;
    readonly invalidNodeOptions: readonly string[] | undefined;
    #isOver = false;
    readonly #name: string;
    readonly #limits = new Float64Array(4);
    #process: Process | undefined;

    constructor(
      _url: string,
      env: Record<string, string> | null | undefined,
      execArgv: readonly string[] | undefined,
      ...rest: unknown[]
    ) {
      super(context, "WORKER");
      const { kernel } = context.process.host;
      this.threadId = (nextThreadId.get(kernel) ?? 0) + 1;
      nextThreadId.set(kernel, this.threadId);
      const [mine, theirs] = createPortPair();
      this.messagePort = realm.internalBinding("messaging").adoptPort(mine);
      this.#childPort = theirs;
      this.#env = env === undefined ? SHARED : env;
      const flags = execArgv?.map(String);
      // `--` ends the flags and is not one itself.
      this.#execArgv = flags?.slice(0, flags.indexOf("--") < 0 ? undefined : flags.indexOf("--"));
      const invalid = (this.#execArgv ?? []).filter(
        (flag) => flag.startsWith("-") && !isThreadFlag(flag),
      );
      if (invalid.length > 0) this.invalidExecArgv = invalid;
      const options =
        env?.["NODE_OPTIONS"]?.split(" ").filter((flag) => flag.startsWith("-")) ?? [];
      const unknown = options.filter((flag) => !allowedFlags.has(flag.split("=")[0] as string));
      if (unknown.length > 0) this.invalidNodeOptions = unknown;
      this.#name = typeof rest.at(-1) === "string" ? (rest.at(-1) as string) : "";
    }

    startThread(): void {
      const { process } = context;
      this.activate();
      const child = new Process(process.host, process.pid, process.parentPid, process.program);
      process.host.processes.add(child);
      owner.threads.add(child);
      filesOf(child).follow(filesOf(process));
      this.#process = child;
      const isShared = this.#env === SHARED;
      const env = isShared
        ? (realm.process.env as Record<string, string>)
        : ((this.#env as Record<string, string> | null) ?? { ...realm.process.env });
      const node = owner.fork(
        child,
        {
          ...owner.description,
          argv: [],
          env,
          ...(isShared && { sharedEnv: env }),
          ...(this.#execArgv && { execArgv: this.#execArgv }),
        },
        {
          ...owner.observer,
          onExit: (end) => this.#exited(end.code ?? 1),
        },
        {
          id: this.threadId,
          name: this.#name,
          port: this.#childPort,
          resourceLimits: this.#limits,
          processBornNs: thread?.processBornNs ?? birthOf(process, false),
          zone: owner.zone,
        },
      );
      node.inherit(owner);
      child.schedule(START_NS, Kind.start, runThread, node);
    }

    #exited(code: number): void {
      owner.threads.delete(this.#process as Process);
      const { process } = context;
      process.schedule(
        // The thread's last messages arrive before the news of its end.
        JOIN_NS,
        Kind.internal,
        () => {
          this.deactivate();
          if (this.onexit) context.async.makeCallback(this, this.onexit, [code, null, null]);
          this.#isOver = true;
        },
        undefined,
      );
    }

    stopThread(): void {
      const stop = (): void => this.#process?.terminate({ code: 1, signal: null });
      context.process.schedule(0, Kind.internal, stop, undefined);
    }

    override hasRef(): boolean {
      // The library takes `undefined` to mean that the thread is gone.
      return this.#isOver ? (undefined as unknown as boolean) : super.hasRef();
    }

    getResourceLimits(): Float64Array {
      return this.#limits;
    }

    takeHeapSnapshot(): void {}

    loopIdleTime(): number {
      return 0;
    }

    loopStartTime(): number {
      return 0;
    }
  }

  let port: object | undefined;
  return {
    isMainThread: thread === undefined,
    isInternalThread: false,
    ownsProcessState: thread === undefined,
    threadId: thread?.id ?? 0,
    threadName: thread?.name ?? "",
    resourceLimits: thread?.resourceLimits ?? new Float64Array(4),
    getEnvMessagePort: () =>
      (port ??= thread ? realm.internalBinding("messaging").adoptPort(thread.port) : undefined),
    kMaxYoungGenerationSizeMb: 0,
    kMaxOldGenerationSizeMb: 1,
    kCodeRangeSizeMb: 2,
    kStackSizeMb: 3,
    kTotalResourceLimitCount: 4,
    Worker,
  };
}

/** Defines the parts of `process` that are reserved for the main thread. */
function defineForThread(realm: Realm): void {
  const { process } = realm;
  for (const name of ["title", "debugPort"]) {
    const value: unknown = process[name];
    Object.defineProperty(process, name, { get: () => value, set() {}, configurable: true });
  }
  for (const name of ["_debugProcess", "_debugEnd", "_debugPause"]) {
    Reflect.deleteProperty(process, name);
  }
  for (const name of ["_startProfilerIdleNotifier", "_stopProfilerIdleNotifier"]) {
    Reflect.deleteProperty(process, name);
  }
  if (!process.env.NODE_CHANNEL_FD) return;
  const { unavailable } = realm.require("internal/process/worker_thread_only");
  for (const name of ["channel", "connected"]) {
    Object.defineProperty(process, name, { get: unavailable(`process.${name}`) });
  }
  process.send = unavailable("process.send()");
  process.disconnect = unavailable("process.disconnect()");
}

interface LoadScript {
  readonly type: unknown;
  readonly argv?: readonly string[];
  readonly doEval: unknown;
  readonly filename: string;
  readonly environmentData: unknown;
  readonly publicPort: object;
  readonly workerData: unknown;
  readonly hasStdin: boolean;
  readonly mainThreadPort?: object;
  readonly cwdCounter?: Uint32Array;
}

/** The thread's side: waits for its script, and runs it. */
function runThread(node: NodeProcess): void {
  const { realm } = node;
  const io = realm.require("internal/worker/io");
  const { messageTypes, kStdioWantsMoreDataCallback } = io;
  const port = realm.internalBinding("worker").getEnvMessagePort();
  const stdio = io.createWorkerStdio();
  for (const name of ["stdin", "stdout", "stderr"]) {
    Object.defineProperty(realm.process, name, { value: stdio[name], configurable: true });
  }
  defineForThread(realm);
  node.onDeath = (thrown) => {
    const { serializeError } = realm.require("internal/error_serdes");
    let error: unknown;
    try {
      error = serializeError(thrown);
    } catch {
      port.postMessage({ type: messageTypes.COULD_NOT_SERIALIZE_ERROR });
      return;
    }
    port.postMessage({ type: messageTypes.ERROR_MESSAGE, error });
  };
  port.on("message", (message: LoadScript & { stream: string; chunks: never[] }) => {
    if (message.type === messageTypes.LOAD_SCRIPT) {
      port.unref();
      loadScript(node, message, port);
    } else if (message.type === messageTypes.STDIO_PAYLOAD) {
      for (const { chunk, encoding } of message.chunks as { chunk: never; encoding: never }[]) {
        realm.process[message.stream].push(chunk, encoding);
      }
    } else {
      realm.process[message.stream][kStdioWantsMoreDataCallback]();
    }
  });
  port.start();
}

function loadScript(
  node: NodeProcess,
  message: LoadScript,
  port: { postMessage(message: object): void },
): void {
  const { realm } = node;
  const { messageTypes } = realm.require("internal/worker/io");
  const { argv, doEval, environmentData, filename, hasStdin, publicPort, workerData } = message;
  const { cwdCounter, mainThreadPort } = message;
  const threads = realm.requirePublic("worker_threads");
  threads.parentPort = publicPort;
  threads.workerData = workerData;
  realm.require("internal/worker").assignEnvironmentData(environmentData);
  if (mainThreadPort)
    realm.require("internal/worker/messaging").setupMainThreadPort(mainThreadPort);
  if (cwdCounter) shareDirectory(realm, cwdCounter);
  if (!hasStdin) realm.process.stdin.push(null);
  const evaluated = doEval === "classic" || doEval === "module";
  const name = evaluated ? "[worker eval]" : filename;
  realm.process.argv.splice(1, 0, name, ...(argv ?? []));
  port.postMessage({ type: messageTypes.UP_AND_RUNNING });
  giveModules(node, node.injected);
  if (doEval === "classic") {
    node.loop.checkIdle();
    try {
      runSource(node, filename, name);
      return;
    } catch (thrown) {
      if (!isModuleSyntax(thrown) || !takesModules) throw thrown;
    }
  }
  if (evaluated) startModule(node, filename, name);
  else startFile(node, filename);
}

/** As in Node, a thread reads the directory again once its process has changed it. */
function shareDirectory(realm: Realm, cwdCounter: Uint32Array): void {
  const { process } = realm;
  const original = process.cwd as () => string;
  let known = "";
  let last = -1;
  process.cwd = function cwd(): string {
    const current = Atomics.load(cwdCounter, 0);
    if (current === last) return known;
    last = current;
    known = original();
    return known;
  };
  realm.require("internal/worker/io").sharedCwdCounter = cwdCounter;
}

/** From this version on, a script with `import` in it is treated as an ES module. */
const takesModules = NODE_MAJOR > 22 || (NODE_MAJOR === 22 && NODE_MINOR >= 7);
