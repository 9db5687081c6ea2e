/**
 * Stack traces as a program sees them: its own files and lines, Node's, and nothing of ours. They are
 * text that programs log, store and send, so they must be the same in every run, on every machine.
 */
import { fileURLToPath } from "node:url";
import { loadedShared } from "./lib/shared.ts";
import { currentProcess } from "./node-process.ts";
import { mapStack } from "./program/source-maps.ts";
import { uncurry } from "./views/safe.ts";
import { withoutView } from "./views/view.ts";

/** Where our own code lies: `src` or `dist`. Its frames are not the program's business. */
const ourFolder = fileURLToPath(new URL("..", import.meta.url));
const ourUrl = new URL("..", import.meta.url).href;

type PrepareStackTrace = (error: Error, frames: NodeJS.CallSite[]) => unknown;

/** What Node's `internal/errors` keeps of errors that its own code made. */
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

function isOurs(frame: NodeJS.CallSite): boolean {
  const file = frame.getFileName();
  return file?.startsWith(ourUrl) === true || file?.startsWith(ourFolder) === true;
}

function linesOf(frames: NodeJS.CallSite[]): string {
  const lines = frames
    .filter((frame) => !isOurs(frame))
    .map((frame) => mapStack(`\n    at ${String(frame)}`))
    // What is left of a bundle's own glue has no place in any file.
    .filter((line) => !line.includes("lightcone:start") && !line.includes("lightcone-program:"));
  return lines.join("");
}

/** Formats the stack of an error that a program looks at. */
function prepare(error: Error, frames: NodeJS.CallSite[]): unknown {
  return withoutView(() => {
    const node = loadedShared("internal/errors") as ErrorsModule | undefined;
    const override = node?.overrideStackTrace.get(error);
    if (override) {
      node?.overrideStackTrace.delete(error);
      return override(error, frames);
    }
    return headline(error, node) + linesOf(frames);
  });
}

// Programs may have broken these for themselves, and do look at stacks then.
const has = uncurry(WeakMap.prototype.has);
const get = uncurry(WeakMap.prototype.get);
const set = uncurry(WeakMap.prototype.set);
let own = new WeakMap<object, unknown>();

/** The same property in each run, so that it counts among what nobody has changed. */
const property: PropertyDescriptor = {
  configurable: true,
  enumerable: false,
  get: () => {
    const process = currentProcess();
    return process && has(own, process) ? get(own, process) : prepare;
  },
  set: (value: unknown) => {
    const process = currentProcess();
    if (process) set(own, process, value === undefined ? prepare : value);
  },
};

/**
 * Makes `Error.prepareStackTrace` a process's own while a run is under way. Gives what undoes it.
 * Programs set it for a moment to look at the stack themselves; one process's must not reach another's.
 * (`Error.stackTraceLimit` is its own as all built-ins are: `views`.)
 */
export function guardStackTraces(): () => void {
  const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 10;
  own = new WeakMap();
  Object.defineProperty(Error, "prepareStackTrace", property);
  return () => {
    Error.stackTraceLimit = limit;
    if (before) Object.defineProperty(Error, "prepareStackTrace", before);
    else delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
  };
}

/** Deeper than any program's stack where it asserts something; our own frames and Node's count as well. */
const FRAMES_MAX = 50;

/** The stack of whoever calls, as programs see stacks, whatever the program has made of `Error`. */
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
