/**
 * What a file system is made of: inodes, and the entries that name them. Each inode has two states: what
 * programs see (the page cache) and what would be there after a power loss (`durable...`). The journal
 * carries changes from the first to the second.
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
  readonly readOnly: boolean;
  /** Shown by `statfs`: the magic number of its type. */
  readonly type: number;
}

/** What `chmod`, `chown` and `utimes` change. */
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

/** A tree that someone else provides: read when first looked at, changed in memory only. */
export interface LowerTree {
  /** The names in a directory, in any order. */
  list(path: string): readonly LowerEntry[];
  /** One name of a directory, for trees that know it without listing all. */
  look?(path: string): LowerEntry | undefined;
  /** A file's bytes, which nobody changes from then on. */
  read(path: string): Uint8Array;
  readLink(path: string): string;
  /** The path that a file has on the real machine, for trees whose programs may be compiled there. */
  origin?(path: string): string;
}

/** One name of a provided directory. Names and paths are byte strings, paths relative to its root. */
export interface LowerEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "symlink";
  readonly executable: boolean;
  readonly size: number;
}

/** Whoever wants to know what happens to an inode; see `watch.ts`. */
export interface InodeWatcher {
  notify(event: WatchEvent, name: string | undefined): void;
}

/** The kinds of event that inotify tells, as far as Node's `fs.watch` listens to them. */
export type WatchEvent = "modify" | "attribute" | "create" | "delete" | "move" | "self" | "ignored";

/** An inode of any kind. */
export class Inode {
  readonly number: number;
  readonly mount: Mount;
  /** File type and permission bits. */
  mode: number;
  uid: number;
  gid: number;
  nlink = 0;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
  readonly birthtime: Timestamp;
  /** How many open files refer to it; it lives on while there are any. */
  openCount = 0;
  watchers: InodeWatcher[] | undefined;
  /** Attributes that survive a power loss. */
  durable: Attributes;
  /** Operations on it that would not, oldest first. */
  readonly pending: PendingOperation[] = [];

  constructor(number: number, mount: Mount, mode: number, owner: Owner, now: Timestamp) {
    this.number = number;
    this.mount = mount;
    this.mode = mode;
    this.uid = owner.uid;
    this.gid = owner.gid;
    this.atime = now;
    this.mtime = now;
    this.ctime = now;
    this.birthtime = now;
    this.durable = this.attributes();
  }

  get type(): number {
    return this.mode & S_IFMT;
  }

  attributes(): Attributes {
    const { mode, uid, gid, atime, mtime, ctime } = this;
    return { mode, uid, gid, atime, mtime, ctime };
  }
}

/** Who owns what is created. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A regular file. */
export class FileNode extends Inode {
  #content: Content = new Content();
  #durableContent: Content = new Content();
  /** Where the bytes come from on the first look, for a file of a provided tree. */
  #load: (() => Uint8Array) | undefined;
  #lowerSize = 0;
  #provided = false;
  #origin: string | undefined;
  /** Whether its bytes are in memory: after a boot the first read goes to the device. */
  warm = true;
  /** Bytes of writes that are not durable. */
  dirtyBytes = 0;

  /** Makes the file's bytes those that `load` returns, once anybody wants them. */
  provide(size: number, load: () => Uint8Array, origin?: string): void {
    this.#lowerSize = size;
    this.#load = load;
    this.#provided = true;
    this.#origin = origin;
    this.warm = false;
  }

  /** The real machine's path of this very file, for as long as no program has written to it. */
  get origin(): string | undefined {
    return this.mtime === this.birthtime ? this.#origin : undefined;
  }

  /** Whether its bytes come from a provided tree. */
  get provided(): boolean {
    return this.#provided;
  }

  /** Pages that count against the disk's capacity; a provided tree lives elsewhere. */
  get countedPages(): number {
    return this.#provided ? 0 : this.#content.pages;
  }

  get size(): number {
    return this.#load === undefined ? this.#content.size : this.#lowerSize;
  }

  /** What programs read and write. */
  get content(): Content {
    if (this.#load !== undefined) this.#provideNow();
    return this.#content;
  }

  /** What survives a power loss. */
  get durableContent(): Content {
    if (this.#load !== undefined) this.#provideNow();
    return this.#durableContent;
  }

  /** Everything written so far is durable. */
  makeContentDurable(): void {
    if (this.#load === undefined) this.#durableContent = this.#content.snapshot();
  }

  /** Nobody can read it any more, unless a power loss brings it back: only what is durable is kept. */
  dropCache(): void {
    if (this.#load === undefined) this.#content = new Content();
  }

  /** What was not durable is gone. */
  revertContent(): void {
    if (this.#load === undefined) this.#content = this.#durableContent.snapshot();
    this.warm = false;
    this.dirtyBytes = 0;
  }

  #provideNow(): void {
    const load = this.#load as () => Uint8Array;
    this.#load = undefined;
    this.#content = Content.over(load());
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

/** Entries that depend on who looks, such as those of `/proc/self/fd`. */
export interface DynamicEntries {
  lookUp(caller: unknown, name: string): Inode | undefined;
  list(caller: unknown): string[];
}

/** Where the names of a provided directory come from. Both plant what they find, as durable. */
export interface LowerNames {
  plant(name: string): void;
  list(): readonly string[];
}

/** A directory. */
export class DirectoryNode extends Inode {
  #entries: Map<string, Entry> = new Map();
  #lower: LowerNames | undefined;
  /** Names that were looked up below already: from then on `#entries` alone says what is there. */
  readonly #asked: Set<string> = new Set();
  /** The names that survive a power loss. */
  readonly durableEntries: Map<string, Inode> = new Map();
  /** The entry that names this directory; a root names itself `undefined`. */
  entry: Entry | undefined;
  dynamic: DynamicEntries | undefined;

  /** Shows names from below: each is planted when anybody first looks for it. */
  provide(lower: LowerNames): void {
    this.#lower = lower;
  }

  /** What a name stands for. */
  find(name: string): Entry | undefined {
    this.#ask(name);
    return this.#entries.get(name);
  }

  /** What programs see: what was provided, sorted, then the others in the order in which they were made. */
  get entries(): ReadonlyMap<string, Entry> {
    if (this.#lower !== undefined) this.#askAll();
    return this.#entries;
  }

  /** The names that anybody has looked for so far. */
  get knownEntries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  /** Adds a name. Whoever gives it has looked for it before. */
  put(entry: Entry): void {
    this.#asked.add(entry.name);
    this.#entries.set(entry.name, entry);
  }

  /** Takes a name away. */
  drop(name: string): void {
    this.#entries.delete(name);
  }

  /** Forgets the entries, for a boot: the caller adds the durable ones again. */
  clear(): void {
    this.#entries = new Map();
  }

  #ask(name: string): void {
    if (this.#lower === undefined || this.#asked.has(name)) return;
    this.#asked.add(name);
    this.#lower.plant(name);
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
  /** A link of `/proc`, which leads to an open file and not along a path. */
  follow: ((caller: unknown) => Inode) | undefined;
}

/** A character special file. */
export class CharacterNode extends Inode {
  device: CharacterDevice | undefined;
}

/** A socket's name in the file system; `owner` is whoever listens there. */
export class SocketNode extends Inode {
  owner: unknown;
}

export function isDirectory(inode: Inode): inode is DirectoryNode {
  return (inode.mode & S_IFMT) === S_IFDIR;
}

export function isSymlink(inode: Inode): inode is SymlinkNode {
  return (inode.mode & S_IFMT) === S_IFLNK;
}
