/**
 * A Node process on a simulated host: Node's library over simulated bindings, an event loop driven
 * by virtual time, and Node's rules for uncaught exceptions.
 */
import { digestOf } from "../base/fingerprint.ts";
import type { Process, ProcessEnd, ProcessRunner } from "../sim/process.ts";
import { Kind } from "../trace/kinds.ts";
import { AsyncContext } from "./async-context.ts";
import type { BindingContext } from "./bindings/context.ts";
import { createTimers, type LoopTimers } from "./bindings/timers.ts";
import { exited } from "./exited.ts";
import { fatalText } from "./fatal-text.ts";
import { completeGlobal, setRunningGlobal } from "./globals.ts";
import { correctMessage } from "./program/source/messages.ts";
import { createIntrinsics } from "./intrinsics.ts";
import { hasLibraryFile } from "./lib/natives.ts";
import { createRealm } from "./lib/realm.ts";
import { EventLoop } from "./loop.ts";
import { preparePlatform } from "./platform.ts";
import {
  completeProcessObject,
  createProcessObject,
  type ProcessDescription,
  processMethodsBinding,
} from "./process-object.ts";
import { createPublicRequire } from "./public-modules.ts";
import type { Realm, ThreadIdentity } from "./realm-types.ts";
import { ProcessSignals } from "./signals.ts";
import { ProcessRejections } from "./rejections.ts";
import { createStdio } from "./stdio.ts";
import { inspectedBytes, installInspectedBytes } from "./inspected-bytes.ts";
import { installZone, TimeZone } from "./time-zone.ts";
import { View } from "./views/changes.ts";
import { Buffer } from "node:buffer";
import { switchView, withoutView } from "./views/view.ts";

export type { StandardStream } from "./process-object.ts";

/** Receives the events of a process. */
export interface ProcessObserver {
  /** Called with text that the program wrote. */
  onOutput?(stream: "stdout" | "stderr", text: string): void;
  /** Called for an uncaught exception or an unhandled rejection, before Node's own handling. */
  onUncaught?(thrown: unknown, origin: "uncaughtException" | "unhandledRejection"): void;
  onExit?(end: ProcessEnd): void;
}

/** Exit codes, as in Node's `src/node_exit_code.h`. */
const NO_FATAL_HANDLER = 6;
const HANDLER_THREW = 7;
const UNSETTLED_TOP_LEVEL_AWAIT = 13;

const FRAMES = "internal/async_context_frame";

const NODE_MAJOR = Number.parseInt(process.versions.node, 10);

type CaptureCallback = ((thrown: unknown) => void) | null;

/** The process whose code is running. Rejections and escapes are attributed to it. */
let current: NodeProcess | undefined;

setRunningGlobal(() => current?.global);

/** Returns the Node process whose code is running, if any. */
export function currentProcess(): NodeProcess | undefined {
  return current;
}

/** A running Node process. */
export class NodeProcess implements ProcessRunner {
  readonly process: Process;
  readonly realm: Realm;
  readonly loop: EventLoop;
  readonly async: AsyncContext = new AsyncContext();
  readonly signals: ProcessSignals;
  /** Modules that were injected into its programs at their start. Children get the same. */
  injected: Readonly<Record<string, unknown>> = {};
  /**
   * Returns the modules for each child and thread of this process, if they get modules of their
   * own.
   */
  injectChild: ((child: Process) => Readonly<Record<string, unknown>>) | undefined;
  /** Files that are loaded in place of other modules, by name. Children and threads get the same. */
  standIns: Readonly<Record<string, string>> = {};
  /** Worker threads of this process. They end with it. */
  readonly threads: Set<Process> = new Set();
  /** Its view of the built-ins that all processes share. */
  readonly view: View = new View();
  /** Its time zone, which is that of its threads. */
  readonly zone: TimeZone;
  readonly #inspectedBytes = inspectedBytes();
  /** The options it was started with. Threads and children inherit them. */
  readonly description: ProcessDescription;
  /** Called with the exception that ends this process. A worker passes it on to its creator. */
  onDeath: ((thrown: unknown) => void) | undefined;
  /**
   * True once the program's top level, and its main function if it has one, have finished. Always
   * true for a script.
   */
  settled = true;
  /** Writes to standard error, bypassing the program's stream. In a thread, it uses that stream. */
  writeError: (text: string) => void = (text) => this.realm.process.stderr.write(text);
  /** True if nothing keeps it alive, while its exit listeners are called. */
  #idle = false;
  readonly #rejections = new ProcessRejections();
  readonly #observer: ProcessObserver;
  readonly #timers: LoopTimers;
  readonly #ticks = new TaskQueue();
  /** The callback with which the process captures uncaught exceptions itself. */
  #captureUncaught: CaptureCallback = null;
  /** Available from Node 26 on. Each callback returns `true` if it has handled the exception. */
  readonly #auxiliaryCaptures: ((thrown: unknown) => unknown)[] = [];

