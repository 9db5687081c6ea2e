/**
 * The boundary between the real process and a run. During a run, the real globals that could differ
 * between two runs are guarded, so that an escape is detected and named. Microtasks are drained
 * explicitly. V8's reports of rejected promises are passed to the simulated process whose code was
 * running.
 */
import { LightconeError } from "../base/errors.ts";
import { setRealmFinder } from "./bindings/crypto/owner.ts";
import { closeParsers } from "./bindings/http-parser.ts";
import { escapeGuards } from "./evaluated.ts";
import { exited } from "./exited.ts";
import { pinInspectedBytes } from "./inspected-bytes.ts";
import { prepareInternals } from "./lib/internals.ts";
import { sharedPrimordials } from "./lib/primordials.ts";
import { objectUrlGuards } from "./object-urls.ts";
import { currentProcess, type NodeProcess } from "./node-process.ts";
import { loadWantedModules, modulesAreWanted, setProcessFinder } from "./public-modules.ts";
import { saveStore } from "./program/source/store.ts";
import { guardStackTraces } from "./stack-traces.ts";
import { attemptIsGivenUp, beginAttempt, forgetSyncChildren } from "./sync-child.ts";
import { describeTraceLimit } from "./program/trace-limit.ts";
import { settleGlobal } from "./globals.ts";
import { pinTimeZone } from "./time-zone.ts";
import { definitionGuards, type Guard, setDescribe } from "./views/guards.ts";
import { Buffer } from "node:buffer";
import { beginViews, endViews } from "./views/view.ts";

type AnyFunction = (...args: never[]) => unknown;

const describeReal = Object.getOwnPropertyDescriptor;

setDescribe((target, key) => {
  settleGlobal(target, key);
  const found = describeReal(target, key);
  const isLimit = found !== undefined && target === Error && key === "stackTraceLimit";
  return isLimit ? describeTraceLimit(found) : found;
});

/**
 * Returns guards of the real process's state that could differ between two runs, beyond those of
 * `evaluated.ts`.
 */
function realProcessGuards(): Guard[] {
  // Modules that are shared with the real process (node:url, node:buffer) emit each warning only
  // once in its life, so only the first of its runs would see it. No run sees these warnings.
  const warn = (): void => {};
  // The content of uninitialised memory differs between a used process and a fresh one.
  const alloc = Buffer.alloc;
  const { allocUnsafe: unsafe, allocUnsafeSlow: slow } = Buffer;
  type Allocate = (size: number, alignment?: number) => Buffer;
  // These functions can also be called with `new`, as Node's can: cbor-x does so. Node 26 takes an
  // alignment.
  const cleared: Readonly<Record<string, Allocate>> = {
    allocUnsafe: function allocUnsafe(size, alignment) {
      return alignment === undefined ? alloc(size) : (unsafe as Allocate)(size, alignment).fill(0);
    },
    allocUnsafeSlow: function allocUnsafeSlow(size, alignment) {
      return alignment === undefined ? alloc(size) : (slow as Allocate)(size, alignment).fill(0);
    },
  };
  for (const [name, stand] of Object.entries(cleared)) {
    const { length } = Buffer[name as "allocUnsafe"];
    Object.defineProperty(stand, "length", { value: length, configurable: true });
  }
  const realCwd = process.cwd;
  const cwd = (): string => {
    const node = currentProcess();
    return node === undefined ? realCwd() : (node.realm.process as { cwd(): string }).cwd();
  };
  return [
    { owner: process, name: "emitWarning", descriptor: { value: warn } },
    // The real url.pathToFileURL resolves relative paths.
    { owner: process, name: "cwd", descriptor: { value: cwd } },
    // A real module that programs use (url, for example) would emit deprecation warnings in the
    // real process.
    { owner: process, name: "noDeprecation", descriptor: { value: true } },
    { owner: Buffer, name: "allocUnsafe", descriptor: { value: cleared["allocUnsafe"] } },
    { owner: Buffer, name: "allocUnsafeSlow", descriptor: { value: cleared["allocUnsafeSlow"] } },
  ];
}

const definitions = new WeakMap<PropertyDescriptor, PropertyDescriptor>();

/** Returns what a guard is defined with. It is put together once for all runs. */
function definitionOf(descriptor: PropertyDescriptor): PropertyDescriptor {
  let definition = definitions.get(descriptor);
  if (definition === undefined) {
    const writable = "value" in descriptor && { writable: true };
    definition = { ...descriptor, ...writable, configurable: true };
    definitions.set(descriptor, definition);
  }
  return definition;
}

/** Installs guards. Returns a function that removes them. */
function place(guards: readonly Guard[]): () => void {
  const saved = guards.map(({ owner, name }) => Object.getOwnPropertyDescriptor(owner, name));
  guards.forEach(({ owner, name, descriptor }, i) => {
    if (saved[i]?.writable === true && "value" in descriptor) {
      // An assignment does not invalidate V8's assumptions about the other properties.
      (owner as Record<string, unknown>)[name] = descriptor.value;
      return;
    }
    Reflect.defineProperty(owner, name, definitionOf(descriptor));
  });
  return () => {
    guards.forEach(({ owner, name, descriptor }, i) => {
      const before = saved[i];
      if (before === undefined) Reflect.deleteProperty(owner, name);
      else if (before.writable === true && "value" in descriptor) {
        (owner as Record<string, unknown>)[name] = before.value;
      } else Reflect.defineProperty(owner, name, before);
    });
  };
}

