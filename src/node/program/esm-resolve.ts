/** `import.meta.resolve` over the files of a simulated host, with Node's errors. */
import { posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isBuiltin } from "../public-modules.ts";
import {
  importConditions,
  manifestErrorOfImport,
  packageScope,
  type PackageRequest,
  readManifest,
  resolveExports,
  resolveImports,
  splitSpecifier,
} from "./package-entry.ts";
import { fileOf } from "./package-targets.ts";

/** What the resolver needs of its host. */
export interface EsmHost extends Pick<PackageRequest, "files" | "codes"> {
  /** Additional conditions, and those left out. */
  readonly conditions?: ReadonlySet<string> | undefined;
  realPath(path: string): string;
}

/** Returns the URL that `specifier` resolves to in the ES module at `from`, a path. */
export function resolveEsm(host: EsmHost, specifier: string, from: string): string {
  if (isBuiltin(specifier)) return specifier.replace(/^(?!node:)/, "node:");
  const request: PackageRequest = {
    ...host,
    conditions: host.conditions ?? importConditions,
    from,
  };
  const parent = pathToFileURL(from).href;
  if (/^\.{0,2}\//.test(specifier)) return finish(host, new URL(specifier, parent), from);
  if (specifier.startsWith("#")) {
    const found = resolveImports(request, from, specifier);
    if ("file" in found) return finish(host, pathToFileURL(found.file), from);
    return resolveEsm(host, found.specifier, from);
  }
  const url = asUrl(specifier);
  if (url !== undefined) return url.protocol === "file:" ? finish(host, url, from) : url.href;
  try {
    return finish(host, pathToFileURL(resolvePackage(request, specifier, from)), from);
  } catch (error) {
    throw manifestErrorOfImport(error, specifier, from);
  }
}

function asUrl(specifier: string): URL | undefined {
  try {
    return new URL(specifier);
  } catch {
    return undefined;
  }
}

function resolvePackage(request: PackageRequest, specifier: string, from: string): string {
  const { files, codes } = request;
  const { name, subpath } = splitSpecifier(specifier);
  if (/^\.|%|\\/.test(name) || (specifier.startsWith("@") && !specifier.includes("/"))) {
    throw new codes.ERR_INVALID_MODULE_SPECIFIER(specifier, "is not a valid package name", from);
  }
  const own = packageScope(files, posix.dirname(from));
  if (own?.manifest.name === name && own.manifest.exports != null) {
    return resolveExports(request, own.directory, own.manifest, subpath) as string;
  }
  for (let at = posix.dirname(from); ; at = posix.dirname(at)) {
    const directory = posix.join(at, "node_modules", name);
    if (posix.basename(at) !== "node_modules" && files.kind(directory) === 1) {
      const manifest = readManifest(files, directory) ?? {};
      const exported = resolveExports(request, directory, manifest, subpath);
      if (exported !== undefined) return exported;
      return subpath === "."
        ? mainOf(request, directory, manifest.main)
        : fileOf(new URL(subpath, pathToFileURL(`${directory}/`)), request);
    }
    if (at === "/") throw new codes.ERR_MODULE_NOT_FOUND(name, from, null);
  }
}

const MAIN_ENDS = ["", ".js", ".json", ".node", "/index.js", "/index.json", "/index.node"];

function mainOf({ files, codes, from }: PackageRequest, directory: string, main: unknown): string {
  const places =
    typeof main === "string" ? MAIN_ENDS.map((end) => posix.join(directory, `${main}${end}`)) : [];
  for (const end of ["js", "json", "node"]) places.push(posix.join(directory, `index.${end}`));
  const found = places.find((path) => files.kind(path) === 0);
  if (found !== undefined) return found;
  throw new codes.ERR_MODULE_NOT_FOUND(directory, from, null);
}

/** Returns a file's URL, without symbolic links. A file that does not exist also has a URL. */
function finish(host: EsmHost, url: URL, from: string): string {
  if (/%2f|%5c/i.test(url.pathname)) {
    const reason = 'must not include encoded "/" or "\\" characters';
    throw new host.codes.ERR_INVALID_MODULE_SPECIFIER(url.pathname, reason, from);
  }
  const path = fileURLToPath(url);
  if (host.files.kind(path) !== 0) return url.href;
  const real = pathToFileURL(host.realPath(path));
  real.search = url.search;
  real.hash = url.hash;
  return real.href;
}
