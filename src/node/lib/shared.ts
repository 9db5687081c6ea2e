/**
 * Files of Node's library that all processes share: definitions without state, a clock or randomness.
 * Making hundreds of error classes anew for each process would be half of what starting one costs.
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
 * Those among them that run at every event, over objects of classes that differ from process to process:
 * with code of its own (`feedback.ts`), a process gets these, too.
 */
const busy = new Set(["internal/fixed_queue", "internal/priority_queue", "internal/linkedlist"]);

/** Whether such a file is worth an instance for each process that has code of its own. */
export function isBusy(id: string): boolean {
  return busy.has(id);
}

/** Whether `id` is one of them. */
export function isShared(id: string): boolean {
  return files.has(id);
}

const modules = new Map<string, { exports: unknown }>();

/**
 * Loads a file for all processes. `fallback` is the `require` of the process that asks first: it serves
 * what the file needs beside (inspection, `internal/util`), of which only pure functions are used.
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

/** What a shared file exports, if a process has asked for it yet. */
export function loadedShared(id: string): unknown {
  return modules.get(id)?.exports;
}

const utilities = new Map<string, unknown>();

/** What the shared files need beside each other: one instance, whichever process came first. */
function sharedUtility(id: string, fallback: (id: string) => unknown): unknown {
  if (!utilities.has(id)) utilities.set(id, fallback(id));
  return utilities.get(id);
}
