/**
 * `node:module` of one process: its loader's class of modules, with Node's additional properties.
 * Functions that would affect the real Node's loader are not simulated. Those that only read or
 * cache are harmless.
 */
import { posix } from "node:path";
import * as realModule from "node:module";
import { notSimulated } from "../bindings/index.ts";
import { isBuiltin } from "../public-modules.ts";
import { cloneReal } from "../real-clone.ts";
import type { Realm } from "../realm-types.ts";
import { loaderOf } from "./commonjs.ts";
import { packageScope, splitSpecifier } from "./package-entry.ts";

/** The class itself: a namespace lacks what is not enumerable. */
const real = realModule.default as unknown as Readonly<Record<string, unknown>>;

/** Functions that would change how the real Node loads modules, or run what it has loaded. */
const REFUSED = ["register", "registerHooks", "runMain", "_preloadModules", "_debug"];

/** Creates the module of one process. */
export function createModuleModule(realm: Realm): unknown {
  const loader = loaderOf(realm);
  const { Module, finder } = loader;
  const pathOf = (from: unknown): string => filenameOf(realm, from);
  const face: Record<string, unknown> = {
    builtinModules: [...realModule.builtinModules],
    isBuiltin,
    createRequire: (from: unknown) => loader.createRequire(pathOf(from)),
    syncBuiltinESMExports: () => loader.esm.syncBuiltins(),
    findSourceMap: () => undefined,
    SourceMap: realm.require("internal/source_map/source_map").SourceMap,
    globalPaths: [],
    _pathCache: Object.create(null),
    _initPaths: () => {},
    _findPath: (request: string, paths: readonly string[]) =>
      finder.find(
        posix.isAbsolute(request) ? request : `./${request}`,
        paths?.[0] ?? "/",
        [],
        undefined,
      ) ?? false,
    _resolveLookupPaths: (request: string, parent?: { paths?: string[] }) =>
      isBuiltin(request) ? null : (parent?.paths ?? []),
    wrapper: ["(function (exports, require, module, __filename, __dirname) { ", "\n});"],
    wrap: (script: string) =>
      `(function (exports, require, module, __filename, __dirname) { ${script}\n});`,
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
    Module,
  };
  for (const name of REFUSED) face[name] = notSimulated(`node:module.${name}`);
  for (const [name, value] of Object.entries(face)) {
    // A program sees only what its Node has.
    if (name in real || name === "Module") define(Module, name, value);
  }
  return Module;
}

function define(target: object, name: string, value: unknown): void {
  // As in Node: patching the wrapper is an advanced use.
  const enumerable = !name.startsWith("wrap");
  const descriptor = { value, writable: true, enumerable, configurable: true };
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
