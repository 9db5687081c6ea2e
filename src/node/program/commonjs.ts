/**
 * Node's CommonJS loader, over the files of a simulated host: `require` by path, `node_modules`, package
 * entries, JSON, `require.cache` and `require.main`. Bundled programs do without it; scripts that are on
 * the host's disk, and what they require, are loaded by it.
 */
import { compileFunction } from "node:vm";
import { posix } from "node:path";
import type { NodeProcess } from "../node-process.ts";
import { isBuiltin } from "../public-modules.ts";
import { type FileLookup, resolvePackage } from "./package-entry.ts";

/** A module's `require`, with its properties. */
export interface Require {
  (request: string): unknown;
  resolve: ((request: string) => string) & { paths(request: string): string[] | null };
  main: Module | undefined;
  cache: Record<string, Module>;
  extensions: Record<string, (module: Module, filename: string) => void>;
}

/** One loaded file, as `module` shows it. */
export interface Module {
  id: string;
  path: string;
  exports: unknown;
  filename: string;
  loaded: boolean;
  children: Module[];
  paths: string[];
  parent: Module | null | undefined;
  require: (request: string) => unknown;
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

function directoriesAbove(directory: string): string[] {
  const paths: string[] = [];
  for (let at = directory; ; at = posix.dirname(at)) {
    if (posix.basename(at) !== "node_modules") paths.push(posix.join(at, "node_modules"));
    if (at === "/") return paths;
  }
}

/** The CommonJS modules of one process. */
export class CommonJsLoader {
  readonly cache: Record<string, Module> = Object.create(null) as Record<string, Module>;
  main: Module | undefined;
  readonly #node: NodeProcess;
  readonly #files: FileLookup;
  readonly #extensions: Require["extensions"];
  readonly #builtins: Readonly<Record<string, () => unknown>>;

  constructor(node: NodeProcess, builtins: Readonly<Record<string, () => unknown>> = {}) {
    this.#node = node;
    this.#builtins = builtins;
    const binding = node.realm.internalBinding("fs");
    this.#files = {
      kind: (path) => binding.internalModuleStat(path) as number,
      read: (path) => binding.readFileUtf8(path, 0) as string,
    };
    this.#extensions = {
      ".js": (module, filename) => this.#evaluate(module, filename, this.#files.read(filename)),
      ".json": (module, filename) => {
        module.exports = parseJson(filename, this.#files.read(filename));
      },
      ".node": (_module, filename) => {
        throw Object.assign(new Error(`${filename}: native add-ons are not simulated`), {
          code: "LC_NOT_SIMULATED",
        });
      },
    };
  }

  /** Runs a file as the process's main module. */
  runMain(filename: string): void {
    const module = this.#newModule(this.#realPath(filename), undefined);
    module.id = ".";
    this.main = module;
    this.#node.realm.process.mainModule = module;
    this.#load(module);
  }

  /** `module.createRequire`: a `require` as a file at this path would have it. */
  createRequire(filename: string): Require {
    return this.#makeRequire(this.#newModule(filename, undefined));
  }

