/**
 * Node's loader of ES modules, over the files of a simulated host, with one record per URL,
 * whichever module imports it. What is found, the order, and the errors are Node's. `record.ts`
 * links and runs modules.
 */
import { Buffer } from "node:buffer";
import { posix } from "node:path";
import { defineProperty, hasOwn, plain } from "../../views/safe.ts";
import { withoutView } from "../../views/view.ts";
import { isBuiltin } from "../../public-modules.ts";
import type { Realm } from "../../realm-types.ts";
import { privateSymbols } from "../../bindings/core.ts";
import type { CommonJsLoader } from "../commonjs.ts";
import type { Module } from "../module-types.ts";
import { exportNamesIn, exportNamesOf } from "./commonjs-names.ts";
import { parentOf } from "../module-state.ts";
import { importConditions } from "../package-entry.ts";
import { jsonValue } from "../json-values.ts";
import { formatOf, sourceTextOf } from "../file-format.ts";
import { type ProgramScope, scopeArguments } from "../scope.ts";
import { moduleSyntaxError } from "../source/syntax-error.ts";
import { type SourceFile, sourceFile, type SourceText } from "../source/source-file.ts";
import type { ImportedName } from "../source/transform.ts";
import { isTypeScript } from "../source/typescript.ts";
import { type Attributes, attributesOf, checkAttributes, NO_ATTRIBUTES } from "./attributes.ts";
import { BuiltinModule } from "./builtin-module.ts";
import { pathOfUrl, suffixOfUrl, urlOfPath } from "./file-urls.ts";
import { type HookContext, type Loaded, type Resolved, textOf, urlOfModule } from "./hooks.ts";
import { ImportResolver } from "./import-resolver.ts";
import { missingExportError } from "./missing-export.ts";
import { wasmModuleText } from "./wasm-module.ts";
import { explainMissingGlobal } from "./missing-globals.ts";
import { type Environment, setName } from "./namespace.ts";
import type { ModuleRecord } from "./record.ts";
import { type ModuleHost, SourceModule, SyntheticModule } from "./record.ts";
import { sharedModules } from "./shared-modules.ts";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
/** Node has `import.meta.main` since 24.2. */
const HAS_MAIN = major > 24 || (major === 24 && minor >= 2);
/** Since Node 23, the whole exports of CommonJS have an export name of their own. */
const NAMES_WHOLE = major >= 23;

/** Since Node 24, errors of `require()` of an ES module list the modules that led there. */
const NAMES_REQUIRE_STACK = major >= 24;

/** Until Node 22, a module that could not be loaded fails with the same error again. */
const KEEPS_FAILURES = major < 22;

/** The turns of the queue of microtasks until a module that was not loaded yet is evaluated. */
const TURNS_TO_LOAD = 6;

/** Returns a module and those that requested it, in the form that Node's library reads. */
function chainOf(module: Module | null | undefined): object | undefined {
  if (!module) return undefined;
  const { filename, id } = module;
  const key = privateSymbols["module_first_parent_private_symbol"] as symbol;
  return { filename, id, [key]: chainOf(parentOf(module)) };
}

/** The real one. During a run, the global name is the running process's. */
const resolved = Promise.resolve();

/** The ES modules of one process. */
export class EsmLoader implements ModuleHost {
  readonly #realm: Realm;
  readonly #commonJs: CommonJsLoader;
  readonly #scope: ProgramScope;
  readonly #resolver: ImportResolver;
  /** Modules by URL and type, or how loading them failed. */
  readonly #records = new Map<string, ModuleRecord | { readonly thrown: unknown }>();
  /** What was found, by the requesting file and the specifier: it stays so. */
  readonly #found = new Map<string, string>();
  mainUrl: string | undefined;
  /** Whether the main module's imports are evaluated once for all processes: see `shared-modules.ts`. */
  sharesImports = false;

  constructor(realm: Realm, commonJs: CommonJsLoader, scope: ProgramScope) {
    this.#realm = realm;
    this.#commonJs = commonJs;
    this.#scope = scope;
    this.#resolver = new ImportResolver(realm, commonJs);
  }

