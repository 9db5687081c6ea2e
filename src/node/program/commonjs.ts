/**
 * Node's CommonJS loader, over the files of a simulated host: `require` by path, `node_modules`, package
 * entries, JSON, `require.cache` and `require.main`. A bundled program needs it for what it asks for by
 * names that were not known when it was compiled; scripts that are on the host's disk are loaded by it.
 */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import { isBuiltin } from "../public-modules.ts";
import type { Realm } from "../realm-types.ts";
import { namespaces } from "./namespaces.ts";
import { resolveEsm } from "./esm-resolve.ts";
import { type HostFiles, hostFiles } from "./host-files.ts";
import { needsCompiling, notNative } from "./file-names.ts";
import { ModuleFinder } from "./module-finder.ts";

/** A module's `require`, with its properties. */
export interface Require {
  (request: string): unknown;
  resolve: ((request: string, options?: { paths?: string[] }) => string) & {
    paths(request: string): string[] | null;
  };
  main: Module | undefined;
  cache: Record<string, Module>;
  extensions: Extensions;
}

/** How files are loaded, by the end of their name. */
export type Extensions = Record<string, (module: Module, filename: string) => void>;

/** One loaded file, as `module` shows it. */
export interface Module {
  id: string;
  path: string;
  exports: unknown;
  filename: string | null;
  loaded: boolean;
  children: Module[];
  paths: string[];
  parent: Module | null | undefined;
  require(request: string): unknown;
  load(filename: string): void;
  _compile(source: string, filename: string): unknown;
}

/** The class of modules, which is what `node:module` exports. Programs replace its functions. */
export interface ModuleClass {
  new (id?: string, parent?: Module): Module;
  prototype: Module;
  _cache: Record<string, Module>;
  _extensions: Extensions;
  _load(request: string, parent: Module | null | undefined, isMain: boolean): unknown;
  _resolveFilename(
    request: string,
    parent: Module | null | undefined,
    isMain: boolean,
    options?: { paths?: string[] },
  ): string;
  _nodeModulePaths(from: string): string[];
}

type Wrapper = (
  exports: unknown,
  require: Require,
  module: Module,
  filename: string,
  directory: string,
) => unknown;

/** Compiled sources by file name: the next process that runs the same text need not compile it. */
const compiled = new Map<string, { readonly source: string; readonly make: Make }>();

type Make = (global: object, dynamicImport: (request: string) => Promise<unknown>) => Wrapper;

/**
 * Compiles a file. Its free names are looked up in the process's own global object first, as they change:
 * `with` does exactly that, and the file's own function inside may still be strict.
 */
