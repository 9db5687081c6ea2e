/**
 * The door between the real process and a run. Inside, the real globals that could tell two runs apart
 * are guarded, so that an escape is caught and named; microtasks are drained by us; and what V8 reports
 * of rejected promises goes to the simulated process whose code was running.
 */
import { LightconeError } from "../base/errors.ts";
import { isQuiet } from "./lib/natives.ts";
import { currentProcess, type NodeProcess } from "./node-process.ts";
import { guardStackTraces } from "./stack-traces.ts";
import { compileWanted, programsAreWanted } from "./program/library.ts";

type AnyFunction = (...args: never[]) => unknown;

/** A property of the real world, and what stands there while a run is under way. */
interface Guard {
  readonly owner: Record<string, unknown>;
  readonly name: string;
  readonly replacement: unknown;
}

function escape(what: string): never {
  const host = currentProcess()?.process.host.name;
  throw new LightconeError(
    "LC_ESCAPE",
    `${host ? `host ${JSON.stringify(host)}` : "code inside a run"} reached the real ${what}`,
    "Code made by `eval` or `new Function`, or kept from outside the world, is not simulated.",
  );
}

function guardsOf(): Guard[] {
  const guards: Guard[] = [];
  const world = globalThis as unknown as Record<string, unknown>;
  const forbid = (owner: Record<string, unknown>, name: string, what = name): void => {
    if (name in owner) guards.push({ owner, name, replacement: () => escape(what) });
  };
  for (const name of ["setTimeout", "setInterval", "setImmediate", "fetch"]) forbid(world, name);
  forbid(Math as unknown as Record<string, unknown>, "random", "Math.random");
  forbid(Date as unknown as Record<string, unknown>, "now", "Date.now");
  forbid(performance as unknown as Record<string, unknown>, "now", "performance.now");
  forbid(process as unknown as Record<string, unknown>, "nextTick", "process.nextTick");
  forbid(process as unknown as Record<string, unknown>, "hrtime", "process.hrtime");
  // Modules that are shared with the real process (node:url, node:buffer) warn through it.
  guards.push({
    owner: process as unknown as Record<string, unknown>,
    name: "emitWarning",
    replacement: (...args: unknown[]) => {
      if (!isQuiet()) currentProcess()?.realm.process.emitWarning(...args);
    },
  });
  // A real module that serves programs (url, say) would tell the real process what is deprecated.
  guards.push({
    owner: process as unknown as Record<string, unknown>,
    name: "noDeprecation",
    replacement: true,
  });
  const dates = Date.prototype as unknown as Record<string, unknown>;
  guards.push({ owner: dates, name: "constructor", replacement: createDateConstructor(Date) });
  // Memory that was not cleared differs between a used process and a fresh one.
  const buffer = Buffer as unknown as Record<string, unknown>;
  const alloc = buffer["alloc"] as (size: number) => Buffer;
  const cleared = (size: number): Buffer => alloc(size);
  guards.push({ owner: buffer, name: "allocUnsafe", replacement: cleared });
  guards.push({ owner: buffer, name: "allocUnsafeSlow", replacement: cleared });
  return guards;
}

/** A date's `constructor`, with which copies are made: it asks the `Date` of the process that runs. */
function createDateConstructor(real: DateConstructor): DateConstructor {
  function HostDate(...args: unknown[]): unknown {
    const date = currentProcess()?.realm.intrinsics.Date ?? real;
    if (!new.target) return date();
    return Reflect.construct(date, args, new.target === HostDate ? date : new.target);
  }
  const now = (): number => (currentProcess()?.realm.intrinsics.Date ?? real).now();
  Object.defineProperty(HostDate, "name", { value: "Date" });
  Object.defineProperty(HostDate, "length", { value: 7 });
  Object.assign(HostDate, { parse: real.parse, UTC: real.UTC, now, prototype: real.prototype });
  return HostDate as unknown as DateConstructor;
}

