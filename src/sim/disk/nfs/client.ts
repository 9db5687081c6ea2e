/**
 * The client of a shared disk, with the behaviour of Linux's NFS client (nfs(5), open(2)); what it believes without asking
 * is in `cache.ts`:
 *
 * - Opening a file asks for its attributes, and closing it sends what was written: close-to-open consistency.
 * - Creating, linking, removing and renaming go to the server at once.
 * - An append asks where the file ends, and its bytes go there later: two machines overwrite each other.
 * - A file that is removed while it is open here keeps a name, `.nfs...`; one that another machine removes is stale.
 */
import { SECOND } from "../../../base/units.ts";
import { Kind } from "../../kernel.ts";
import { S_IFMT, S_IFREG } from "../constants.ts";
import { SystemError } from "../errno.ts";
import type { FileSystem } from "../file-system.ts";
import {
  type CreateRequest,
  type DirectoryNode,
  Entry,
  FileNode,
  type Inode,
  isDirectory,
  type Remote,
} from "../inode.ts";
import { tellNames } from "../told.ts";
import { tell, tellEntry, tellGone } from "../watch.ts";
import { type Known, NfsCache } from "./cache.ts";
import { Unanswered } from "./requests.ts";
import type { Credentials, FileHandle } from "./server.ts";

export type { MountOptions } from "./cache.ts";

/** Linux writes back what has been dirty this long. */
const WRITE_BACK_NS = 30 * SECOND;
const RETRY_NS = SECOND;

/** One mount of a shared disk on one machine. */
export class NfsClient extends NfsCache implements Remote {
  /** Told of what a fault has done, for stories. */
  onDamage: (what: string) => void = () => {};
  #sillyNames = 0;
  #writesBack = false;

