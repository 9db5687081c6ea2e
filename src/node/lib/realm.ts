/**
 * One process's instance of Node's library: its own modules and module state, over its own
 * simulated bindings. Two processes share only compiled code here.
 */
import { LightconeError } from "../../base/errors.ts";
import type { Prng } from "../../base/prng.ts";
import { createBinding } from "../bindings/index.ts";
import type { BindingContext } from "../bindings/context.ts";
import type { Realm } from "../realm-types.ts";
import { createGlobal, hostNames } from "../globals.ts";
import { afterLoad } from "./after-load.ts";
import { startsWithOwnCode } from "./feedback.ts";
import {
  globalUser,
  hasLibraryFile,
  type LibraryFile,
  libraryFile,
  ownLibraryFile,
} from "./natives.ts";
import { type HostIntrinsics, primordialsFor } from "./primordials.ts";
import { withLazyCluster } from "./lazy-cluster.ts";
import { isBusy, isShared, requireShared } from "./shared.ts";
import { uncurry } from "../views/safe.ts";
import { withoutView } from "../views/view.ts";
import { withSymbolsOf } from "./symbols.ts";
import { substitutes } from "./substitutes.ts";

/** The options of a realm. */
export interface RealmOptions {
  readonly context: BindingContext;
  readonly intrinsics: HostIntrinsics;
  /** The process object that the library and the program see. */
  readonly process: object;
  /** Handles an uncaught exception. */
  readonly uncaught: Realm["uncaught"];
  readonly prng: Prng;
  readonly thread?: Realm["thread"];
  /** Creates the `require` of programs. */
  readonly publicRequire: (realm: Realm) => (request: string) => unknown;
  /** Bindings that the process's runner creates itself. */
  readonly own: Readonly<Record<string, (realm: Realm) => object>>;
}

/**
 * Globals that the packages bundled with Node may use. Some of them are defined by these packages.
 */
const defined = new Set(["fetch", "FormData", "Headers", "Request", "Response", "process"]);
for (const name of ["MessageEvent", "WebSocket", "CloseEvent", "ErrorEvent", "EventSource"]) {
  defined.add(name);
}
const ambient = hostNames.filter((name) => !defined.has(name));

const find = uncurry(Map.prototype.get) as <K, V>(map: Map<K, V>, key: K) => V | undefined;

/** Creates the library of one process. Each file is loaded on first use. */
export function createRealm(options: RealmOptions): Realm {
  const modules = new Map<string, { exports: unknown }>();
  const bindings = new Map<string, unknown>();
  const primordials = primordialsFor(options.intrinsics, () => realm.global);
  const ownCode = startsWithOwnCode(options.context.process.host.kernel);
  const fileOf = ownCode ? ownLibraryFile : libraryFile;
  let global: object | undefined;

  function internalBinding(name: string): unknown {
    return bindings.get(name) ?? newBinding(name);
  }

  // Of its own, as is `loadNew`: a function with a closure allocates each time, whether it makes the closure or not.
  function newBinding(name: string): unknown {
    const binding = withoutView(() => createBinding(name, realm, options.own));
    bindings.set(name, binding);
    return binding;
  }

  // Outside a simulation, the library is loaded before the program changes any built-in.
  function require(request: string): unknown {
    return find(modules, request)?.exports ?? loadNew(request);
  }

  function loadNew(request: string): unknown {
    return withoutView(() => load(request));
  }

  function load(request: string): unknown {
    const id = request.startsWith("node:") ? request.slice(5) : request;
    const loaded = modules.get(id);
    if (loaded) return loaded.exports;
    const module: { exports: unknown } = { exports: {} };
    modules.set(id, module);
    if (isShared(id) && !(ownCode && isBusy(id))) {
      return (module.exports = requireShared(id, require, internalBinding));
    }
    try {
      const substitute = substitutes[id];
      if (substitute) {
        module.exports = substitute(realm);
      } else if (hasLibraryFile(id)) {
        const file = id.startsWith("internal/deps/") ? bound(id) : fileOf(id);
        const { exports } = module;
        const own = id === "net" ? requireOfNet : require;
        withSymbolsOf(id, () =>
          file(exports as object, own, module, options.process, internalBinding, primordials),
        );
        afterLoad(id, module.exports, realm);
      } else {
        throw new LightconeError(
          "LC_NOT_SIMULATED",
          `node:${id} does not exist in ${process.version}`,
        );
      }
    } catch (error) {
      modules.delete(id);
      throw error;
    }
    return module.exports;
  }

  const requireOfNet = withLazyCluster(
    require,
    () => find(modules, "cluster")?.exports,
    () => (options.process as Realm["process"]).env,
  );

  /** Loads a package bundled with Node with this process's globals. */
  function bound(id: string): LibraryFile {
    const { names, bind } = globalUser(id, [...ambient, "globalThis", "global"]);
    const global = realm.global as Record<string, unknown>;
    return bind(...names.map((name) => global[name]));
  }

  const realm: Realm = {
    get global() {
      return (global ??= createGlobal(realm));
    },
    context: options.context,
    intrinsics: options.intrinsics,
    process: options.process as Realm["process"],
    primordials,
    uncaught: options.uncaught,
    require: require as Realm["require"],
    internalBinding: internalBinding as Realm["internalBinding"],
    requirePublic: (id) => publicRequire(id),
    prng: options.prng,
    thread: options.thread,
  };
  const publicRequire = options.publicRequire(realm);
  return realm;
}
