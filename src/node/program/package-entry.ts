/**
 * Resolves a name within a package to a file: the fields `exports` and `imports` of its
 * package.json, as Node reads them (nodejs.org/api/esm.html, "Resolution algorithm specification").
 */
import { posix } from "node:path";
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

type Target = string | null | readonly Target[] | { readonly [condition: string]: Target };

/** The fields of a package.json that resolvers read. */
export interface Manifest {
  readonly name?: unknown;
  readonly main?: unknown;
  readonly type?: unknown;
  readonly exports?: Target;
  readonly imports?: Readonly<Record<string, Target>>;
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
    return JSON.parse(files.read(path)) as Manifest;
  } catch (error) {
    const message = `Invalid package config ${path}.`;
    const code = "ERR_INVALID_PACKAGE_CONFIG";
    throw Object.assign(new Error(message, { cause: error }), { code });
  }
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
  const found = lookUp(asTable(exports), subpath);
  const target = found && choose(request, directory, found);
  if (typeof target === "string") return target;
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
  const scope = packageScope(request.files, posix.dirname(from));
  const found = scope?.manifest.imports && lookUp(scope.manifest.imports, name);
  const named = { ...request, from };
  const target = scope && found && choose(named, scope.directory, found, true);
  if (typeof target === "string") {
    return target.startsWith("/") ? { file: target } : { specifier: target };
  }
  const place = scope && `${scope.directory}/`;
  throw new request.codes.ERR_PACKAGE_IMPORT_NOT_DEFINED(name, place, from);
}

interface Found {
  readonly key: string;
  readonly target: Target;
  /** The text that matches the pattern's star. */
  readonly middle: string | undefined;
}

function lookUp(table: Readonly<Record<string, Target>>, subpath: string): Found | undefined {
  const exact = table[subpath];
  if (exact !== undefined && !subpath.includes("*")) {
    return { key: subpath, target: exact, middle: undefined };
  }
  let best: string | undefined;
  for (const key of Object.keys(table)) {
    const star = key.indexOf("*");
    if (star < 0 || star !== key.lastIndexOf("*")) continue;
    const head = key.slice(0, star);
    const tail = key.slice(star + 1);
    const fits = subpath.startsWith(head) && subpath.endsWith(tail) && subpath.length >= key.length;
    if (!fits || subpath === head) continue;
    const bestStar = best?.indexOf("*") ?? -1;
    if (star > bestStar || (star === bestStar && key.length > (best as string).length)) best = key;
  }
  if (best === undefined) return undefined;
  const star = best.indexOf("*");
  const middle = subpath.slice(star, subpath.length - (best.length - star - 1));
  return { key: best, target: table[best] as Target, middle };
}

/** Returns `exports` by subpath. A single target, or a set of conditions, is the entry for ".". */
function asTable(exports: Target): Readonly<Record<string, Target>> {
  if (typeof exports !== "object" || exports === null || Array.isArray(exports)) {
    return { ".": exports };
  }
  const table = exports as Readonly<Record<string, Target>>;
  return Object.keys(table).some((key) => key.startsWith(".")) ? table : { ".": exports };
}

/** Returns the path or specifier that a target selects, or null if it explicitly selects none. */
function choose(
  request: PackageRequest,
  directory: string,
  found: Found,
  internal = false,
): string | null | undefined {
  const { key, target, middle } = found;
  if (target === null) return null;
  if (typeof target === "string") {
    const text = middle === undefined ? target : target.replaceAll("*", () => middle);
    if (text.startsWith("./") && !/(?:^|\/)(?:\.\.?|node_modules)(?:\/|$)/.test(text.slice(2))) {
      return posix.join(directory, text);
    }
    if (internal && !/^(?:\.{0,2}\/|[a-z]+:)/.test(text)) return text;
    const { ERR_INVALID_PACKAGE_TARGET } = request.codes;
    throw new ERR_INVALID_PACKAGE_TARGET(`${directory}/`, key, target, internal, request.from);
  }
  if (Array.isArray(target)) {
    let last: string | null | undefined;
    for (const one of target as readonly Target[]) {
      last = choose(request, directory, { key, target: one, middle }, internal);
      if (typeof last === "string") return last;
    }
    return last;
  }
  for (const [condition, one] of Object.entries(target as Record<string, Target>)) {
    if (!request.conditions.has(condition)) continue;
    const chosen = choose(request, directory, { key, target: one, middle }, internal);
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}