  /**
   * Has the server change names of folders, and takes their attributes. What is known of other names stays, if nobody else
   * has changed the folder meanwhile.
   */
  #change<T>(
    places: readonly { readonly folder: DirectoryNode; readonly name: string }[],
    what: string,
    action: () => T,
  ): T {
    const folders = [...new Set(places.map(({ folder }) => folder))];
    const all = folders.map((folder) => ({ folder, known: this.of(folder) }));
    const [first] = all as [(typeof all)[0]];
    return this.requests.sendOnce(
      () =>
        this.onServer(first.folder, first.known, () => {
          const before = all.map(({ known }) => this.served.attributes(known.handle).version);
          try {
            return action();
          } catch (error) {
            for (const { folder, name } of places) this.#doubt(folder, name);
            throw error;
          } finally {
            for (const [at, { folder, known }] of all.entries()) {
              const attributes = this.served.attributes(known.handle);
              this.take(folder, known, attributes, before[at] === known.version);
            }
          }
        }),
      () => this.onDamage(`${what} is done twice: the reply to the first request was lost`),
    );
  }

  #drop(folder: DirectoryNode, name: string, inode: Inode): void {
    if (folder.knownEntries.get(name)?.inode === inode) folder.drop(name);
  }

  /** Nobody knows any more whether a name is there. */
  #doubt(folder: DirectoryNode, name: string): void {
    const known = this.of(folder);
    known.absent.delete(name);
    known.complete = false;
    if (folder.knownEntries.has(name)) folder.drop(name);
  }

  create({ parent, name, mode, caller, target, exclusive }: CreateRequest): Entry {
    const { handle } = this.of(parent);
    const make = (): FileHandle =>
      this.served.create(handle, name, mode, this.#by(caller), { target, exclusive });
    // Creating a file exclusively has a number that tells a request from others, so that it can be sent again.
    const isFile = (mode & S_IFMT) === S_IFREG;
    const what = `creating ${this.#pathOf(parent, name)}`;
    if (isFile) this.of(parent).absent.delete(name);
    const made = isFile
      ? this.ask(parent, this.of(parent), 0, make)
      : this.#change([{ folder: parent, name }], what, make);
    const attributes = this.served.attributes(made);
    if (isFile) this.#takeOwn(parent);
    const entry = this.plant(parent, name, made, attributes);
    tellNames(this.fs.tellOperation, [{ directory: parent, name, inode: entry.inode }]);
    tellEntry(parent, "create", name);
    return entry;
  }

  /** Takes the attributes of a folder after a change of this machine. */
  #takeOwn(folder: DirectoryNode): void {
    const known = this.of(folder);
    this.take(folder, known, this.served.attributes(known.handle), true);
  }

  link(parent: DirectoryNode, name: string, inode: Inode): Entry {
    const known = this.of(inode);
    if (known.written.length > 0) this.flush(inode);
    const { handle } = this.of(parent);
    try {
      this.#change([{ folder: parent, name }], `linking ${this.#pathOf(parent, name)}`, () =>
        this.served.link(handle, name, known.handle, this.#by(inode)),
      );
    } finally {
      known.takenNs = -Infinity;
    }
    this.of(parent).absent.delete(name);
    const entry = new Entry(parent, name, inode);
    parent.put(entry);
    tellNames(this.fs.tellOperation, [{ directory: parent, name, inode }]);
    tellEntry(parent, "create", name);
    return entry;
  }

  unlink(entry: Entry): void {
    const { inode, name } = entry;
    const parent = entry.parent as DirectoryNode;
    if (this.#keepOpen(entry)) return;
    const { handle } = this.of(parent);
    const known = this.of(inode);
    try {
      this.#change([{ folder: parent, name }], `removing ${this.#pathOf(parent, name)}`, () =>
        this.served.remove(handle, name, isDirectory(inode), this.#by(inode)),
      );
    } finally {
      known.takenNs = -Infinity;
      this.#drop(parent, name, inode);
    }
    this.of(parent).absent.add(name);
    inode.nlink--;
    tellNames(this.fs.tellOperation, [{ directory: parent, name, inode: undefined }]);
    tellEntry(parent, "delete", name);
    if (inode.nlink <= 0 || isDirectory(inode)) tellGone(inode);
    if (inode.openCount === 0) this.closed(inode);
  }

  /** A file that is open here and would have no name any more gets another one. Returns whether it is so. */
  #keepOpen(entry: Entry): boolean {
    const { inode } = entry;
    if (!(inode instanceof FileNode) || inode.openCount === 0 || inode.nlink > 1) return false;
    const number = inode.number.toString(16).padStart(16, "0");
    const name = `.nfs${number}${(++this.#sillyNames).toString(16).padStart(8, "0")}`;
    const parent = entry.parent as DirectoryNode;
    this.rename(entry, parent, name, undefined);
    this.of(inode).silly = parent.knownEntries.get(name);
    return true;
  }

  rename(entry: Entry, parent: DirectoryNode, name: string, replaced: Entry | undefined): void {
    const from = entry.parent as DirectoryNode;
    const { name: oldName, inode } = entry;
    if (replaced && replaced.inode !== inode) this.#keepOpen(replaced);
    const [source, target] = [from, parent].map((folder) => this.of(folder).handle);
    const places = [
      { folder: from, name: oldName },
      { folder: parent, name },
    ];
    try {
      this.#change(places, `renaming ${this.#pathOf(from, oldName)}`, () =>
        this.served.rename(
          source as FileHandle,
          oldName,
          target as FileHandle,
          name,
          this.#by(inode),
        ),
      );
    } finally {
      this.#drop(from, oldName, inode);
    }
    this.of(from).absent.add(oldName);
    this.of(parent).absent.delete(name);
    if (replaced && replaced.inode !== inode) this.of(replaced.inode).takenNs = -Infinity;
    entry.parent = parent;
    entry.name = name;
    parent.put(entry);
    tellNames(this.fs.tellOperation, [
      { directory: from, name: oldName, inode: undefined },
      { directory: parent, name, inode },
    ]);
    tellEntry(from, "move", oldName);
    tellEntry(parent, "move", name);
    tell(inode, "self");
  }

  /** Who asks the server, for a user. */
  #by({ uid, gid }: Credentials): Credentials {
    return { uid, gid, machine: this.host.name };
  }

  #pathOf(folder: DirectoryNode, name: string): string {
    let path = name;
    for (let at = folder; at !== this.root && at.entry?.parent; at = at.entry.parent) {
      path = `${at.entry.name}/${path}`;
    }
    return `${this.path}/${path}`;
  }

  // Files

  truncate(file: FileNode, size: number): void {
    this.flush(file);
    const known = this.of(file);
    const attributes = this.ask(file, known, 0, () => {
      this.served.truncate(known.handle, size, file);
      return this.served.attributes(known.handle);
    });
    this.take(file, known, attributes);
  }

  setAttributes(inode: Inode): void {
    const known = this.of(inode);
    if (known.written.length > 0) this.flush(inode);
    const { mode, uid, gid, atime, mtime } = inode;
    try {
      const attributes = this.ask(inode, known, 0, () => {
        this.served.setAttributes(known.handle, { mode, uid, gid, atime, mtime });
        return this.served.attributes(known.handle);
      });
      this.take(inode, known, attributes, true);
    } catch (error) {
      known.takenNs = -Infinity;
      throw error;
    }
  }

  endOf(file: FileNode): number {
    const known = this.of(file);
    if (known.written.length === 0) this.refresh(file, known);
    return file.size;
  }

  wrote(file: FileNode, offset: number, bytes: Uint8Array): void {
    this.of(file).written.push({ offset, bytes: bytes.slice() });
    this.#writeBackLater();
  }

  flush(inode: Inode): void {
    const known = this.of(inode);
    const { written, failure } = known;
    known.failure = undefined;
    if (failure) throw failure;
    if (written.length === 0 || !(inode instanceof FileNode)) return;
    const length = written.reduce((sum, { bytes }) => sum + bytes.length, 0);
    let own = false;
    const attributes = this.ask(inode, known, length, () => {
      // Whatever the server says to it, what was written is not kept.
      known.written = [];
      own = this.served.attributes(known.handle).version === known.version;
      this.served.write(known.handle, written);
      return this.served.attributes(known.handle);
    });
    this.take(inode, known, attributes, own);
  }

  closed(inode: Inode): void {
    const known = this.known.get(inode);
    if (!known) return;
    this.#tryToFlush(inode, known);
    const { silly } = known;
    if (silly) {
      known.silly = undefined;
      try {
        this.unlink(silly);
      } catch (error) {
        // The name stays behind, as it does in life.
        if (!(error instanceof SystemError) && !(error instanceof Unanswered)) throw error;
      }
    }
    if (inode.nlink > 0 && !known.stale) return;
    this.known.delete(inode);
    if (this.here.get(known.handle.inode) === inode) this.here.delete(known.handle.inode);
  }

  /** Sends what was written, if the server answers; otherwise later. */
  #tryToFlush(inode: Inode, known: Known): void {
    const { patience } = this.requests;
    this.requests.patience = { sinceNs: this.host.kernel.nowNs };
    try {
      this.flush(inode);
    } catch (error) {
      if (error instanceof SystemError) known.failure = error;
      else if (error instanceof Unanswered) this.#writeBackLater(RETRY_NS);
      else throw error;
    } finally {
      this.requests.patience = patience;
    }
  }

  #writeBackLater(delayNs = WRITE_BACK_NS): void {
    if (this.#writesBack) return;
    this.#writesBack = true;
    const { kernel, id } = this.host;
    kernel.schedule(delayNs, id, Kind.internal, writeBack, this as NfsClient);
  }

  /** @internal */
  writeBack(): void {
    this.#writesBack = false;
    if (!this.host.up) return;
    for (const [inode, known] of this.known) {
      if (known.written.length > 0) this.#tryToFlush(inode, known);
    }
    // It is the kernel that has waited, and no program.
    this.requests.takeSpentNs();
  }

  forgetAll(): void {
    const { handle } = this.of(this.root);
    this.known.clear();
    this.here.clear();
    this.root.clear();
    this.begin(this.root, handle);
  }

  /** What a power loss takes away, in words. */
  losses(): string[] {
    return [...this.known].flatMap(([inode, { written }]) => {
      if (written.length === 0 || !(inode instanceof FileNode)) return [];
      const bytes = written.reduce((sum, range) => sum + range.bytes.length, 0);
      const name = [...this.known.keys()].flatMap((folder) => {
        if (!isDirectory(folder)) return [];
        return [...folder.knownEntries.values()]
          .filter((entry) => entry.inode === inode)
          .map((entry) => this.#pathOf(folder, entry.name));
      })[0];
      const what = `${bytes.toLocaleString("en-US")} ${bytes === 1 ? "byte" : "bytes"}`;
      return [`${name ?? "a file without a name"}: ${what} had not been sent to the server`];
    });
  }

  truth(inode: Inode): Inode | undefined {
    if (inode === this.root) return this.served.root().inode;
    // What lies below the root is the server's own already.
    return inode;
  }

  status(): FileSystem {
    return this.served.status;
  }
}

function writeBack(client: NfsClient): void {
  client.writeBack();
}
