/**
 * Describes in words what a power loss destroyed on a disk, for the story of a run: which files lost data,
 * and which names disappeared or reappeared. It is computed at the moment of the loss, because the
 * information is gone afterwards.
 */
import type { DirectoryNode, FileNode, Inode } from "./inode.ts";
import { isDirectory } from "./inode.ts";
import {
  type EntriesOperation,
  type Kept,
  partsKept,
  type PendingOperation,
  type PowerLossPolicy,
} from "./journal.ts";

/** The effect of one power loss on one disk. */
export interface PowerLoss {
  readonly atNs: number;
  /** The kind of fault that does such damage while it lasts. Otherwise it was done at one moment. */
  readonly by?: string;
  /** One line for each file or name, such as "/data/a.log: 312 bytes that were not synced are lost". */
  readonly lost: readonly string[];
}

/** At most this many lines are listed; the rest are only counted. */
const TOLD_MAX = 6;

/** Observes the decisions at a power loss. */
export class LossReport {
  readonly #root: DirectoryNode;
  readonly #bytes = new Map<FileNode, number>();
  readonly #cut = new Set<FileNode>();
  /** Files whose name was kept and was another file's before. */
  readonly #replacing = new Set<Inode>();
  /** Names with a pending operation: by path, with the inode they named. */
  readonly #names = new Map<string, { directory: DirectoryNode; name: string; was?: Inode }>();

  constructor(root: DirectoryNode) {
    this.#root = root;
  }

  /** Returns the policy, wrapped so that its decisions are recorded. */
  listen(policy: PowerLossPolicy): PowerLossPolicy {
    return (operation, at, count) => {
      const verdict = policy(operation, at, count);
      if (verdict !== true) this.#lost(operation, verdict);
      else if (operation.kind === "entries") this.#keptNames(operation);
      return verdict;
    };
  }

  #keptNames({ changes }: EntriesOperation): void {
    for (const { directory, name, inode } of changes) {
      const before = directory.durableEntries.get(name);
      if (inode && before && before !== inode) this.#replacing.add(inode);
    }
  }

  #lost(operation: PendingOperation, kept: Kept): void {
    if (operation.kind === "write") {
      const { length } = operation.bytes;
      const lost = partsKept(kept, length).reduce((left, [from, to]) => left - (to - from), length);
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

  /**
   * Returns the losses, one line each. Must be called after all decisions are made and while the programs'
   * view is still unchanged. `unwritten`: files with bytes that counted as written and were not.
   */
  finish(unwritten: readonly FileNode[] = []): string[] {
    const lines: string[] = [];
    const gone = new Set<Inode>();
    for (const [path, { directory, name, was }] of this.#names) {
      const durable = directory.durableEntries.get(name);
      if (was === durable) continue;
      if (was !== undefined) gone.add(was);
      // The contents of a lost directory are not listed separately.
      if (isIn(directory, gone)) continue;
      lines.push(`${path} ${fateOf(was, durable)}`);
    }
    const wrong = new Map(unwritten.map((file) => [file, bytesThatDiffer(file)]));
    const concerned = [...this.#bytes.keys(), ...this.#cut, ...wrong.keys()];
    const files = new Set(concerned.filter((file) => !gone.has(file)));
    const paths = files.size > 0 ? pathsOf(this.#root, files) : new Map<Inode, string>();
    for (const file of files) {
      const path = paths.get(file);
      if (path === undefined) continue;
      const bytes = this.#bytes.get(file) ?? 0;
      const others = (wrong.get(file) ?? 0) - bytes;
      if (others > 0) {
        const [are, were] = others === 1 ? ["byte is", "it"] : ["bytes are", "they"];
        lines.push(
          `${path}: ${others.toLocaleString("en-US")} ${are} not as ${were} seemed to be written`,
        );
      }
      if (bytes === 0 && !this.#cut.has(file)) continue;
      const replaced = this.#replacing.has(file) ? ", and the file that it replaced is gone" : "";
      lines.push(
        bytes > 0
          ? `${path}: ${bytes.toLocaleString("en-US")} ${bytes === 1 ? "byte that was" : "bytes that were"} not synced ${bytes === 1 ? "is" : "are"} lost${replaced}`
          : `${path}: that it was cut was not synced, and is undone`,
      );
    }
    if (lines.length <= TOLD_MAX) return lines;
    return [...lines.slice(0, TOLD_MAX), `and ${lines.length - TOLD_MAX} more files or names`];
  }
}

/** Describes what happened to a name that the power loss has changed. */
function fateOf(was: Inode | undefined, durable: Inode | undefined): string {
  if (was === undefined) return "is back: that it was removed was not synced";
  return durable === undefined
    ? "is gone: its name was not synced"
    : "is the one before: what took its place was not synced";
}

/** Whether a directory, or one of its ancestors, is in `gone`. */
function isIn(directory: DirectoryNode, gone: ReadonlySet<Inode>): boolean {
  for (let at: DirectoryNode | undefined = directory; at; at = at.entry?.parent) {
    if (gone.has(at)) return true;
  }
  return false;
}

/** The path of a directory, if it has one. */
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

/** Finds a path for each of the files that has one, by scanning all names that are in memory. */
function pathsOf(root: DirectoryNode, files: ReadonlySet<Inode>): Map<Inode, string> {
  const found = new Map<Inode, string>();
  const visit = (directory: DirectoryNode, folder: string): void => {
    for (const { name, inode } of directory.knownEntries.values()) {
      if (files.has(inode) && !found.has(inode)) found.set(inode, join(folder, name));
      if (found.size === files.size) return;
      if (isDirectory(inode) && !inode.mount.remote) visit(inode, join(folder, name));
    }
  };
  visit(root, "/");
  return found;
}

/** How many bytes of a file are others on the device than programs see. */
function bytesThatDiffer(file: FileNode): number {
  const { content, durableContent } = file;
  const [seen, durable] = [content, durableContent].map((one) => {
    const bytes = new Uint8Array(one.size);
    one.read(0, bytes);
    return bytes;
  }) as [Uint8Array, Uint8Array];
  let count = Math.abs(seen.length - durable.length);
  const shared = Math.min(seen.length, durable.length);
  for (let at = 0; at < shared; at++) if (seen[at] !== durable[at]) count++;
  return count;
}
