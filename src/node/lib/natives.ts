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

/** A file of Node's library, compiled once for all processes. */
export function libraryFile(id: string): LibraryFile {
  let file = compiled.get(id);
  if (!file) {
    const source = allSources()[id];
    if (source === undefined) {
      throw new LightconeError(
        "LC_NOT_SIMULATED",
        `node:${id} does not exist in ${process.version}`,
      );
    }
    const parameters =
      id === "internal/per_context/primordials" || id === "internal/per_context/domexception"
        ? ["exports", "primordials", "privateSymbols", "perIsolateSymbols"]
        : ["exports", "require", "module", "process", "internalBinding", "primordials"];
    file = compileFunction(source, parameters, { filename: `node:${id}` }) as LibraryFile;
    compiled.set(id, file);
  }
  return file;
}
