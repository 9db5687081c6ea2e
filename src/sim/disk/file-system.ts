/**
 * One host's file tree: inodes, names, capacity, and the journal behind them. The system calls are
 * functions on it (`names.ts`, `attributes.ts`, `open-file.ts`); this file contains the steps that they
 * share.
 */
import type { Caller } from "./caller.ts";
import {
  LINKS_MAX,
  PAGE_BYTES,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_ISGID,
} from "./constants.ts";
import type { DiskFaults } from "./disk-faults.ts";
import { fail } from "./errno.ts";
import {
  CharacterNode,
  DirectoryNode,
  Entry,
  FileNode,
  Inode,
  isDirectory,
  type Mount,
  SocketNode,
  SymlinkNode,
  type Timestamp,
} from "./inode.ts";
import {
  type EntryChange,
  Journal,
  type PowerLossPolicy,
  type WritebackLimits,
} from "./journal.ts";
import { LossReport } from "./losses.ts";
import { SharedNames } from "./shared-names.ts";
import { type OperationListener, tellNames } from "./told.ts";
import { tell, tellEntry, tellGone } from "./watch.ts";

/** Options for a file system. */
export interface FileSystemOptions extends WritebackLimits {
  /** The maximum number of bytes that files may occupy. */
  readonly capacityBytes: number;
  /** Virtual time, for the journal. */
  readonly nowNs: () => number;
  /** Wall clock time used for everything that exists from the start. */
  readonly epoch: Timestamp;
  /** Whether a process is running. */
  readonly isAlive?: (pid: number) => boolean;
  readonly faults: DiskFaults;
  /** Called after every operation that changes or syncs something. */
  readonly onOperation: OperationListener;
}

/** ext4's magic number, as `statfs` shows it. */
const EXT4_MAGIC = 0xef53;
const ROOT_DEVICE = 0x801;
/** The root is inode 2 on ext4, and the first free inode is 12. */
const ROOT_INODE = 2;
const FIRST_INODE = 12;
/**
 * Inodes that exist from the start have a separate number range, so that their count does not shift other
 * numbers.
 */
const FIRST_GIVEN_INODE = 0x4000_0000;

const superuser = { uid: 0, gid: 0 };

/** A tree of files and its durable state. */
export class FileSystem {
  readonly root: DirectoryNode;
  readonly journal: Journal;
  readonly sharedNames: SharedNames;
  readonly capacityPages: number;
  readonly nowNs: () => number;
  readonly epoch: Timestamp;
  readonly faults: DiskFaults;
  readonly tellOperation: OperationListener;
  /** Counts boots. An open file from an earlier boot must not release anything. */
  boot = 0;
  usedPages = 0;
  inodeCount = 0;
  /** Counts how often programs created or removed names in trees provided from outside. */
  providedChanges = 0;
  /** Files of such trees that programs opened for writing, by their paths on the real machine. */
  readonly writtenOrigins: Set<string> = new Set();
  /** The number of the next inode that a program makes. */
  nextInode: number = FIRST_INODE;
  #nextGivenInode = FIRST_GIVEN_INODE;
  readonly #rootMount: Mount = { device: ROOT_DEVICE, readOnly: false, type: EXT4_MAGIC };

  constructor(options: FileSystemOptions) {
    this.capacityPages = Math.floor(options.capacityBytes / PAGE_BYTES);
    this.journal = new Journal(options);
    this.sharedNames = new SharedNames(options.isAlive ?? (() => false));
    this.nowNs = options.nowNs;
    this.epoch = options.epoch;
    this.faults = options.faults;
    this.tellOperation = options.onOperation;
    this.root = new DirectoryNode(
      ROOT_INODE,
      this.#rootMount,
      S_IFDIR | 0o755,
      superuser,
      this.epoch,
    );
    this.root.nlink = 2;
  }

  /** Mounts the disk read-only, or writable again. */
  remount(readOnly: boolean): void {
    this.#rootMount.readOnly = readOnly;
  }

