/** The system calls that read and change an inode's attributes: `stat`, `chmod`, `utimes`, ... */
import { type Caller, demand, demandOwner, permits, R_OK, W_OK, X_OK } from "./caller.ts";
import {
  FILE_BYTES_MAX,
  PAGE_BYTES,
  S_IFCHR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_ISGID,
  S_ISUID,
} from "./constants.ts";
import { fail } from "./errno.ts";
import type { FileSystem } from "./file-system.ts";
import {
  CharacterNode,
  type Entry,
  FileNode,
  type Inode,
  isDirectory,
  isSymlink,
  type Timestamp,
} from "./inode.ts";
import { found, walk } from "./walk.ts";
import { tellChange } from "./watch.ts";

/** The result of `stat`. */
export interface FileStatus {
  readonly device: number;
  readonly inode: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** The device that a special file stands for. */
  readonly rdev: number;
  readonly size: number;
  readonly blockSize: number;
  /** In units of 512 bytes. */
  readonly blocks: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  readonly birthtime: Timestamp;
}

/** The result of `statfs`. */
export interface FileSystemStatus {
  readonly type: number;
  readonly blockSize: number;
  readonly blocks: number;
  readonly blocksFree: number;
  readonly blocksAvailable: number;
  readonly files: number;
  readonly filesFree: number;
}

/** Bytes per inode: an ext4 file system with default settings has one inode for each 16 KiB. */
const BYTES_PER_INODE = 16_384;

/** Returns the `stat` result for an inode. */
export function status(inode: Inode): FileStatus {
  inode.mount.remote?.revalidate(inode);
  const { size, blocks } = extent(inode);
  return {
    device: inode.mount.device,
    inode: inode.number,
    mode: inode.mode,
    nlink: inode.nlink,
    uid: inode.uid,
    gid: inode.gid,
    rdev: deviceNumber(inode),
    size,
    blockSize: PAGE_BYTES,
    blocks,
    atime: inode.atime,
    mtime: inode.mtime,
    ctime: inode.ctime,
    birthtime: inode.birthtime,
  };
}

function deviceNumber(inode: Inode): number {
  if (!(inode instanceof CharacterNode) || inode.device === undefined) return 0;
  return inode.device.major * 256 + inode.device.minor;
}

function extent(inode: Inode): { size: number; blocks: number } {
  if (inode instanceof FileNode) {
    const pages = inode.warm ? inode.content.pages : Math.ceil(inode.size / PAGE_BYTES);
    return { size: inode.size, blocks: pages * (PAGE_BYTES / 512) };
  }
  if (isDirectory(inode)) return { size: PAGE_BYTES, blocks: PAGE_BYTES / 512 };
  if (isSymlink(inode)) return { size: inode.target.length, blocks: 0 };
  return { size: 0, blocks: 0 };
}

/** Finds an inode and its entry, as the calls below need it. */
export interface Target {
  readonly inode: Inode;
  readonly entry: Entry | undefined;
}

export function target(fs: FileSystem, caller: Caller, path: string, follow = true): Target {
  const link = follow ? "follow" : "follow-slash";
  let place = walk(fs.root, caller, path, link);
  // Linux looks a path up once more where a server does not know what a cache has led to.
  if (place.inode?.mount.remote?.isGone(place.inode)) place = walk(fs.root, caller, path, link);
  return { inode: found(place), entry: place.entry };
}

export function access(fs: FileSystem, caller: Caller, path: string, mode: number): void {
  const { inode } = target(fs, caller, path);
  if ((mode & W_OK) !== 0 && inode.mount.readOnly && (inode.mode & S_IFMT) !== S_IFCHR) {
    fail("EROFS");
  }
  if (!permits(caller, inode, mode & (R_OK | W_OK | X_OK))) fail("EACCES");
}

