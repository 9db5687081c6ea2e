/**
 * One process's instance of Node's library: its own modules, its own module state, over its own
 * simulated bindings. Two processes share nothing here but compiled code.
 */
import { LightconeError } from "../../base/errors.ts";
import type { Prng } from "../../base/prng.ts";
import { createBinding } from "../bindings/index.ts";
import type { BindingContext } from "../bindings/context.ts";
import type { Realm } from "../realm-types.ts";
import { hasLibraryFile, libraryFile } from "./natives.ts";
import { type HostIntrinsics, primordialsFor } from "./primordials.ts";
import { isShared, requireShared } from "./shared.ts";
import { substitutes } from "./substitutes.ts";

/** What a realm is made of. */
export interface RealmOptions {
  readonly context: BindingContext;
  readonly intrinsics: HostIntrinsics;
  /** The process object that the library and the program see. */
  readonly process: object;
  /** What happens to an exception that nobody caught. */
  readonly uncaught: Realm["uncaught"];
  readonly prng: Prng;
  readonly thread?: Realm["thread"];
  /** Makes the `require` of programs. */
  readonly publicRequire: (realm: Realm) => (request: string) => unknown;
  /** Bindings that the process's runner makes itself. */
  readonly own: Readonly<Record<string, (realm: Realm) => object>>;
}

/** Makes the library of one process. Nothing is loaded until it is asked for. */
export function createRealm(options: RealmOptions): Realm {
  const modules = new Map<string, { exports: unknown }>();
  const bindings = new Map<string, unknown>();
  const primordials = primordialsFor(options.intrinsics);

  function internalBinding(name: string): unknown {
    let binding = bindings.get(name);
    if (binding === undefined) {
      binding = createBinding(name, realm, options.own);
      bindings.set(name, binding);
    }
    return binding;
  }

  function require(request: string): unknown {
    const id = request.startsWith("node:") ? request.slice(5) : request;
    const loaded = modules.get(id);
    if (loaded) return loaded.exports;
    const module: { exports: unknown } = { exports: {} };
    modules.set(id, module);
    if (isShared(id)) {
      return (module.exports = requireShared(id, require, internalBinding));
    }
    try {
      const substitute = substitutes[id];
      if (substitute) {
        module.exports = substitute(realm);
      } else if (hasLibraryFile(id)) {
        const file = libraryFile(id);
        file(
          module.exports as object,
          require,
          module,
          options.process,
          internalBinding,
          primordials,
        );
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

  const realm: Realm = {
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
