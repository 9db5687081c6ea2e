/**
 * Node's CommonJS loader, over the files of a simulated host: `require` by path, `node_modules`, package
 * entries, JSON, ES modules, `require.cache` and `require.main`.
 */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { flagsOf } from "../lib/options.ts";
import { isBuiltin } from "../public-modules.ts";
import type { Realm } from "../realm-types.ts";
import { uncurry } from "../views/safe.ts";
import { withoutView } from "../views/view.ts";
import { resolveEsm } from "./esm-resolve.ts";
import { conditionsWith, importConditions, requireConditions } from "./package-entry.ts";
import { formatOf } from "./file-format.ts";
import { type HostFiles, hostFiles } from "./host-files.ts";
import { EsmLoader } from "./modules/esm-loader.ts";
import {
  type HookContext,
  type Loaded,
  ModuleHooks,
  textOf,
  urlOfModule,
} from "./modules/hooks.ts";
import { addonError, namesPath, notFound, own, parseJson, setExports } from "./commonjs-values.ts";
import { CommonJsCompiler } from "./commonjs-compiler.ts";
import { CommonJsResolver } from "./commonjs-resolver.ts";
import type { Extensions, Module, ModuleClass, Require, Wrapper } from "./module-types.ts";
import { type FileRecord, fileRecord } from "./file-record.ts";
import { ModuleFinder } from "./module-finder.ts";
import {
  CircularExports,
  fileOf,
  loadedExports,
  noteExecuting,
  noteLoaded,
  noteLoading,
  parentOf,
  parentProperty,
  setFile,
  setParent,
} from "./module-state.ts";
import { type ModuleWrapper, moduleWrapper } from "./module-wrapper.ts";
import { scopeOf } from "./scope.ts";
import { SearchPaths } from "./search-paths.ts";
import { sourceFile } from "./source/source-file.ts";
import { StandIns } from "./stand-ins.ts";
import { factsOf } from "./path-facts.ts";

/**
 * Calls a function as `Function.prototype.call` does, even if a program has replaced that method.
 */
const call = uncurry(Function.prototype.call) as (
  wrapper: Wrapper,
  receiver: unknown,
  ...args: Parameters<Wrapper>
) => unknown;

/** The CommonJS modules of one process. */
export class CommonJsLoader {
  readonly cache: Record<string, Module> = Object.create(null) as Record<string, Module>;
  readonly realm: Realm;
  readonly files: HostFiles;
  readonly finder: ModuleFinder;
  readonly search: SearchPaths = new SearchPaths();
  readonly wrapper: ModuleWrapper = moduleWrapper();
  readonly Module: ModuleClass;
  main: Module | undefined;
  /** Runs a file as the process's main module: `Module.runMain`. Set with the process's program. */
  runMain: ((path: string) => void) | undefined;
  /** The process's ES modules. */
  readonly esm: EsmLoader;
  /** Built-in modules that replace the process's own, and those that Lightcone adds. */
  builtins: Readonly<Record<string, () => unknown>>;
  /** What is loaded in place of native add-ons, and of what the world names. */
  readonly standIns: StandIns = new StandIns(this);
  /** The program's own hooks of loading. */
  readonly hooks: ModuleHooks;
  /** Texts that hooks have given for files that are about to be loaded, and their formats. */
  readonly #given = new Map<
    string,
    { readonly source: string; readonly format?: string | undefined }
  >();
  readonly #extensions: Extensions;
  readonly #circular: CircularExports;
  readonly #compiler: CommonJsCompiler;
  readonly #resolver: CommonJsResolver;
  readonly #resolveFilename: ModuleClass["_resolveFilename"];
  readonly #nodeModulePaths: ModuleClass["_nodeModulePaths"];
  /** The file of the next module. */
  #next: FileRecord | undefined;
  /** The command line's flags. */
  readonly #flags: readonly string[];
  /** True if the command line changes what requests resolve to. */
  readonly changesResolution: boolean;
  /** True while the main module is looked for. */
  #isMain = false;

