/** Resolves the specifiers of imports to URLs. What is found among real files holds for all processes. */
import { posix } from "node:path";
import type { Realm } from "../../realm-types.ts";
import type { CommonJsLoader } from "../commonjs.ts";
import { resolveEsm } from "../esm-resolve.ts";
import { importConditions } from "../package-entry.ts";
import { findResolution, keepResolution, realCaches } from "../resolution-cache.ts";
import { isTypeScript } from "../source/typescript.ts";
import { pathOfUrl, urlOfPath } from "./file-urls.ts";

/** Resolves the imports of one process. */
export class ImportResolver {
  readonly #realm: Realm;
  readonly #commonJs: CommonJsLoader;

  constructor(realm: Realm, commonJs: CommonJsLoader) {
    this.#realm = realm;
    this.#commonJs = commonJs;
  }

  /**
   * Returns the URL that a specifier in the file at `from` resolves to. `lenient` is true for a file of TypeScript,
   * whose imports may have no extension.
   */
  resolve(specifier: string, from: string, lenient: boolean): string {
    const { files } = this.#commonJs;
    if (!files.isPristine || this.#commonJs.changesResolution)
      return this.#resolveNow(specifier, from);
    const directory = posix.dirname(from);
    const { imported } = realCaches();
    const request = lenient ? `ts ${specifier}` : specifier;
    const known = findResolution(imported, directory, request);
    if (known !== undefined) {
      files.plant(pathOfUrl(known));
      return known;
    }
    const url = this.#resolveNow(specifier, from);
    if (url.startsWith("file:") && files.origin(pathOfUrl(url)) !== undefined) {
      keepResolution(imported, directory, request, url);
    }
    return url;
  }

  /** Returns the URL of the existing file that a specifier resolves to. */
  #resolveNow(specifier: string, from: string): string {
    try {
      return this.#resolveFile(specifier, from);
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === "ERR_MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT") {
        this.#hint(error as Error, specifier, from);
      }
      throw error;
    }
  }

  /** Adds the file that `require` would find to the error, as Node does. */
  #hint(error: Error, specifier: string, from: string): void {
    let found: string;
    try {
      const target = pathOfUrl(specifier);
      found = this.#commonJs.createRequire(from).resolve(target);
    } catch {
      return;
    }
    if (/^\.{1,2}\//.test(specifier)) {
      found = posix.relative(posix.dirname(from), found);
      if (!found.startsWith("../")) found = `./${found}`;
    } else if (/^[\w@]/.test(specifier)) {
      const needle = `/node_modules/${specifier.split("/", 1)[0] as string}/`;
      const at = found.lastIndexOf(needle);
      found = at < 0 ? urlOfPath(found) : found.slice(at + "/node_modules/".length);
    }
    if (found === specifier) return;
    const hint = `Did you mean to import ${JSON.stringify(found)}?`;
    error.stack = error.stack?.replace("\n", () => `\n${hint}\n`) as string;
    error.message += `\n${hint}`;
  }

  #resolveFile(specifier: string, from: string): string {
    const { files } = this.#commonJs;
    const { codes } = this.#realm.require("internal/errors");
    if (/^\.{0,2}\//.test(specifier) || specifier.startsWith("file:")) {
      const target = new URL(specifier, urlOfPath(from));
      if (target.protocol === "file:") files.plantFor(from, pathOfUrl(target.href));
    }
    const conditions = this.#commonJs.conditionsOf(importConditions);
    const realPath = (path: string): string => this.#commonJs.realPath(path);
    const host = { files, codes, conditions, realPath };
    const lenient = isTypeScript(from)
      ? this.#commonJs.finder.findSource(specifier, from)
      : undefined;
    const url = lenient === undefined ? resolveEsm(host, specifier, from) : urlOfPath(lenient);
    if (!url.startsWith("file:")) return url;
    const path = pathOfUrl(url);
    const kind = files.kind(path.endsWith("/") ? path.slice(0, -1) : path);
    if (kind === 1) throw new codes.ERR_UNSUPPORTED_DIR_IMPORT(path, from, url);
    if (kind !== 0) throw new codes.ERR_MODULE_NOT_FOUND(path, from, new URL(url));
    return url;
  }
}