  /** Creates an inode without a name. `mode` includes the type; the caller has applied the umask. */
  makeInode(parent: DirectoryNode, mode: number, caller: Caller): Inode {
    const setgid = (parent.mode & S_ISGID) !== 0;
    const owner = { uid: caller.uid, gid: setgid ? parent.gid : caller.gid };
    const bits = setgid && (mode & S_IFMT) === S_IFDIR ? mode | S_ISGID : mode;
    return this.newInode(parent.mount, bits, owner, caller.now());
  }

  newInode(mount: Mount, mode: number, owner: { uid: number; gid: number }, now: Timestamp): Inode {
    const number = this.nextInode++;
    const inode = construct(number, mount, mode, owner, now);
    if (isDirectory(inode)) inode.nlink = 1;
    this.inodeCount++;
    return inode;
  }

  /** Adds a durable name that exists from the start. It does not change the directory's times. */
  give(parent: DirectoryNode, name: string, mode: number, mount: Mount = parent.mount): Inode {
    const inode = construct(this.#nextGivenInode++, mount, mode, superuser, this.epoch);
    this.#name(parent, name, inode);
    if (isDirectory(inode)) inode.nlink = 2;
    parent.durableEntries.set(name, inode);
    return inode;
  }

  /** Mounts a directory of another file system. It is mounted again whenever the machine boots. */
  graft(parent: DirectoryNode, name: string, root: DirectoryNode): void {
    root.nlink = 1;
    this.#name(parent, name, root);
    parent.durableEntries.set(name, root);
  }

  #name(parent: DirectoryNode, name: string, inode: Inode): Entry {
    const entry = new Entry(parent, name, inode);
    parent.put(entry);
    inode.nlink++;
    if (isDirectory(inode)) {
      inode.entry = entry;
      parent.nlink++;
    }
    return entry;
  }

  /** Notes that a program may change a file's bytes from now on. */
  noteWriting(inode: FileNode): void {
    const { origin } = inode;
    if (origin !== undefined) this.writtenOrigins.add(origin);
  }

  /** Gives `inode` a name, in memory only; the caller must update the journal. */
  attach(parent: DirectoryNode, name: string, inode: Inode, now: Timestamp): Entry {
    const entry = this.#name(parent, name, inode);
    touchDirectory(parent, now);
    return entry;
  }

  /** Removes a name, in memory only. */
  detach(entry: Entry, now: Timestamp): void {
    const parent = entry.parent as DirectoryNode;
    parent.drop(entry.name);
    entry.parent = undefined;
    const { inode } = entry;
    inode.nlink--;
    if (isDirectory(inode)) {
      inode.nlink--;
      parent.nlink--;
    }
    inode.ctime = now;
    touchDirectory(parent, now);
  }

  /** Creates an inode under a new name: `open(O_CREAT)`, `mkdir`, `symlink`. */
  create(
    parent: DirectoryNode,
    name: string,
    mode: number,
    caller: Caller,
    { target, exclusive = true }: { target?: string; exclusive?: boolean } = {},
  ): Entry {
    const { remote } = parent.mount;
    if (remote) return remote.create({ parent, name, mode, caller, target, exclusive });
    const inode = this.makeInode(parent, mode, caller);
    if (target !== undefined) (inode as SymlinkNode).target = target;
    return this.link(parent, name, inode, caller);
  }

  /** Adds a name for an existing inode. */
  link(parent: DirectoryNode, name: string, inode: Inode, caller: Caller): Entry {
    const { remote } = parent.mount;
    if (remote) return remote.link(parent, name, inode);
    if (inode.nlink >= LINKS_MAX) fail("EMLINK");
    const entry = this.attach(parent, name, inode, caller.now());
    this.record([{ directory: parent, name, inode }], caller);
    tellEntry(parent, "create", name);
    return entry;
  }

  /** Removes a name: for `unlink`, `rmdir`, and the target of a `rename`. */
  unlink(entry: Entry, caller: Caller): void {
    const directory = entry.parent as DirectoryNode;
    const { remote } = directory.mount;
    if (remote) {
      remote.unlink(entry);
      return;
    }
    this.detach(entry, caller.now());
    this.record([{ directory, name: entry.name, inode: undefined }], caller);
    if (!isDirectory(entry.inode)) tell(entry.inode, "attribute");
    tellEntry(directory, "delete", entry.name);
    this.release(entry.inode);
  }

