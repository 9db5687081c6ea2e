/**
 * Files of Node's library that all processes share: definitions without state, a clock or
 * randomness. Creating hundreds of error classes for each process would be half the cost of
 * starting one.
 */
import process from "node:process";
import { libraryFile } from "./natives.ts";
import { sharedPrimordials } from "./primordials.ts";

const files = new Set([
  "internal/errors",
  "internal/validators",
  "internal/util/types",
  "internal/constants",
  "internal/assert",
  "internal/fixed_queue",
  "internal/priority_queue",
  "internal/linkedlist",
  "internal/querystring",
  "internal/net",
  "internal/crypto/hashnames",
]);

/**
 * Those of them that run at every event, with objects whose classes differ between processes. A
 * process with code of its own (`feedback.ts`) also gets its own instances of these.
 */
const busy = new Set(["internal/fixed_queue", "internal/priority_queue", "internal/linkedlist"]);

/** Returns whether such a file should be instantiated for each process that has its own code. */
export function isBusy(id: string): boolean {
  return busy.has(id);
}

/** Returns whether `id` is one of them. */
export function isShared(id: string): boolean {
  return files.has(id);
}

const modules = new Map<string, { exports: unknown }>();

/**
 * Loads a file for all processes. `fallback` is the `require` of the first process that loads it.
 * It supplies the file's other dependencies (inspection, `internal/util`), of which only pure
 * functions are used.
 */
export function requireShared(
  id: string,
  fallback: (id: string) => unknown,
  internalBinding: (name: string) => unknown,
): unknown {
  const loaded = modules.get(id);
  if (loaded) return loaded.exports;
  const module: { exports: unknown } = { exports: {} };
  modules.set(id, module);
  const require = (name: string): unknown =>
    files.has(name) ? requireShared(name, require, internalBinding) : sharedUtility(name, fallback);
  libraryFile(id)(
    module.exports as object,
    require,
    module,
    process,
    internalBinding,
    sharedPrimordials(),
  );
  return module.exports;
}

/** Returns the exports of a shared file, if a process has loaded it. */
export function loadedShared(id: string): unknown {
  return modules.get(id)?.exports;
}

const utilities = new Map<string, unknown>();

/**
 * Returns a dependency of the shared files. There is one instance, whichever process came first.
 */
function sharedUtility(id: string, fallback: (id: string) => unknown): unknown {
  if (!utilities.has(id)) utilities.set(id, fallback(id));
  return utilities.get(id);
}
