/**
 * What the client of a shared disk believes without asking, as Linux's NFS client does (nfs(5), "Data and metadata
 * coherence"):
 *
 * - Attributes are believed for some seconds: at first the least time, twice as long each time they are found unchanged.
 * - Names, and that there is no such name, are believed as long as the attributes of their folder are.
 */
import type { Host } from "../../host.ts";
import { S_IFDIR, S_IFMT, S_IFREG } from "../constants.ts";
import { fail, SystemError } from "../errno.ts";
import type { FileSystem } from "../file-system.ts";
import {
  DirectoryNode,
  Entry,
  FileNode,
  Inode,
  isDirectory,
  isSymlink,
  type Mount,
  type Remote,
  SocketNode,
  SymlinkNode,
} from "../inode.ts";
import type { RangeNs } from "../timing.ts";
import { tell } from "../watch.ts";
import { type Mounting, Requests, type ServerPort } from "./requests.ts";
import type { FileHandle, NfsExport, ServedAttributes, WrittenRange } from "./server.ts";

/** How a shared disk is mounted. */
export interface MountOptions extends Mounting {
  /** How long the attributes of files and of folders are believed: at first, and at most. */
  readonly fileAttributes: RangeNs;
  readonly folderAttributes: RangeNs;
}

/** What a client knows of an inode. */
export interface Known {
  handle: FileHandle;
  /** The server does not know the handle any more. */
  stale: boolean;
  version: string;
  /** When the server has told the attributes, `-Infinity` if they are not to be believed; and for how long they are. */
  takenNs: number;
  spanNs: number;
  /** What was written and not sent. */
  written: WrittenRange[];
  /** The first error of sending it where nobody could be told. */
  failure: SystemError | undefined;
  /** For a folder: names that are not there, and whether all are known. */
  readonly absent: Set<string>;
  complete: boolean;
  /** The name under which it is kept since it was removed while open. */
  silly: Entry | undefined;
}

const NFS_MAGIC = 0x6969;

/** A folder of a shared disk. Its names are looked up on the server when they are not known. */
class RemoteDirectory extends DirectoryNode {
  readonly #client: NfsCache;

  constructor(client: NfsCache, served: Inode, mount: Mount) {
    super(served.number, mount, served.mode, served, served.birthtime);
    this.#client = client;
  }

  override find(name: string, isNew = false): Entry | undefined {
    this.#client.lookUp(this, name, isNew);
    return super.find(name);
  }

  override get entries(): ReadonlyMap<string, Entry> {
    this.#client.list(this);
    return this.knownEntries;
  }
}

/** What one mount knows. */
export abstract class NfsCache {
  readonly requests: Requests;
  /** Attributes and names are believed as long as possible while a fault wants it. */
  clings = false;
  /** How often something was believed because of that, and how often a handle was found stale. */
  clung = 0;
  staled = 0;
  protected readonly host: Host;
  protected readonly fs: FileSystem;
  protected readonly served: NfsExport;
  readonly #options: MountOptions;
  protected readonly path: string;
  readonly #mount: Mount;
  protected readonly root: RemoteDirectory;
  protected readonly known: Map<Inode, Known> = new Map();
  /** The inodes here, by those of the server. */
  protected readonly here: Map<Inode, Inode> = new Map();

  constructor(
    host: Host,
    fs: FileSystem,
    served: NfsExport,
    options: MountOptions & { readonly path: string; readonly device: number },
    port: ServerPort,
  ) {
    this.host = host;
    this.fs = fs;
    this.served = served;
    this.#options = options;
    this.path = options.path;
    this.requests = new Requests(host, port, options, host.prng.fork(`nfs.${options.path}`));
    this.#mount = {
      device: options.device,
      readOnly: false,
      type: NFS_MAGIC,
      remote: this as unknown as Remote,
    };
    const handle = served.root();
    this.root = new RemoteDirectory(this, handle.inode, this.#mount);
    this.begin(this.root, handle);
  }

  /** Sends what was written to a file. */
  abstract flush(inode: Inode): void;

