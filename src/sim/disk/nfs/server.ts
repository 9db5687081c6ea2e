/**
 * The server's side of a shared disk: what one request does to the file system of the machine that exports a folder. As
 * an NFS server does by default (`sync` in exports(5)), it makes names and attributes durable before it answers;
 * written data when the client commits it.
 */
import { status as statusOf, truncateFile } from "../attributes.ts";
import type { Caller } from "../caller.ts";
import { timestamp } from "../descriptors.ts";
import type { Disk } from "../disk.ts";
import { fail } from "../errno.ts";
import type { FileSystem } from "../file-system.ts";
import type { Host } from "../../host.ts";
import {
  type Attributes,
  type DirectoryNode,
  type Entry,
  FileNode,
  type Inode,
  isDirectory,
  SymlinkNode,
  type Timestamp,
} from "../inode.ts";
import { moveName } from "../names.ts";
import { plantDirectory } from "../system-tree.ts";
import { tellChange } from "../watch.ts";

/** What a reply says of an inode. */
export interface ServedAttributes extends Attributes {
  readonly nlink: number;
  readonly size: number;
  /** Another text after every change, unless the server's clock has gone back (NFSv3 has nothing better than times). */
  readonly version: string;
}

/** An inode of the server, as a client refers to it: a file handle. */
export interface FileHandle {
  readonly inode: Inode;
  /** The file system that it is of: another one once the machine has been replaced. */
  readonly fs: FileSystem;
}

/** Who asks. */
export type Credentials = Pick<Caller, "uid" | "gid" | "machine">;

/** One exported folder. */
export class NfsExport {
  readonly host: Host;
  readonly #disk: Disk;
  readonly #path: string;

  constructor(host: Host, disk: Disk, path: string) {
    this.host = host;
    this.#disk = disk;
    this.#path = path;
    this.root();
  }

