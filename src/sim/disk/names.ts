/** The system calls that create, remove, move and list names. */
import { type Caller, demand, permits, W_OK, X_OK, R_OK } from "./caller.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFSOCK, S_ISVTX, PATH_MAX } from "./constants.ts";
import { fail } from "./errno.ts";
import type { FileSystem } from "./file-system.ts";
import {
  type DirectoryNode,
  type Entry,
  type Inode,
  isDirectory,
  isSymlink,
  type SocketNode,
} from "./inode.ts";
import type { EntryChange } from "./journal.ts";
import { find, found, type Place, walk, walkBoth } from "./walk.ts";
import { tell, tellEntry } from "./watch.ts";

/** A name of a directory, and the type of what it names: the bits of `S_IFMT`. */
export interface DirectoryEntry {
  readonly name: string;
  readonly type: number;
}

/**
 * Returns the place for a new name if it is free and the caller may use it. Throws `EEXIST` and so on
 * otherwise.
 */
function freePlace(fs: FileSystem, caller: Caller, path: string, forDirectory: boolean): Place {
  const place = walk(fs.root, caller, path, "new");
  if (place.inode !== undefined) fail("EEXIST");
  if (place.mustBeDirectory && !forDirectory) fail("ENOENT");
  demandChange(caller, place.parent);
  return place;
}

/** Throws unless the caller may add and remove names in `directory`. */
export function demandChange(caller: Caller, directory: DirectoryNode): void {
  if (directory.dynamic !== undefined) fail("EACCES");
  // No names can be added to a directory that was removed.
  if (directory.nlink === 0) fail("ENOENT");
  demand(caller, directory, W_OK | X_OK);
}

/** In a sticky directory (`/tmp`) only its owner and the file's owner may remove a name. */
function demandRemoval(caller: Caller, directory: DirectoryNode, inode: Inode): void {
  demandChange(caller, directory);
  if ((directory.mode & S_ISVTX) === 0 || caller.uid === 0) return;
  if (caller.uid !== directory.uid && caller.uid !== inode.uid) fail("EPERM");
}

export function mkdir(fs: FileSystem, caller: Caller, path: string, mode: number): void {
  const { parent, name } = freePlace(fs, caller, path, true);
  fs.create(parent, name, S_IFDIR | (mode & 0o1777 & ~caller.umask), caller);
}

export function symlink(fs: FileSystem, caller: Caller, target: string, path: string): void {
  if (target === "") fail("ENOENT");
  if (target.length >= PATH_MAX) fail("ENAMETOOLONG");
  const { parent, name } = freePlace(fs, caller, path, false);
  fs.create(parent, name, S_IFLNK | 0o777, caller, { target });
}

export function readlink(fs: FileSystem, caller: Caller, path: string): string {
  const inode = find(fs.root, caller, path, false);
  if (!isSymlink(inode)) fail("EINVAL");
  return inode.target;
}

export function link(fs: FileSystem, caller: Caller, from: string, to: string): void {
  const inode = find(fs.root, caller, from, false);
  const place = walk(fs.root, caller, to, "new");
  if (place.inode !== undefined) fail("EEXIST");
  if (place.mustBeDirectory) fail("ENOENT");
  if (place.parent.mount !== inode.mount) fail("EXDEV");
  demandChange(caller, place.parent);
  if (isDirectory(inode)) fail("EPERM");
  inode.ctime = caller.now();
  tell(inode, "attribute");
  fs.link(place.parent, place.name, inode, caller);
}

/** Creates a socket's name for the listening socket `owner`. Throws `EADDRINUSE` if the name is taken. */
export function bindSocket(fs: FileSystem, caller: Caller, path: string, owner: unknown): Inode {
  const place = walk(fs.root, caller, path, "new");
  if (place.inode !== undefined) fail("EADDRINUSE");
  demandChange(caller, place.parent);
  const mode = S_IFSOCK | (0o777 & ~caller.umask);
  const { inode } = fs.create(place.parent, place.name, mode, caller);
  (inode as SocketNode).owner = owner;
  return inode;
}

/**
 * Returns the socket that listens at `path`. Throws `ENOENT` if there is no such name, `ECONNREFUSED` if
 * nothing listens.
 */
export function findSocket(fs: FileSystem, caller: Caller, path: string): unknown {
  const inode = find(fs.root, caller, path);
  if ((inode.mode & S_IFMT) !== S_IFSOCK) fail("ECONNREFUSED");
  if (!permits(caller, inode, W_OK)) fail("EACCES");
  return (inode as SocketNode).owner ?? fail("ECONNREFUSED");
}

export function unlink(fs: FileSystem, caller: Caller, path: string): void {
  const place = walk(fs.root, caller, path, "keep");
  const inode = found(place);
  if (place.entry?.parent === undefined) fail("EISDIR");
  demandRemoval(caller, place.parent, inode);
  if (isDirectory(inode)) fail("EISDIR");
  fs.unlink(place.entry, caller);
}

