/**
 * Stack traces as a program sees them: its own files and lines and Node's, without the simulator's.
 * They are text that programs log, store and send, so they must be the same in every run, on every
 * machine.
 */
import { loadedShared } from "./lib/shared.ts";
import { currentProcess } from "./node-process.ts";
import { isOurFrame } from "./program/call-sites.ts";
import { mapStack } from "./program/source-maps.ts";
import { shownSites } from "./program/shown-sites.ts";
import { uncurry } from "./views/safe.ts";
import { withoutView } from "./views/view.ts";

type PrepareStackTrace = (error: Error, frames: NodeJS.CallSite[]) => unknown;

/** What Node's `internal/errors` records about errors that its own code created. */
interface ErrorsModule {
  readonly kIsNodeError: symbol;
  readonly overrideStackTrace: Map<Error, PrepareStackTrace>;
}

function headline(error: Error, node: ErrorsModule | undefined): string {
  try {
    if (node && node.kIsNodeError in error) {
      const { name, message, code } = error as Error & { code: string };
      return `${name} [${code}]: ${message}`;
    }
    return Error.prototype.toString.call(error);
  } catch {
    return "<error>";
  }
}

/**
 * How many frames V8 records unless a program changes it, and how many of them are shown. Below a
 * program's frames are the simulator's, and behind those the frames of awaiting callers: they come
 * last.
 */
const DEEP_LIMIT = 40;
const SHOWN_LIMIT = 10;

/** Returns whether a frame is the call that enters a process. */
function isEntry(frame: NodeJS.CallSite): boolean {
  if (frame.getFunctionName() !== "run" || !isOurFrame(frame)) return false;
  return frame.getFileName()?.endsWith(entryFile) === true;
}

const entryFile = `/node-process${import.meta.url.slice(-3)}`;

function shownOf(frames: NodeJS.CallSite[], limit: number): NodeJS.CallSite[] {
  // Below the process's entry are the simulator's frames, and behind them those of awaiting
  // callers.
  const entry = frames.findIndex(isEntry);
  const shown = frames.filter(
    (frame, at) => !isOurFrame(frame) && (entry < 0 || at < entry || frame.isAsync()),
  );
  return limit === DEEP_LIMIT ? shown.slice(0, SHOWN_LIMIT) : shown;
}

function linesOf(frames: NodeJS.CallSite[]): string {
  return frames.map((frame) => mapStack(`\n    at ${String(frame)}`)).join("");
}

/** Formats the stack of an error that a program reads. */
function prepare(error: Error, allFrames: NodeJS.CallSite[]): unknown {
  const limit = Error.stackTraceLimit;
  return withoutView(() => {
    const frames = shownOf(allFrames, limit);
    const node = loadedShared("internal/errors") as ErrorsModule | undefined;
    const override = node?.overrideStackTrace.get(error);
    if (override) {
      node?.overrideStackTrace.delete(error);
      return override(error, shownSites(frames));
    }
    return headline(error, node) + linesOf(frames);
  });
}

// Programs may have broken these methods for themselves and then read stacks.
const has = uncurry(WeakMap.prototype.has);
const get = uncurry(WeakMap.prototype.get);
const set = uncurry(WeakMap.prototype.set);
let own = new WeakMap<object, unknown>();

/**
 * A program's own function, and the wrapper that V8 calls instead, which filters the simulator's
 * frames.
 */
const wrappers = new WeakMap<object, unknown>();

function withShownSites(prepareOwn: unknown): unknown {
  if (typeof prepareOwn !== "function" || prepareOwn === prepare) return prepareOwn;
  const known = get(wrappers, prepareOwn);
  if (known !== undefined) return known;
  const wrapper = function (this: unknown, error: Error, frames: NodeJS.CallSite[]): unknown {
    const shown = shownSites(shownOf(frames, Error.stackTraceLimit));
    return Reflect.apply(prepareOwn, this, [error, shown]);
  };
  set(wrappers, prepareOwn, wrapper);
  set(wrappers, wrapper, wrapper);
  return wrapper;
}

/** The same property in each run, so that it counts as unchanged. */
const property: PropertyDescriptor = {
  configurable: true,
  enumerable: false,
  get: () => {
    const process = currentProcess();
    return process && has(own, process) ? get(own, process) : prepare;
  },
  set: (value: unknown) => {
    const process = currentProcess();
    if (process) set(own, process, value === undefined ? prepare : withShownSites(value));
  },
};

/**
 * Makes `Error.prepareStackTrace` a process's own during a run. Returns a function that undoes it.
 * Programs set it briefly to read the stack themselves, and one process's function must not affect
 * another. (`Error.stackTraceLimit` is its own as all built-ins are: `views`.)
 */
export function guardStackTraces(): () => void {
  const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = DEEP_LIMIT;
  own = new WeakMap();
  Object.defineProperty(Error, "prepareStackTrace", property);
  return () => {
    Error.stackTraceLimit = limit;
    if (before) Object.defineProperty(Error, "prepareStackTrace", before);
    else delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
  };
}

/**
 * More than the depth of any program's stack where it makes an assertion. The simulator's frames
 * and Node's count as well.
 */
const FRAMES_MAX = 50;

/**
 * Returns the caller's stack, as programs see stacks, whatever the program has changed about
 * `Error`.
 */
export function stackHere(): string {
  return withoutView(() => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = FRAMES_MAX;
    try {
      return new Error().stack ?? "";
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  });
}