  /** The folder that is mounted. */
  get folder(): DirectoryNode {
    return this.root;
  }

  /** The handle of every inode but the root is of no use any more. Names lead to new ones once that is noticed. */
  makeStale(): void {
    for (const [inode, known] of this.known) {
      if (inode === this.root) continue;
      known.stale = true;
      this.here.delete(known.handle.inode);
    }
  }

  // What is believed

  revalidate(inode: Inode): void {
    const known = this.of(inode);
    if (known.written.length > 0) this.flush(inode);
    if (!this.#isBelieved(inode, known)) this.refresh(inode, known);
  }

  opens(inode: Inode): boolean {
    if (this.of(inode).written.length > 0) this.flush(inode);
    return !this.#isStale(inode, true);
  }

  isGone(inode: Inode): boolean {
    return this.#isStale(inode, false);
  }

  #isStale(inode: Inode, ask: boolean): boolean {
    const known = this.known.get(inode);
    if (known && !ask && this.#isBelieved(inode, known)) return false;
    try {
      this.refresh(inode, known ?? this.#failStale());
      return false;
    } catch (error) {
      if (!isStale(error)) throw error;
      return true;
    }
  }

  /** Drops the names of an inode that the server does not know any more. */
  #forget(inode: Inode): void {
    for (const [folder] of this.known) {
      if (folder instanceof RemoteDirectory) this.#forgetName(folder, inode);
    }
  }

  #isBelieved(inode: Inode, known: Known): boolean {
    if (known.stale) return false;
    const { nowNs } = this.requests;
    if (nowNs < known.takenNs + known.spanNs) return true;
    if (!this.clings || nowNs >= known.takenNs + this.#spans(inode).maxNs) return false;
    this.clung++;
    return true;
  }

  #spans(inode: Inode): RangeNs {
    return isDirectory(inode) ? this.#options.folderAttributes : this.#options.fileAttributes;
  }

  /** Asks for attributes. */
  protected refresh(inode: Inode, known: Known): void {
    try {
      const attributes = this.ask(inode, known, 0, () => this.served.attributes(known.handle));
      this.take(inode, known, attributes);
    } catch (error) {
      if (isStale(error)) this.#forget(inode);
      throw error;
    }
  }

  /** Has the server do something with an inode, and marks what it does not know. */
  protected ask<T>(inode: Inode, known: Known, bytes: number, action: () => T): T {
    return this.requests.send(bytes, () => this.onServer(inode, known, action));
  }

  protected onServer<T>(inode: Inode, known: Known, action: () => T): T {
    if (inode === this.root) this.#renewRoot(known);
    else if (known.stale) this.#failStale();
    try {
      return action();
    } catch (error) {
      if (isStale(error)) {
        known.stale = true;
        this.staled++;
      }
      throw error;
    }
  }

