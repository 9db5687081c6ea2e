/** Resolves `require` requests to files: nodejs.org/api/modules.html, "All together". */
import { posix } from "node:path";
import { isBuiltin } from "../public-modules.ts";
import {
  type FileLookup,
  manifestErrorOfRequire,
  packageScope,
  type PackageRequest,
  readManifest,
  requireConditions,
  resolveExports,
  resolveImports,
  splitSpecifier,
} from "./package-entry.ts";
import { settingsOf } from "./source/typescript.ts";

/** What the finder needs of its process. */
export interface FinderHost extends Pick<PackageRequest, "files" | "codes"> {
  realPath(path: string): string;
  /** The conditions of `exports` and `imports`; by default, those of `require`. */
  readonly conditions?: ReadonlySet<string> | undefined;
  /** The file name extensions to try, in the order of the keys. */
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Called when a package's `main` names no file, and its index is used instead. */
  onInvalidMain?(manifest: string, main: string): void;
}

/** The package folders, by folder. */
const places = new Map<string, readonly string[]>();

/** The source extensions for each extension that a TypeScript compiler writes. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".jsx"],
  ".jsx": [".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};
/** Extensions that may be omitted in a TypeScript file. */
const LEFT_OUT = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];

/**
 * Returns the `node_modules` folders at and above a directory, nearest first. The list must not be
 * changed.
 */
export function modulePathsOf(directory: string): readonly string[] {
  const known = places.get(directory);
  if (known !== undefined) return known;
  const paths: string[] = [];
  for (let at = directory; ; at = posix.dirname(at)) {
    if (posix.basename(at) !== "node_modules") paths.push(posix.join(at, "node_modules"));
    if (at === "/" || at === ".") break;
  }
  places.set(directory, paths);
  return paths;
}

/** Finds files for one process. */
export class ModuleFinder {
  readonly #host: FinderHost;
  readonly #files: FileLookup;
  readonly #request: PackageRequest;

  constructor(host: FinderHost) {
    this.#host = host;
    this.#files = host.files;
    this.#request = { ...host, conditions: host.conditions ?? requireConditions };
  }

  /** Returns the `node_modules` folders at and above a directory, nearest first. */
  modulePaths(directory: string): string[] {
    return [...modulePathsOf(directory)];
  }

  /**
   * Returns the file that `request` resolves to in `directory`, without symbolic links, or
   * undefined if there is none. `paths` are the package folders, and `from` is the requesting file.
   */
  find(
    request: string,
    directory: string,
    paths: readonly string[],
    from: string | undefined,
  ): string | undefined {
    try {
      const found = this.#find(request, directory, paths, from);
      return found?.startsWith("/") ? this.#host.realPath(found) : found;
    } catch (error) {
      throw manifestErrorOfRequire(error);
    }
  }

  /**
   * Resolves a request of a TypeScript file for which Node would find no file: a path without its
   * extension, with the compiled file's extension, or of a folder; or an alias of its
   * tsconfig.json.
   */
  findSource(request: string, from: string): string | undefined {
    if (/^\.{0,2}\//.test(request) || request === "." || request === "..") {
      return this.#sourceAt(posix.resolve(posix.dirname(from), request));
    }
    const { paths, baseUrl } = settingsOf(this.#files, from);
    for (const { pattern, targets } of paths) {
      const star = pattern.indexOf("*");
      const [head, tail] =
        star < 0 ? [pattern, ""] : [pattern.slice(0, star), pattern.slice(star + 1)];
      const fits =
        star < 0
          ? request === pattern
          : request.startsWith(head) &&
            request.endsWith(tail) &&
            request.length >= head.length + tail.length;
      if (!fits) continue;
      const middle = request.slice(head.length, request.length - tail.length);
      for (const target of targets) {
        const found = this.#sourceAt(target.replace("*", () => middle));
        if (found !== undefined) return found;
      }
    }
    if (baseUrl === undefined || isBuiltin(request)) return undefined;
    return this.#sourceAt(posix.resolve(baseUrl, request));
  }

  #sourceAt(path: string): string | undefined {
    const isFile = (candidate: string): boolean => this.#files.kind(candidate) === 0;
    const end = posix.extname(path);
    const stem = path.slice(0, path.length - end.length);
    const candidates = isFile(path)
      ? [path]
      : [
          ...(WRITTEN_AS[end] ?? []).map((source) => stem + source),
          ...LEFT_OUT.map((left) => path + left),
          ...LEFT_OUT.map((left) => posix.join(path, `index${left}`)),
        ];
    const found = candidates.find(isFile);
    return found === undefined ? undefined : this.#host.realPath(found);
  }

