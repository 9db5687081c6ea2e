/**
 * One host's tree of files: inodes, names, capacity, and the journal behind them. The system calls are
 * functions over it (`names.ts`, `attributes.ts`, `open-file.ts`); here are the steps that they share.
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
import { tell, tellEntry, tellGone } from "./watch.ts";

/** How a file system is made. */
export interface FileSystemOptions extends WritebackLimits {
  /** Bytes that files may take. */
  readonly capacityBytes: number;
  /** Virtual time, for the journal. */
  readonly nowNs: () => number;
  /** The wall clock, for what exists from the start. */
  readonly epoch: Timestamp;
}

/** ext4's magic number, as `statfs` shows it. */
const EXT4_MAGIC = 0xef53;
const ROOT_DEVICE = 0x801;
/** Root is inode 2 on ext4, and the first free one 12. */
const ROOT_INODE = 2;
const FIRST_INODE = 12;
/** What is there from the start has numbers of its own: how much it is shifts nobody else's. */
const FIRST_GIVEN_INODE = 0x4000_0000;

const superuser = { uid: 0, gid: 0 };

/** A tree of files and what is durable of it. */
export class FileSystem {
  readonly root: DirectoryNode;
  readonly journal: Journal;
  readonly capacityPages: number;
  readonly nowNs: () => number;
  readonly epoch: Timestamp;
  /** Counts boots: an open file of an earlier boot has nothing to give back. */
  boot = 0;
  usedPages = 0;
  inodeCount = 0;
  /** The number of the next inode that a program makes. */
  nextInode: number = FIRST_INODE;
  #nextGivenInode = FIRST_GIVEN_INODE;
  readonly #rootMount: Mount = { device: ROOT_DEVICE, readOnly: false, type: EXT4_MAGIC };

  constructor(options: FileSystemOptions) {
    this.capacityPages = Math.floor(options.capacityBytes / PAGE_BYTES);
    this.journal = new Journal(options);
    this.nowNs = options.nowNs;
    this.epoch = options.epoch;
    this.root = new DirectoryNode(
      ROOT_INODE,
      this.#rootMount,
      S_IFDIR | 0o755,
      superuser,
      this.epoch,
    );
    this.root.nlink = 2;
  }

  /** A new inode without a name. `mode` holds the type; the umask is the caller's business. */
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

  /** A name that is there from the start, and durable. It leaves no mark on the directory's times. */
  give(parent: DirectoryNode, name: string, mode: number, mount: Mount = parent.mount): Inode {
    const inode = construct(this.#nextGivenInode++, mount, mode, superuser, this.epoch);
    this.#name(parent, name, inode);
    if (isDirectory(inode)) inode.nlink = 2;
    parent.durableEntries.set(name, inode);
    return inode;
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

  /** Gives `inode` a name, in memory; the journal is the caller's business. */
  attach(parent: DirectoryNode, name: string, inode: Inode, now: Timestamp): Entry {
    const entry = this.#name(parent, name, inode);
    touchDirectory(parent, now);
    return entry;
  }

  /** Takes a name away, in memory. */
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

  /** A new inode under a new name: `open(O_CREAT)`, `mkdir`, `symlink`. */
  create(parent: DirectoryNode, name: string, mode: number, caller: Caller): Entry {
    const inode = this.makeInode(parent, mode, caller);
    return this.link(parent, name, inode, caller);
  }

  /** A name for an inode that exists. */
  link(parent: DirectoryNode, name: string, inode: Inode, caller: Caller): Entry {
    if (inode.nlink >= LINKS_MAX) fail("EMLINK");
    const entry = this.attach(parent, name, inode, caller.now());
    this.record([{ directory: parent, name, inode }]);
    tellEntry(parent, "create", name);
    return entry;
  }

  /** Removes a name: `unlink`, `rmdir`, the target of a `rename`. */
  unlink(entry: Entry, caller: Caller): void {
    const directory = entry.parent as DirectoryNode;
    this.detach(entry, caller.now());
    this.record([{ directory, name: entry.name, inode: undefined }]);
    if (!isDirectory(entry.inode)) tell(entry.inode, "attribute");
    tellEntry(directory, "delete", entry.name);
    this.release(entry.inode);
  }

  /** Moves a name to a directory where it is free, in memory. The inode keeps its links. */
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

  /** Frees an inode that no name and no open file refers to. */
  release(inode: Inode): void {
    if (inode.nlink > 0 || inode.openCount > 0) return;
    tellGone(inode);
    this.journal.forget(inode);
    if (!isGiven(inode)) this.inodeCount--;
    if (!(inode instanceof FileNode)) return;
    this.usedPages -= inode.countedPages;
    inode.dropCache();
  }

  record(changes: readonly EntryChange[]): void {
    this.journal.entries(this.nowNs(), changes);
  }

  /** Takes room for `pages` more pages, or fails with `ENOSPC`. */
  reserve(pages: number): void {
    if (this.usedPages + pages > this.capacityPages) fail("ENOSPC");
    this.usedPages += pages;
  }

  /**
   * The power goes: the tree becomes what was durable of it, and no file is open. `policy` may save some
   * of what was not. Gives what is lost, in words.
   */
  powerLoss(policy: PowerLossPolicy): string[] {
    const report = new LossReport(this.root);
    this.journal.powerLoss(report.listen(policy));
    const lost = report.finish();
    this.boot++;
    this.usedPages = 0;
    this.inodeCount = 0;
    const seen = new Set<Inode>();
    this.#revert(this.root, seen);
    return lost;
  }

  #revert(inode: Inode, seen: Set<Inode>): void {
    if (seen.has(inode)) return;
    seen.add(inode);
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

function isGiven(inode: Inode): boolean {
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