export function rmdir(fs: FileSystem, caller: Caller, path: string): void {
  const place = walk(fs.root, caller, path, "keep");
  if (place.name === ".") fail("EINVAL");
  if (place.name === "..") fail("ENOTEMPTY");
  const inode = found(place);
  if (place.entry?.parent === undefined) fail("EBUSY");
  demandRemoval(caller, place.parent, inode);
  if (!isDirectory(inode)) fail("ENOTDIR");
  // Something is mounted here.
  if (inode.mount !== place.parent.mount) fail("EBUSY");
  if (!inode.mount.remote && inode.entries.size > 0) fail("ENOTEMPTY");
  fs.unlink(place.entry, caller);
}

/** Moves a name, replacing an existing one if necessary, atomically as rename(2) promises. */
export function rename(fs: FileSystem, caller: Caller, from: string, to: string): void {
  const [source, target] = walkBoth(fs.root, caller, from, to);
  if (source.parent.mount !== target.parent.mount) fail("EXDEV");
  const { entry, inode } = source;
  if (inode === undefined) fail("ENOENT");
  const slash = source.mustBeDirectory || target.mustBeDirectory;
  if (slash && !isDirectory(inode)) fail("ENOTDIR");
  if (isDirectory(inode) && isWithin(target.parent, inode)) fail("EINVAL");
  if (target.inode !== undefined && isDirectory(target.inode)) {
    // A directory that contains the source cannot be replaced.
    if (isWithin(source.parent, target.inode)) fail("ENOTEMPTY");
  }
  const replaced = target.inode;
  if (replaced === inode) return;
  if (entry?.parent === undefined) fail("EACCES");
  if (inode.mount !== source.parent.mount) fail("EBUSY");
  demandRemoval(caller, source.parent, inode);
  if (replaced === undefined) demandChange(caller, target.parent);
  else checkReplaceable(caller, target.parent, inode, replaced);
  moveName(fs, caller, entry, target.parent, target.name);
}

function checkReplaceable(
  caller: Caller,
  parent: DirectoryNode,
  inode: Inode,
  replaced: Inode,
): void {
  demandRemoval(caller, parent, replaced);
  if (isDirectory(replaced)) {
    if (!isDirectory(inode)) fail("EISDIR");
    if (!replaced.mount.remote && replaced.entries.size > 0) fail("ENOTEMPTY");
  } else if (isDirectory(inode)) {
    fail("ENOTDIR");
  }
}

/** Moves a name to where the caller may put it, in place of what is there. */
export function moveName(
  fs: FileSystem,
  caller: Caller,
  entry: Entry,
  parent: DirectoryNode,
  name: string,
): void {
  const replaced = parent.find(name);
  const { remote } = parent.mount;
  if (remote) {
    remote.rename(entry, parent, name, replaced);
    return;
  }
  const from = { directory: entry.parent as DirectoryNode, name: entry.name };
  const to = { directory: parent, name };
  const now = caller.now();
  if (replaced !== undefined) fs.detach(replaced, now);
  fs.move(entry, to.directory, to.name, now);
  const changes: EntryChange[] = [
    { ...from, inode: undefined },
    { ...to, inode: entry.inode },
  ];
  fs.record(changes, caller);
  tellEntry(from.directory, "move", from.name);
  tellEntry(to.directory, "move", to.name);
  tell(entry.inode, "self");
  if (replaced !== undefined) {
    if (!isDirectory(replaced.inode)) tell(replaced.inode, "attribute");
    fs.release(replaced.inode);
  }
}

function isWithin(directory: DirectoryNode, ancestor: DirectoryNode): boolean {
  for (let at: DirectoryNode | undefined = directory; at; at = at.entry?.parent) {
    if (at === ancestor) return true;
  }
  return false;
}

/**
 * The entries of a directory, sorted by name: libuv's `scandir` sorts them, whatever order the disk
 * returns.
 */
export function readdir(fs: FileSystem, caller: Caller, path: string): DirectoryEntry[] {
  const inode = find(fs.root, caller, path);
  if (!isDirectory(inode)) fail("ENOTDIR");
  demand(caller, inode, R_OK);
  return list(inode, caller).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The entries of a directory, in the order in which they were created (ext4 orders them by a hash). */
export function list(directory: DirectoryNode, caller: Caller): DirectoryEntry[] {
  const { dynamic } = directory;
  if (dynamic !== undefined) {
    return dynamic.list(caller).map((name) => ({
      name,
      type: dynamic.lookUp(caller, name)?.type ?? S_IFLNK,
    }));
  }
  const entries: DirectoryEntry[] = [];
  for (const { name, inode } of directory.entries.values())
    entries.push({ name, type: inode.type });
  return entries;
}