  constructor(realm: Realm, builtins: Readonly<Record<string, () => unknown>> = {}) {
    this.realm = realm;
    this.builtins = builtins;
    this.files = hostFiles(realm.context.process);
    this.hooks = new ModuleHooks(realm);
    this.#circular = new CircularExports(realm);
    this.#extensions = Object.create(null) as Extensions;
    // Assigned like this, the functions have no names, as in Node.
    this.#extensions[".js"] = (module, filename) => {
      if (this.hooks.loads || this.#given.has(filename)) return this.#loadGiven(module, filename);
      const file = this.#fileFor(module, filename);
      const source = file ? this.files.sourceOf(file) : this.files.source(filename);
      module._compile(source, filename);
    };
    this.#extensions[".json"] = (module, filename) => {
      const { source } = this.hooks.loads
        ? this.#sourceOf(filename, "json")
        : { source: this.files.source(filename) };
      setExports(module, parseJson(filename, source));
    };
    this.#extensions[".node"] = (_module, filename) => {
      throw addonError(filename, this.files.source(filename));
    };
    const scope = scopeOf(realm);
    this.#compiler = new CommonJsCompiler(this, scope);
    this.esm = new EsmLoader(realm, this, scope);
    this.#flags = flagsOf(realm.process);
    this.changesResolution = this.#flags.some((flag) => RESOLUTION_FLAGS.test(flag));
    this.search.initialize(realm.process.env);
    this.#resolver = new CommonJsResolver(this, this.#extensions);
    this.Module = this.#createClass();
    this.#resolveFilename = this.Module._resolveFilename;
    this.#nodeModulePaths = this.Module._nodeModulePaths;
    this.finder = new ModuleFinder({
      files: this.files,
      codes: realm.require("internal/errors").codes,
      realPath: (path) => this.realPath(path),
      extensions: this.#extensions,
      conditions: this.conditionsOf(requireConditions),
      onInvalidMain: (manifest, main) => {
        this.#resolver.noteWarning();
        realm.process.emitWarning(
          `Invalid 'main' field in '${manifest}' of '${main}'. ` +
            "Please either fix that or report it to the module author",
          "DeprecationWarning",
          "DEP0128",
        );
      },
    });
  }

  /**
   * Returns whether the file at `path` is an ES module. Throws the syntax error in its text, if
   * any.
   */
  isEsModule(path: string): boolean {
    const format = formatOf(this.files, path);
    if (format !== "detect") return format === "module";
    return this.#compiler.compile(path, this.files.source(path)).format === "module";
  }

  /** Runs a script that is no file. It may declare names that are variables of modules. */
  runScript(module: Module, text: string, name: string): void {
    const file = withoutView(() =>
      sourceFile({ path: name, text, format: "commonjs", isScript: true }),
    );
    const run = this.#compiler.bind(file, module.filename ?? name) as unknown as () => () => void;
    Reflect.apply(run, this.realm.global, [])();
  }

  /** Throws the syntax error in the file at `path`, if there is one. */
  check(path: string): void {
    if (this.isEsModule(path)) this.esm.check(path);
    else void this.#compiler.compile(path, this.files.source(path)).commonJs;
  }

  /**
   * Loads the file at `path` for the loader of ES modules, as the main module or not. Returns its
   * exports.
   */
  importFile(path: string, isMain: boolean): unknown {
    const known = this.cache[path];
    // What it exported when it had been loaded, as in Node.
    if (known !== undefined) {
      return loadedExports(known, () => (known.loaded ? known.exports : this.#circular.of(known)));
    }
    return this.#loadNew(path, isMain ? null : undefined, isMain);
  }

  /** `Module._preloadModules`: requires the modules that the command line names. */
  preload(requests: readonly string[]): void {
    const parent = new this.Module("internal/preload", null);
    parent.paths = this.finder.modulePaths(this.cwd());
    parent.path = this.cwd();
    for (const request of requests) parent.require(request);
  }

  /** Returns what the command line makes of some conditions; undefined if it changes nothing. */
  conditionsOf(conditions: ReadonlySet<string>): ReadonlySet<string> | undefined {
    return this.changesResolution ? conditionsWith(conditions, this.#flags) : undefined;
  }

  /** Returns a found file's path without symbolic links, unless the command line preserves them. */
  realPath(path: string): string {
    const flag = this.#isMain ? "--preserve-symlinks-main" : "--preserve-symlinks";
    return this.changesResolution && this.#flags.includes(flag) ? path : this.files.realPath(path);
  }

  /** The process's working directory. */
  cwd(): string {
    return (this.realm.process as { cwd(): string }).cwd();
  }

  /** Returns the file that a process is started with. Throws as Node does if there is none. */
  findMain(filename: string): string {
    this.#isMain = true;
    try {
      const found = this.finder.find(filename, "/", [], undefined);
      if (found === undefined) throw notFound(filename, []);
      return found;
    } finally {
      this.#isMain = false;
    }
  }

  /** `module.createRequire`: returns the `require` that a file at this path would have. */
  createRequire(filename: string): Require {
    const path = filename.endsWith("/") ? `${filename}noop.js` : filename;
    const module = new this.Module(path);
    module.filename = path;
    module.paths = this.Module._nodeModulePaths(module.path);
    return this.#makeRequire(module);
  }

  /** `import.meta.resolve` of the file at `from`. */
  importMetaResolve(specifier: string, from: string): string {
    const { files } = this;
    const { codes } = this.realm.require("internal/errors");
    if (Object.hasOwn(this.builtins, specifier) && !isBuiltin(specifier)) return specifier;
    const conditions = this.conditionsOf(importConditions);
    const host = { files, codes, conditions, realPath: (path: string) => this.realPath(path) };
    return resolveEsm(host, `${specifier}`, from);
  }

  #createClass(): ModuleClass {
    // The class's functions are called on modules. This is the loader behind them.
    // oxlint-disable-next-line typescript/no-this-alias
    const loader = this;
    function Module(this: Module, id = "", parent?: Module | null): void {
      this.id = id;
      this.path = loader.#directoryOf(id, loader.#next);
      setExports(this, {});
      setParent(this, parent);
      parent?.children?.push(this);
      this.filename = null;
      this.loaded = false;
      this.children = [];
    }
    Object.defineProperty(Module.prototype, "parent", parentProperty(this.realm));
    // An accessor, so that a module is printed without its class.
    Object.defineProperty(Module.prototype, "constructor", { get: () => Module });
    Module.prototype.require = function (this: Module, id: unknown): unknown {
      if (typeof id !== "string") {
        loader.realm.require("internal/validators").validateString(id, "id");
      }
      if (id === "") {
        const { codes } = loader.realm.require("internal/errors");
        throw new codes.ERR_INVALID_ARG_VALUE("id", id, "must be a non-empty string");
      }
      return loader.Module._load(id as string, this, false);
    };
    Module.prototype.load = function (this: Module, filename: string): void {
      loader.#load(this, filename);
    };
    Module.prototype._compile = function (
      this: Module,
      source: string,
      filename: string,
      format?: string,
    ): unknown {
      const wrapper = loader.#wrapperOf(this, filename, source, format);
      if (wrapper === undefined) return undefined;
      const { exports } = this;
      const require = loader.#makeRequire(this);
      noteExecuting(this, true);
      const directory = loader.#directoryOf(filename, fileOf(this));
      const result = call(wrapper, exports, exports, require, this, filename, directory);
      noteExecuting(this, false);
      return result;
    };
    return Object.assign(Module as unknown as ModuleClass, {
      _cache: this.cache,
      _extensions: this.#extensions,
      _nodeModulePaths: (from: string) => {
        return this.finder.modulePaths(
          from.startsWith("/") ? from : posix.resolve(this.cwd(), from),
        );
      },
      _load: (request: string, parent: Module | null | undefined, isMain: boolean) => {
        const file = parent && this.#knownFile(request, parent);
        if (file) {
          this.files.plantFile(file);
          const known = this.cache[file.path];
          if (known === undefined) return this.#loadNew(file.path, parent, isMain, file);
          return this.#loadedBefore(known, parent);
        }
        const standIn = this.standIns.fileFor(request, parent?.filename);
        const isPath = namesPath(request);
        if (
          !isPath &&
          request.startsWith("node:") &&
          !this.isBuiltin(request) &&
          standIn === undefined
        ) {
          const { codes } = this.realm.require("internal/errors");
          throw new codes.ERR_UNKNOWN_BUILTIN_MODULE(request);
        }
        const filename =
          this.hooks.resolves && standIn === undefined && !this.standIns.has(request)
            ? this.#resolveByHooks(request, parent, isMain)
            : this.#filenameOf(request, parent, isMain);
        const known = this.cache[filename];
        if (known !== undefined) return this.#loadedBefore(known, parent);
        if (!isPath && standIn === undefined && this.standIns.has(request)) {
          return this.standIns.load(request, parent?.filename ?? "/");
        }
        if (this.isBuiltin(filename)) {
          if (this.hooks.loads && isBuiltin(filename)) this.#askForBuiltin(filename);
          return this.builtin(filename);
        }
        return this.#loadNew(filename, parent ?? undefined, isMain);
      },
      _resolveFilename: (
        request: string,
        parent: Module | null | undefined,
        _isMain: boolean,
        options?: { paths?: string[] },
      ) => this.#resolver.resolve(request, parent, options),
    });
  }

  /** Returns the exports of a module that is in the cache, for another one that requires it. */
  #loadedBefore(module: Module, parent: Module | null | undefined): unknown {
    if (parent?.children && !parent.children.includes(module)) parent.children.push(module);
    return module.loaded ? module.exports : this.#circular.of(module);
  }

  /** Returns the real file that a request resolves to, if that is known without resolving it. */
  #knownFile(request: string, parent: Module): FileRecord | undefined {
    if (this.Module._resolveFilename !== this.#resolveFilename) return undefined;
    return this.#resolver.known(request, parent);
  }

  /** Returns the real file that a module was made for, if that is the one at `filename`. */
  #fileFor(module: Module, filename: string): FileRecord | undefined {
    const file = fileOf(module);
    return file?.path === filename ? file : undefined;
  }

  /** Returns the folder of a path. `file` may be the file at that path. */
  #directoryOf(path: string, file: FileRecord | undefined): string {
    return file?.path === path ? file.facts.directory : factsOf(path).directory;
  }

  #filenameOf(request: string, parent: Module | null | undefined, isMain: boolean): string {
    return this.Module._resolveFilename === this.#resolveFilename
      ? this.#resolver.resolve(request, parent)
      : this.Module._resolveFilename(request, parent, isMain);
  }

  /** Returns what a program's hooks resolve a request to: a path, a module of Node's, or a name of their own. */
  #resolveByHooks(request: string, parent: Module | null | undefined, isMain: boolean): string {
    const from = parent?.filename ?? undefined;
    const { url } = this.hooks.resolve(
      request,
      from === undefined ? undefined : urlOfModule(from, isBuiltin),
      undefined,
      [...requireConditions],
      (specifier) => {
        const isOwn = specifier.startsWith("node:");
        const found = isOwn ? specifier : this.#filenameOf(specifier, parent, isMain);
        return { url: urlOfModule(found, isBuiltin), format: isOwn ? "builtin" : undefined };
      },
    );
    if (url.startsWith("node:")) return request.startsWith("node:") ? url : url.slice(5);
    return url.startsWith("file:") ? fileURLToPath(url) : url;
  }

  /** Load hooks hear of a module of Node's, too. */
  #askForBuiltin(id: string): void {
    const url = urlOfModule(id, isBuiltin);
    const conditions = [...requireConditions];
    const last = (_: string, { format }: HookContext): Loaded => ({ source: null, format });
    this.hooks.load(url, "builtin", undefined, conditions, last, true);
  }

  /** The loader of ES modules has the text of a CommonJS file already. */
  give(filename: string, source: string): void {
    this.#given.set(filename, { source, format: "commonjs" });
  }

  /** Returns the text of a file, and its format, as a program's hooks give it. */
  #sourceOf(
    filename: string,
    format: string | undefined,
  ): { readonly source: string; readonly format?: string | undefined } {
    const given = this.#given.get(filename);
    this.#given.delete(filename);
    if (given !== undefined) return given;
    const loaded = this.hooks.load(
      urlOfModule(filename, isBuiltin),
      format,
      undefined,
      [...requireConditions],
      (url, context) => {
        const path = url.startsWith("file:") ? fileURLToPath(url) : url;
        return { source: this.files.source(path), format: context.format };
      },
      true,
    );
    return { source: textOf(loaded.source ?? ""), format: loaded.format ?? undefined };
  }

  /** Loads a file whose text hooks give. */
  #loadGiven(module: Module, filename: string): void {
    // A name that a hook has made up is in no package.
    const known = filename.startsWith("/") ? formatOf(this.files, filename) : undefined;
    const { source, format } = this.#sourceOf(
      filename,
      known === "module" || known === "commonjs" ? known : undefined,
    );
    if (format === "module") {
      this.#circular.noteRequired(module);
      setExports(module, this.esm.requireText(filename, source, parentOf(module)));
    } else module._compile(source, filename, format);
  }

  /** Returns the record of a real file, as it is on this process's disk. */
  #realFile(filename: string): FileRecord | undefined {
    const { files } = this;
    const isReal = files.isPristine && files.origin(filename) === filename;
    return isReal ? fileRecord(filename) : undefined;
  }

  /** Returns the exports of a file that is not in the cache. */
  #loadNew(
    filename: string,
    parent: Module | null | undefined,
    isMain: boolean,
    file: FileRecord | undefined = this.#realFile(filename),
  ): unknown {
    this.#next = file;
    const module = new this.Module(filename, parent);
    setFile(module, file);
    if (isMain) {
      module.id = ".";
      this.main = module;
      this.realm.process.mainModule = module;
    }
    noteLoading(module, isMain);
    this.cache[filename] = module;
    let isLoaded = false;
    try {
      module.load(filename);
      isLoaded = true;
    } finally {
      if (isLoaded) this.#circular.release(module);
      else {
        delete this.cache[filename];
        const children = parent?.children;
        const at = children?.indexOf(module) ?? -1;
        if (at >= 0) children?.splice(at, 1);
      }
    }
    return module.exports;
  }

  /** `Module.prototype.load`. */
  #load(module: Module, filename: string): void {
    module.filename = filename;
    const file = this.#fileFor(module, filename);
    const { directory, extensions } = file?.facts ?? factsOf(filename);
    const { _nodeModulePaths: pathsOf } = this.Module;
    module.paths =
      file && pathsOf === this.#nodeModulePaths
        ? [...file.modulePaths]
        : this.Module._nodeModulePaths(directory);
    this.#extensions[this.#extensionOf(extensions)]?.(module, filename);
    module.loaded = true;
    noteLoaded(module);
  }

  /** Returns the first file name extension, of those of a path, that is registered. */
  #extensionOf(extensions: readonly string[]): string {
    for (let at = 0; at < extensions.length; at++) {
      const extension = extensions[at] as string;
      if (this.#extensions[extension]) return extension;
    }
    return ".js";
  }

  /**
   * Returns the function of a file in this process, or `undefined` for an ES module, which is then
   * already evaluated.
   */
  #wrapperOf(
    module: Module,
    filename: string,
    source: string,
    given: string | undefined,
  ): Wrapper | undefined {
    const isGiven = given === "commonjs" || given === "module";
    if (this.wrapper.isPatched && given !== "module")
      return this.#compiler.patchedWrapper(filename, source);
    const file = this.#compiler.compiled(
      this.#fileFor(module, filename),
      filename,
      source,
      isGiven ? given : undefined,
    );
    if (file.format === "module") {
      this.#circular.noteRequired(module);
      setExports(module, this.esm.require(filename, parentOf(module)));
      return undefined;
    }
    return this.#compiler.bind(
      file,
      filename.startsWith("/") ? filename : (module.filename ?? filename),
    );
  }

  #makeRequire(module: Module): Require {
    const require = ((request: string) => module.require(request)) as Require;
    const resolve = ((request: string, options?: { paths?: string[] }) => {
      this.realm.require("internal/validators").validateString(request, "request");
      if (RESOLVES_BY_HOOKS && this.hooks.resolves && options === undefined) {
        return this.#resolveByHooks(request, module, false);
      }
      return this.Module._resolveFilename(request, module, false, options);
    }) as Require["resolve"];
    const paths: Require["resolve"]["paths"] = (request) => {
      this.realm.require("internal/validators").validateString(request, "request");
      return this.search.lookUp(request, module) as string[] | null;
    };
    const { main, cache } = this;
    const extensions = this.#extensions;
    // Each name is looked up here, not in a helper: V8 then knows the hidden classes it meets.
    const isInherited =
      "paths" in (resolve as object) ||
      "resolve" in (require as object) ||
      "main" in (require as object) ||
      "extensions" in (require as object) ||
      "cache" in (require as object);
    if (isInherited) {
      own(resolve, "paths", paths);
      own(require, "resolve", resolve);
      own(require, "main", main);
      own(require, "extensions", extensions);
      own(require, "cache", cache);
      return require;
    }
    resolve.paths = paths;
    require.resolve = resolve;
    require.main = main;
    require.extensions = extensions;
    require.cache = cache;
    return require;
  }

  /** Returns whether a request names a module of Node's own, or one that Lightcone adds. */
  isBuiltin(request: string): boolean {
    if (namesPath(request)) return false;
    return isBuiltin(request) || Object.hasOwn(this.builtins, request);
  }

  /** Returns a module of Node's own, or one that Lightcone adds. */
  builtin(request: string): unknown {
    const id = request.startsWith("node:") ? request.slice(5) : request;
    const own = Object.hasOwn(this.builtins, id) ? this.builtins[id] : undefined;
    return own === undefined ? this.realm.requirePublic(request) : own();
  }
}

/** Since Node 24, `require.resolve` asks hooks as well. */
const RESOLVES_BY_HOOKS = Number.parseInt(process.versions.node, 10) >= 24;

const RESOLUTION_FLAGS =
  /^(?:-C|--conditions|--no-addons|--preserve-symlinks|--preserve-symlinks-main)(?:=|$)/;

const loaders = new WeakMap<Realm, CommonJsLoader>();

/** Returns the loader of a process. `builtins` is used by the first call. */
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
