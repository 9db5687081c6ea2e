/**
 * The building blocks of a file system: inodes, and the entries that name them. Each inode has two states:
 * the one that programs see (the page cache) and the one that would remain after a power loss
 * (`durable...`). The journal carries changes from the first to the second.
 */
import { S_IFMT, S_IFDIR, S_IFLNK } from "./constants.ts";
import { Content } from "./content.ts";
import type { PendingOperation } from "./journal.ts";

/** A time on the host's wall clock. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** A mounted file system: its device number, and whether it can be written. */
export interface Mount {
  readonly device: number;
  readOnly: boolean;
  /** The magic number of its type, as `statfs` reports it. */
  readonly type: number;
  /** What asks the server, if the files are on another machine. */
  readonly remote?: Remote;
}

/**
 * The client of a file server: the part of the operating system that answers calls on the files of a mount from its
 * caches, or asks the server. See `nfs/client.ts`.
 */
export interface Remote {
  /** Called when a path has led to an inode, or for an open file: what is known of it may be out of date. */
  revalidate(inode: Inode): void;
  /** As {@link revalidate}, at an `open`: the server is asked in any case. False: the inode is no more, look it up again. */
  opens(inode: Inode): boolean;
  /** Whether a path that has led to an inode must be looked up again, since the server knows the inode no more. */
  isGone(inode: Inode): boolean;
  create(request: CreateRequest): Entry;
  link(parent: DirectoryNode, name: string, inode: Inode): Entry;
  unlink(entry: Entry): void;
  rename(entry: Entry, parent: DirectoryNode, name: string, replaced: Entry | undefined): void;
  truncate(inode: FileNode, size: number): void;
  /** Sends mode, owner and times, which have been changed in memory. */
  setAttributes(inode: Inode): void;
  /** Called before an append: the end of the file, as the server knows it. */
  endOf(inode: FileNode): number;
  /** Notes that bytes were written in memory. */
  wrote(inode: FileNode, offset: number, bytes: Uint8Array): void;
  /** Sends what was written, as `fsync` and `close` do. */
  flush(inode: Inode): void;
  /** Called when the last open file of an inode is closed. */
  closed(inode: Inode): void;
  /** Called when the machine has lost power: nothing is in memory. */
  forgetAll(): void;
  /** The inode on the server, for those who look at a run from outside. */
  truth(inode: Inode): Inode | undefined;
  /** The server's file system, for `statfs`. */
  status(): {
    readonly capacityPages: number;
    readonly usedPages: number;
    readonly inodeCount: number;
  };
}

/** What is to be created on a server. */
export interface CreateRequest {
  readonly parent: DirectoryNode;
  readonly name: string;
  readonly mode: number;
  readonly caller: { readonly uid: number; readonly gid: number };
  /** For a symbolic link. */
  readonly target?: string | undefined;
  /** Whether it fails if the name is taken. Otherwise the file that is there is returned. */
  readonly exclusive: boolean;
}

/** The attributes that `chmod`, `chown` and `utimes` change. */
export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
}

/** A device behind a character special file. */
export interface CharacterDevice {
  readonly major: number;
  readonly minor: number;
  read(target: Uint8Array): number;
  write(source: Uint8Array): number;
}

/** A file tree provided from outside. It is read on first access and changed in memory only. */
export interface LowerTree {
  /** The names in a directory, in any order. */
  list(path: string): readonly LowerEntry[];
  /** Looks up one name of a directory, for trees that can do so without listing all names. */
  look?(path: string): LowerEntry | undefined;
  /** A file's bytes. They must not change afterwards. */
  read(path: string): Uint8Array;
  readLink(path: string): string;
  /**
   * The real path of a file on the machine that runs the simulation, for trees whose programs may be
   * compiled there.
   */
  origin?(path: string): string;
}

/** One name of a provided directory. Names and paths are byte strings, paths relative to its root. */
export interface LowerEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "symlink";
  readonly executable: boolean;
  readonly size: number;
}

/** Receives the events of an inode; see `watch.ts`. */
export interface InodeWatcher {
  notify(event: WatchEvent, name: string | undefined): void;
}