  #failStale(): never {
    this.staled++;
    return fail("ESTALE");
  }

  /** The folder of a machine that was replaced is another one. */
  #renewRoot(known: Known): void {
    const handle = this.served.root();
    if (handle.inode === known.handle.inode) return;
    known.handle = handle;
    this.makeStale();
  }

  /** Takes what a reply says of an inode. `own`: the change is this machine's own. */
  protected take(inode: Inode, known: Known, attributes: ServedAttributes, own = false): void {
    const { nowNs } = this.requests;
    const { minNs, maxNs } = this.#spans(inode);
    const { mode, uid, gid, atime, mtime, ctime, nlink, size, version } = attributes;
    const isSame = version === known.version;
    known.spanNs = isSame && !own ? Math.min(known.spanNs * 2, maxNs) : minNs;
    known.takenNs = nowNs;
    Object.assign(inode, { mode, uid, gid, atime, mtime, ctime, nlink });
    known.version = version;
    if (isSame || own) return;
    if (inode instanceof FileNode) {
      this.#provide(inode, known, size);
      tell(inode, "modify");
    }
    if (isDirectory(inode)) this.#forgetNames(inode);
  }

  /** The bytes of a file are read from the server when they are needed. */
  #provide(file: FileNode, known: Known, size: number): void {
    file.provide(size, () => {
      return this.ask(file, known, file.size, () => this.served.read(known.handle));
    });
    file.warm = true;
  }

  protected of(inode: Inode): Known {
    return this.known.get(inode) ?? fail("ESTALE");
  }

  protected begin(inode: Inode, handle: FileHandle): Known {
    const known: Known = {
      handle,
      stale: false,
      version: "",
      takenNs: -Infinity,
      spanNs: 0,
      written: [],
      failure: undefined,
      absent: new Set(),
      complete: false,
      silly: undefined,
    };
    this.known.set(inode, known);
    this.here.set(handle.inode, inode);
    return known;
  }

  // Names

  /** Makes sure that what is known of a name of a folder can be believed. */
  lookUp(folder: DirectoryNode, name: string, isNew: boolean): void {
    // What is known is believed even by those who want to make the name: it is there. If not, the server decides.
    if (isNew && !folder.knownEntries.has(name)) return;
    const known = this.#believedFolder(folder);
    if (isNew || folder.knownEntries.has(name) || known.absent.has(name) || known.complete) return;
    const found = this.ask(folder, known, 0, () => {
      const handle = this.served.lookUp(known.handle, name);
      return handle && { handle, attributes: this.served.attributes(handle) };
    });
    if (found) this.plant(folder, name, found.handle, found.attributes);
    else known.absent.add(name);
  }

  /** Makes sure that all names of a folder are known. */
  list(folder: DirectoryNode): void {
    const known = this.#believedFolder(folder);
    if (known.complete) return;
    const found = this.ask(folder, known, 0, () =>
      this.served.list(known.handle).map(([name, handle]) => {
        return { name, handle, attributes: this.served.attributes(handle) };
      }),
    );
    this.#forgetNames(folder);
    for (const { name, handle, attributes } of found) this.plant(folder, name, handle, attributes);
    known.complete = true;
  }

  #believedFolder(folder: DirectoryNode): Known {
    const known = this.of(folder);
    if (!this.#isBelieved(folder, known)) this.refresh(folder, known);
    return known;
  }

  protected plant(
    folder: DirectoryNode,
    name: string,
    handle: FileHandle,
    attributes: ServedAttributes,
  ): Entry {
    const inode = this.here.get(handle.inode) ?? this.#construct(handle, attributes);
    const known = this.of(inode);
    if (known.written.length === 0) this.take(inode, known, attributes);
    this.of(folder).absent.delete(name);
    const before = isDirectory(inode) ? inode.entry : undefined;
    const isThere = before?.parent === folder && before.name === name;
    const entry = isThere ? before : new Entry(folder, name, inode);
    if (isDirectory(inode)) inode.entry = entry;
    folder.put(entry);
    return entry;
  }

  #construct(handle: FileHandle, { mode }: ServedAttributes): Inode {
    const { inode: served } = handle;
    const { number, birthtime } = served;
    const type = mode & S_IFMT;
    const make = (): Inode => {
      if (type === S_IFDIR) return new RemoteDirectory(this, served, this.#mount);
      const Class = isSymlink(served) ? SymlinkNode : type === S_IFREG ? FileNode : undefined;
      const Other = served instanceof SocketNode ? SocketNode : Inode;
      return new (Class ?? Other)(number, this.#mount, mode, served, birthtime);
    };
    const inode = make();
    if (isSymlink(inode)) inode.target = this.served.readLink(handle);
    this.begin(inode, handle);
    return inode;
  }

  #forgetNames(folder: DirectoryNode): void {
    folder.clear();
    const known = this.of(folder);
    known.absent.clear();
    known.complete = false;
  }

  #forgetName(folder: DirectoryNode, inode: Inode): void {
    for (const [name, entry] of folder.knownEntries) {
      if (entry.inode === inode) folder.drop(name);
    }
    this.of(folder).complete = false;
  }
}

/** Whether the server does not know a handle. */
function isStale(error: unknown): boolean {
  return error instanceof SystemError && error.code === "ESTALE";
}