let guards: { readonly escapes: Guard[]; readonly definitions: Guard[] } | undefined;
let running = false;

const drain: () => void = (process as unknown as { _tickCallback: () => void })._tickCallback.bind(
  process,
);

/** Returns whether microtasks can be drained from here: not from within a microtask. */
function canDrain(): boolean {
  let drained = false;
  void Promise.resolve().then(() => (drained = true));
  drain();
  return drained;
}

/**
 * Small buffers come from a pool. A run starts with a fresh one, so that offsets are the same in
 * every run.
 */
function alignBufferPool(): void {
  const size = (Buffer.poolSize >>> 1) - 1;
  for (let i = 0; i < 4; i++) if (Buffer.from("x".repeat(size)).byteOffset === 0) break;
}

function onRejection(reason: unknown, promise: Promise<unknown>): void {
  const owner = currentProcess();
  if (reason === exited) return;
  if (owner) owner.rejected(reason, promise);
  else strayRejections.push(reason);
  if (owner) rejecters.set(promise, owner);
}

/** The process of each promise that was rejected and not handled in time. */
const rejecters = new WeakMap<Promise<unknown>, NodeProcess>();

function onLateHandler(promise: Promise<unknown>): void {
  rejecters.get(promise)?.rejectionHandled(promise);
}

/**
 * Rejections inside a run that cannot be attributed to a process. They are bugs of the simulator,
 * thrown at the end.
 */
const strayRejections: unknown[] = [];

/** The result of one part of a run. */
interface Piece<T> {
  readonly result: T;
  /** True if a built-in was changed and the change cannot be attributed to a view. */
  readonly unknownChange: boolean;
}

function inside<T>(body: () => T): Piece<T> {
  if (running) throw new LightconeError("LC_NESTED", "a run was started inside a run");
  guards ??= {
    escapes: [...escapeGuards(), ...realProcessGuards(), ...objectUrlGuards()],
    definitions: definitionGuards(),
  };
  // Node's library keeps the original operations, as it does outside.
  sharedPrimordials();
  alignBufferPool();
  const listeners = ["unhandledRejection", "rejectionHandled"].map(
    (event) => [event, process.listeners(event as "exit")] as [string, AnyFunction[]],
  );
  for (const [event] of listeners) process.removeAllListeners(event);
  process.on("unhandledRejection", onRejection);
  process.on("rejectionHandled", onLateHandler);
  const restoreStackTraces = guardStackTraces();
  const restoreTimeZone = pinTimeZone();
  const restoreInspectedBytes = pinInspectedBytes();
  const restoreEscapes = place(guards.escapes);
  const restoreDefinitions = place(guards.definitions);
  beginViews();
  running = true;
  let unknownChange = false;
  let result: T | undefined;
  let failure: { readonly thrown: unknown } | undefined;
  try {
    result = body();
    drain();
  } catch (thrown) {
    failure = { thrown };
  } finally {
    running = false;
    closeParsers();
    unknownChange = endViews();
    restoreDefinitions();
    restoreEscapes();
    restoreStackTraces();
    restoreTimeZone();
    restoreInspectedBytes();
    for (const [event, old] of listeners) {
      process.removeAllListeners(event);
      for (const listener of old) process.on(event as "exit", listener as () => void);
    }
  }
  const [stray] = strayRejections.splice(0);
  // A change that was not detected in time may have broken the simulator's own code. The next
  // attempt, which detects it, reports errors. An attempt that was given up has nothing to report.
  if (!unknownChange && !attemptIsGivenUp()) {
    if (failure) throw failure.thrown;
    if (stray !== undefined) throw stray;
  }
  return { result: result as T, unknownChange };
}

/**
 * Runs `body`, which starts processes and runs a kernel, in one synchronous piece. Resolves with
 * what it returns, rejects with what it throws.
 *
 * It runs again for each child that `spawnSync` waits for (`sync-child.ts`), when a real module has
 * to be loaded for its shape, and when a change to a built-in is detected late (`views/search.ts`).
 * `body` must start everything anew each time.
 *
 * The piece runs in a callback of its own, since microtasks cannot be drained from within a
 * microtask.
 */
export async function simulate<T>(body: () => T): Promise<T> {
  await prepareInternals();
  setRealmFinder(() => currentProcess()?.realm);
  setProcessFinder(() => currentProcess()?.process);
  forgetSyncChildren();
  for (;;) {
    beginAttempt();
    const { result, unknownChange } = await once(body).finally(saveStore);
    if (modulesAreWanted()) loadWantedModules();
    else if (!unknownChange && !attemptIsGivenUp()) return result;
  }
}

function once<T>(body: () => T): Promise<Piece<T>> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        if (!canDrain()) {
          throw new LightconeError(
            "LC_UNSUPPORTED_NODE",
            `Node ${process.version} does not drain microtasks on demand`,
            "Please report this Node version.",
          );
        }
        resolve(inside(body));
      } catch (error) {
        reject(error as Error);
      }
    });
  });
}
