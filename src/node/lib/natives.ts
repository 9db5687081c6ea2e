/**
 * Node's own JavaScript library, as contained in the running binary. A simulated process runs this
 * code, instantiated anew, over simulated bindings. So a program sees the same Node as outside,
 * including errors, messages and the order of events, in any supported version.
 *
 * The sources come from `process.binding('natives')`, which Node 20 to 26 have. Only this file
 * depends on that.
 */
import process from "node:process";
import { compileFunction, Script } from "node:vm";
import { LightconeError } from "../../base/errors.ts";

/** The function that Node creates from each file of its library. */
export type LibraryFile = (
  exports: object,
  require: (id: string) => unknown,
  module: { exports: unknown },
  process: object,
  internalBinding: (name: string) => unknown,
  primordials: object,
) => void;

let sources: Record<string, string> | undefined;
const scripts = new Map<string, Script>();
const shared = new Map<string, LibraryFile>();

/**
 * Runs `use` without Node's deprecation warnings: `process.binding` is deprecated in the
 * documentation, but still works.
 */
export function quietly<T>(use: () => T): T {
  const before = process.noDeprecation;
  process.noDeprecation = true;
  try {
    return use();
  } finally {
    if (before === undefined) delete (process as { noDeprecation?: boolean }).noDeprecation;
    else process.noDeprecation = before;
  }
}

/** Returns one of the bindings that Node still exposes, or `undefined`. */
export function realBinding(name: string): Record<string, unknown> | undefined {
  try {
    const { binding } = process as unknown as { binding(name: string): Record<string, unknown> };
    return quietly(() => binding.call(process, name));
  } catch {
    return undefined;
  }
}

function allSources(): Record<string, string> {
  if (!sources) {
    sources = realBinding("natives") as Record<string, string> | undefined;
    if (typeof sources?.["net"] !== "string") {
      throw new LightconeError(
        "LC_UNSUPPORTED_NODE",
        `Node ${process.version} does not let its library be read`,
        "Lightcone needs Node 20.19 to 26, without --permission.",
      );
    }
  }
  return sources;
}

/** Returns whether Node's library has a file with this name. */
export function hasLibraryFile(id: string): boolean {
  return Object.hasOwn(allSources(), id);
}

/**
 * Returns the source of a file of Node's library. It is used for numbers that the library shares
 * with native code.
 */
export function librarySource(id: string): string {
  return allSources()[id] ?? "";
}

/**
 * Calls that are added to files of the library, each behind the text that it follows, on the same line. Timers share
 * lists, and only the library knows which timer was armed and which one fires.
 */
const ADDED: Readonly<Record<string, readonly (readonly [after: string, call: string])[]>> = {
  "internal/timers": [
    ["item._idleStart = start;", " binding.timerArmed(item);"],
    ["const asyncId = timer[async_id_symbol];", " binding.timerFires(timer);"],
  ],
};

function sourceOf(id: string): string {
  const source = allSources()[id];
  if (source === undefined) {
    throw new LightconeError("LC_NOT_SIMULATED", `node:${id} does not exist in ${process.version}`);
  }
  const added = ADDED[id] ?? [];
  const text = added.reduce((so, [after, call]) => so.replace(after, after + call), source);
  // The packages bundled with Node get no primordials.
  if (id.startsWith("internal/deps/")) return text;
  return text.replace(CATCH, (clause, name: string) => `${clause} primordials.caught?.(${name});`);
}

/** Where the library catches an error, whose message may name what is ours (`program/source/messages.ts`). */
const CATCH = /\bcatch\s*\(\s*(\w+)\s*\)\s*\{/g;

const PARAMETERS = ["exports", "require", "module", "process", "internalBinding", "primordials"];

/**
 * Returns a file of Node's library as a script whose result is the file's function. It is compiled
 * once for all processes.
 */
function scriptOf(id: string): Script {
  let script = scripts.get(id);
  if (!script) {
    const parameters = id.startsWith("internal/per_context/")
      ? ["exports", "primordials", "privateSymbols", "perIsolateSymbols"]
      : PARAMETERS;
    // On one line with the source, so that line and column numbers do not change.
    const head = `(function (${parameters.join(", ")}) {`;
    script = new Script(`${head}${sourceOf(id)}\n})`, {
      filename: `node:${id}`,
      columnOffset: -head.length,
    });
    scripts.set(id, script);
  }
  return script;
}

/**
 * Returns a file of Node's library, shared by the processes: already warm, and generic enough for
 * objects of every process.
 */
export function libraryFile(id: string): LibraryFile {
  let file = shared.get(id);
  if (!file) shared.set(id, (file = ownLibraryFile(id)));
  return file;
}

/**
 * Returns a file of Node's library for a single process. Its bytecode is shared; V8's feedback, and
 * the code compiled from it, is not (see `feedback.ts`).
 */
export function ownLibraryFile(id: string): LibraryFile {
  return scriptOf(id).runInThisContext() as LibraryFile;
}

/** A file that reads names from the global object, as the packages bundled with Node do. */
export interface GlobalUser {
  /** The global names that it uses. */
  readonly names: readonly string[];
  /** Returns the file, given the values of the names, in order. */
  readonly bind: (...values: unknown[]) => LibraryFile;
}

const globalUsers = new Map<string, GlobalUser>();

/** Returns a file of Node's library that reads some of `candidates` from the global object. */
export function globalUser(id: string, candidates: readonly string[]): GlobalUser {
  let user = globalUsers.get(id);
  if (!user) {
    const source = sourceOf(id);
    const names = candidates.filter((name) => new RegExp(`\\b${name}\\b`).test(source));
    // On one line with the source, so that line numbers do not change.
    const nested = `return function (${PARAMETERS.join(", ")}) {${source}\n};`;
    const bind = compileFunction(nested, names, { filename: `node:${id}` });
    user = { names, bind: bind as unknown as GlobalUser["bind"] };
    globalUsers.set(id, user);
  }
  return user;
}
