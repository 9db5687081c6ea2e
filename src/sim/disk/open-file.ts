/**
 * Open file descriptions, as open(2) calls them: an inode, a position and flags. Several descriptors, of
 * one process or of many, may share one.
 */
import { type Caller, demand, permits, R_OK, W_OK } from "./caller.ts";
import {
  FILE_BYTES_MAX,
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_DSYNC,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_SYNC,
  O_TRUNC,
  O_WRONLY,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "./constants.ts";
import { truncateFile } from "./attributes.ts";
import { fail } from "./errno.ts";
import type { FileSystem } from "./file-system.ts";
import {
  CharacterNode,
  type DirectoryNode,
  type Entry,
  FileNode,
  type Inode,
  isDirectory,
  isSymlink,
} from "./inode.ts";
import { demandChange } from "./names.ts";
import { tellSync, tellWrite } from "./told.ts";
import { type Place, walk } from "./walk.ts";
import { tellChange } from "./watch.ts";

/** The target of a descriptor that is not a file: a pipe, a terminal or a socket. */
export interface StreamEnd {
  /**
   * Fills `target` with the available bytes. Returns 0 at the end; throws `EAGAIN` when no bytes are
   * available yet.
   */
  read?(target: Uint8Array): number;
  /** Writes bytes; returns how many were accepted. */
  write?(source: Uint8Array): number;
  /** Called when the last descriptor is closed. */
  close?(): void;
}

/** An open file description. */
export class OpenFile {
  readonly fs: FileSystem;
  readonly inode: Inode;
  /** The name by which it was opened, for watchers of its directory. */
  readonly entry: Entry | undefined;
  readonly flags: number;
  readonly stream: StreamEnd | undefined;
  position = 0;
  #references = 1;
  readonly #boot: number;

  constructor(
    fs: FileSystem,
    inode: Inode,
    flags: number,
    options: { entry?: Entry | undefined; stream?: StreamEnd } = {},
  ) {
    this.fs = fs;
    this.inode = inode;
    this.flags = flags;
    this.entry = options.entry;
    this.stream = options.stream;
    this.#boot = fs.boot;
    inode.openCount++;
  }

  get readable(): boolean {
    return (this.flags & O_ACCMODE) !== O_WRONLY && (this.flags & O_PATH) === 0;
  }

  get writable(): boolean {
    return (this.flags & O_ACCMODE) !== O_RDONLY && (this.flags & O_PATH) === 0;
  }

  /** Called when another descriptor refers to the same description. */
  retain(): void {
    this.#references++;
  }

  /** Sends what was written to the server, if the file is on one: each `close` does. */
  flush(): void {
    if (this.#boot === this.fs.boot) this.inode.mount.remote?.flush(this.inode);
  }

  /** Called when a descriptor is closed. Closing the last one ends the description. */
  release(): void {
    if (--this.#references > 0) return;
    this.stream?.close?.();
    // After a power loss the inode belongs to a new boot, in which this description never opened it.
    if (this.#boot !== this.fs.boot) return;
    this.inode.openCount--;
    this.fs.release(this.inode);
  }
}

/** Opens `path`, creating the file if `flags` say so. `mode` is subject to the caller's umask. */
export function open(
  fs: FileSystem,
  caller: Caller,
  path: string,
  flags: number,
  mode: number,
): OpenFile {
  const creates = (flags & O_CREAT) !== 0;
  if (creates && (flags & O_DIRECTORY) !== 0) fail("EINVAL");
  const exclusive = creates && (flags & O_EXCL) !== 0;
  const slash = creates && path.endsWith("/");
  const keeps = exclusive || slash || (flags & O_NOFOLLOW) !== 0;
  const link = exclusive ? "new" : keeps ? "keep" : "follow";
  let place = walk(fs.root, caller, path, link);
  if (slash) fail("EISDIR");
  if (place.inode?.mount.remote && !exclusive && !place.inode.mount.remote.opens(place.inode)) {
    place = walk(fs.root, caller, path, link);
  }
  if (place.inode === undefined) {
    if (!creates) fail("ENOENT");
    return new OpenFile(fs, ...createFile(fs, caller, place, flags, mode));
  }
  if (exclusive) fail("EEXIST");
  const { inode, entry } = place;
  checkOpen(caller, place, inode, flags);
  if (inode instanceof FileNode && (flags & O_ACCMODE) !== O_RDONLY) fs.noteWriting(inode);
  if ((flags & O_TRUNC) !== 0 && inode instanceof FileNode) {
    truncateFile(fs, caller, inode, entry, 0);
  }
  return new OpenFile(fs, inode, flags, { entry });
}

function createFile(
  fs: FileSystem,
  caller: Caller,
  place: Place,
  flags: number,
  mode: number,
): [Inode, number, { entry: Entry }] {
  if (place.mustBeDirectory) fail("EISDIR");
  demandChange(caller, place.parent);
  const bits = mode & 0o7777 & ~caller.umask;
  const exclusive = (flags & O_EXCL) !== 0;
  const entry = fs.create(place.parent, place.name, S_IFREG | bits, caller, { exclusive });
  const { inode } = entry;
  // Another machine may have made it meanwhile, on a disk that several share.
  if (inode.mount.remote) {
    checkOpen(caller, { ...place, entry, inode }, inode, flags);
    if ((flags & O_TRUNC) !== 0 && inode instanceof FileNode && inode.size > 0) {
      truncateFile(fs, caller, inode, entry, 0);
    }
  }
  return [inode, flags, { entry }];
}

function checkOpen(caller: Caller, place: Place, inode: Inode, flags: number): void {
  const creates = (flags & O_CREAT) !== 0;
  if (isSymlink(inode)) fail("ELOOP");
  if ((flags & O_PATH) !== 0) return;
  if (isDirectory(inode)) {
    const writes = (flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0;
    if (creates || writes) fail("EISDIR");
  } else if ((flags & O_DIRECTORY) !== 0 || place.mustBeDirectory) {
    fail("ENOTDIR");
  }
  if ((inode.mode & S_IFMT) === S_IFSOCK) fail("ENXIO");
  if (inode instanceof CharacterNode && inode.device === undefined) fail("ENXIO");
  const access = flags & O_ACCMODE;
  const wanted = (access === O_WRONLY ? 0 : R_OK) | (access === O_RDONLY ? 0 : W_OK);
  if (inode instanceof CharacterNode) {
    // A device can be written on a read-only mount, because this does not change the mount.
    if (!permits(caller, inode, wanted)) fail("EACCES");
  } else {
    demand(caller, inode, wanted | ((flags & O_TRUNC) !== 0 ? W_OK : 0));
  }
}

/** Reads into `target` at `position`, or at the description's own position if `position` is negative. */
export function read(file: OpenFile, caller: Caller, target: Uint8Array, position: number): number {
  if (!file.readable) fail("EBADF");
  const { inode, stream } = file;
  if (isDirectory(inode)) fail("EISDIR");
  if (stream !== undefined) {
    if (position >= 0) fail("ESPIPE");
    return stream.read?.(target) ?? fail("EINVAL");
  }
  if (inode instanceof CharacterNode) return inode.device?.read(target) ?? fail("ENXIO");
  if (!(inode instanceof FileNode)) fail("EINVAL");
  const { faults } = file.fs;
  faults.beforeRead(inode);
  inode.mount.remote?.revalidate(inode);
  const at = position >= 0 ? position : file.position;
  const wanted = faults.handled(target.length, inode);
  const count = inode.content.read(
    at,
    wanted < target.length ? target.subarray(0, wanted) : target,
  );
  inode.warm = true;
  if (position < 0) file.position += count;
  touchAccess(inode, caller);
  return count;
}

/**
 * Implements `relatime`, Linux's default: the access time is updated only if it would otherwise be older
 * than a change.
 */
function touchAccess(inode: Inode, caller: Caller): void {
  const { atime, mtime, ctime } = inode;
  if (inode.mount.readOnly || inode.mount.remote) return;
  const now = caller.now();
  const stale = !isAfter(atime, mtime) || !isAfter(atime, ctime);
  if (stale || now.seconds - atime.seconds >= DAY_SECONDS) inode.atime = now;
}

const DAY_SECONDS = 86_400;

function isAfter(a: { seconds: number; nanoseconds: number }, b: typeof a): boolean {
  return a.seconds > b.seconds || (a.seconds === b.seconds && a.nanoseconds > b.nanoseconds);
}

/** Writes `source` at `position`, or at the description's own position if `position` is negative. */
export function write(
  file: OpenFile,
  caller: Caller,
  source: Uint8Array,
  position: number,
): number {
  if (!file.writable) fail("EBADF");
  const { inode, stream } = file;
  if (stream !== undefined) {
    if (position >= 0) fail("ESPIPE");
    return stream.write?.(source) ?? fail("EINVAL");
  }
  if (inode instanceof CharacterNode) return inode.device?.write(source) ?? fail("ENXIO");
  if (!(inode instanceof FileNode)) fail("EINVAL");
  const { faults } = file.fs;
  if (inode.mount.readOnly) fail("EROFS");
  faults.beforeWrite(inode);
  const accepted = faults.handled(source.length, inode);
  const bytes = accepted < source.length ? source.subarray(0, accepted) : source;
  return writeFile(file, inode, caller, bytes, position);
}

/** Writes all of `source` at the description's own position, however many writes it takes. */
export function writeFully(file: OpenFile, caller: Caller, source: Uint8Array): void {
  for (let done = 0; done < source.length;) {
    done += write(file, caller, source.subarray(done), -1);
  }
}

function writeFile(
  file: OpenFile,
  inode: FileNode,
  caller: Caller,
  source: Uint8Array,
  position: number,
): number {
  const { fs, flags } = file;
  // On Linux an appending descriptor appends even if a position is given: pwrite(2), BUGS.
  const appends = (flags & O_APPEND) !== 0;
  const { remote } = inode.mount;
  const end = appends ? (remote?.endOf(inode) ?? inode.size) : 0;
  const at = appends ? end : position >= 0 ? position : file.position;
  if (source.length === 0) return 0;
  if (at + source.length > FILE_BYTES_MAX) fail("EFBIG");
  const { content } = inode;
  if (!inode.provided) fs.reserve(content.pagesMissing(at, source.length));
  content.write(at, source);
  inode.warm = true;
  if (position < 0) file.position = at + source.length;
  if (remote) {
    remote.wrote(inode, at, source);
  } else {
    inode.mtime = caller.now();
    inode.ctime = inode.mtime;
    fs.journal.write(inode, fs.nowNs(), at, source);
  }
  tellWrite(fs.tellOperation, file.entry, at, source.length);
  if ((flags & O_SYNC) === O_SYNC) sync(file, false);
  else if ((flags & O_DSYNC) !== 0) sync(file, true);
  tellChange(file.entry, inode, "modify");
  return source.length;
}

/** `fsync` and `fdatasync`. */
export function sync(file: OpenFile, dataOnly: boolean): void {
  const { fs, inode, entry } = file;
  if (!(inode instanceof FileNode) && !isDirectory(inode)) fail("EINVAL");
  if (inode.mount.remote) {
    inode.mount.remote.flush(inode);
    tellSync(fs.tellOperation, entry, "sync");
    return;
  }
  if (fs.faults.syncFails(inode)) {
    if (inode instanceof FileNode) fs.journal.failSync(inode);
    tellSync(fs.tellOperation, entry, "failed sync");
    fail("EIO");
  }
  if (fs.faults.syncLies()) {
    tellSync(fs.tellOperation, entry, "lost sync");
    return;
  }
  tellSync(fs.tellOperation, entry, "sync");
  if (inode instanceof FileNode) fs.journal.syncFile(inode, dataOnly);
  else fs.journal.syncDirectory(inode as DirectoryNode);
}

/** How many bytes a `sync` of this file would have to write. */
export function dirtyBytes(file: OpenFile): number {
  return file.inode instanceof FileNode ? file.inode.dirtyBytes : 0;
}
