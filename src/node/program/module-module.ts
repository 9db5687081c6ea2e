/**
 * `node:module` of one process: its loader's class of modules, with Node's additional properties.
 * Functions that would affect the real Node's loader are not simulated, or affect the process's own. Those that only read
 * or cache are harmless.
 */
import { posix } from "node:path";
import * as realModule from "node:module";
import { fileURLToPath } from "node:url";
import { notSimulated } from "../bindings/index.ts";
import { librarySource } from "../lib/natives.ts";
import { isBuiltin } from "../public-modules.ts";
import { cloneReal } from "../real-clone.ts";
import type { Realm } from "../realm-types.ts";
import { CommonJsLoader, loaderOf } from "./commonjs.ts";
import type { AsyncHooks } from "./modules/hooks.ts";
import { packageScope, splitSpecifier } from "./package-entry.ts";

/** The class itself: a namespace lacks what is not enumerable. */
const real = realModule.default as unknown as Readonly<Record<string, unknown>>;

/** Functions that would run what the real Node has loaded. */
const REFUSED = ["_debug"];

/** Creates the module of one process. */
export function createModuleModule(realm: Realm): unknown {
  const loader = loaderOf(realm);
  const { Module, search } = loader;
  const pathOf = (from: unknown): string => filenameOf(realm, from);
  const face: Record<string, unknown> = {
    builtinModules: [...realModule.builtinModules],
    isBuiltin,
    createRequire: (from: unknown) => loader.createRequire(pathOf(from)),
    syncBuiltinESMExports: () => loader.esm.syncBuiltins(),
    findSourceMap: () => undefined,
    SourceMap: realm.require("internal/source_map/source_map").SourceMap,
    globalPaths: search.initialize(realm.process.env),
    _pathCache: Object.create(null),
    _initPaths: () => {
      define(Module, "globalPaths", search.initialize(realm.process.env));
    },
    _findPath: (request: string, paths: readonly string[] | null) =>
      findPath(loader, request, paths),
    _resolveLookupPaths: (request: string, parent?: { paths?: string[] }) =>
      search.lookUp(request, parent),
    _preloadModules: (requests: unknown) => {
      if (Array.isArray(requests)) loader.preload(requests as string[]);
    },
    runMain: (main?: string) => loader.runMain?.(main ?? (realm.process.argv[1] as string)),
    findPackageJSON: (specifier: unknown, base?: unknown) =>
      findPackage(realm, specifier, base === undefined ? undefined : pathOf(base)),
    // Caches of compiled code have no effect that a program can observe, except for files on the
    // real disk.
    enableCompileCache: () => ({ status: 3 }),
    getCompileCacheDir: () => undefined,
    flushCompileCache: () => {},
    constants: cloneReal(real["constants"]),
    // Its result only depends on the text.
    stripTypeScriptTypes: real["stripTypeScriptTypes"],
    getSourceMapsSupport: () => ({ enabled: false, nodeModules: false, generatedCode: false }),
    setSourceMapsSupport: () => {},
    register: registerOf(realm, loader),
    registerHooks: loader.hooks.registerHooks,
    Module,
  };
  for (const name of REFUSED) face[name] = notSimulated(`node:module.${name}`);
  for (const [name, value] of Object.entries(face)) {
    // A program sees only what its Node has.
    if (name in real || name === "Module") define(Module, name, value);
  }
  Object.defineProperties(Module, loader.wrapper.properties);
  let stat = (path: string): number => loader.files.kind(path);
  const get = (): typeof stat => stat;
  const set = (value: typeof stat): void => {
    realm.require("internal/util").emitExperimentalWarning("Module._stat");
    stat = value;
  };
  if ("_stat" in realModule.Module)
    Object.defineProperty(Module, "_stat", { get, set, configurable: true });
  return Module;
}

const registerWarned = new WeakSet<Realm>();

/** Node 26 warns of it, once. */
function warnOfRegister(realm: Realm): void {
  if (!WARNS_OF_REGISTER || registerWarned.has(realm)) return;
  registerWarned.add(realm);
  realm.process.emitWarning(
    "`module.register()` is deprecated. Use `module.registerHooks()` instead.",
    "DeprecationWarning",
    "DEP0205",
  );
}

const WARNS_OF_REGISTER = librarySource("internal/modules/esm/loader").includes("DEP0205");

interface RegisterOptions {
  readonly parentURL?: unknown;
  readonly data?: unknown;
  readonly transferList?: readonly unknown[];
}