  constructor(
    process: Process,
    description: ProcessDescription,
    observer: ProcessObserver,
    thread?: ThreadIdentity,
  ) {
    preparePlatform();
    this.process = process;
    this.description = description;
    this.zone = thread?.zone ?? new TimeZone(description.env["TZ"]);
    this.#observer = observer;
    process.runner = this;
    this.loop = new EventLoop(process, () => this.#onIdle());
    const prng = process.host.prng.fork(
      `process.${process.pid}.${thread?.id ?? 0}.${process.host.kernel.nowNs}`,
    );
    const intrinsics = createIntrinsics(process, prng.fork("math"));
    const object = createProcessObject(
      process,
      description,
      thread ? undefined : this.zone,
    ) as Realm["process"];
    const library: { realm?: Realm } = {};
    const context: BindingContext = {
      process,
      loop: this.loop,
      async: this.async,
      require: (id) => library.realm?.require(id),
    };
    this.signals = new ProcessSignals(this);
    this.#timers = createTimers(context, (thrown) => this.uncaught(thrown, false));
    const realm = createRealm({
      context,
      intrinsics,
      prng,
      thread,
      process: object,
      uncaught: (thrown, fromPromise) => this.uncaught(thrown, fromPromise),
      publicRequire: createPublicRequire,
      own: {
        timers: () => this.#timers.binding,
        task_queue: () => ({
          ...this.#ticks.binding((thrown) => this.uncaught(thrown, false)),
          ...this.#rejections.binding,
        }),
        process_methods: (self) =>
          processMethodsBinding(self, {
            exit: (code) => this.exit(code),
            writeError: (text) => this.writeError(text),
            kill: (pid, signal) => this.signals.kill(pid, signal),
            getActiveHandles: () => {
              const { owner_symbol: owner } = self.internalBinding("symbols");
              return [...this.loop.resources].flatMap((handle) => {
                const found = (handle as unknown as Record<symbol, object | undefined>)[owner];
                return found ? [found] : [];
              });
            },
            getActiveResources: () => [
              // Only file system requests are tracked.
              ...[...this.loop.requests].map(() => "FSReqCallback"),
              ...[...this.loop.resources].map((handle) => handle.resourceName),
              ...this.#timers.activeResources(),
            ],
          }),
        signal_wrap: () => this.signals.binding(context),
      },
    });
    this.realm = realm;
    library.realm = realm;
    completeProcessObject(realm);
    this.#defineExceptionCapture();
    this.#bootstrap();
    completeGlobal(realm.global);
    // A worker's streams are its creator's. Its main function defines them.
    if (!thread) this.writeError = createStdio(this, (stream, text) => this.#write(stream, text));
  }

  /** Does what Node's `internal/bootstrap/node` does last: ticks and timers. */
  #bootstrap(): void {
    const { realm } = this;
    const object = realm.process;
    realm.require("internal/util/debuglog").initializeDebugEnv(object.env.NODE_DEBUG);
    realm
      .internalBinding("async_wrap")
      .setupHooks(realm.require("internal/async_hooks").nativeHooks);
    const { nextTick, runNextTicks } = realm
      .require("internal/process/task_queues")
      .setupTaskQueue();
    object.nextTick = nextTick;
    object._tickCallback = runNextTicks;
    const { processImmediate, processTimers } = realm
      .require("internal/timers")
      .getTimerCallbacks(runNextTicks);
    realm.internalBinding("timers").setupTimers(processImmediate, processTimers);
    // It decides on first use. Outside a simulation, that is before the program runs.
    if (hasLibraryFile(FRAMES)) void realm.require(FRAMES).enabled;
  }

  /** Runs ticks and microtasks as Node's C++ does after a callback. */
  #runTicks(): void {
    const { info, callback } = this.#ticks;
    if (info[0] === 0 && info[1] === 0) drainMicrotasks();
    if (info[0] === 0 && info[1] === 0) return;
    // Stack traces that programs see name its receiver.
    apply(callback, this.realm.process, NO_ARGUMENTS);
  }