/** The kinds of inotify events that Node's `fs.watch` uses. */
export type WatchEvent = "modify" | "attribute" | "create" | "delete" | "move" | "self" | "ignored";

/**
 * An inode of any kind. Its fields are assigned, not defined: there are more kinds than V8 remembers
 * for definitions, which are then slow.
 */
export class Inode {
  declare readonly number: number;
  declare readonly mount: Mount;
  /** File type and permission bits. */
  declare mode: number;
  declare uid: number;
  declare gid: number;
  declare nlink: number;
  declare atime: Timestamp;
  declare mtime: Timestamp;
  declare ctime: Timestamp;
  declare readonly birthtime: Timestamp;
  /** The number of open files that refer to it. An inode without names exists until this is 0. */
  declare openCount: number;
  declare watchers: InodeWatcher[] | undefined;
  /** Attributes that survive a power loss. */
  declare durable: Attributes;
  /** Operations on the inode that would not survive a power loss, oldest first. */
  declare readonly pending: PendingOperation[];

  constructor(number: number, mount: Mount, mode: number, owner: Owner, now: Timestamp) {
    this.number = number;
    this.mount = mount;
    this.mode = mode;
    this.uid = owner.uid;
    this.gid = owner.gid;
    this.nlink = 0;
    this.atime = now;
    this.mtime = now;
    this.ctime = now;
    this.birthtime = now;
    this.openCount = 0;
    this.watchers = undefined;
    this.durable = this.attributes();
    this.pending = [];
  }

  get type(): number {
    return this.mode & S_IFMT;
  }

  attributes(): Attributes {
    const { mode, uid, gid, atime, mtime, ctime } = this;
    return { mode, uid, gid, atime, mtime, ctime };
  }
}

/** The owner and group of a new inode. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A regular file. */
export class FileNode extends Inode {
  #content: Content = new Content();
  #durableContent: Content = new Content();
  /** Loads the bytes on first access, for a file of a provided tree. */
  #load: (() => Uint8Array) | undefined;
  #lowerSize = 0;
  #provided = false;
  #origin: string | undefined;
  /** Whether its bytes are in memory. After a boot the first read goes to the device. */
  warm = true;
  /** Bytes written that are not yet durable. */
  dirtyBytes = 0;
  /** Whether a failed sync has left pages in the cache that count as written and are not durable. */
  hasUnwrittenPages = false;

  /** Sets the file's content to the bytes that `load` returns, called on first access. */
  provide(size: number, load: () => Uint8Array, origin?: string): void {
    this.#lowerSize = size;
    this.#load = load;
    this.#provided = true;
    this.#origin = origin;
    this.warm = false;
  }

  /** The real path of this file on the machine that runs the simulation, until a program writes to the file. */
  get origin(): string | undefined {
    return this.mtime === this.birthtime ? this.#origin : undefined;
  }

  /** Whether its bytes come from a provided tree. */
  get provided(): boolean {
    return this.#provided;
  }

  /** Pages that count against the disk's capacity. A provided tree is stored elsewhere and does not count. */
  get countedPages(): number {
    return this.#provided ? 0 : this.#content.pages;
  }

  get size(): number {
    return this.#load === undefined ? this.#content.size : this.#lowerSize;
  }