/** Returns `module.register`. The hooks are modules of their own, as on Node's thread of hooks. */
function registerOf(realm: Realm, loader: CommonJsLoader): (...args: unknown[]) => void {
  let own: CommonJsLoader | undefined;
  return function register(specifier: unknown, parent?: unknown, options?: unknown): void {
    warnOfRegister(realm);
    const { isURL } = realm.require("internal/url");
    const isOptions = typeof parent === "object" && parent !== null && !isURL(parent);
    const given = ((isOptions ? parent : options) ?? {}) as RegisterOptions;
    const base = String((isOptions ? given.parentURL : parent) ?? "data:");
    const from = base.startsWith("file:") ? fileURLToPath(base) : "/";
    own ??= new CommonJsLoader(realm, loader.builtins);
    const { structuredClone } = realm.global as {
      structuredClone: typeof globalThis.structuredClone;
    };
    const transfer = (given.transferList ?? []) as never[];
    const data: unknown = structuredClone(given.data, { transfer });
    const { hooks } = loader;
    const setUp = (module: Record<string, unknown>): unknown => {
      const { initialize, resolve, load } = module as Partial<AsyncHooks> & {
        initialize?: (data: unknown) => unknown;
      };
      hooks.add({
        specifier: String(specifier),
        ...(resolve && { resolve }),
        ...(load && { load }),
      });
      return initialize?.(data);
    };
    const loaded = own.esm.loadNow(String(specifier), from);
    const done = loaded instanceof Promise ? loaded.then(setUp) : setUp(loaded);
    hooks.ready = Promise.all([hooks.ready, done]);
    // Whoever imports next hears of a failure.
    hooks.ready.catch(() => {});
  };
}

/** `Module._findPath`: returns the file that a request resolves to in one of the folders. */
function findPath(
  { finder }: CommonJsLoader,
  request: string,
  paths: readonly string[] | null,
): string | false {
  if (posix.isAbsolute(request)) return finder.find(request, "/", [], undefined) ?? false;
  const isRelative = /^\.{1,2}(?:\/|$)/.test(request);
  for (const path of paths ?? []) {
    const found = isRelative
      ? finder.find(request, path, [], undefined)
      : (finder.find(request, "/", [path], undefined) ??
        finder.find(`./${request}`, path, [], undefined));
    if (found !== undefined) return found;
  }
  return false;
}

function define(target: object, name: string, value: unknown): void {
  const descriptor = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(target, name, descriptor);
}

/** Returns the path that `createRequire` was given: an absolute path, or a `file:` URL. */
function filenameOf(realm: Realm, from: unknown): string {
  const { codes } = realm.require("internal/errors");
  const { isURL, fileURLToPath } = realm.require("internal/url");
  const text = typeof from === "string" ? from : "";
  if (isURL(from) || text.startsWith("file:")) {
    try {
      return fileURLToPath(from) as string;
    } catch {
      throw new codes.ERR_INVALID_ARG_VALUE("filename", from, MUST_BE_A_PLACE);
    }
  }
  if (posix.isAbsolute(text)) return text;
  throw new codes.ERR_INVALID_ARG_VALUE("filename", from, MUST_BE_A_PLACE);
}

const MUST_BE_A_PLACE = "must be a file URL object, file URL string, or absolute path string";

/**
 * `module.findPackageJSON`: returns the package.json of the package that a specifier resolves to.
 */
function findPackage(
  realm: Realm,
  specifier: unknown,
  from: string | undefined,
): string | undefined {
  const loader = loaderOf(realm);
  const text = String(specifier);
  const start = text.startsWith("file:") ? filenameOf(realm, text) : text;
  let directory: string;
  if (posix.isAbsolute(start)) {
    directory = posix.dirname(start);
  } else if (/^\.{1,2}(?:\/|$)/.test(start)) {
    const target = posix.resolve(posix.dirname(from ?? "/"), start);
    directory = loader.files.kind(target) === 1 ? target : posix.dirname(target);
  } else {
    const { name } = splitSpecifier(start);
    const found = loader.finder
      .modulePaths(posix.dirname(from ?? "/"))
      .find((modules) => loader.files.kind(posix.join(modules, name)) === 1);
    if (found === undefined) return undefined;
    directory = loader.files.realPath(posix.join(found, name));
  }
  const scope = packageScope(loader.files, directory);
  return scope && posix.join(scope.directory, "package.json");
}
