/**
 * Node's own JavaScript library, as the running binary carries it. A simulated process runs this code,
 * instantiated afresh, over simulated bindings: so a program sees exactly the Node that it would see
 * outside, errors, messages and order of events included, in whichever version runs.
 *
 * The sources come from `process.binding('natives')`, which Node 20 to 26 have. This file is the only
 * one that knows so.
 */
import process from "node:process";
import { compileFunction, Script } from "node:vm";
import { LightconeError } from "../../base/errors.ts";

/** The function that Node makes of each of its library's files. */
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

/** Runs `use` with Node's deprecation warnings silent: `process.binding` is deprecated, in words only. */
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

/** One of the bindings that Node still hands out, or `undefined`. */
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

/** Whether Node's library has a file of this name. */
export function hasLibraryFile(id: string): boolean {
  return Object.hasOwn(allSources(), id);
}

/** The source of a file of Node's library, for the numbers that the library shares with native code. */
export function librarySource(id: string): string {
  return allSources()[id] ?? "";
}

function sourceOf(id: string): string {
  const source = allSources()[id];
  if (source === undefined) {
    throw new LightconeError("LC_NOT_SIMULATED", `node:${id} does not exist in ${process.version}`);
  }
  return source;
}

const PARAMETERS = ["exports", "require", "module", "process", "internalBinding", "primordials"];

/** A file of Node's library, as a script that gives the file's function: compiled once for all processes. */
function scriptOf(id: string): Script {
  let script = scripts.get(id);
  if (!script) {
    const parameters = id.startsWith("internal/per_context/")
      ? ["exports", "primordials", "privateSymbols", "perIsolateSymbols"]
      : PARAMETERS;
    // On one line with the source, so that lines and columns keep their numbers.
    const head = `(function (${parameters.join(", ")}) {`;
    script = new Script(`${head}${sourceOf(id)}\n})`, {
      filename: `node:${id}`,
      columnOffset: -head.length,
    });
    scripts.set(id, script);
  }
  return script;
}

/** A file of Node's library, as the processes share it: warm, and ready for objects of every process. */
export function libraryFile(id: string): LibraryFile {
  let file = shared.get(id);
  if (!file) shared.set(id, (file = ownLibraryFile(id)));
  return file;
}

/**
 * A file of Node's library for one process alone. Its bytecode is the one that all share; what V8 learns of
 * it as it runs, and compiles from that, is not (see `feedback.ts`).
 */
export function ownLibraryFile(id: string): LibraryFile {
  return scriptOf(id).runInThisContext() as LibraryFile;
}

/** A file that takes names from the global object, as packages bundled with Node do. */
export interface GlobalUser {
  /** The names that it mentions. */
  readonly names: readonly string[];
  /** Given their values, in order: the file. */
  readonly bind: (...values: unknown[]) => LibraryFile;
}

const globalUsers = new Map<string, GlobalUser>();

/** A file of Node's library that takes some of `candidates` from the global object. */
export function globalUser(id: string, candidates: readonly string[]): GlobalUser {
  let user = globalUsers.get(id);
  if (!user) {
    const source = sourceOf(id);
    const names = candidates.filter((name) => new RegExp(`\\b${name}\\b`).test(source));
    // On one line with the source, so that lines keep their numbers.
    const nested = `return function (${PARAMETERS.join(", ")}) {${source}\n};`;
    const bind = compileFunction(nested, names, { filename: `node:${id}` });
    user = { names, bind: bind as unknown as GlobalUser["bind"] };
    globalUsers.set(id, user);
  }
  return user;
}
