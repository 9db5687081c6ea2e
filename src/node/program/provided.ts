/**
 * Which real files a program may look for beside itself, found when it is compiled: the packages that its
 * files can reach by name, and what its own files name by patterns that can be read without running them.
 * They are on the disk of each host that runs the program, under their real paths (`plant.ts`).
 */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { attempt, forgetReal } from "../real-tree.ts";
import { type StaticPath, staticPaths } from "./static-paths.ts";

/** What of the real machine is on the disk of a program's host. All paths are absolute. */
export interface Provided {
  /** Folders, whole; each is read when a program first looks, and costs nothing until then. */
  readonly folders: readonly ProvidedFolder[];
  readonly files: readonly string[];
  /** A hash of the program's own files, and of what its packages say they are; empty for none. */
  readonly digest: string;
}

/** A folder, without the names in `hidden`, at whatever depth. */
export interface ProvidedFolder {
  readonly path: string;
  readonly hidden: readonly string[];
}

/** For programs that look for nothing. */
export const noProvided: Provided = { folders: [], files: [], digest: "" };

const MODULES = "node_modules";
const IN_MODULES = /[\\/]node_modules[\\/]/;
/** A project's history is nobody's data. */
const HIDDEN: readonly string[] = [".git"];

/** How much is read for the digest; beyond that, sizes speak for files. */
const HASHED_BYTES_MAX = 64 * 2 ** 20;

/** Finds what a program may look for: `sources` holds those of its files that look for any. */
export function findProvided(entry: string, sources: ReadonlyMap<string, string>): Provided {
  if (sources.size === 0) return noProvided;
  const finder = new Finder(entry);
  for (const [path, source] of sources) finder.add(path, source);
  return finder.finish();
}

class Finder {
  readonly #entry: string;
  readonly #ownPackage: string | undefined;
  readonly #modules = new Set<string>();
  readonly #packages = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #files = new Set<string>();
  /** Manifests of the packages whose files may be read: they say which version it is. */
  readonly #manifests = new Set<string>();

  constructor(entry: string) {
    this.#entry = entry;
    this.#ownPackage = packageOf(entry);
  }

  add(path: string, source: string): void {
    for (const directory of directoriesAbove(path)) {
      const modules = join(directory, MODULES);
      if (existsSync(modules)) this.#modules.add(modules);
    }
    const home = packageOf(path);
    if (IN_MODULES.test(path)) {
      if (home !== undefined) this.#manifests.add(join(home, "package.json"));
    } else if (home !== undefined && this.#isForeign(home)) {
      // A package of the same workspace: npm shows it under `node_modules` by a link.
      this.#packages.add(home);
      this.#manifests.add(join(home, "package.json"));
    } else {
      this.#addOwn(path, source);
    }
    for (const name of namedPackages(source)) this.#addManifest(path, name);
  }

