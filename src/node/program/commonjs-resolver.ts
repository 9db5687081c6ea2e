/** Resolves requests of `require` for one process, with what all processes have found among real files. */
import { posix } from "node:path";
import { withoutView } from "../views/view.ts";
import type { CommonJsLoader } from "./commonjs.ts";
import { namesPath, notFound } from "./commonjs-values.ts";
import { realGeneration } from "../real-tree.ts";
import { type FileRecord, fileRecord } from "./file-record.ts";
import { fileOf, parentOf } from "./module-state.ts";
import type { Extensions, Module } from "./module-types.ts";
import { factsOf } from "./path-facts.ts";
import { requestsFrom } from "./resolution-cache.ts";
import { isTypeScript } from "./source/typescript.ts";

/** Resolves the requests of one process. */
export class CommonJsResolver {
  readonly #loader: CommonJsLoader;
  readonly #extensions: Extensions;
  /** True if the resolution that is under way must happen again next time: it warns. */
  #warned = false;

  constructor(loader: CommonJsLoader, extensions: Extensions) {
    this.#loader = loader;
    this.#extensions = extensions;
  }

  /** Called when the resolution that is under way has warned. */
  noteWarning(): void {
    this.#warned = true;
  }

  /**
   * Returns the real file that a request resolves to, if that is known and this process has nothing
   * that makes it another one. This is the case for nearly all requests, so it looks up little.
   */
  known(request: string, parent: Module): FileRecord | undefined {
    const file = fileOf(parent);
    if (file === undefined || file.path !== parent.filename) return undefined;
    const found = file.requests.get(request);
    if (found === undefined || file.facts.directory !== parent.path) return undefined;
    const { files, changesResolution, hooks, standIns, builtins } = this.#loader;
    const isUsual =
      files.isPristine &&
      !changesResolution &&
      !hooks.resolves &&
      !standIns.hasFiles &&
      (namesPath(request) || !(standIns.has(request) || Object.hasOwn(builtins, request)));
    return isUsual && file.generation === realGeneration() ? found : undefined;
  }

  /** `Module._resolveFilename`: returns the path of a file, or a built-in module's name. */
  resolve(
    request: string,
    parent: Module | null | undefined,
    options?: { paths?: string[] },
  ): string {
    const standIn = this.#loader.standIns.fileFor(request, parent?.filename);
    if (standIn !== undefined) return standIn;
    if (this.#loader.isBuiltin(request)) return request;
    const directory = parent?.path;
    const isCached = this.#loader.files.isPristine && !this.#loader.changesResolution;
    if (options !== undefined || directory === undefined || !isCached) {
      return this.#resolveOnce(request, parent, options);
    }
    const requests = requestsFrom(directory, factsOf(parent?.filename ?? "").isTypeScript);
    const known = requests.get(request);
    if (known !== undefined) {
      this.#loader.files.plantFile(known);
      return known.path;
    }
    return this.#resolveAndKeep(request, parent, directory, requests);
  }

  /** Resolves a request whose result is not kept. */
  #resolveOnce(
    request: string,
    parent: Module | null | undefined,
    options: { paths?: string[] } | undefined,
  ): string {
    return withoutView(() => this.#resolveNow(request, parent, options));
  }

  /** Resolves a request without options, and keeps the result for other processes if it is theirs, too. */
  #resolveAndKeep(
    request: string,
    parent: Module | null | undefined,
    directory: string,
    requests: Map<string, FileRecord>,
  ): string {
    return withoutView(() => {
      this.#warned = false;
      const found = this.#resolveNow(request, parent);
      if (
        !this.#warned &&
        this.#loader.files.origin(found) !== undefined &&
        this.#isUsual(directory, parent)
      ) {
        requests.set(request, fileRecord(found));
      }
      return found;
    });
  }

  /**
   * Returns whether a module searches for packages in the standard folders, with the standard file
   * name extensions.
   */
  #isUsual(directory: string, parent: Module | null | undefined): boolean {
    if (Object.keys(this.#extensions).length !== 3 || !this.#loader.search.isStandard) return false;
    if (this.#loader.changesResolution) return false;
    const usual = this.#loader.finder.modulePaths(directory);
    const { paths = [] } = parent ?? {};
    return paths.length === usual.length && paths.every((path, at) => path === usual[at]);
  }

  #resolveNow(
    request: string,
    parent: Module | null | undefined,
    options: { paths?: string[] } = {},
  ): string {
    const from = parent?.filename ?? undefined;
    if (from !== undefined && /^\.{0,2}\//.test(request)) {
      this.#loader.files.plantFor(from, posix.resolve(posix.dirname(from), request));
    }
    try {
      for (const { path, paths } of this.#placesFor(parent, options)) {
        const found = this.#loader.finder.find(request, path, paths, from);
        if (found !== undefined) return found;
      }
    } catch (error) {
      // A package whose `main` is yet to be compiled may have sources.
      const { code } = error as { code?: unknown };
      if (code !== "MODULE_NOT_FOUND" || from === undefined || !isTypeScript(from)) throw error;
      const found = this.#loader.finder.findSource(request, from);
      if (found === undefined) throw error;
      return found;
    }
    if (from !== undefined && isTypeScript(from)) {
      const found = this.#loader.finder.findSource(request, from);
      if (found !== undefined) return found;
    }
    const stack: string[] = [];
    for (let at: Module | null | undefined = parent; at; at = parentOf(at)) {
      stack.push(at.filename || at.id);
    }
    throw notFound(request, stack);
  }

  /** Returns where to look for a request: the folder for relative ones, and those of packages. */
  #placesFor(
    parent: Module | null | undefined,
    { paths: given }: { paths?: unknown },
  ): { readonly path: string; readonly paths: readonly string[] }[] {
    const { search } = this.#loader;
    if (given === undefined) {
      return [{ path: parent?.path ?? ".", paths: search.after(parent?.paths) }];
    }
    if (!Array.isArray(given)) {
      const { codes } = this.#loader.realm.require("internal/errors");
      throw new codes.ERR_INVALID_ARG_VALUE("options.paths", given);
    }
    return (given as string[]).map((one) => {
      const path = posix.resolve(this.#loader.cwd(), one);
      return { path, paths: search.after(this.#loader.Module._nodeModulePaths(path)) };
    });
  }
}
