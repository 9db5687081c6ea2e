/**
 * What a program gets for `require("node:net")`: the process's own instance of Node's library where it is
 * simulated, the real module where it has nothing to hide, and otherwise a stand-in of the same shape
 * whose every function says that it is not simulated.
 */
import { builtinModules, createRequire } from "node:module";
import { LightconeError } from "../base/errors.ts";
import { notSimulated } from "./bindings/index.ts";
import type { Realm } from "./realm-types.ts";

const realRequire = createRequire(import.meta.url);

/** Modules that run in the process's realm, from Node's own library. */
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
  ],
]);

/** Modules without state, clock or randomness: the real ones serve. */
export const realModules: ReadonlySet<string> = new Set([
  "buffer",
  "string_decoder",
  "url",
  "constants",
]);

/** Modules that a room of the platform makes: registered by that room. */
const makers = new Map<string, (realm: Realm) => unknown>();

/** Registers a public module that a room of the platform makes. */
export function registerModule(id: string, make: (realm: Realm) => unknown): void {
  makers.set(id, make);
}

/** Declares that `ids` now run from Node's own library. */
export function registerLibraryModules(...ids: string[]): void {
  for (const id of ids) fromLibrary.add(id);
}

/** Whether a program may ask for a built-in module of this name. */
export function isBuiltin(request: string): boolean {
  const id = request.startsWith("node:") ? request.slice(5) : request;
  return builtinModules.includes(id) || (request.startsWith("node:") && schemeOnly.has(id));
}

const schemeOnly = new Set(["sea", "sqlite", "test", "test/reporters"]);

/** Makes `require` for built-in modules, for one process. */
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
  if (fromLibrary.has(id)) return realm.require(id);
  if (realModules.has(id)) return realRequire(`node:${id}`);
  let shape: object;
  try {
    shape = realRequire(`node:${id}`) as object;
  } catch {
    if (builtinModules.includes(id)) return unknownShape(id);
    throw new LightconeError("LC_NOT_SIMULATED", `node:${id} is not simulated`);
  }
  return standIn(shape, id);
}

/** A module that Node has but cannot load within a run (it reads the clock as it loads, say). */
function unknownShape(id: string): object {
  return new Proxy(
    {},
    {
      get: (_target, name) =>
        typeof name === "symbol" || name === "__esModule" || name === "then"
          ? undefined
          : notSimulated(`node:${id}.${name}`),
    },
  );
}

/** The shape of a module, none of whose functions work. Constants are kept. */
function standIn(shape: object, path: string): object {
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(shape)) {
    const descriptor = Object.getOwnPropertyDescriptor(shape, key);
    const value: unknown = descriptor && "value" in descriptor ? descriptor.value : undefined;
    if (typeof value === "function" || descriptor?.get) {
      out[key] = notSimulated(`node:${path}.${key}`);
    } else if (typeof value === "object" && value !== null && key !== "constants") {
      out[key] = key === "promises" ? standIn(value, `${path}.${key}`) : value;
    } else {
      out[key] = value;
    }
  }
  return out;
}
