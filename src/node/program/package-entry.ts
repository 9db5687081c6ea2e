/**
 * Resolves a name within a package to a file: the fields `exports` and `imports` of its
 * package.json, as Node reads them (nodejs.org/api/esm.html, "Resolution algorithm specification").
 */
import { posix } from "node:path";
import {
  fileOf,
  invalidConfig,
  selectTarget,
  type Target,
  type TargetRequest,
  type Targets,
} from "./package-targets.ts";
import { realCaches } from "./resolution-cache.ts";

/** A resolver's view of files. The kind 0 is a file, 1 a directory, a negative number nothing. */
export interface FileLookup {
  kind(path: string): number;
  read(path: string): string;
  /** True if the files are those of the real machine, unchanged. */
  readonly isPristine?: boolean;
}

/** The origin of a request, and its conditions. */
export interface PackageRequest {
  readonly files: FileLookup;
  /** Node's own error classes, of `internal/errors`. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly codes: any;
  readonly conditions: ReadonlySet<string>;
  /** The path of the requesting ES module, for its errors. */
  readonly from?: string;
}

/** The conditions of `require`, and those of `import`. */
export const requireConditions: ReadonlySet<string> = new Set([
  "node",
  "require",
  "module-sync",
  "node-addons",
  "default",
]);
export const importConditions: ReadonlySet<string> = new Set([
  "node",
  "import",
  "module-sync",
  "node-addons",
  "default",
]);

/** Returns conditions with those that the command line adds, and without what it takes away. */
export function conditionsWith(
  conditions: ReadonlySet<string>,
  execArgv: readonly string[],
): ReadonlySet<string> {
  const all = new Set(conditions);
  for (const [at, arg] of execArgv.entries()) {
    if (arg === "--no-addons") all.delete("node-addons");
    else if (arg === "-C" || arg === "--conditions") all.add(execArgv[at + 1] ?? "");
    else if (/^(?:-C|--conditions)=/.test(arg)) all.add(arg.slice(arg.indexOf("=") + 1));
  }
  return all;
}

/** The fields of a package.json that resolvers read. */
export interface Manifest {
  readonly name?: unknown;
  readonly main?: unknown;
  readonly type?: unknown;
  readonly exports?: Target;
  readonly imports?: Targets;
}

/** Returns the package.json in `directory`, or `undefined` if there is none. */
export function readManifest(files: FileLookup, directory: string): Manifest | undefined {
  if (files.isPristine !== true) return parseManifest(files, directory);
  const { manifests } = realCaches();
  const known = manifests.get(directory);
  if (known !== undefined || manifests.has(directory)) return known;
  const manifest = parseManifest(files, directory);
  manifests.set(directory, manifest);
  return manifest;
}

function parseManifest(files: FileLookup, directory: string): Manifest | undefined {
  const path = posix.join(directory, "package.json");
  if (files.kind(path) !== 0) return undefined;
  try {
    const parsed = JSON.parse(files.read(path)) as Manifest;
    // Names that are absent are absent, whatever a program has defined on `Object.prototype`.
    return Object.setPrototypeOf(parsed, null) as Manifest;
  } catch (error) {
    throw new InvalidManifest(path, (error as Error).message);
  }
}

/** A package.json that is no JSON. */
class InvalidManifest extends Error {
  readonly code = "ERR_INVALID_PACKAGE_CONFIG";
  readonly #path: string;
  readonly #why: string;

  constructor(path: string, why: string, from = "") {
    const reason = NODE_MAJOR < 22 ? `. ${why}` : ".";
    super(`Invalid package config ${path}${from}${reason}`);
    this.#path = path;
    this.#why = why;
  }

  static {
    // As on other errors of Node.
    Object.defineProperty(this.prototype, "name", { value: "Error" });
  }