  /** Runs a callback of this process, then its ticks and microtasks, before time advances. */
  runTurn<T>(action: (arg: T) => void, arg: T): void {
    const before = current;
    const outer = switchView(this.view);
    current = this;
    installZone(this.zone);
    installInspectedBytes(this.#inspectedBytes);
    try {
      this.async.enter(action, arg);
    } catch (thrown) {
      this.uncaught(thrown, false);
    }
    while (this.process.alive) {
      try {
        this.#runTicks();
        break;
      } catch (thrown) {
        this.uncaught(thrown, false);
      }
    }
    this.#rejections.finish();
    if (this.process.alive) this.#timers.afterCallback();
    current = before;
    if (before !== undefined) {
      installZone(before.zone);
      installInspectedBytes(before.#inspectedBytes);
    }
    switchView(outer);
    this.view.young = false;
  }

  signal(name: string): void {
    this.signals.deliver(this.signals.numberOf(name));
  }

  dispose(): void {
    for (const thread of this.threads) thread.terminate({ code: 1, signal: null });
    this.async.dispose();
    const { end } = this.process;
    if (end) this.#tell(() => this.#observer.onExit?.(end));
  }

  /**
   * Calls the process's observer, whose code belongs to no process, with the original built-ins.
   */
  #tell(call: () => void): void {
    const before = current;
    current = undefined;
    try {
      withoutView(call);
    } finally {
      current = before;
    }
  }

  /** `process.reallyExit`: no code of this process runs after this call. */
  exit(code: number): never {
    this.process.terminate({ code: this.#status(code), signal: null, idle: this.#idle });
    throw exited;
  }

  /**
   * Stops all code of this process for the rest of this attempt at the run, which is given up. The
   * process is not dead.
   */
  freeze(): void {
    this.process.alive = false;
    this.async.dispose();
  }

  /** Runs what a frozen process has left in V8's queue. Its output is discarded. */
  drainFrozen(): void {
    const before = current;
    const outer = switchView(this.view);
    current = this;
    try {
      drainMicrotasks();
    } finally {
      current = before;
      switchView(outer);
    }
  }

  /** Ends the process by a signal that it sent to itself. */
  die(signal: string): never {
    this.process.terminate({ code: null, signal });
    throw exited;
  }

  /** Node's rules for an uncaught exception. */
  uncaught(thrown: unknown, fromPromise: boolean): void {
    if (thrown === exited || !this.process.alive) return;
    if (fromPromise) this.#rejections.becomes(thrown);
    withoutView(() => correctMessage(thrown));
    const origin = fromPromise ? "unhandledRejection" : "uncaughtException";
    const object = this.realm.process;
    if (typeof object._fatalException !== "function") {
      // The program removed what would handle it.
      const report = withoutView(() => `${describeThrown(thrown)}\n\nNode.js ${process.version}\n`);
      this.#tell(() => this.#observer.onOutput?.("stderr", report));
      this.process.terminate({ code: NO_FATAL_HANDLER, signal: null });
      return;
    }
    try {
      object.emit("uncaughtExceptionMonitor", thrown, origin);
      if (this.#captureUncaught !== null) {
        this.#captureUncaught(thrown);
      } else if (
        this.#auxiliaryCaptures.findLast((capture) => capture(thrown) === true) === undefined &&
        !object.emit("uncaughtException", thrown, origin)
      ) {
        this.#die(thrown, origin);
        return;
      }
    } catch (second) {
      if (second === exited) return;
      this.#die(second, "uncaughtException", HANDLER_THREW);
      return;
    }
    // As in Node, so that ticks of the handler run even if nothing else is pending.
    const { setImmediate } = withoutView(() => this.realm.require("timers"));
    setImmediate(() => {});
    this.#endAsyncStack();
  }

  #die(thrown: unknown, origin: "uncaughtException" | "unhandledRejection", code = 1): void {
    const object = this.realm.process;
    const { host, pid } = this.process;
    const text = withoutView(() => {
      const text = describeThrown(thrown);
      const digest = digestOf(Buffer.from(firstLine(text)));
      host.kernel.mark(host.id, Kind.uncaught, digest, { pid, text });
      return text;
    });
    if (this.onDeath) {
      // A worker's exception is handled by its creator.
      this.onDeath(thrown);
    } else {
      this.#tell(() => this.#observer.onUncaught?.(thrown, origin));
      // The mark above stands for this text: a stack or a version may differ where the run does
      // not.
      const report = withoutView(() => fatalText(thrown, this.#inspect(thrown) ?? text));
      // A child's standard error is read by its parent.
      const kind = this.description.streams?.[2]?.kind;
      if (kind !== undefined && kind !== "inherit") this.writeError(report);
      else this.#tell(() => this.#observer.onOutput?.("stderr", report));
    }
    try {
      // A handler that threw is not called again.
      if (!object._exiting && code !== HANDLER_THREW) {
        object._exiting = true;
        object.exitCode = code;
        object.emit("exit", code);
      }
    } catch {
      // As in Node, an exception of an exit listener is ignored here.
    }
    const final = code === HANDLER_THREW ? code : this.#status(object.exitCode ?? code);
    this.process.terminate({ code: final, signal: null });
  }

  /** Returns what Node prints for an exception: stack and own properties. Undefined if that fails. */
  #inspect(thrown: unknown): string | undefined {
    const { inspect } = this.realm.require("internal/util/inspect");
    this.#enhance(thrown);
    // Same options as `fatalExceptionStackEnhancers` in Node's library, without colours.
    const depth = Math.max(inspect.defaultOptions.depth, 5);
    try {
      return inspect(thrown, { customInspect: false, depth });
    } catch {
      return undefined;
    }
  }

  /** Lets Node's library add to the stack of its own errors where they were emitted. */
  #enhance(thrown: unknown): void {
    const { kEnhanceStackBeforeInspector: key } = this.realm.require("internal/errors");
    if (!(thrown instanceof Error)) return;
    const enhance = (thrown as unknown as Record<symbol, (() => string) | undefined>)[
      key as symbol
    ];
    if (typeof enhance !== "function") return;
    try {
      thrown.stack = enhance();
    } catch {
      // As in Node, the stack stays as it is.
    }
  }

  /** Returns the exit code of a process, which is a byte. That of a thread is not. */
  #status(code: unknown): number {
    return this.realm.thread === undefined ? Number(code) & 0xff : Number(code);
  }

  /**
   * Called after an exception was handled: notifies the hooks of the end of what it interrupted.
   */
  #endAsyncStack(): void {
    const hooks = withoutView(() => this.realm.require("internal/async_hooks"));
    if (hooks.afterHooksExist()) {
      do {
        const id = hooks.executionAsyncId();
        if (id === 0) hooks.popAsyncContext(0);
        else hooks.emitAfter(id);
      } while (hooks.hasAsyncIdStack());
    }
    this.async.clear();
  }

