/**
 * What a bundled program is called with: its process's globals, `require`, and what each file has of its
 * place. Names that were known when it was compiled are in the bundle; the process's loader finds others.
 */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { exited } from "../exited.ts";
import { isBuiltin } from "../public-modules.ts";
import type { Realm } from "../realm-types.ts";
import { callSites } from "./call-sites.ts";
import { type CommonJsLoader, loaderOf, type Module, notFound, type Require } from "./commonjs.ts";
import type { CompiledProgram, ProgramScope } from "./compile.ts";
import { programFor } from "./library.ts";
import { builtinExports, namespaceOf } from "./namespaces.ts";

/** Modules that Lightcone gives a program, by name. */
type Injected = Readonly<Record<string, unknown>>;

/** What a file of a bundle has that depends on where it lies. */
interface Place {
  readonly resolve: Require["resolve"];
  main: unknown;
  readonly cache: Require["cache"];
  readonly extensions: Require["extensions"];
  importMetaResolve(specifier: string): string;
  /** Called by the entry, if it is CommonJS: this is its `module`. */
  isMain(module: Module): void;
}

/** The scope of one program in one process. */
export function programScope(
  realm: Realm,
  { entry, unresolved }: Pick<CompiledProgram, "entry" | "unresolved">,
  injected: Injected,
): Omit<ProgramScope, "publish"> {
  let made: CommonJsLoader | undefined;
  const loader = (): CommonJsLoader => (made ??= preparedLoader(realm, injected));
  const require = (id: unknown): unknown => {
    if (typeof id === "string") {
      if (Object.hasOwn(injected, id)) return injected[id];
      if (isBuiltin(id)) {
        const exports = realm.requirePublic(id) as object;
        builtinExports.add(exports);
        return exports;
      }
    }
    // The bundle has one `require` for all its files: the one that calls says where to begin.
    const absentFor = unresolved?.get(id as string);
    if (absentFor !== undefined) throw notFound(id as string, [absentFor]);
    return loadFor(loader(), callingFile() ?? entry, id);
  };
  const places = new Map<string, Place>();
  return {
    global: realm.global,
    require,
    placeOf(path) {
      let place = places.get(path);
      if (place === undefined) {
        place = createPlace(loader(), path);
        places.set(path, place);
      }
      return place;
    },
  };
}

function preparedLoader(realm: Realm, injected: Injected): CommonJsLoader {
  const loader = loaderOf(realm);
  const own = Object.entries(injected).map(([id, module]) => [id, () => module] as const);
  loader.builtins = { ...loader.builtins, ...Object.fromEntries(own) };
  loader.loadCompiled ??= (path) => loadCompiled(realm, path, injected);
  return loader;
}

/** A `require`, or an `import()`, of what is only known now. */
function loadFor(loader: CommonJsLoader, from: string, id: unknown): unknown {
  const request = id instanceof URL ? id.href : id;
  if (typeof request === "string" && request.startsWith("file:")) {
    return loader.createRequire(from)(fileURLToPath(request));
  }
  try {
    return loader.createRequire(from)(request as string);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error;
    // It may be for `import` alone.
    const url = loader.importMetaResolve(request as string, from);
    return loader.createRequire(from)(fileURLToPath(url));
  }
}

/**
 * The exports of a real file that CommonJS cannot load, an ES module or TypeScript: its namespace, or a
 * promise of it if it waits at its top level. It is compiled as a program is (`library.ts`): when it was not
 * yet, nothing of this run counts any more, and the run starts again once it is.
 */
function loadCompiled(realm: Realm, path: string, injected: Injected): unknown {
  const program = programFor({ entry: path, injected: Object.keys(injected) });
  if (program === undefined) {
    const { process } = realm.context;
    process.host.kernel.abandon();
    process.terminate({ code: 0, signal: null });
    throw exited;
  }
  let exports: Record<string, unknown> | undefined;
  const evaluated = program.evaluate({
    ...programScope(realm, program, injected),
    publish: (published) => {
      exports = published;
    },
  });
  if (exports !== undefined) return program.isModule ? namespaceOf(exports) : exports["default"];
  return namespaceOf(evaluated.then(() => namespaceOf(exports as object)));
}

function createPlace(loader: CommonJsLoader, path: string): Place {
  const { resolve, cache, extensions } = loader.createRequire(path);
  return {
    resolve,
    main: loader.main,
    cache,
    extensions,
    importMetaResolve: (specifier) => loader.importMetaResolve(specifier, path),
    isMain(module) {
      this.main = module;
      loader.main = module;
    },
  };
}

/** The source file that asks for something now. */
function callingFile(): string | undefined {
  return callSites(5).find(({ file }) => posix.isAbsolute(file))?.file;
}