  /** The content that programs read and write. */
  get content(): Content {
    if (this.#load !== undefined) this.#provideNow();
    return this.#content;
  }

  /** The content that survives a power loss. */
  get durableContent(): Content {
    if (this.#load !== undefined) this.#provideNow();
    return this.#durableContent;
  }

  /** Makes everything written so far durable. */
  makeContentDurable(): void {
    if (this.#load === undefined) this.#durableContent = this.#content.snapshot();
  }

  /**
   * Called when no program can read the file any more, unless a power loss restores it. Keeps only the
   * durable content.
   */
  dropCache(): void {
    if (this.#load === undefined) this.#content = new Content();
  }

  /** Discards all content that was not durable. */
  revertContent(): void {
    if (this.#load === undefined) this.#content = this.#durableContent.snapshot();
    this.warm = false;
    this.dirtyBytes = 0;
    this.hasUnwrittenPages = false;
  }

  #provideNow(): void {
    // What is loaded over a network may fail, and is then loaded again.
    const bytes = (this.#load as () => Uint8Array)();
    this.#load = undefined;
    this.#content = Content.over(bytes);
    this.#durableContent = this.#content.snapshot();
  }
}

/** A name in a directory. It moves with its inode when it is renamed, as the kernel's dentries do. */
export class Entry {
  parent: DirectoryNode | undefined;
  name: string;
  readonly inode: Inode;

  constructor(parent: DirectoryNode, name: string, inode: Inode) {
    this.parent = parent;
    this.name = name;
    this.inode = inode;
  }
}

/** Entries that depend on the caller, such as those of `/proc/self/fd`. */
export interface DynamicEntries {
  lookUp(caller: unknown, name: string): Inode | undefined;
  list(caller: unknown): string[];
}

/** The source of the names of a provided directory. Both functions add what they find as durable entries. */
export interface LowerNames {
  plant(name: string): void;
  list(): readonly string[];
  /** A program made or took away a name here. */
  changed(): void;
}

/** A directory. */
export class DirectoryNode extends Inode {
  #entries: Map<string, Entry> = new Map();
  #lower: LowerNames | undefined;
  #changed: (() => void) | undefined;
  #planting = false;
  /** Names that were already looked up in the provided tree. For these, `#entries` alone is authoritative. */
  readonly #asked: Set<string> = new Set();
  /** The names that survive a power loss. */
  readonly durableEntries: Map<string, Inode> = new Map();
  /** The entry that names this directory; `undefined` for a root. */
  entry: Entry | undefined;
  dynamic: DynamicEntries | undefined;

  /** Provides names from a lower tree. Each name is added on its first look-up. */
  provide(lower: LowerNames): void {
    this.#lower = lower;
    this.#changed = () => lower.changed();
  }

  /** Returns the entry with this name. `_isNew`: it is about to be made, and a server need not be asked for it. */
  find(name: string, _isNew?: boolean): Entry | undefined {
    this.#ask(name);
    return this.#entries.get(name);
  }

  /** The entries that programs see: the provided ones, sorted, then the others in order of creation. */
  get entries(): ReadonlyMap<string, Entry> {
    if (this.#lower !== undefined) this.#askAll();
    return this.#entries;
  }

  /** The names that have been looked up so far. */
  get knownEntries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  /** Adds a name. The caller must have looked it up before. */
  put(entry: Entry): void {
    this.#asked.add(entry.name);
    this.#entries.set(entry.name, entry);
    if (!this.#planting) this.#changed?.();
  }

  /** Removes a name. */
  drop(name: string): void {
    this.#entries.delete(name);
    this.#changed?.();
  }

  /** Removes all entries at a boot. The caller adds the durable ones again. */
  clear(): void {
    this.#entries = new Map();
  }

  #ask(name: string): void {
    if (this.#lower === undefined || this.#asked.has(name)) return;
    this.#asked.add(name);
    this.#planting = true;
    this.#lower.plant(name);
    this.#planting = false;
  }

  #askAll(): void {
    const names = [...(this.#lower as LowerNames).list()].sort();
    for (const name of names) this.#ask(name);
    this.#lower = undefined;
    const ordered = new Map<string, Entry>();
    for (const name of names) {
      const entry = this.#entries.get(name);
      if (entry !== undefined) ordered.set(name, entry);
    }
    for (const [name, entry] of this.#entries) if (!ordered.has(name)) ordered.set(name, entry);
    this.#entries = ordered;
  }
}

/** A symbolic link. */
export class SymlinkNode extends Inode {
  target = "";
  /** For a link in `/proc` that resolves to an open file and not to a path. */
  follow: ((caller: unknown) => Inode) | undefined;
}

/** A character special file. */
export class CharacterNode extends Inode {
  device: CharacterDevice | undefined;
}

/** The name of a socket in the file system; `owner` is the listening socket. */
export class SocketNode extends Inode {
  owner: unknown;
}

export function isDirectory(inode: Inode): inode is DirectoryNode {
  return (inode.mode & S_IFMT) === S_IFDIR;
}

export function isSymlink(inode: Inode): inode is SymlinkNode {
  return (inode.mode & S_IFMT) === S_IFLNK;
}