  /** V8 reports that a promise of this process was rejected without a handler. */
  rejected(reason: unknown, promise: Promise<unknown>): void {
    if (reason === exited || !this.process.alive) return;
    withoutView(() => correctMessage(reason));
    this.#rejections.rejected(reason, promise);
  }

  /** Called when a rejected promise of this process got its handler too late. */
  rejectionHandled(promise: Promise<unknown>): void {
    if (this.process.alive) this.#rejections.handled(promise);
  }

  #onIdle(): void {
    const object = this.realm.process;
    this.loop.leaving = true;
    // The loop's own turn: `beforeExit` is emitted, ticks run, and then liveness is checked again.
    this.process.enter(() => object.emit("beforeExit", object.exitCode ?? 0), undefined);
    try {
      this.#runTicks();
    } catch (thrown) {
      this.uncaught(thrown, false);
    }
    this.loop.leaving = false;
    if (!this.process.alive || this.loop.alive) return;
    this.#idle = true;
    if (!object._exiting) {
      object._exiting = true;
      const before = object.exitCode ?? 0;
      if (!this.settled) object.exitCode ??= UNSETTLED_TOP_LEVEL_AWAIT;
      // Node 20 passes the previous code to its listeners, later versions the code that the process
      // ends with.
      const code = NODE_MAJOR < 22 ? before : (object.exitCode ?? 0);
      // As in Node, promises of exit listeners still run, but ticks do not.
      this.process.enter(() => object.emit("exit", code), undefined);
      if (this.process.alive) drainMicrotasks();
    }
    this.process.terminate({
      code: this.#status(object.exitCode ?? 0),
      signal: null,
      idle: true,
      settled: this.settled,
    });
  }

  #defineExceptionCapture(): void {
    const object = this.realm.process;
    object.setUncaughtExceptionCaptureCallback = (callback: unknown) => {
      const { codes } = this.realm.require("internal/errors");
      if (callback !== null && typeof callback !== "function") {
        throw new codes.ERR_INVALID_ARG_TYPE("fn", ["Function", "null"], callback);
      }
      if (callback !== null && this.#captureUncaught !== null) {
        throw new codes.ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET();
      }
      this.#captureUncaught = callback as CaptureCallback;
    };
    if ("addUncaughtExceptionCaptureCallback" in process) {
      object.addUncaughtExceptionCaptureCallback = (callback: (thrown: unknown) => unknown) => {
        this.realm.require("internal/validators").validateFunction(callback, "fn");
        this.#auxiliaryCaptures.push(callback);
      };
    }
    object.hasUncaughtExceptionCaptureCallback = () => this.#captureUncaught !== null;
    object._fatalException = (thrown: unknown, fromPromise: boolean) => {
      this.uncaught(thrown, fromPromise);
      return this.process.alive;
    };
  }

  /** Creates another Node process of the same host, or a thread of this one. */
  fork(...options: ConstructorParameters<typeof NodeProcess>): NodeProcess {
    // Its library must not use what this process has changed.
    return withoutView(() => new NodeProcess(...options));
  }

  /**
   * Takes the modules for its programs from its parent or creator. `injected` replaces what that
   * provides.
   */
  inherit(parent: NodeProcess, injected?: Readonly<Record<string, unknown>>): void {
    this.injectChild = parent.injectChild;
    this.standIns = parent.standIns;
    this.injected = injected ?? parent.injectChild?.(this.process) ?? parent.injected;
  }

  /** The global object that its programs see. */
  get global(): object {
    return this.realm.global;
  }

  /** The process's observer also receives the events of its threads and children. */
  get observer(): ProcessObserver {
    return this.#observer;
  }

  #write(stream: "stdout" | "stderr", text: string): void {
    const { host, alive, program } = this.process;
    if (!alive) throw exited;
    const detail = { stream, text, ...(program !== undefined && { program }) };
    host.kernel.mark(host.id, Kind.log, digestOf(Buffer.from(text)), detail);
    this.#tell(() => this.#observer.onOutput?.(stream, text));
  }
}

