/**
 * A record of the changes to a disk, which can be applied again to the same disk in another attempt at the
 * same run. It carries the effects of a child process that was run ahead (`src/node/sync-child.ts`). It
 * records changes at the same point as the journal, so that the same data is durable afterwards.
 */
import type { Caller } from "./caller.ts";
import type { FileSystem } from "./file-system.ts";
import {
  type Attributes,
  type DirectoryNode,
  type Entry,
  type FileNode,
  type Inode,
  isDirectory,
  isSymlink,
  type SymlinkNode,
} from "./inode.ts";
import type { EntryChange } from "./journal.ts";
import { plantDirectory } from "./system-tree.ts";
import { find, pathOf } from "./walk.ts";
import { tell, tellChange, tellEntry } from "./watch.ts";

/** One recorded change. Inodes are identified by numbers that the log assigns. */
export type DiskChange =
  /** From here on, `id` is what is at `path`. */
  | { readonly kind: "known"; readonly id: number; readonly path: string; directory: boolean }
  /** From here on, `id` is a new inode without a name. */
  | { readonly kind: "made"; readonly id: number; readonly mode: number; target: string }
  | { readonly kind: "entries"; readonly entries: readonly LoggedEntry[] }
  | {
      readonly kind: "write";
      readonly id: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "truncate"; readonly id: number; readonly size: number }
  | { readonly kind: "attributes"; readonly id: number; readonly attributes: Attributes }
  | { readonly kind: "sync"; readonly id: number; readonly dataOnly: boolean }
  /** The final attributes of the inode. */
  | { readonly kind: "final"; readonly id: number; readonly attributes: Attributes };

/** A name that was set or removed. */
export interface LoggedEntry {
  readonly directory: number;
  readonly name: string;
  readonly id: number | undefined;
}

/** Records the changes to one file system. */
export class ChangeLog {
  readonly #fs: FileSystem;
  readonly #changes: DiskChange[] = [];
  readonly #ids = new Map<Inode, number>();
  readonly #links: [SymlinkNode, { target: string }][] = [];
  /** Inodes with this number or a higher one did not exist when recording began. */
  readonly #firstNew: number;

  constructor(fs: FileSystem) {
    this.#fs = fs;
    this.#firstNew = fs.nextInode;
    fs.journal.log = this;
  }