export function chmod(
  fs: FileSystem,
  caller: Caller,
  { inode, entry }: Target,
  mode: number,
): void {
  demandOwner(caller, inode);
  if ((inode.mode & S_IFMT) === S_IFLNK) fail("ENOTSUP");
  let bits = mode & 0o7777;
  // Only a member of the file's group may set its set-group-ID bit.
  if (caller.uid !== 0 && inode.gid !== caller.gid && !caller.groups.includes(inode.gid)) {
    bits &= ~S_ISGID;
  }
  inode.mode = (inode.mode & S_IFMT) | bits;
  changed(fs, caller, inode, entry);
}

/** Changes the owner and group. A `uid` or `gid` of 2^32 - 1 (-1) leaves that one unchanged. */
export function chown(
  fs: FileSystem,
  caller: Caller,
  { inode, entry }: Target,
  uid: number,
  gid: number,
): void {
  if (inode.mount.readOnly) fail("EROFS");
  const owner = uid >>> 0 === 0xffff_ffff ? inode.uid : uid;
  const group = gid >>> 0 === 0xffff_ffff ? inode.gid : gid;
  if (caller.uid !== 0) {
    const mine = caller.uid === inode.uid && owner === inode.uid;
    const groupMine = group === inode.gid || group === caller.gid || caller.groups.includes(group);
    if (!mine || !groupMine) fail("EPERM");
  }
  inode.uid = owner;
  inode.gid = group;
  if ((inode.mode & S_IFMT) === S_IFREG) inode.mode &= ~(S_ISUID | S_ISGID);
  changed(fs, caller, inode, entry);
}

/** Sets the access and modification times. */
export function utimes(
  fs: FileSystem,
  caller: Caller,
  { inode, entry }: Target,
  atime: Timestamp,
  mtime: Timestamp,
): void {
  demandOwner(caller, inode);
  inode.atime = atime;
  inode.mtime = mtime;
  changed(fs, caller, inode, entry);
}

function changed(fs: FileSystem, caller: Caller, inode: Inode, entry: Entry | undefined): void {
  const { remote } = inode.mount;
  if (remote) {
    remote.setAttributes(inode);
  } else {
    inode.ctime = caller.now();
    fs.journal.attributes(inode, fs.nowNs());
  }
  tellChange(entry, inode, "attribute");
}

/** Makes a file `size` bytes long. */
export function truncate(
  fs: FileSystem,
  caller: Caller,
  { inode, entry }: Target,
  size: number,
): void {
  if (isDirectory(inode)) fail("EISDIR");
  if (!(inode instanceof FileNode)) fail("EINVAL");
  demand(caller, inode, W_OK);
  truncateFile(fs, caller, inode, entry, size);
}

/** As {@link truncate}, for a file that is open for writing. */
export function truncateFile(
  fs: FileSystem,
  caller: Caller,
  inode: FileNode,
  entry: Entry | undefined,
  size: number,
): void {
  if (size < 0) fail("EINVAL");
  if (size > FILE_BYTES_MAX) fail("EFBIG");
  const { remote } = inode.mount;
  if (remote) {
    remote.truncate(inode, size);
    tellChange(entry, inode, "modify");
    return;
  }
  fs.noteWriting(inode);
  const before = inode.countedPages;
  inode.content.truncate(size);
  inode.warm = true;
  fs.usedPages -= before - inode.countedPages;
  fs.journal.truncate(inode, fs.nowNs(), size);
  inode.mtime = caller.now();
  inode.ctime = inode.mtime;
  tellChange(entry, inode, "modify");
}

export function statfs(fs: FileSystem, caller: Caller, path: string): FileSystemStatus {
  const { inode } = target(fs, caller, path);
  const { capacityPages, usedPages, inodeCount } = inode.mount.remote?.status() ?? fs;
  const free = capacityPages - usedPages;
  const files = Math.floor((capacityPages * PAGE_BYTES) / BYTES_PER_INODE);
  return {
    type: inode.mount.type,
    blockSize: PAGE_BYTES,
    blocks: capacityPages,
    blocksFree: free,
    blocksAvailable: free,
    files,
    filesFree: files - inodeCount,
  };
}
