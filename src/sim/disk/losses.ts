/**
 * What a power loss took from a disk, in words, for whoever reads the story of a run: which files lost what
 * they had, which names are gone or back. Asked at the moment of the loss, since nobody can tell afterwards.
 */
import type { DirectoryNode, FileNode, Inode } from "./inode.ts";
import { isDirectory } from "./inode.ts";
import type { EntriesOperation, PendingOperation, PowerLossPolicy } from "./journal.ts";

/** What one power loss took from one disk. */
export interface PowerLoss {
  readonly atNs: number;
  /** One line for each file or name, such as "/data/a.log: 312 bytes that were not synced are lost". */
  readonly lost: readonly string[];
}

/** More lines than that are told by number. */
const TOLD_MAX = 6;

/** Listens to the decisions of a power loss. */
export class LossReport {
  readonly #root: DirectoryNode;
  readonly #bytes = new Map<FileNode, number>();
  readonly #cut = new Set<FileNode>();
  /** Names that something was pending about: by path, what they stood for. */
  readonly #names = new Map<string, { directory: DirectoryNode; name: string; was?: Inode }>();

  constructor(root: DirectoryNode) {
    this.#root = root;
  }

  /** The policy, overheard. */
  listen(policy: PowerLossPolicy): PowerLossPolicy {
    return (operation) => {
      const verdict = policy(operation);
      if (verdict !== true) this.#lost(operation, verdict);
      return verdict;
    };
  }

  #lost(operation: PendingOperation, kept: false | number): void {
    if (operation.kind === "write") {
      const lost = operation.bytes.length - (kept === false ? 0 : kept);
      this.#bytes.set(operation.inode, (this.#bytes.get(operation.inode) ?? 0) + lost);
    } else if (operation.kind === "truncate") {
      this.#cut.add(operation.inode);
    } else if (operation.kind === "entries") {
      this.#lostNames(operation);
    }
  }

  #lostNames({ changes }: EntriesOperation): void {
    for (const { directory, name } of changes) {
      const folder = pathOf(this.#root, directory);
      if (folder === undefined) continue;
      const was = directory.knownEntries.get(name)?.inode;
      this.#names.set(join(folder, name), { directory, name, ...(was && { was }) });
    }
  }

  /** What is lost, one line each. To be asked when the decisions are made, and programs' view is as before. */
  finish(): string[] {
    const lines: string[] = [];
    const gone = new Set<Inode>();
    for (const [path, { directory, name, was }] of this.#names) {
      const durable = directory.durableEntries.get(name);
      if (was === durable) continue;
      if (was !== undefined) gone.add(was);
      // What lay in a folder that is gone is gone with it.
      if (isIn(directory, gone)) continue;
      lines.push(`${path} ${fateOf(was, durable)}`);
    }
    const files = new Set([...this.#bytes.keys(), ...this.#cut].filter((file) => !gone.has(file)));
    const paths = files.size > 0 ? pathsOf(this.#root, files) : new Map<Inode, string>();
    for (const file of files) {
      const path = paths.get(file);
      if (path === undefined) continue;
      const bytes = this.#bytes.get(file) ?? 0;
      lines.push(
        bytes > 0
          ? `${path}: ${bytes.toLocaleString("en-US")} ${bytes === 1 ? "byte that was" : "bytes that were"} not synced ${bytes === 1 ? "is" : "are"} lost`
          : `${path}: that it was cut was not synced, and is undone`,
      );
    }
    if (lines.length <= TOLD_MAX) return lines;
    return [...lines.slice(0, TOLD_MAX), `and ${lines.length - TOLD_MAX} more files or names`];
  }
}

/** What became of a name that the power loss has changed. */
function fateOf(was: Inode | undefined, durable: Inode | undefined): string {
  if (was === undefined) return "is back: that it was removed was not synced";
  return durable === undefined
    ? "is gone: its name was not synced"
    : "is the one before: what took its place was not synced";
}

/** Whether a folder, or any that it lies in, is one of `gone`. */
function isIn(directory: DirectoryNode, gone: ReadonlySet<Inode>): boolean {
  for (let at: DirectoryNode | undefined = directory; at; at = at.entry?.parent) {
    if (gone.has(at)) return true;
  }
  return false;
}

/** The path of a folder that has one. */
function pathOf(root: DirectoryNode, directory: DirectoryNode): string | undefined {
  let path = "";
  for (let at = directory; at !== root;) {
    const { entry } = at;
    if (entry?.parent === undefined) return undefined;
    path = `/${entry.name}${path}`;
    at = entry.parent;
  }
  return path === "" ? "/" : path;
}

function join(folder: string, name: string): string {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

/** A path of each of the files that has one, by looking at every name that is in memory. */
function pathsOf(root: DirectoryNode, files: ReadonlySet<Inode>): Map<Inode, string> {
  const found = new Map<Inode, string>();
  const visit = (directory: DirectoryNode, folder: string): void => {
    for (const { name, inode } of directory.knownEntries.values()) {
      if (files.has(inode) && !found.has(inode)) found.set(inode, join(folder, name));
      if (found.size === files.size) return;
      if (isDirectory(inode)) visit(inode, join(folder, name));
    }
  };
  visit(root, "/");
  return found;
}
