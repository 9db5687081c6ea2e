/**
 * Node's own JavaScript library, as the running binary carries it. A simulated process runs this code,
 * instantiated afresh, over simulated bindings: so a program sees exactly the Node that it would see
 * outside, errors, messages and order of events included, in whichever version runs.
 *
 * The sources come from `process.binding('natives')`, which Node 20 to 26 have. This file is the only
 * one that knows so.
 */
import { compileFunction } from "node:vm";
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
const compiled = new Map<string, LibraryFile>();

let quiet = 0;

/** Whether the real process is being asked for something that it warns of: nobody wants to hear it. */
export function isQuiet(): boolean {
  return quiet > 0;
}

/** Runs `use` with Node's deprecation warnings silent: `process.binding` is deprecated, in words only. */
export function quietly<T>(use: () => T): T {
  const before = process.noDeprecation;
  process.noDeprecation = true;
  quiet++;
  try {
    return use();
  } finally {
    quiet--;
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

function compile(id: string, source: string, parameters: readonly string[]): unknown {
  return compileFunction(source, [...parameters], { filename: `node:${id}` });
}

function sourceOf(id: string): string {
  const source = allSources()[id];
  if (source === undefined) {
    throw new LightconeError("LC_NOT_SIMULATED", `node:${id} does not exist in ${process.version}`);
  }
  return source;
}

const PARAMETERS = ["exports", "require", "module", "process", "internalBinding", "primordials"];

/** A file of Node's library, compiled once for all processes. */
export function libraryFile(id: string): LibraryFile {
  let file = compiled.get(id);
  if (!file) {
    file = compile(
      id,
      sourceOf(id),
      id.startsWith("internal/per_context/")
        ? ["exports", "primordials", "privateSymbols", "perIsolateSymbols"]
        : PARAMETERS,
    ) as LibraryFile;
    compiled.set(id, file);
  }
  return file;
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
    user = { names, bind: compile(id, nested, names) as GlobalUser["bind"] };
    globalUsers.set(id, user);
  }
  return user;
}
