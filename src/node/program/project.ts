/**
 * Determines which real folders are on the disk of a program's host: its project, and the packages
 * above it.
 */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { forgetBelow } from "../real-tree.ts";

/** A folder, without the names in `hidden` at any depth. */
export interface ProvidedFolder {
  readonly path: string;
  readonly hidden: readonly string[];
  /** The folder that `path` leads to through symbolic links. Undefined if it has none. */
  readonly target?: string;
}

/** A project's version history is not data of the program. */
const HIDDEN: readonly string[] = [".git"];
const MODULES = "node_modules";
const WORKSPACE_FILES = ["pnpm-workspace.yaml", "lerna.json", "rush.json"];

/** Folders that belong to the simulated machine. */
const MACHINE = new Set([
  "/",
  "/tmp",
  "/var/tmp",
  "/home",
  "/usr",
  "/etc",
  "/root",
  "/opt",
  "/srv",
]);

/** Returns the folders that a program at `entry`, an absolute path, finds on its host's disk. */
export function providedFolders(entry: string): ProvidedFolder[] {
  const folders = new Map<string, ProvidedFolder>();
  // What two paths lead to is one folder, so that a change through one of them shows through the other.
  const provide = (path: string, hidden: readonly string[]): void => {
    const target = withoutLinks(path);
    folders.set(target, { path: target, hidden });
    if (target !== path) folders.set(path, { path, hidden, target });
  };
  for (const path of new Set([entry, withoutLinks(entry)])) {
    const root = projectRoot(userOf(path) ?? dirname(path));
    provide(root, HIDDEN);
    for (const directory of directoriesAbove(root)) {
      const modules = join(directory, MODULES);
      if (existsSync(modules)) provide(modules, []);
    }
  }
  // A folder inside another one comes after it, and is already there.
  return [...folders.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Returns a path without symbolic links, or unchanged if nothing exists there. */
export function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Makes the files of a program's project be read again from now on. */
export function forgetProject(entry: string): void {
  for (const { path } of providedFolders(entry)) forgetBelow(path);
}

/**
 * Returns the project folder that a folder belongs to: a workspace or repository, a package, or
 * itself.
 */
export function projectRoot(folder: string): string {
  let found: string | undefined;
  let nameless: string | undefined;
  for (const directory of [folder, ...directoriesAbove(folder)]) {
    if (isMachines(directory)) break;
    if (existsSync(join(directory, ".git"))) return directory;
    const manifest = manifestOf(directory);
    if (manifest?.workspaces !== undefined) return directory;
    if (WORKSPACE_FILES.some((name) => existsSync(join(directory, name)))) return directory;
    if (manifest?.name !== undefined) found ??= directory;
    else if (manifest !== undefined) nameless ??= directory;
    // A package's own dependencies do not belong to the project.
    if (dirname(directory).endsWith(`/${MODULES}`)) break;
  }
  return found ?? nameless ?? folder;
}

/**
 * Returns the nearest folder with a package.json, at or above the file's own: the program's default
 * working directory. For a command of an installed package, it is that of the package that uses it.
 */
export function packageFolder(entry: string): string {
  const folder = userOf(entry) ?? dirname(entry);
  for (const directory of [folder, ...directoriesAbove(folder)]) {
    if (isMachines(directory)) break;
    if (existsSync(join(directory, "package.json"))) return directory;
  }
  return folder;
}

/** Returns whether a folder belongs to the simulated machine, which has one of its own. */
export function isMachines(directory: string): boolean {
  return MACHINE.has(directory) || directory === homedir();
}

/**
 * Returns the folder of the package in whose `node_modules` a file lies, as it does for a command such as
 * `node_modules/knex/bin/cli.js`. Undefined for other files, and for packages that belong to the machine.
 */
export function userOf(path: string): string | undefined {
  const at = path.indexOf(`/${MODULES}/`);
  if (at < 0) return undefined;
  const folder = path.slice(0, at);
  return manifestOf(folder) === undefined || isMachines(folder) ? undefined : folder;
}

function manifestOf(directory: string): { name?: unknown; workspaces?: unknown } | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as object;
  } catch {
    return undefined;
  }
}

function* directoriesAbove(folder: string): Generator<string> {
  for (let at = folder; dirname(at) !== at;) yield (at = dirname(at));
}
