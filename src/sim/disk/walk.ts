/**
 * Path resolution from a path to an inode, as path_resolution(7) describes it: component by component, with
 * permission checks and symbolic links. Paths are byte strings: one UTF-16 unit for each byte of the name.
 */
import { type Caller, demand, X_OK } from "./caller.ts";
import { NAME_MAX, PATH_MAX, SYMLINKS_MAX } from "./constants.ts";
import { fail, SystemError } from "./errno.ts";
import {
  type DirectoryNode,
  Entry,
  type Inode,
  isDirectory,
  isSymlink,
  type SymlinkNode,
} from "./inode.ts";

/**
 * The result of resolving a path: its last name, the directory that should contain it, and the inode there
 * now.
 */
export interface Place {
  readonly parent: DirectoryNode;
  /** The last component; `.`, `..` or empty (the root) if the path ends that way. */
  readonly name: string;
  readonly entry: Entry | undefined;
  readonly inode: Inode | undefined;
  /** The path ended with a slash, so it can only refer to a directory. */
  readonly mustBeDirectory: boolean;
}

/**
 * How a symbolic link at the end of a path is treated: it is followed (`stat`), followed only if the path
 * ends with a slash (`lstat`), or never followed because the call concerns the name itself (`unlink`). "new": nor is it,
 * and the name should be free (`mkdir`), so that nobody asks a server for it before the call does.
 */
export type LastLink = "follow" | "follow-slash" | "keep" | "new";

/** Resolves `path`. */
export function walk(root: DirectoryNode, caller: Caller, path: string, last: LastLink): Place {
  if (path.length === 0) fail("ENOENT");
  if (path.length >= PATH_MAX) fail("ENAMETOOLONG");
  const start = path.startsWith("/") ? root : caller.directory;
  try {
    return new Walker(root, caller).resolve(start, path, last);
  } catch (error) {
    // On a shared disk, a folder may have been replaced by another machine. Linux looks the path up once more.
    if (!(error instanceof SystemError) || error.code !== "ESTALE") throw error;
    return new Walker(root, caller).resolve(start, path, last);
  }
}

/**
 * Resolves two paths for `rename`: both directories first, then the names in them, so that errors occur in
 * the same order as on Linux.
 */
export function walkBoth(
  root: DirectoryNode,
  caller: Caller,
  from: string,
  to: string,
): [Place, Place] {
  const finish = [from, to].map((path) => {
    if (path.length === 0) fail("ENOENT");
    if (path.length >= PATH_MAX) fail("ENAMETOOLONG");
    const walker = new Walker(root, caller);
    const last = walker.parent(path.startsWith("/") ? root : caller.directory, path);
    if (last.name === "." || last.name === ".." || last.name === "") fail("EBUSY");
    return () => walker.last(last, "keep");
  }) as [() => Place, () => Place];
  const source = finish[0]();
  if (source.inode === undefined) fail("ENOENT");
  return [source, finish[1]()];
}

/** Returns the inode at `path`. Throws `ENOENT` if there is none. */
export function find(root: DirectoryNode, caller: Caller, path: string, follow = true): Inode {
  return found(walk(root, caller, path, follow ? "follow" : "follow-slash"));
}

/**
 * Returns the inode at a place. Throws `ENOENT` if there is none, `ENOTDIR` if it has to be a directory and
 * is not.
 */
export function found(place: Place): Inode {
  const { inode } = place;
  if (inode === undefined) fail("ENOENT");
  if (place.mustBeDirectory && !isDirectory(inode)) fail("ENOTDIR");
  return inode;
}

/** The last component of a path before it is looked up. */
interface LastName {
  readonly parent: DirectoryNode;
  readonly name: string;
  readonly mustBeDirectory: boolean;
}

class Walker {
  readonly #root: DirectoryNode;
  readonly #caller: Caller;
  #links = 0;

  constructor(root: DirectoryNode, caller: Caller) {
    this.#root = root;
    this.#caller = caller;
  }

  resolve(start: DirectoryNode, path: string, last: LastLink): Place {
    return this.last(this.parent(start, path), last);
  }

  /** Resolves all but the last component. */
  parent(start: DirectoryNode, path: string): LastName {
    let directory = start;
    let from = 0;
    for (;;) {
      while (path.charCodeAt(from) === SLASH) from++;
      let to = path.indexOf("/", from);
      if (to < 0) to = path.length;
      const name = path.slice(from, to);
      let next = to;
      while (path.charCodeAt(next) === SLASH) next++;
      if (next >= path.length) {
        return { parent: directory, name, mustBeDirectory: to < path.length };
      }
      const inode = this.#step(directory, name);
      if (inode === undefined) fail("ENOENT");
      if (!isDirectory(inode)) fail("ENOTDIR");
      directory = inode;
      from = next;
    }
  }

  /** Looks up the last component. */
  last({ parent, name, mustBeDirectory }: LastName, link: LastLink): Place {
    if (name === "" || name === "." || name === "..") {
      if (name !== "") demand(this.#caller, parent, X_OK);
      const inode = name === ".." ? parentOf(parent) : parent;
      return { parent, name, entry: inode.entry, inode, mustBeDirectory };
    }
    const entry = this.#lookUp(parent, name, link === "new");
    const inode = entry?.inode;
    const place: Place = { parent, name, entry, inode, mustBeDirectory };
    const follow = link === "follow" || (link === "follow-slash" && mustBeDirectory);
    if (inode === undefined || !isSymlink(inode) || !follow) return place;
    return this.#follow(parent, inode, mustBeDirectory);
  }

  #follow(parent: DirectoryNode, link: SymlinkNode, mustBeDirectory: boolean): Place {
    if (++this.#links > SYMLINKS_MAX) fail("ELOOP");
    if (link.follow !== undefined) {
      const inode = link.follow(this.#caller);
      return { parent, name: "", entry: undefined, inode, mustBeDirectory };
    }
    const { target } = link;
    if (target === "") fail("ENOENT");
    const place = this.resolve(target.startsWith("/") ? this.#root : parent, target, "follow");
    return mustBeDirectory ? { ...place, mustBeDirectory } : place;
  }

  /** Resolves one intermediate component, following links. */
  #step(directory: DirectoryNode, name: string): Inode | undefined {
    if (name === "." || name === "..") {
      demand(this.#caller, directory, X_OK);
      return name === "." ? directory : parentOf(directory);
    }
    const inode = this.#lookUp(directory, name)?.inode;
    if (inode === undefined) return undefined;
    return isSymlink(inode) ? this.#follow(directory, inode, false).inode : inode;
  }

  #lookUp(directory: DirectoryNode, name: string, isNew = false): Entry | undefined {
    demand(this.#caller, directory, X_OK);
    if (name.length > NAME_MAX) fail("ENAMETOOLONG");
    const shown = directory.dynamic?.lookUp(this.#caller, name);
    if (shown !== undefined) return new Entry(directory, name, shown);
    return directory.find(name, isNew);
  }
}

const SLASH = 47;

function parentOf(directory: DirectoryNode): DirectoryNode {
  return directory.entry?.parent ?? directory;
}

/** The absolute path of a directory. Throws `ENOENT` if it was removed. */
export function pathOf(root: DirectoryNode, directory: DirectoryNode): string {
  let path = "";
  let at = directory;
  while (at !== root) {
    const { entry } = at;
    if (entry?.parent === undefined) fail("ENOENT");
    path = `/${entry.name}${path}`;
    at = entry.parent;
  }
  return path === "" ? "/" : path;
}