  /**
   * Moves a name to a directory where it is free, in memory only. The link count of the inode does not
   * change.
   */
  move(entry: Entry, parent: DirectoryNode, name: string, now: Timestamp): void {
    const from = entry.parent as DirectoryNode;
    from.drop(entry.name);
    entry.parent = parent;
    entry.name = name;
    parent.put(entry);
    if (isDirectory(entry.inode)) {
      from.nlink--;
      parent.nlink++;
    }
    entry.inode.ctime = now;
    touchDirectory(from, now);
    touchDirectory(parent, now);
  }

  /** Frees an inode if no name and no open file refers to it. */
  release(inode: Inode): void {
    const { remote } = inode.mount;
    if (remote) {
      if (inode.openCount === 0) remote.closed(inode);
      return;
    }
    if (inode.nlink > 0 || inode.openCount > 0) return;
    tellGone(inode);
    this.journal.forget(inode);
    if (!isGiven(inode)) this.inodeCount--;
    if (!(inode instanceof FileNode)) return;
    this.usedPages -= inode.countedPages;
    inode.dropCache();
  }

  record(changes: readonly EntryChange[], caller?: Caller): void {
    this.journal.entries(this.nowNs(), changes);
    tellNames(this.tellOperation, changes);
    if (caller) this.sharedNames.note(this.nowNs(), caller, changes);
  }

  /** Reserves space for `pages` more pages. Throws `ENOSPC` if there is not enough. */
  reserve(pages: number): void {
    this.faults.beforeReserve(pages);
    if (this.usedPages + pages > this.capacityPages) fail("ENOSPC");
    this.usedPages += pages;
  }

  /**
   * Called at a power loss: the tree reverts to its durable state, and no file is open. `policy` may save
   * some changes that were not durable. Returns a description of what is lost.
   */
  powerLoss(policy: PowerLossPolicy): string[] {
    const unwritten = [...this.journal.unwritten];
    const report = new LossReport(this.root);
    this.journal.powerLoss(report.listen(policy));
    const lost = report.finish(unwritten);
    this.boot++;
    this.usedPages = 0;
    this.inodeCount = 0;
    const seen = new Set<Inode>();
    const { providedChanges } = this;
    this.#revert(this.root, seen);
    this.providedChanges = providedChanges;
    return lost;
  }

  #revert(inode: Inode, seen: Set<Inode>): void {
    if (seen.has(inode)) return;
    seen.add(inode);
    if (inode.mount.remote) {
      inode.mount.remote.forgetAll();
      return;
    }
    if (!isGiven(inode)) this.inodeCount++;
    Object.assign(inode, inode.durable);
    inode.nlink = 0;
    inode.openCount = 0;
    inode.watchers = undefined;
    if (inode instanceof FileNode) {
      inode.revertContent();
      this.usedPages += inode.countedPages;
      return;
    }
    if (!isDirectory(inode)) return;
    inode.nlink = 2;
    inode.clear();
    for (const [name, child] of inode.durableEntries) {
      this.#revert(child, seen);
      const entry = new Entry(inode, name, child);
      inode.put(entry);
      if (isDirectory(child)) {
        child.entry = entry;
        inode.nlink++;
      } else {
        child.nlink++;
      }
    }
  }
}

/** Whether an inode existed from the start and was not made by a program. */
export function isGiven(inode: Inode): boolean {
  return inode.number >= FIRST_GIVEN_INODE;
}

function touchDirectory(directory: DirectoryNode, now: Timestamp): void {
  directory.mtime = now;
  directory.ctime = now;
}

function construct(
  number: number,
  mount: Mount,
  mode: number,
  owner: { uid: number; gid: number },
  now: Timestamp,
): Inode {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return new FileNode(number, mount, mode, owner, now);
    case S_IFDIR:
      return new DirectoryNode(number, mount, mode, owner, now);
    case S_IFLNK:
      return new SymlinkNode(number, mount, mode, owner, now);
    case S_IFCHR:
      return new CharacterNode(number, mount, mode, owner, now);
    case S_IFSOCK:
      return new SocketNode(number, mount, mode, owner, now);
    case S_IFIFO:
      return new Inode(number, mount, mode, owner, now);
    default:
      return fail("EINVAL");
  }
}