  get #codes(): ReturnType<Realm["require"]>["codes"] {
    return this.#realm.require("internal/errors").codes;
  }

  /**
   * `import()` from the file at `from`. Returns the namespace, once the module has been evaluated.
   */
  async import(specifier: unknown, from: string, options?: unknown): Promise<object> {
    const text = `${specifier as string}`;
    const attributes = attributesOf(options);
    // As in Node, the module does not run before the caller continues.
    await resolved;
    if (this.#hooks.isAsynchronous) await this.#askAhead(text, from, attributes);
    const found = withoutView(() => this.#find(text, from, attributes));
    if (found.status === "new" && !(found instanceof BuiltinModule)) {
      // Node resolves, reads and links a module first, each in a turn of its own.
      for (let turn = 0; turn < TURNS_TO_LOAD; turn++) await resolved;
    }
    const record = withoutView(() => this.#linked(() => found));
    await this.#evaluate(record);
    return record.namespace;
  }

  /** Loads a module, and evaluates it at once unless it awaits. Returns its namespace. */
  loadNow(
    specifier: string,
    from: string,
  ): Record<string, unknown> | Promise<Record<string, unknown>> {
    const record = withoutView(() =>
      this.#linked(() => this.#find(specifier, from, NO_ATTRIBUTES)),
    );
    const namespace = (): Record<string, unknown> => record.namespace as Record<string, unknown>;
    if (record instanceof SourceModule) {
      if (record.awaits()) return this.#evaluate(record).then(namespace);
      record.evaluateNow();
    } else (record as SyntheticModule).evaluate();
    return namespace();
  }

  /** Runs the file at `path` as the process's main module. */
  async runMain(path: string): Promise<object> {
    const url = urlOfPath(path);
    this.mainUrl = url;
    const { files } = this.#commonJs;
    if (!files.isPristine || files.origin(path) === undefined) this.sharesImports = false;
    if (this.#hooks.isAsynchronous) await this.#askAhead(url, "/", NO_ATTRIBUTES);
    const record = withoutView(() =>
      this.#linked(() => {
        return this.#hooks.active
          ? this.#findByHooks(url, "/", NO_ATTRIBUTES)
          : this.#recordOf(url, NO_ATTRIBUTES);
      }),
    );
    // The code of a run is the same whichever process read the shared modules.
    if (this.sharesImports) for (const each of sharedModules().paths) files.noteSource(each);
    await this.#evaluate(record);
    return record.namespace;
  }

  async #evaluate(record: ModuleRecord): Promise<void> {
    if (!(record instanceof SourceModule)) {
      (record as SyntheticModule).evaluate();
      return;
    }
    try {
      await record.evaluate();
    } catch (error) {
      withoutView(() => explainMissingGlobal(error, record, this.#commonJs.files));
      throw error;
    }
  }

  /** Throws the syntax error in the ES module at `path`, if there is one. */
  check(path: string): void {
    withoutView(() => this.#file(urlOfPath(path), NO_ATTRIBUTES));
  }

  /** Runs text as a module with the path `path`. */
  async runText(text: string, path: string): Promise<object> {
    const url = urlOfPath(path);
    const file = this.#compile({ path, text, format: "module" }, url);
    const record = withoutView(() => this.#linked(() => new SourceModule(url, path, file, this)));
    await this.#evaluate(record);
    return record.namespace;
  }

  get #hooks(): CommonJsLoader["hooks"] {
    return this.#commonJs.hooks;
  }

  /** Returns the result of `require` for an ES module whose text a hook has given. */
  requireText(path: string, text: string, parent: Module | null | undefined): unknown {
    const url = urlOfModule(path, isBuiltin);
    const key = ` ${url}`;
    if (!this.#records.has(key)) {
      this.#records.set(key, this.#fromHooks(url, { format: "module", source: text }, {}));
    }
    return this.require(path, parent);
  }

  /** Returns the result of `require` for the ES module at `path`. */
  require(path: string, parent: Module | null | undefined): unknown {
    const url = urlOfModule(path, isBuiltin);
    const { codes } = this.#realm.require("internal/errors");
    const record = withoutView(() =>
      this.#linked(() => this.#recordOf(url, NO_ATTRIBUTES)),
    ) as SourceModule;
    if (record.status === "evaluating" || record.status === "evaluating-async") {
      const whose = parent?.filename ? ` (from ${parent.filename})` : "";
      throw new codes.ERR_REQUIRE_CYCLE_MODULE(
        `Cannot require() ES Module ${path} in a cycle.${whose} A cycle involving require(esm) is not ` +
          "allowed to maintain invariants mandated by the ECMAScript specification. Try making at " +
          "least part of the dependency in the graph lazily loaded.",
      );
    }
    // As in Node, it makes no difference that the module may have been imported before.
    if (record.awaits()) {
      throw NAMES_REQUIRE_STACK
        ? new codes.ERR_REQUIRE_ASYNC_MODULE(path, chainOf(parent), [])
        : new codes.ERR_REQUIRE_ASYNC_MODULE(path, parent?.filename ?? undefined);
    }
    record.evaluateNow();
    const namespace = record.namespace as Record<string, unknown>;
    if (hasOwn(namespace, "module.exports")) return namespace["module.exports"];
    if (!hasOwn(namespace, "default") || hasOwn(namespace, "__esModule")) return namespace;
    return this.#facade(record);
  }

  readonly #facades = new WeakMap<ModuleRecord, object>();

  /** Returns the namespace with the marker that transpiled CommonJS checks for. */
  #facade(record: ModuleRecord): object {
    let facade = this.#facades.get(record);
    if (facade === undefined) {
      const names = record.exportedNames(new Set());
      const namespace = record.namespace as Environment;
      const module = new SyntheticModule(
        record.url,
        { all: () => [...names, "__esModule"], has: () => true },
        () => {},
      );
      for (const name of names) {
        const descriptor = { get: () => namespace[name], enumerable: true };
        defineProperty(module.environment, name, plain(descriptor));
      }
      module.environment["__esModule"] = true;
      facade = module.namespace;
      this.#facades.set(record, facade);
    }
    return facade;
  }

  #linked(find: () => ModuleRecord): ModuleRecord {
    const record = find();
    if (record instanceof SourceModule && record.status === "new") {
      record.loadRequested();
      record.link();
    }
    return record;
  }

  load(from: SourceModule, at: number): ModuleRecord {
    const { specifier, attributes } = from.file.shape.requests[at] as {
      specifier: string;
      attributes: Attributes;
    };
    return this.#find(specifier, from.path, attributes);
  }

  #find(specifier: string, from: string, attributes: Attributes): ModuleRecord {
    const { builtins, standIns } = this.#commonJs;
    const standIn = standIns.fileFor(specifier, from);
    if (standIn !== undefined) return this.#recordOf(urlOfPath(standIn), attributes);
    if (Object.hasOwn(builtins, specifier)) return this.#builtin(specifier);
    if (standIns.has(specifier)) return this.#substitute(specifier, from);
    if (this.#hooks.active) return this.#findByHooks(specifier, from, attributes);
    if (isBuiltin(specifier)) return this.#builtin(specifier);
    const lenient = isTypeScript(from);
    const key = `${from}\0${specifier}`;
    let url = this.#found.get(key);
    if (url === undefined)
      this.#found.set(key, (url = this.#resolver.resolve(specifier, from, lenient)));
    if (url.startsWith("node:")) {
      if (isBuiltin(url)) return this.#builtin(url);
      const { codes } = this.#realm.require("internal/errors");
      throw new codes.ERR_UNKNOWN_BUILTIN_MODULE(url);
    }
    // Compilers accept JSON imports without attributes.
    const asJson = lenient && new URL(url).pathname.endsWith(".json");
    return this.#recordOf(url, asJson ? { type: "json", ...attributes } : attributes);
  }

  /** What the hooks of `module.register` have answered, by request and by URL. */
  readonly #resolvedAhead = new Map<string, Resolved>();
  readonly #loadedAhead = new Map<string, Loaded>();

  /** Asks these hooks for a module and all that it imports, before it is linked. */
  async #askAhead(specifier: string, from: string, attributes: Attributes): Promise<void> {
    const { builtins, standIns } = this.#commonJs;
    const isOther = standIns.fileFor(specifier, from) !== undefined || standIns.has(specifier);
    if (isOther || Object.hasOwn(builtins, specifier)) return;
    await this.#hooks.ready;
    const key = `${from}\0${specifier}`;
    if (this.#resolvedAhead.has(key)) return;
    const conditions = [...importConditions];
    const found = await this.#hooks.resolveLater(
      specifier,
      { conditions, importAttributes: attributes, parentURL: urlOfModule(from, isBuiltin) },
      (one, context) => this.#resolveLast(one, context, from),
    );
    this.#resolvedAhead.set(key, found);
    const { url, format } = found;
    if (this.#loadedAhead.has(url) || this.#records.has(`${attributes["type"] ?? ""} ${url}`))
      return;
    const loaded = await this.#hooks.loadLater(
      url,
      { conditions, importAttributes: found.importAttributes ?? attributes, format },
      (one, context) => {
        const last = this.#loadLast(one, context);
        return last.format === "commonjs" ? { ...last, source: null } : last;
      },
    );
    this.#loadedAhead.set(url, loaded);
    const record = withoutView(() => this.#fromHooks(url, loaded, attributes));
    if (!(record instanceof SourceModule)) return;
    for (const request of record.file.shape.requests) {
      await this.#askAhead(request.specifier, record.path, request.attributes);
    }
  }

  /** Finds a module as a program's hooks say. */
  #findByHooks(specifier: string, from: string, attributes: Attributes): ModuleRecord {
    const conditions = [...importConditions];
    const found = this.#hooks.resolve(
      specifier,
      urlOfModule(from, isBuiltin),
      attributes,
      conditions,
      (one, context) => {
        return this.#resolvedAhead.get(`${from}\0${one}`) ?? this.#resolveLast(one, context, from);
      },
    );
    const { url } = found;
    const given = (found.importAttributes ?? attributes) as Attributes;
    const key = `${given["type"] ?? ""} ${url}`;
    let record = this.#records.get(key);
    if (record === undefined) {
      const loaded = this.#hooks.load(
        url,
        found.format,
        given,
        conditions,
        (one, context) => this.#loadedAhead.get(one) ?? this.#loadLast(one, context),
        false,
      );
      record = this.#fromHooks(url, loaded, given);
      this.#records.set(key, record);
    }
    if ("thrown" in record) throw record.thrown;
    return record;
  }

  /** The last step of resolving: Node's own. */
  #resolveLast(specifier: string, { parentURL }: HookContext, from: string): Resolved {
    if (isBuiltin(specifier)) {
      return { url: urlOfModule(specifier, isBuiltin), format: "builtin" };
    }
    const parent = parentURL === undefined ? from : pathOfUrl(parentURL);
    const url = this.#resolver.resolve(specifier, parent, isTypeScript(parent));
    if (!url.startsWith("file:"))
      return { url, format: url.startsWith("data:") ? undefined : null };
    const format = formatOf(this.#commonJs.files, pathOfUrl(url));
    return { url, format: format === "detect" || format === "unknown" ? undefined : format };
  }

  /** The last step of loading. */
  #loadLast(url: string, { format }: HookContext): Loaded {
    if (url.startsWith("node:")) return { format: format ?? "builtin", source: null };
    if (!url.startsWith("file:")) {
      const record = this.#other(url, {});
      const source = record instanceof SourceModule ? record.file.original : null;
      return { format: format ?? "module", source };
    }
    const path = pathOfUrl(url);
    const { files } = this.#commonJs;
    const own = format ?? formatOf(files, path);
    if (own === "wasm") {
      const source = this.#realm.require("fs").readFileSync(path) as Uint8Array;
      return { format: own, source };
    }
    const source = Buffer.from(files.source(path));
    if (own !== "detect") return { format: own, source };
    return { format: this.#commonJs.isEsModule(path) ? "module" : "commonjs", source };
  }

  /** Returns the module that hooks have given the text of. */
  #fromHooks(url: string, { format, source }: Loaded, attributes: Attributes): ModuleRecord {
    if (url.startsWith("node:")) return this.#builtin(url);
    const path = pathOfUrl(url);
    const isFile = url.startsWith("file:");
    const text = source === null || source === undefined ? undefined : textOf(source);
    switch (format) {
      case "module":
      case "module-typescript": {
        const files = this.#commonJs.files;
        const isOwn = isFile && text === files.read(path);
        const isTyped = format === "module-typescript" || isOwn;
        const given = { path, text: text ?? "", format: "module" as const };
        const file = this.#compile(
          isTyped ? sourceTextOf(files, path, given.text, "module") : given,
          url,
        );
        return new SourceModule(url, path, file, this);
      }
      case "commonjs":
      case "commonjs-typescript":
        if (text !== undefined) this.#commonJs.give(path, text);
        return this.#commonJsRecord(url, path, text);
      case "json":
        return this.#value(url, () => JSON.parse(text ?? ""));
      case "wasm":
        return this.#wasm(url, path);
      default: {
        if (isFile) return this.#file(url, attributes);
        const { codes } = this.#realm.require("internal/errors");
        throw new codes.ERR_UNKNOWN_MODULE_FORMAT(format ?? null, url);
      }
    }
  }

  #recordOf(url: string, attributes: Attributes): ModuleRecord {
    if (this.sharesImports && url !== this.mainUrl && url.startsWith("file:")) {
      return sharedModules().recordOf(url, this.#commonJs.files);
    }
    const key = `${attributes["type"] ?? ""} ${url}`;
    let record = this.#records.get(key);
    if (record === undefined) {
      try {
        record = url.startsWith("file:")
          ? this.#file(url, attributes)
          : this.#other(url, attributes);
      } catch (thrown) {
        if (!KEEPS_FAILURES) throw thrown;
        record = { thrown };
      }
      this.#records.set(key, record);
    }
    if ("thrown" in record) throw record.thrown;
    return record;
  }

  #file(url: string, attributes: Attributes): ModuleRecord {
    const path = pathOfUrl(url);
    const { files } = this.#commonJs;
    const format = formatOf(files, path);
    checkAttributes(this.#codes, url, format, attributes);
    switch (format) {
      case "json":
        return this.#json(url, path);
      case "addon":
      case "unknown": {
        const { codes } = this.#realm.require("internal/errors");
        throw new codes.ERR_UNKNOWN_FILE_EXTENSION(posix.extname(path), path);
      }
      case "commonjs":
        return this.#commonJsRecord(url, path);
      case "wasm":
        return this.#wasm(url, path);
    }
    const source = {
      ...sourceTextOf(files, path, files.source(path), format),
      suffix: suffixOfUrl(url),
    };
    const file = this.#compile(source, url);
    if (file.format === "commonjs") return this.#commonJsRecord(url, path);
    return new SourceModule(url, path, file, this);
  }

  #wasm(url: string, path: string): ModuleRecord {
    const bytes = this.#realm.require("fs").readFileSync(path) as Uint8Array;
    const text = wasmModuleText(path, bytes);
    const { emitExperimentalWarning } = this.#realm.require("internal/util");
    emitExperimentalWarning("Importing WebAssembly module instances");
    const file = this.#compile({ path, text, format: "module" }, url);
    return new SourceModule(url, path, file, this);
  }

  /** Compiles a module. Errors in it are reported as V8 reports them for a module. */
  #compile(source: SourceText, url: string): SourceFile {
    try {
      return sourceFile(source);
    } catch (error) {
      throw moduleSyntaxError(error, url, source.text);
    }
  }

  /** Loads `data:` URLs. Other URLs are not loaded. */
  #other(url: string, attributes: Attributes): ModuleRecord {
    const { codes } = this.#realm.require("internal/errors");
    const { pathname, protocol } = new URL(url);
    if (protocol !== "data:") {
      throw new codes.ERR_UNSUPPORTED_ESM_URL_SCHEME(new URL(url), ["file", "data", "node"]);
    }
    const found = /^([^/]+\/[^,;]+)[^,]*?(;base64)?,([^]*)$/.exec(pathname);
    if (found === null) {
      if (major < 22) throw new codes.ERR_INVALID_URL(url);
      throw new codes.ERR_UNKNOWN_MODULE_FORMAT(null, url);
    }
    const [, mime, base64, body = ""] = found;
    const data = decodeURIComponent(body);
    const text = base64 === undefined ? data : Buffer.from(data, "base64").toString();
    if (mime === "application/json") {
      checkAttributes(this.#codes, url, "json", attributes);
      return this.#value(url, () => JSON.parse(text));
    }
    const isScript = /^(?:text|application)\/javascript$/i.test(mime as string);
    checkAttributes(this.#codes, url, isScript ? "module" : "unknown", attributes);
    if (!isScript) throw new codes.ERR_UNKNOWN_MODULE_FORMAT(mime, url);
    const file = this.#compile({ path: url, text, format: "module" }, url);
    return new SourceModule(url, url, file, this);
  }

  #json(url: string, path: string): ModuleRecord {
    const { cache } = this.#commonJs;
    return this.#value(url, () => {
      const known = cache[path];
      if (known?.loaded) return known.exports;
      try {
        return jsonValue(this.#commonJs.files.source(path).replace(/^\uFEFF/, ""));
      } catch (error) {
        (error as Error).message = `${path}: ${(error as Error).message}`;
        throw error;
      }
    });
  }

  #value(url: string, make: () => unknown): ModuleRecord {
    const names = { all: () => ["default"], has: (name: string) => name === "default" };
    return new SyntheticModule(url, names, (environment) => {
      environment["default"] = make();
    });
  }

  readonly #builtinRecords = new Map<string, ModuleRecord>();

  #builtin(request: string): ModuleRecord {
    const id = request.startsWith("node:") ? request.slice(5) : request;
    let record = this.#builtinRecords.get(id);
    if (record === undefined) {
      const exports = this.#commonJs.builtin(request) as Record<string, unknown>;
      record = new BuiltinModule(`node:${id}`, exports);
      this.#builtinRecords.set(id, record);
    }
    return record;
  }

  /** The substitute for a native add-on, which must be installed as if it were to be loaded. */
  #substitute(specifier: string, from: string): ModuleRecord {
    this.#resolver.resolve(specifier, from, isTypeScript(from));
    const key = `substitute ${specifier}`;
    let record = this.#builtinRecords.get(key);
    if (record === undefined) {
      const exports = this.#commonJs.standIns.load(specifier, from) as Record<string, unknown>;
      record = new BuiltinModule(`node:${specifier}`, exports);
      this.#builtinRecords.set(key, record);
    }
    return record;
  }

  /** `module.syncBuiltinESMExports`. */
  syncBuiltins(): void {
    for (const record of this.#builtinRecords.values()) (record as BuiltinModule).sync();
  }

  #commonJsRecord(url: string, path: string, text?: string): ModuleRecord {
    const commonJs = this.#commonJs;
    const names = new Set(
      text === undefined ? exportNamesOf(commonJs, path) : exportNamesIn(commonJs, path, text),
    );
    names.add("default");
    if (NAMES_WHOLE) names.add("module.exports");
    return new SyntheticModule(
      url,
      { all: () => names, has: (name) => names.has(name) },
      (environment) => {
        const isMain = url === this.mainUrl;
        const exports = commonJs.importFile(path, isMain) as Record<string, unknown>;
        const isObject =
          (typeof exports === "object" && exports !== null) || typeof exports === "function";
        for (const name of names) {
          if (name === "default" || !isObject || !hasOwn(exports, name)) continue;
          try {
            environment[name] = exports[name];
          } catch {
            // A getter that throws is not exported.
          }
        }
        environment["default"] = exports;
        if (NAMES_WHOLE) environment["module.exports"] = exports;
      },
    );
  }

  scopeOf(module: SourceModule, exported: (environment: Environment) => void): unknown[] {
    const { usesImport, usesMeta } = module.file.shape;
    const dynamicImport = usesImport
      ? (specifier: unknown, options?: unknown) => this.import(specifier, module.path, options)
      : undefined;
    const meta = usesMeta ? this.#metaOf(module) : undefined;
    return [...scopeArguments(this.#scope), dynamicImport, meta, exported, setName];
  }

  #metaOf({ url, path }: SourceModule): object {
    const meta = Object.create(null) as Record<string, unknown>;
    const isFile = url.startsWith("file:");
    if (isFile) {
      meta["dirname"] = posix.dirname(path);
      meta["filename"] = path;
    }
    if (HAS_MAIN) meta["main"] = url === this.mainUrl;
    const commonJs = this.#commonJs;
    meta["resolve"] = function resolve(specifier: unknown): string {
      return commonJs.importMetaResolve(specifier as string, path);
    };
    meta["url"] = url;
    return meta;
  }

  missingExport(from: SourceModule, imported: ImportedName, isAmbiguous: boolean): unknown {
    return missingExportError(from, imported, isAmbiguous);
  }
}