  /** Node's error of `require`. Until Node 20, it is the one of `JSON.parse`. */
  get ofRequire(): Error {
    if (NODE_MAJOR >= 22) return this;
    const error = new SyntaxError(`Error parsing ${this.#path}: ${this.#why}`);
    return Object.assign(error, { path: this.#path });
  }

  /** Node's error of an `import` of `specifier` in the file at `from`. */
  ofImport(specifier: string, from: string): Error {
    return new InvalidManifest(
      this.#path,
      this.#why,
      ` while importing "${specifier}" from ${from}`,
    );
  }
}

const NODE_MAJOR = Number.parseInt(process.versions.node, 10);

/** Returns what `require` throws for an error that was met while a request was resolved. */
export function manifestErrorOfRequire(error: unknown): unknown {
  return error instanceof InvalidManifest ? error.ofRequire : error;
}

/** Returns what `import` throws for an error that was met while a request was resolved. */
export function manifestErrorOfImport(error: unknown, specifier: string, from: string): unknown {
  return error instanceof InvalidManifest ? error.ofImport(specifier, from) : error;
}

/** Returns the nearest directory at or above `directory` that has a package.json: its package. */
export function packageScope(
  files: FileLookup,
  directory: string,
): { readonly directory: string; readonly manifest: Manifest } | undefined {
  const scopes = files.isPristine === true ? realCaches().scopes : undefined;
  let known = scopes?.get(directory);
  if (known === undefined && scopes?.has(directory) !== true) {
    known = findScope(files, directory);
    scopes?.set(directory, known);
  }
  if (known === undefined) return undefined;
  return { directory: known, manifest: readManifest(files, known) as Manifest };
}

function findScope(files: FileLookup, directory: string): string | undefined {
  for (let at = directory; posix.basename(at) !== "node_modules"; at = posix.dirname(at)) {
    const manifest = readManifest(files, at);
    if (manifest !== undefined) return at;
    if (at === "/") return undefined;
  }
  return undefined;
}

/** Splits a bare specifier into the package's name and the rest, in the form used in `exports`. */
export function splitSpecifier(specifier: string): { name: string; subpath: string } {
  const parts = specifier.split("/");
  const name = parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
  return { name, subpath: `.${specifier.slice(name.length)}` };
}

/**
 * Returns the file that `subpath` resolves to by the package's `exports`, or undefined if it has
 * none. Throws `ERR_PACKAGE_PATH_NOT_EXPORTED` if the package does not export the file.
 */
export function resolveExports(
  request: PackageRequest,
  directory: string,
  { exports }: Manifest,
  subpath: string,
): string | undefined {
  if (exports === undefined || exports === null) return undefined;
  const asked: TargetRequest = { ...request, directory, isImport: false };
  const found = selectTarget(asked, asTable(asked, exports), subpath);
  if (found instanceof URL) return fileOf(found, asked);
  throw new request.codes.ERR_PACKAGE_PATH_NOT_EXPORTED(`${directory}/`, subpath, request.from);
}

/**
 * Resolves a name with "#" in the file at `from`: a file of its package, or another package's name.
 */
export function resolveImports(
  request: PackageRequest,
  from: string,
  name: string,
): { readonly file: string } | { readonly specifier: string } {
  const { codes } = request;
  if (name === "#" || name.endsWith("/") || (NODE_MAJOR < 24 && name.startsWith("#/"))) {
    const reason = "is not a valid internal imports specifier name";
    throw new codes.ERR_INVALID_MODULE_SPECIFIER(name, reason, from);
  }
  const scope = packageScope(request.files, posix.dirname(from));
  const imports = scope?.manifest.imports;
  if (scope && imports) {
    const asked: TargetRequest = { ...request, from, directory: scope.directory, isImport: true };
    const found = selectTarget(asked, imports, name);
    if (found instanceof URL) return { file: fileOf(found, asked) };
    if (found) return found;
  }
  const place = scope && `${scope.directory}/`;
  throw new codes.ERR_PACKAGE_IMPORT_NOT_DEFINED(name, place, from);
}

/** Returns `exports` by subpath. A single target, or a set of conditions, is the entry for ".". */
function asTable(request: TargetRequest, exports: Target): Targets {
  if (typeof exports === "string" || Array.isArray(exports)) return { ".": exports };
  if (typeof exports !== "object" || exports === null) return {};
  const keys = Object.getOwnPropertyNames(exports);
  const isCondition = (key: string): boolean => !key.startsWith(".");
  if (keys.some(isCondition) && !keys.every(isCondition)) {
    throw invalidConfig(
      request,
      "\"exports\" cannot contain some keys starting with '.' and some not. The exports object must " +
        "either be an object of package subpath keys or an object of main entry condition name keys only.",
    );
  }
  return keys.length > 0 && isCondition(keys[0] as string)
    ? { ".": exports }
    : (exports as Targets);
}