  finish(): Provided {
    const folders = [
      ...[...this.#modules].map((path) => ({ path, hidden: [] })),
      ...[...this.#packages].map((path) => ({ path, hidden: HIDDEN })),
      ...[...this.#folders].map((path) => ({ path, hidden: HIDDEN })),
    ];
    // What lies within another folder comes after it, and is there already.
    folders.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { folders, files: [...this.#files].sort(), digest: this.#digest() };
  }

  #isForeign(home: string): boolean {
    const own = this.#ownPackage;
    return home !== own && !`${this.#entry}`.startsWith(`${home}/`);
  }

  /** A file of the program's own: itself, what says what kind it is, and what it names. */
  #addOwn(path: string, source: string): void {
    if (this.#files.has(path)) return;
    this.#files.add(path);
    forgetReal(path);
    for (const directory of directoriesAbove(path)) {
      const manifest = join(directory, "package.json");
      if (!existsSync(manifest)) continue;
      this.#files.add(manifest);
      break;
    }
    for (const named of staticPaths(path, source)) this.#addNamed(path, named);
    const require = createRequire(path);
    for (const request of relativeRequests(source)) {
      try {
        this.#addNamed(path, { path: require.resolve(request), listed: false, open: false });
      } catch {
        // It may be there when the program runs; it is not here now.
      }
    }
  }

  #addNamed(by: string, { path, listed, open }: StaticPath): void {
    // A machine's own folders (`resolve(__dirname, "/etc")`) are the simulated machine's.
    if (IN_MODULES.test(`${path}/`) || firstFolder(path) !== firstFolder(by)) return;
    if (open) this.#addBeginning(by, path);
    const status = statSync(path, { throwIfNoEntry: false });
    if (status?.isDirectory()) {
      // The whole of what a file lies in would be the user's whole project.
      if (!listed && `${by}/`.startsWith(`${path}/`)) return;
      this.#folders.add(path);
    } else if (status?.isFile() && !this.#files.has(path)) {
      if (/\.[cm]?[jt]sx?$/.test(path)) this.#addOwn(path, readFileSync(path, "utf8"));
      else this.#files.add(path);
      forgetReal(path);
    }
  }

  /** Files whose paths begin so; a folder whose files all do, unless it holds the file that names it. */
  #addBeginning(by: string, beginning: string): void {
    const folder = beginning.endsWith("/") ? beginning.slice(0, -1) : dirname(beginning);
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    if (beginning.endsWith("/") && !by.startsWith(beginning)) {
      this.#folders.add(folder);
      return;
    }
    for (const name of (attempt(() => readdirSync(folder)) ?? []).sort()) {
      const path = join(folder, name);
      if (!path.startsWith(beginning) || !statSync(path, { throwIfNoEntry: false })?.isFile())
        continue;
      this.#addNamed(by, { path, listed: false, open: false });
    }
  }

  #addManifest(path: string, name: string): void {
    for (const directory of directoriesAbove(path)) {
      const manifest = join(directory, MODULES, name, "package.json");
      if (!existsSync(manifest)) continue;
      this.#manifests.add(manifest);
      return;
    }
  }

  /** Names are relative to the entry: the same files in another place have the same digest. */
  #digest(): string {
    const hash = createHash("sha256");
    const base = dirname(this.#entry);
    let bytes = 0;
    const add = (path: string): void => {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      hash.update(`${relative(base, path)}\0${size}\0`);
      bytes += size;
      // Who keeps a data set beside a program is not made to wait while it is read.
      if (bytes < HASHED_BYTES_MAX) hash.update(attempt(() => readFileSync(path)) ?? "unreadable");
    };
    for (const path of [...this.#manifests, ...this.#files].sort()) add(path);
    for (const folder of [...this.#folders].sort()) {
      for (const path of filesBelow(folder)) {
        forgetReal(path);
        add(path);
      }
    }
    return hash.digest("hex");
  }
}

/** The folder below the root that a path lies in. */
function firstFolder(path: string): string {
  return path.slice(0, path.indexOf("/", 1) >>> 0);
}

/** Whether `request` may mean something for the file at `from`: a path may, a package if it is there. */
export function isInstalled(request: string, from: string): boolean {
  if (/^[./#]/.test(request)) return true;
  const name = request.split("/", request.startsWith("@") ? 2 : 1).join("/");
  for (const directory of directoriesAbove(from)) {
    if (existsSync(join(directory, MODULES, name))) return true;
  }
  return false;
}

function* directoriesAbove(path: string): Generator<string> {
  for (let at = dirname(path); ; at = dirname(at)) {
    yield at;
    if (dirname(at) === at) return;
  }
}

/** The package that a file belongs to: the nearest folder whose package.json has a name. */
function packageOf(path: string): string | undefined {
  for (const directory of directoriesAbove(path)) {
    const manifest = join(directory, "package.json");
    if (!existsSync(manifest)) continue;
    try {
      const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: unknown };
      if (typeof name === "string") return directory;
    } catch {
      // A file that is no JSON names no package.
    }
  }
  return undefined;
}

function filesBelow(folder: string): string[] {
  const found: string[] = [];
  forgetReal(folder);
  for (const name of (attempt(() => readdirSync(folder)) ?? []).sort()) {
    // Packages are told by their manifests.
    if (name === MODULES || HIDDEN.includes(name)) continue;
    const path = join(folder, name);
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status?.isDirectory()) found.push(...filesBelow(path));
    else if (status?.isFile()) found.push(path);
  }
  return found;
}

/** What a call may ask for by a path: `require.resolve("./worker.js")`, `createRequire(...)("./x.json")`. */
function relativeRequests(source: string): Set<string> {
  return new Set(
    [...source.matchAll(/\(\s*(["'`])(\.{1,2}\/[^"'`$\n]*)\1\s*[,)]/g)].map((match) => match[2]!),
  );
}

/** The packages that calls may ask for by name: `resolve("wasm-package/dist/x.wasm")`. */
function namedPackages(source: string): Set<string> {
  const calls = source.matchAll(
    /\(\s*(["'`])((?:@[\w.-]+\/)?[a-z][\w.-]*)(?:\/[^"'`$\n]*)?\1\s*[,)]/gi,
  );
  return new Set([...calls].map((match) => match[2]!));
}