/** Dates print in UTC within a run, wherever it runs: V8 heeds the variable as it changes. */
function pinTimeZone(): () => void {
  const before = process.env["TZ"];
  if (before === "UTC") return () => {};
  process.env["TZ"] = "UTC";
  return () => {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  };
}

let guards: Guard[] | undefined;
let running = false;

const drain: () => void = (process as unknown as { _tickCallback: () => void })._tickCallback.bind(
  process,
);

/** Whether microtasks can be drained from here: not from within a microtask. */
function canDrain(): boolean {
  let drained = false;
  void Promise.resolve().then(() => (drained = true));
  drain();
  return drained;
}

/** Small buffers come from a pool; a run starts with a fresh one, so that offsets are the same in each. */
function alignBufferPool(): void {
  const size = (Buffer.poolSize >>> 1) - 1;
  for (let i = 0; i < 4; i++) if (Buffer.from("x".repeat(size)).byteOffset === 0) break;
}

function onRejection(reason: unknown, promise: Promise<unknown>): void {
  const owner = currentProcess();
  if (owner) owner.rejected(reason, promise);
  else strayRejections.push(reason);
  if (owner) rejecters.set(promise, owner);
}

/** Which process a promise belongs to that was rejected, and that nobody handled in time. */
const rejecters = new WeakMap<Promise<unknown>, NodeProcess>();

function onLateHandler(promise: Promise<unknown>): void {
  rejecters.get(promise)?.rejectionHandled(promise);
}

/** Rejections inside a run that no process can be blamed for: a bug of ours, thrown at the end. */
let strayRejections: unknown[] = [];

function inside<T>(body: () => T): T {
  if (running) throw new LightconeError("LC_NESTED", "a run was started inside a run");
  guards ??= guardsOf();
  alignBufferPool();
  const listeners = ["unhandledRejection", "rejectionHandled"].map(
    (event) => [event, process.listeners(event as "exit")] as [string, AnyFunction[]],
  );
  for (const [event] of listeners) process.removeAllListeners(event);
  process.on("unhandledRejection", onRejection);
  process.on("rejectionHandled", onLateHandler);
  const saved = guards.map(({ owner, name }) => Object.getOwnPropertyDescriptor(owner, name));
  const restoreStackTraces = guardStackTraces();
  const restoreTimeZone = pinTimeZone();
  running = true;
  try {
    for (const { owner, name, replacement } of guards) {
      Object.defineProperty(owner, name, {
        value: replacement,
        writable: true,
        configurable: true,
      });
    }
    const result = body();
    drain();
    return result;
  } finally {
    running = false;
    restoreStackTraces();
    restoreTimeZone();
    guards.forEach(({ owner, name }, i) => {
      const descriptor = saved[i];
      if (descriptor) Object.defineProperty(owner, name, descriptor);
      else delete owner[name];
    });
    for (const [event, old] of listeners) {
      process.removeAllListeners(event);
      for (const listener of old) process.on(event as "exit", listener as () => void);
    }
    if (strayRejections.length > 0) {
      const [first] = strayRejections;
      strayRejections = [];
      // oxlint-disable-next-line no-unsafe-finally
      throw first;
    }
  }
}

/**
 * Runs `body`, which starts processes and runs a kernel, in one synchronous piece. Resolves with what it
 * returns, rejects with what it throws.
 *
 * A program that is asked for while it runs (a worker's file) is compiled, and `body` runs again: it must
 * start everything afresh each time.
 *
 * The piece runs in a callback of its own, since microtasks cannot be drained from within a microtask.
 */
export async function simulate<T>(body: () => T): Promise<T> {
  for (;;) {
    const result = await once(body);
    if (!programsAreWanted()) return result;
    await compileWanted(injectedNames);
  }
}

/** The modules that every program may be given when it starts. */
export const injectedNames: string[] = [];

function once<T>(body: () => T): Promise<T> {
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
