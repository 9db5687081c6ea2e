/**
 * The result of a program's `require("node:net")`: the process's own instance of Node's library if
 * the module is simulated, the real module if that is harmless, and otherwise a stand-in of the
 * same shape whose functions throw an error that says that it is not simulated.
 */
import { createRequire, isBuiltin as realIsBuiltin } from "node:module";
import type { Process } from "../sim/process.ts";
import { exited } from "./exited.ts";
import type { Realm } from "./realm-types.ts";
import { standIn } from "./stand-in.ts";

const realRequire = createRequire(import.meta.url);

/** Modules of Node's own library that run in the process's realm. */
const fromLibrary = new Set([
  ...["_http_agent", "_http_client", "_http_common", "_http_incoming", "_http_outgoing"],
  ...["_http_server", "_stream_duplex", "_stream_passthrough", "_stream_readable"],
  ...["_stream_transform", "_stream_wrap", "_stream_writable", "assert", "assert/strict"],
  ...["async_hooks", "console", "diagnostics_channel", "events", "net", "path", "path/posix"],
  ...["path/win32", "querystring", "stream", "stream/consumers", "stream/promises", "stream/web"],
  ...[
    "timers",
    "timers/promises",
    "util",
    "util/types",
    "http",
    "dgram",
    "dns",
    "dns/promises",
    "readline",
    "readline/promises",
    "perf_hooks",
    "os",
    "domain",
    "punycode",
    "tty",
    "sea",
  ],
]);

/** Modules without state, clock or randomness: the real ones are used. */
export const realModules: ReadonlySet<string> = new Set([
  "buffer",
  "string_decoder",
  "url",
  "constants",
]);

/** Modules that a part of the platform creates and registers. */
const makers = new Map<string, (realm: Realm) => unknown>();

/** Registers a public module that a part of the platform creates. */
export function registerModule(id: string, make: (realm: Realm) => unknown): void {
  makers.set(id, make);
}

/** Declares that `ids` run from Node's own library. */
export function registerLibraryModules(...ids: string[]): void {
  for (const id of ids) fromLibrary.add(id);
}

/** Returns whether a program may load a built-in module with this name. */
export function isBuiltin(request: string): boolean {
  return realIsBuiltin(request);
}

/** Creates `require` for built-in modules, for one process. */
export function createPublicRequire(realm: Realm): (request: string) => unknown {
  const made = new Map<string, unknown>();
  return (request) => {
    const id = request.startsWith("node:") ? request.slice(5) : request;
    if (made.has(id)) return made.get(id);
    if (!isBuiltin(request)) {
      throw Object.assign(new Error(`Cannot find module '${request}'`), {
        code: "MODULE_NOT_FOUND",
      });
    }
    const module = load(realm, id);
    made.set(id, module);
    return module;
  };
}

function load(realm: Realm, id: string): unknown {
  const make = makers.get(id);
  if (make) return make(realm);
  if (id === "process") return realm.process;
  if (id === "sys") return realm.requirePublic("util");
  if (fromLibrary.has(id)) return realm.require(id);
  if (realModules.has(id)) return realRequire(`node:${id}`);
  return standInFor(realm, id);
}

/**
 * How to load real modules that cannot be loaded within a run, for example because they read the clock
 * while loading, by name.
 */
const wanted = new Map<string, () => void>();
/** Those whose loading outside of a run was attempted, successfully or not. */
const attempted = new Set<string>();

/** Returns whether a run stopped because real modules have to be loaded for their shapes. */
export function modulesAreWanted(): boolean {
  return wanted.size > 0;
}

/** Loads the requested modules, outside of any run. */
export function loadWantedModules(): void {
  for (const [id, load] of wanted) {
    attempted.add(id);
    load();
  }
  wanted.clear();
}

let findProcess: () => Process | undefined = () => undefined;

/** Sets the function that finds the process whose code runs. */
export function setProcessFinder(finder: () => Process | undefined): void {
  findProcess = finder;
}

/**
 * Loads a real module outside of any run. If one is under way, this attempt at it is given up by an
 * exception, and it starts again when the module has been loaded. `process` is the one whose code runs.
 */
export function loadOutside(
  id: string,
  load: () => void,
  process: Process | undefined = findProcess(),
): void {
  if (process === undefined) return load();
  wanted.set(id, load);
  process.host.kernel.stop();
  process.terminate({ code: 0, signal: null });
  throw exited;
}

/** Creates a stand-in for a module that is not simulated, in the shape of the real one. */
export function standInFor(realm: Realm, id: string): object {
  const path = `node:${id}`;
  try {
    return standIn(realRequire(path) as object, path);
  } catch (error) {
    const isUnknown = (error as { code?: unknown }).code === "ERR_UNKNOWN_BUILTIN_MODULE";
    if (attempted.has(path) || isUnknown) {
      const { codes } = realm.require("internal/errors");
      throw new codes.ERR_UNKNOWN_BUILTIN_MODULE(path);
    }
  }
  const load = (): void => {
    try {
      realRequire(path);
    } catch {
      // This version of Node does not have it.
    }
  };
  loadOutside(path, load, realm.context.process);
  throw exited;
}