  #find(
    request: string,
    directory: string,
    paths: readonly string[],
    from: string | undefined,
  ): string | undefined {
    if (/^\.{0,2}\//.test(request) || request === "." || request === "..") {
      const directoryOnly = request.endsWith("/") || /(?:^|\/)\.{1,2}$/.test(request);
      const path = posix.resolve("/", directory, request);
      return this.#asFileOrDirectory(path, directoryOnly, request);
    }
    const scope = from === undefined ? undefined : packageScope(this.#files, posix.dirname(from));
    if (request.startsWith("#") && from !== undefined && scope?.manifest.imports != null) {
      const target = resolveImports(this.#request, from, request);
      if ("file" in target) return this.#existing(target.file, scope.directory);
      return isBuiltin(target.specifier)
        ? target.specifier
        : this.#find(target.specifier, directory, paths, undefined);
    }
    return this.#itself(request, directory) ?? this.#inPackages(request, paths);
  }

  /** A package may request itself by its name, if it has `exports`. */
  #itself(request: string, directory: string): string | undefined {
    const scope = packageScope(this.#files, posix.resolve("/", directory));
    if (scope === undefined || scope.manifest.exports == null) return undefined;
    const { name, subpath } = splitSpecifier(request);
    if (name !== scope.manifest.name) return undefined;
    const found = resolveExports(this.#request, scope.directory, scope.manifest, subpath);
    return found && this.#existing(found, scope.directory);
  }

  /** Returns the file that a package in `directory` names, which must exist. */
  #existing(path: string, directory: string): string {
    if (this.#files.kind(path) === 0) return path;
    const manifest = posix.join(directory, "package.json");
    const error = new Error(`Cannot find module '${path}'`);
    throw Object.assign(error, { code: "MODULE_NOT_FOUND", path: manifest });
  }

  #inPackages(request: string, paths: readonly string[]): string | undefined {
    const { name, subpath } = splitSpecifier(request);
    for (const modules of paths) {
      if (this.#files.kind(modules) !== 1) continue;
      const directory = posix.join(modules, name);
      const manifest = readManifest(this.#files, directory);
      if (manifest !== undefined) {
        const target = resolveExports(this.#request, directory, manifest, subpath);
        if (target !== undefined) return this.#existing(target, directory);
      }
      const path = posix.join(modules, request);
      const found = this.#asFileOrDirectory(path, request.endsWith("/"), request);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #asFileOrDirectory(path: string, directoryOnly: boolean, request: string): string | undefined {
    const kind = this.#files.kind(path);
    if (kind === 0 && !directoryOnly) return path;
    const file = directoryOnly ? undefined : this.#withExtension(path);
    if (file !== undefined) return file;
    return kind === 1 ? this.#asDirectory(path, request) : undefined;
  }

  #asDirectory(path: string, request: string): string | undefined {
    const index = (): string | undefined => this.#withExtension(posix.join(path, "index"));
    const main = readManifest(this.#files, path)?.main;
    if (typeof main !== "string" || main === "") return index();
    const target = posix.resolve(path, main);
    if (this.#files.kind(target) === 0) return target;
    const found = this.#withExtension(target) ?? this.#withExtension(posix.join(target, "index"));
    if (found !== undefined) return found;
    const manifest = posix.join(path, "package.json");
    const instead = index();
    if (instead !== undefined) {
      this.#host.onInvalidMain?.(manifest, main);
      return instead;
    }
    const error = new Error(
      `Cannot find module '${target}'. Please verify that the package.json has a valid "main" entry`,
    );
    throw Object.assign(error, { code: "MODULE_NOT_FOUND", path: manifest, requestPath: request });
  }

  #withExtension(path: string): string | undefined {
    return Object.keys(this.#host.extensions)
      .map((extension) => path + extension)
      .find((candidate) => this.#files.kind(candidate) === 0);
  }
}