  /** The folder itself, which is made if it is not there. */
  root(): FileHandle {
    const { fs } = this.#disk;
    return { fs, inode: plantDirectory(fs, this.#path, 0o777) };
  }

  /** How full the disk is. */
  get status(): FileSystem {
    return this.#disk.fs;
  }

  /** Throws `ESTALE` if a handle refers to something that is no more. */
  demand({ inode, fs }: FileHandle): Inode {
    if (fs !== this.#disk.fs || inode.nlink === 0) fail("ESTALE");
    return inode;
  }

  #folder(handle: FileHandle): DirectoryNode {
    const inode = this.demand(handle);
    if (!isDirectory(inode)) fail("ENOTDIR");
    return inode;
  }

  attributes(handle: FileHandle): ServedAttributes {
    const inode = this.demand(handle);
    const { mtime, ctime, nlink } = inode;
    const { size } = statusOf(inode);
    const version = [mtime, ctime].map(textOf).join(" ") + ` ${size} ${nlink}`;
    return { ...inode.attributes(), nlink, size, version };
  }

  lookUp(parent: FileHandle, name: string): FileHandle | undefined {
    const inode = this.#folder(parent).find(name)?.inode;
    return inode && { fs: parent.fs, inode };
  }

  list(folder: FileHandle): readonly (readonly [name: string, handle: FileHandle])[] {
    const { entries } = this.#folder(folder);
    return [...entries].map(([name, { inode }]) => [name, { fs: folder.fs, inode }]);
  }

  /** Creates a file, a folder or a link; or returns a file that is there, if that is no failure. */
  create(
    parent: FileHandle,
    name: string,
    mode: number,
    who: Credentials,
    { target, exclusive }: { target: string | undefined; exclusive: boolean },
  ): FileHandle {
    const folder = this.#folder(parent);
    const existing = folder.find(name)?.inode;
    if (existing && !exclusive) return { fs: parent.fs, inode: existing };
    if (existing) fail("EEXIST");
    const { fs } = parent;
    const options = target === undefined ? {} : { target };
    const { inode } = fs.create(folder, name, mode, this.#caller(who), options);
    if (inode instanceof FileNode) fs.journal.syncFile(inode, false);
    this.#settle(fs, folder);
    return { fs, inode };
  }

  link(parent: FileHandle, name: string, handle: FileHandle, who: Credentials): void {
    const folder = this.#folder(parent);
    const inode = this.demand(handle);
    if (folder.find(name)) fail("EEXIST");
    inode.ctime = this.#now();
    parent.fs.link(folder, name, inode, this.#caller(who));
    this.#settle(parent.fs, folder);
  }

  remove(parent: FileHandle, name: string, asFolder: boolean, who: Credentials): void {
    const folder = this.#folder(parent);
    const entry = folder.find(name) ?? fail("ENOENT");
    const { inode } = entry;
    if (isDirectory(inode) !== asFolder) fail(asFolder ? "ENOTDIR" : "EISDIR");
    if (isDirectory(inode) && inode.entries.size > 0) fail("ENOTEMPTY");
    parent.fs.unlink(entry, this.#caller(who));
    this.#settle(parent.fs, folder);
  }

  rename(from: FileHandle, name: string, to: FileHandle, newName: string, who: Credentials): void {
    const source = this.#folder(from);
    const target = this.#folder(to);
    const entry = source.find(name) ?? fail("ENOENT");
    const replaced: Entry | undefined = target.find(newName);
    if (replaced?.inode === entry.inode) return;
    if (replaced && isDirectory(replaced.inode)) {
      if (!isDirectory(entry.inode)) fail("EISDIR");
      if (replaced.inode.entries.size > 0) fail("ENOTEMPTY");
    } else if (replaced && isDirectory(entry.inode)) {
      fail("ENOTDIR");
    }
    moveName(from.fs, this.#caller(who), entry, target, newName);
    this.#settle(from.fs, source);
    if (target !== source) this.#settle(from.fs, target);
  }

  /** All bytes of a file. */
  read(handle: FileHandle): Uint8Array {
    const inode = this.demand(handle);
    if (!(inode instanceof FileNode)) fail("EINVAL");
    handle.fs.faults.beforeRead(inode);
    const bytes = new Uint8Array(inode.size);
    inode.content.read(0, bytes);
    inode.warm = true;
    return bytes;
  }

  readLink(handle: FileHandle): string {
    const inode = this.demand(handle);
    return inode instanceof SymlinkNode ? inode.target : fail("EINVAL");
  }

  /** Writes bytes and makes them durable: WRITE, then COMMIT. */
  write(handle: FileHandle, ranges: readonly WrittenRange[]): void {
    const inode = this.demand(handle);
    if (!(inode instanceof FileNode)) fail("EINVAL");
    const { fs } = handle;
    if (inode.mount.readOnly) fail("EROFS");
    for (const { offset, bytes } of ranges) {
      fs.faults.beforeWrite(inode);
      fs.reserve(inode.content.pagesMissing(offset, bytes.length));
      inode.content.write(offset, bytes);
      inode.warm = true;
      inode.mtime = this.#now();
      inode.ctime = inode.mtime;
      fs.journal.write(inode, fs.nowNs(), offset, bytes);
      tellChange(undefined, inode, "modify");
    }
    if (fs.faults.syncFails(inode)) {
      fs.journal.failSync(inode);
      fail("EIO");
    }
    if (!fs.faults.syncLies()) fs.journal.syncFile(inode, false);
  }

  truncate(handle: FileHandle, size: number, who: Credentials): void {
    const inode = this.demand(handle);
    if (!(inode instanceof FileNode)) fail("EINVAL");
    if (inode.mount.readOnly) fail("EROFS");
    truncateFile(handle.fs, this.#caller(who), inode, undefined, size);
    handle.fs.journal.syncFile(inode, false);
  }

  setAttributes(handle: FileHandle, attributes: Omit<Attributes, "ctime">): void {
    const inode = this.demand(handle);
    if (inode.mount.readOnly) fail("EROFS");
    Object.assign(inode, attributes);
    inode.ctime = this.#now();
    handle.fs.journal.attributes(inode, handle.fs.nowNs());
    if (inode instanceof FileNode) handle.fs.journal.syncFile(inode, false);
    else if (isDirectory(inode)) this.#settle(handle.fs, inode);
    tellChange(undefined, inode, "attribute");
  }

  #settle(fs: FileSystem, folder: DirectoryNode): void {
    if (!fs.faults.syncLies()) fs.journal.syncDirectory(folder);
  }

  /** The kernel's own thread, on behalf of a user. */
  #caller({ uid, gid, machine }: Credentials): Caller {
    const { root } = this.#disk.fs;
    const now = (): Timestamp => this.#now();
    return { uid, gid, groups: [], umask: 0, directory: root, now, ...(machine && { machine }) };
  }

  #now(): Timestamp {
    const { clock, kernel } = this.host;
    return timestamp(clock.wallErrorNs() + kernel.nowNs, kernel.epochMs);
  }
}

/** Bytes that a client has written and not yet sent. */
export interface WrittenRange {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

function textOf({ seconds, nanoseconds }: Timestamp): string {
  return `${seconds}.${nanoseconds}`;
}