function compile(filename: string, source: string): Make {
  const known = compiled.get(filename);
  if (known?.source === source) return known.make;
  const body = source.replace(/^\uFEFF?(#!.*)?/, "");
  // A real `import()` would reach the real machine.
  const code = body.includes("import") ? body.replace(/\bimport\s*\(/g, "__lc_import(") : body;
  const head =
    "with (__lc_global) { return function (exports, require, module, __filename, __dirname) {";
  const make = compileFunction(`${head}${code}\n}}`, ["__lc_global", "__lc_import"], {
    filename,
    columnOffset: -head.length,
  }) as Make;
  compiled.set(filename, { source, make });
  return make;
}

/** The CommonJS modules of one process. */
export class CommonJsLoader {
  readonly cache: Record<string, Module> = Object.create(null) as Record<string, Module>;
  readonly realm: Realm;
  readonly files: HostFiles;
  readonly finder: ModuleFinder;
  readonly Module: ModuleClass;
  main: Module | undefined;
  /** Built-in modules that the process has instead of its own, and those that Lightcone gave it. */
  builtins: Readonly<Record<string, () => unknown>>;
  /** Loads real files that CommonJS cannot, in the programs that may ask for them. */
  loadCompiled: ((path: string) => unknown) | undefined;
  readonly #extensions: Extensions;

  constructor(realm: Realm, builtins: Readonly<Record<string, () => unknown>> = {}) {
    this.realm = realm;
    this.builtins = builtins;
    this.files = hostFiles(realm.context.process);
    this.#extensions = {
      ".js": (module, filename) => {
        module._compile(this.files.read(filename), filename);
      },
      ".json": (module, filename) => {
        module.exports = parseJson(filename, this.files.read(filename));
      },
      ".node": (_module, filename) => {
        throw Object.assign(new Error(notNative(filename)), {
          code: "LC_NOT_SIMULATED",
        });
      },
    };
    this.Module = this.#createClass();
    this.finder = new ModuleFinder({
      files: this.files,
      codes: realm.require("internal/errors").codes,
      realPath: this.files.realPath,
      extensions: this.#extensions,
    });
  }

  /** Runs a file as the process's main module. */
  runMain(filename: string): void {
    const path = this.files.realPath(filename);
    const module = new this.Module(path, undefined);
    module.id = ".";
    this.main = module;
    this.realm.process.mainModule = module;
    this.#load(module, path);
  }

  /** `module.createRequire`: a `require` as a file at this path would have it. */
  createRequire(filename: string): Require {
    const module = new this.Module(filename);
    module.filename = filename;
    module.paths = this.finder.modulePaths(module.path);
    return this.#makeRequire(module);
  }

  /** `import.meta.resolve` of the file at `from`. */
  importMetaResolve(specifier: string, from: string): string {
    const { files } = this;
    const { codes } = this.realm.require("internal/errors");
    if (Object.hasOwn(this.builtins, specifier) && !isBuiltin(specifier)) return specifier;
    const host = { files, codes, realPath: files.realPath };
    return resolveEsm(host, `${specifier}`, from);
  }

  #createClass(): ModuleClass {
    // The class's functions are called on modules: this is the loader behind them.
    // oxlint-disable-next-line typescript/no-this-alias
    const loader = this;
    function Module(this: Module, id = "", parent?: Module): void {
      this.id = id;
      this.path = posix.dirname(id);
      this.exports = {};
      Object.defineProperty(this, "parent", { value: parent, writable: true, configurable: true });
      parent?.children?.push(this);
      this.filename = null;
      this.loaded = false;
      this.children = [];
      this.paths = [];
    }
    Module.prototype.require = function (this: Module, id: unknown): unknown {
      loader.realm.require("internal/validators").validateString(id, "id");
      if (id === "") {
        const { codes } = loader.realm.require("internal/errors");
        throw new codes.ERR_INVALID_ARG_VALUE("id", id, "must be a non-empty string");
      }
      return loader.Module._load(id as string, this, false);
    };
    Module.prototype.load = function (this: Module, filename: string): void {
      loader.#load(this, filename);
    };
    Module.prototype._compile = function (this: Module, source: string, filename: string): unknown {
      return loader.#evaluate(this, filename, source);
    };
    return Object.assign(Module as unknown as ModuleClass, {
      _cache: this.cache,
      _extensions: this.#extensions,
      _nodeModulePaths: (from: string) => this.finder.modulePaths(from),
      _load: (request: string, parent: Module | null | undefined) => this.#loadFor(request, parent),
      _resolveFilename: (
        request: string,
        parent: Module | null | undefined,
        _isMain: boolean,
        options?: { paths?: string[] },
      ) => this.#resolve(request, parent, options),
    });
  }

  #loadFor(request: string, parent: Module | null | undefined): unknown {
    const filename = this.Module._resolveFilename(request, parent, false);
    if (this.#isBuiltin(filename)) return this.#builtin(filename);
    const known = this.cache[filename];
    if (known !== undefined) {
      if (parent && !parent.children.includes(known)) parent.children.push(known);
      return known.exports;
    }
    const module = new this.Module(filename, parent ?? undefined);
    this.#load(module, filename);
    return module.exports;
  }

  #load(module: Module, filename: string): void {
    module.filename = filename;
    module.paths = this.finder.modulePaths(posix.dirname(filename));
    this.cache[filename] = module;
    try {
      const origin = this.loadCompiled && this.files.origin(filename);
      if (origin !== undefined && needsCompiling(origin, () => this.files.read(filename))) {
        module.exports = this.loadCompiled?.(origin);
        module.loaded = true;
        return;
      }
      const load = this.#extensions[posix.extname(filename)] ?? this.#extensions[".js"];
      load?.(module, filename);
    } catch (error) {
      delete this.cache[filename];
      throw error;
    }
    module.loaded = true;
  }

  #evaluate(module: Module, filename: string, source: string): unknown {
    const make = compile(filename, source);
    const require = this.#makeRequire(module);
    const dynamicImport = async (request: string): Promise<unknown> => {
      const text = String(request);
      const exports = module.require(
        text.startsWith("file:") ? fileURLToPath(text) : text,
      ) as object;
      if (namespaces.has(exports)) return exports;
      return Object.assign(Object.create(null), exports, { default: exports }) as unknown;
    };
    const wrapper = make(this.realm.global, dynamicImport);
    const { exports } = module;
    return wrapper.call(exports, exports, require, module, filename, posix.dirname(filename));
  }

  #makeRequire(module: Module): Require {
    const require = ((request: string) => module.require(request)) as Require;
    const resolve = ((request: string, options?: { paths?: string[] }) => {
      this.realm.require("internal/validators").validateString(request, "request");
      return this.Module._resolveFilename(request, module, false, options);
    }) as Require["resolve"];
    resolve.paths = (request) => {
      if (isBuiltin(request)) return null;
      return /^\.{1,2}(?:\/|$)/.test(request) ? [module.path] : module.paths;
    };
    return Object.assign(require, {
      resolve,
      main: this.main,
      cache: this.cache,
      extensions: this.#extensions,
    });
  }

  #isBuiltin(request: string): boolean {
    return isBuiltin(request) || Object.hasOwn(this.builtins, request);
  }

  #builtin(request: string): unknown {
    const id = request.startsWith("node:") ? request.slice(5) : request;
    const own = Object.hasOwn(this.builtins, id) ? this.builtins[id] : undefined;
    return own === undefined ? this.realm.requirePublic(request) : own();
  }

  #resolve(
    request: string,
    parent: Module | null | undefined,
    options: { paths?: string[] } = {},
  ): string {
    if (this.#isBuiltin(request)) return request;
    if (request.startsWith("node:")) {
      const { codes } = this.realm.require("internal/errors");
      throw new codes.ERR_UNKNOWN_BUILTIN_MODULE(request);
    }
    const places = options.paths?.map((path) => ({
      path,
      paths: this.finder.modulePaths(posix.resolve("/", path)),
    })) ?? [{ path: parent?.path ?? ".", paths: parent?.paths ?? [] }];
    for (const { path, paths } of places) {
      const found = this.finder.find(request, path, paths, parent?.filename ?? undefined);
      if (found !== undefined) return found;
    }
    const stack: string[] = [];
    for (let at: Module | null | undefined = parent; at; at = at.parent) {
      stack.push(at.filename ?? at.id);
    }
    throw notFound(request, stack);
  }
}

/** Node's error for what cannot be found; `stack` holds the files that ask, innermost first. */
export function notFound(request: string, stack: readonly string[]): Error {
  const below = stack.length > 0 ? `\nRequire stack:\n- ${stack.join("\n- ")}` : "";
  const error = new Error(`Cannot find module '${request}'${below}`);
  return Object.assign(error, { code: "MODULE_NOT_FOUND", requireStack: stack });
}

function parseJson(filename: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    (error as Error).message = `${filename}: ${(error as Error).message}`;
    throw error;
  }
}

const loaders = new WeakMap<Realm, CommonJsLoader>();

/** The loader of a process; `builtins` go with the first call. */
export function loaderOf(
  realm: Realm,
  builtins?: Readonly<Record<string, () => unknown>>,
): CommonJsLoader {
  let loader = loaders.get(realm);
  if (loader === undefined) {
    loader = new CommonJsLoader(realm, builtins);
    loaders.set(realm, loader);
  }
  return loader;
}