  /** Ends the log and returns the changes. They stay valid after the file system is gone. */
  finish(): readonly DiskChange[] {
    this.#fs.journal.log = undefined;
    for (const [link, change] of this.#links) change.target = link.target;
    for (const [inode, id] of this.#ids) {
      this.#changes.push({ kind: "final", id, attributes: inode.attributes() });
    }
    return this.#changes;
  }

  write(inode: FileNode, offset: number, bytes: Uint8Array): void {
    const id = this.#idOf(inode);
    if (id !== undefined) this.#changes.push({ kind: "write", id, offset, bytes });
  }

  truncate(inode: FileNode, size: number): void {
    const id = this.#idOf(inode);
    if (id !== undefined) this.#changes.push({ kind: "truncate", id, size });
  }

  attributes(inode: Inode): void {
    const id = this.#idOf(inode);
    if (id === undefined) return;
    this.#changes.push({ kind: "attributes", id, attributes: inode.attributes() });
  }

  sync(inode: Inode, dataOnly: boolean): void {
    const id = this.#idOf(inode);
    if (id !== undefined) this.#changes.push({ kind: "sync", id, dataOnly });
  }

  /** Records changes of names. The directories already have their new state when this is called. */
  entries(changes: readonly EntryChange[]): void {
    const entries = changes.map(({ directory, name, inode }) => ({
      directory: this.#idOf(directory) as number,
      name,
      id: inode && this.#idOf(inode, changes),
    }));
    this.#changes.push({ kind: "entries", entries });
  }

  /**
   * The log's number of an inode; `undefined` for an inode that had lost its last name before recording
   * began.
   */
  #idOf(inode: Inode, changes?: readonly EntryChange[]): number | undefined {
    const known = this.#ids.get(inode);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    if (inode.number >= this.#firstNew && inode.number < FIRST_GIVEN) {
      const made: DiskChange = { kind: "made", id, mode: inode.mode, target: "" };
      if (isSymlink(inode)) this.#links.push([inode, made]);
      this.#ids.set(inode, id);
      this.#changes.push(made);
      return id;
    }
    const path = this.#pathBefore(inode, changes);
    if (path === undefined) return undefined;
    this.#ids.set(inode, id);
    this.#changes.push({ kind: "known", id, path, directory: isDirectory(inode) });
    return id;
  }

  /** The path of the inode before `changes`. */
  #pathBefore(inode: Inode, changes: readonly EntryChange[] = []): string | undefined {
    // In a move, the old name comes first.
    const added = changes.findIndex((change) => change.inode === inode);
    const moved = changes[added - 1];
    if (moved !== undefined && moved.inode === undefined) {
      return join(pathOf(this.#fs.root, moved.directory), moved.name);
    }
    if (isDirectory(inode)) return pathOf(this.#fs.root, inode);
    return search(this.#fs.root, inode, changes, "");
  }
}

/** Numbers of inodes that existed from the start begin here. */
const FIRST_GIVEN = 0x4000_0000;

function join(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

/** A path that leads to a file, ignoring the names in `changes`. */
function search(
  directory: DirectoryNode,
  inode: Inode,
  changes: readonly EntryChange[],
  path: string,
): string | undefined {
  for (const [name, entry] of directory.knownEntries) {
    const isNew = changes.some((one) => one.directory === directory && one.name === name);
    if (entry.inode === inode && !isNew) return `${path}/${name}`;
    if (!isDirectory(entry.inode) || entry.inode.mount.remote) continue;
    const found = search(entry.inode, inode, changes, `${path}/${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Applies recorded changes again, on behalf of `caller`. */
export function applyChanges(fs: FileSystem, caller: Caller, changes: readonly DiskChange[]): void {
  const inodes = new Map<number, Inode>();
  const get = (id: number): Inode => inodes.get(id) as Inode;
  for (const change of changes) {
    switch (change.kind) {
      case "known":
        if (change.directory) inodes.set(change.id, plantDirectory(fs, change.path));
        else inodes.set(change.id, find(fs.root, caller, change.path, false));
        break;
      case "made": {
        const inode = fs.newInode(fs.root.mount, change.mode, caller, caller.now());
        if (isSymlink(inode)) inode.target = change.target;
        inodes.set(change.id, inode);
        break;
      }
      case "entries":
        setEntries(
          fs,
          caller,
          change.entries.map(({ directory, name, id }) => ({
            directory: get(directory) as DirectoryNode,
            name,
            inode: id === undefined ? undefined : get(id),
          })),
        );
        break;
      case "sync": {
        const inode = get(change.id);
        if (isDirectory(inode)) fs.journal.syncDirectory(inode);
        else fs.journal.syncFile(inode as FileNode, change.dataOnly);
        break;
      }
      case "attributes":
      case "final": {
        const inode = get(change.id);
        Object.assign(inode, change.attributes);
        if (change.kind === "final") break;
        fs.journal.attributes(inode, fs.nowNs());
        tell(inode, "attribute");
        break;
      }
      default:
        setContent(fs, get(change.id) as FileNode, change);
    }
  }
  for (const inode of inodes.values()) fs.release(inode);
}

function setContent(
  fs: FileSystem,
  inode: FileNode,
  change: Extract<DiskChange, { kind: "write" | "truncate" }>,
): void {
  const { content } = inode;
  inode.warm = true;
  if (change.kind === "write") {
    const { offset, bytes } = change;
    if (!inode.provided) fs.reserve(content.pagesMissing(offset, bytes.length));
    content.write(offset, bytes);
    fs.journal.write(inode, fs.nowNs(), offset, bytes);
  } else {
    const before = inode.countedPages;
    content.truncate(change.size);
    fs.usedPages -= before - inode.countedPages;
    fs.journal.truncate(inode, fs.nowNs(), change.size);
  }
  tellChange(undefined, inode, "modify");
}

/** Sets and removes names; an inode that is removed here and set there moves. */
function setEntries(fs: FileSystem, caller: Caller, changes: readonly EntryChange[]): void {
  const now = caller.now();
  const removed = new Map<Inode, Entry>();
  for (const { directory, name, inode } of changes) {
    const entry = inode === undefined ? directory.find(name) : undefined;
    if (entry !== undefined) removed.set(entry.inode, entry);
  }
  const gone: Inode[] = [];
  const take = (entry: Entry): void => {
    fs.detach(entry, now);
    gone.push(entry.inode);
  };
  for (const { directory, name, inode } of changes) {
    if (inode === undefined) continue;
    const replaced = directory.find(name);
    if (replaced !== undefined) take(replaced);
    const moving = removed.get(inode);
    if (moving === undefined) fs.attach(directory, name, inode, now);
    else fs.move(moving, directory, name, now);
    removed.delete(inode);
  }
  for (const entry of removed.values()) take(entry);
  fs.record(changes);
  for (const { directory, name, inode } of changes) {
    tellEntry(directory, inode === undefined ? "delete" : "create", name);
  }
  for (const inode of gone) fs.release(inode);
}
