/**
 * Stack traces as a program sees them: its own files and lines and Node's, without the simulator's.
 * They are text that programs log, store and send, so they must be the same in every run, on every
 * machine.
 */
import { loadedShared } from "./lib/shared.ts";
import { currentProcess } from "./node-process.ts";
import { frameOf, isOurFile, isOurFrame } from "./program/call-sites.ts";
import { mapStack } from "./program/source-maps.ts";
import { shownSites } from "./program/shown-sites.ts";
import { correctMessage, ownWords } from "./program/source/messages.ts";
import { PROGRAM_PREFIX } from "./program/source/registry.ts";
import {
  forgetTraceLimits,
  limitFrames,
  RECORDED_LIMIT,
  setTraceProcess,
} from "./program/trace-limit.ts";
import { uncurry } from "./views/safe.ts";
import { withoutView } from "./views/view.ts";

setTraceProcess(currentProcess);

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

/** The call that enters a process. No other function of ours has its name. */
const ENTRY = "runTurn";

/** Returns whether a frame is code that was put before a program's text on its first line. */
function isAddedCode(frame: NodeJS.CallSite, file: string | null | undefined): boolean {
  // V8 gives no column if it is not above zero.
  return file?.startsWith(PROGRAM_PREFIX) === true && !frame.getColumnNumber();
}

/** Returns whether a frame is `next` of a generator: modules of an import cycle are generators. */
function isGeneratorNext(frame: NodeJS.CallSite, file: string | null | undefined): boolean {
  return !file && !frame.isEval() && frame.getFunctionName() === "next";
}

/** The file of Node's library that runs ticks and microtasks. */
const QUEUE = "node:internal/process/task_queues";

/**
 * Returns whether the frame at `at` is that of the real process's ticks, which run the microtasks of
 * simulated ones.
 */
function isRealTick(frames: readonly NodeJS.CallSite[], at: number): boolean {
  const inQueue = (frame: NodeJS.CallSite | undefined): boolean => frame?.getFileName() === QUEUE;
  const isEntered = (frame: NodeJS.CallSite | undefined): boolean =>
    inQueue(frame) && frame?.getMethodName() === "_tickCallback";
  if (isEntered(frames[at])) return true;
  const name = frames[at]?.getFunctionName();
  return name === "processTicksAndRejections" && inQueue(frames[at]) && isEntered(frames[at + 1]);
}

/** `recorded` is the limit that V8 has now. */
function shownOf(frames: NodeJS.CallSite[], recorded: unknown): readonly NodeJS.CallSite[] {
  // Below the process's entry are the simulator's frames, and behind them those of awaiting
  // callers.
  let isEntered = false;
  const shown: NodeJS.CallSite[] = [];
  // Each question to a frame is a call to V8. Express makes a thousand frames when it starts (by depd), so most are
  // asked for their file only.
  for (let at = 0; at < frames.length; at++) {
    const frame = frames[at] as NodeJS.CallSite;
    const file = frame.getFileName();
    if (isOurFile(file)) {
      isEntered ||= frame.getFunctionName() === ENTRY;
      continue;
    }
    if (isAddedCode(frame, file) || (file === QUEUE && isRealTick(frames, at))) continue;
    if (isEntered && !frame.isAsync()) continue;
    const below = frames[at + 1];
    if (below !== undefined && isGeneratorNext(frame, file) && isOurFrame(below)) continue;
    shown.push(frame);
  }
  return limitFrames(shown, recorded);
}

function linesOf(frames: readonly NodeJS.CallSite[]): string {
  return frames.map((frame) => mapStack(`\n    at ${String(frame)}`)).join("");
}

/** Formats the stack of an error that a program reads. */
function prepare(error: Error, allFrames: NodeJS.CallSite[]): unknown {
  const recorded = Error.stackTraceLimit;
  return withoutView(() => {
    const frames = shownOf(allFrames, recorded);
    const node = loadedShared("internal/errors") as ErrorsModule | undefined;
    const override = node?.overrideStackTrace.get(error);
    if (override) {
      node?.overrideStackTrace.delete(error);
      return override(error, shownSites(frames));
    }
    correctMessage(error);
    return ownWords(headline(error, node)) + linesOf(frames);
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
    const recorded = Error.stackTraceLimit;
    const shown = withoutView(() => shownSites(shownOf(frames, recorded)));
    return Reflect.apply(prepareOwn, this, [error, shown]);
  };
  set(wrappers, prepareOwn, wrapper);
  set(wrappers, wrapper, wrapper);
  return wrapper;
}

/** Gets the frames of {@link placesHere} while it looks for them. */
let collect: PrepareStackTrace | undefined;

/** The same property in each run, so that it counts as unchanged. */
const property: PropertyDescriptor = {
  configurable: true,
  enumerable: false,
  get: () => {
    if (collect) return collect;
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
  Error.stackTraceLimit = RECORDED_LIMIT;
  own = new WeakMap();
  forgetTraceLimits();
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

/** At most this many frames are looked at for {@link placesHere}, and told. */
const LOOKED_AT_MAX = 40;
const PLACES_MAX = 3;

/**
 * Where the running program is: the innermost place in a package, if one called, and the places in the program's own
 * files, innermost first; "" if no code of a program runs. One line each: "worker.ts:12:5 takeJob". Calls nothing of
 * the program's, and changes nothing that it could see: what looks on must not change a run.
 */
export function placesHere(): string {
  return withoutView(() => {
    const { stackTraceLimit } = Error;
    let found: string[] = [];
    Error.stackTraceLimit = LOOKED_AT_MAX;
    collect = (_error, frames) => {
      found = placesOf(frames);
      return "";
    };
    try {
      void new Error("looks for its caller").stack;
    } finally {
      collect = undefined;
      Error.stackTraceLimit = stackTraceLimit;
    }
    return found.join("\n");
  });
}

function placesOf(frames: readonly NodeJS.CallSite[]): string[] {
  const places: string[] = [];
  let packages = 0;
  for (const frame of frames) {
    if (places.length - packages === PLACES_MAX) break;
    const name = frame.getFileName();
    // Node's own frames, and ours, say nothing about the program.
    if (!name?.startsWith(PROGRAM_PREFIX) || isAddedCode(frame, name)) continue;
    const isPackage = name.includes("/node_modules/");
    if (isPackage && packages > 0) continue;
    const { file, line, column, functionName } = frameOf(frame) ?? {};
    if (file === undefined) continue;
    if (isPackage) packages++;
    const path = isPackage ? file.slice(file.lastIndexOf("/node_modules/") + 1) : file;
    const where = `${path.replace(/^file:\/\//, "")}:${line}:${column}`;
    places.push(functionName ? `${where} ${functionName}` : where);
  }
  return places;
}