function firstLine(text: string): string {
  return text.slice(0, text.indexOf("\n") >>> 0);
}

function describeThrown(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.stack ?? `${thrown.name}: ${thrown.message}`;
  try {
    return String(thrown);
  } catch {
    return "a value that cannot be printed";
  }
}

/** The real function. During a run, the global name is the running process's. */
const enqueue = queueMicrotask;

/** Runs V8's microtasks to the end. Node reports rejections during this. */
const drainMicrotasks: () => void = (
  process as unknown as { _tickCallback: () => void }
)._tickCallback.bind(process);

const { apply } = Reflect;
const NO_ARGUMENTS: readonly [] = [];

/** The queue of ticks, as Node's library shares it with its C++. */
class TaskQueue {
  /** Whether a tick is scheduled, and whether a rejection is to be reported. */
  readonly info = new Uint8Array(2);
  callback: () => void = () => {};

  binding(onThrow: (thrown: unknown) => void): object {
    return {
      tickInfo: this.info,
      runMicrotasks: drainMicrotasks,
      setTickCallback: (callback: () => void) => {
        this.callback = callback;
      },
      // V8 would report its exceptions to the real process.
      enqueueMicrotask: (callback: () => void) =>
        enqueue(() => {
          try {
            callback();
          } catch (thrown) {
            onThrow(thrown);
          }
        }),
    };
  }
}