  #newModule(filename: string, parent: Module | undefined): Module {
    const path = posix.dirname(filename);
    const module: Module = {
      id: filename,
      path,
      exports: {},
      filename,
      loaded: false,
      children: [],
      paths: directoriesAbove(path),
      parent: parent ?? (this.main === undefined ? null : undefined),
      require: (request) => this.#require(module, request),
    };
    Object.defineProperty(module, "require", { enumerable: false });
    parent?.children.push(module);
    return module;
  }

  #load(module: Module): void {
    const { filename } = module;
    this.cache[filename] = module;
    try {
      const extension = posix.extname(filename);
      const load = this.#extensions[extension] ?? this.#extensions[".js"];
      load?.(module, filename);
    } catch (error) {
      delete this.cache[filename];
      throw error;
    }
    module.loaded = true;
  }

  #evaluate(module: Module, filename: string, source: string): void {
    const make = compile(filename, source);
    const require = this.#makeRequire(module);
    const dynamicImport = async (request: string): Promise<unknown> => {
      const exports = this.#require(module, String(request)) as object;
      return Object.assign(Object.create(null), exports, { default: exports }) as unknown;
    };
    const wrapper = make(this.#node.global, dynamicImport);
    wrapper.call(module.exports, module.exports, require, module, filename, module.path);
  }

  #makeRequire(module: Module): Require {
    const require = ((request: string) => this.#require(module, request)) as Require;
    const resolve = ((request: string) =>
      this.#resolve(module, request)) as unknown as Require["resolve"];
    resolve.paths = (request) => (isBuiltin(request) ? null : module.paths);
    return Object.assign(require, {
      resolve,
      main: this.main,
      cache: this.cache,
      extensions: this.#extensions,
    });
  }

  #require(module: Module, request: unknown): unknown {
    const { codes } = this.#node.realm.require("internal/errors");
    this.#node.realm.require("internal/validators").validateString(request, "id");
    if (request === "") {
      throw new codes.ERR_INVALID_ARG_VALUE("id", request, "must be a non-empty string");
    }
    const filename = this.#resolve(module, request as string);
    if (isBuiltin(filename)) return this.#builtin(filename);
    const known = this.cache[filename];
    if (known !== undefined) {
      if (!module.children.includes(known)) module.children.push(known);
      return known.exports;
    }
    const loaded = this.#newModule(filename, module);
    this.#load(loaded);
    return loaded.exports;
  }

  #builtin(request: string): unknown {
    const id = request.startsWith("node:") ? request.slice(5) : request;
    if (id === "module") return this.#moduleOfModules();
    const make = this.#builtins[id];
    return make === undefined ? this.#node.realm.requirePublic(request) : make();
  }

  #moduleOfModules(): unknown {
    const real = this.#node.realm.requirePublic("module");
    const ModuleClass = function (this: Module, id = ""): void {
      this.id = id;
      this.exports = {};
    };
    return Object.assign(ModuleClass, {
      builtinModules: real.builtinModules,
      isBuiltin,
      createRequire: (from: string | URL) =>
        this.createRequire(
          this.#node.realm.require("internal/url").toPathIfFileURL(from) as string,
        ),
      _cache: this.cache,
      _extensions: this.#extensions,
      _nodeModulePaths: directoriesAbove,
      syncBuiltinESMExports: () => {},
      Module: ModuleClass,
    });
  }

  #resolve(module: Module, request: string): string {
    if (isBuiltin(request)) return request;
    const relative = /^\.{0,2}\//.test(request) || request === "." || request === "..";
    const found = relative
      ? this.#asFileOrDirectory(posix.resolve(module.path, request), request.endsWith("/"))
      : this.#inPackages(module, request);
    if (found !== undefined) return this.#realPath(found);
    const stack: string[] = [];
    for (let at: Module | null | undefined = module; at; at = at.parent) stack.push(at.filename);
    const message = `Cannot find module '${request}'\nRequire stack:\n- ${stack.join("\n- ")}`;
    throw Object.assign(new Error(message), { code: "MODULE_NOT_FOUND", requireStack: stack });
  }

  #inPackages(module: Module, request: string): string | undefined {
    for (const directory of module.paths) {
      if (this.#files.kind(directory) !== 1) continue;
      const target = resolvePackage(this.#files, directory, request);
      if (target !== undefined) return target;
      const found = this.#asFileOrDirectory(posix.join(directory, request), false);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #asFileOrDirectory(path: string, directoryOnly: boolean): string | undefined {
    const kind = this.#files.kind(path);
    if (kind === 0 && !directoryOnly) return path;
    const file = directoryOnly ? undefined : this.#withExtension(path);
    if (file !== undefined) return file;
    if (kind !== 1) return undefined;
    const manifest = posix.join(path, "package.json");
    if (this.#files.kind(manifest) === 0) {
      const { main } = parseJson(manifest, this.#files.read(manifest)) as { main?: unknown };
      if (typeof main === "string" && main !== "") {
        const target = posix.resolve(path, main);
        if (this.#files.kind(target) === 0) return target;
        const found =
          this.#withExtension(target) ?? this.#withExtension(posix.join(target, "index"));
        if (found !== undefined) return found;
      }
    }
    return this.#withExtension(posix.join(path, "index"));
  }

  #withExtension(path: string): string | undefined {
    return Object.keys(this.#extensions)
      .map((extension) => path + extension)
      .find((candidate) => this.#files.kind(candidate) === 0);
  }

  #realPath(path: string): string {
    return this.#node.realm.internalBinding("fs").realpath(path, "utf8") as string;
  }
}

function parseJson(filename: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    (error as Error).message = `${filename}: ${(error as Error).message}`;
    throw error;
  }
}
