/**
 * Remembers which names a process of a machine took from another one that was alive, or one machine from another on a disk
 * that they share, for the story of a run: two that both remove a stale lock file race in system calls, which no
 * operation shows.
 */
import type { Caller } from "./caller.ts";
import type { DirectoryNode } from "./inode.ts";
import type { EntryChange } from "./journal.ts";
import { pathOf } from "./walk.ts";

/** A change of a name. */
export interface NameChange {
  readonly atNs: number;
  /** The process, by its number, or the other machine that has the disk mounted. */
  readonly by: number | string;
  /** The change in words: "removes /tmp/job.lock". */
  readonly text: string;
}

/** The changes of one name around the moment at which it was taken. */
export interface TakenName {
  /** When a process or a machine removed or replaced the name that another one had made, a process that was alive. */
  readonly atNs: number;
  readonly path: string;
  readonly changes: readonly NameChange[];
}

interface Name {
  readonly directory: DirectoryNode;
  readonly name: string;
}

interface Change extends Name {
  readonly atNs: number;
  readonly by: number | string;
  readonly made: boolean;
  /** For a rename: the other name. */
  readonly other: Name | undefined;
}

interface Episode {
  readonly atNs: number;
  readonly changes: Change[];
}

/** At least this many of the last changes are remembered. */
const CHANGES_MAX = 64;
/** The number of changes of a name that are kept before it was taken, and in all. */
const BEFORE_MAX = 3;
const EPISODE_MAX = 8;
/** This many of the first, and of the last, times that a name was taken are kept. */
const EPISODES_KEPT = 32;

/** The last changes of names on one disk. */
export class SharedNames {
  readonly #isAlive: (pid: number) => boolean;
  #recent: Change[] = [];
  readonly #first: Episode[] = [];
  #last: Episode[] = [];

  constructor(isAlive: (pid: number) => boolean) {
    this.#isAlive = isAlive;
  }

  /** Notes what one system call changed: one name, or the two of a rename. */
  note(atNs: number, { pid, machine }: Caller, changes: readonly EntryChange[]): void {
    const by = pid ?? machine;
    if (by === undefined) return;
    for (const change of changes) {
      const { directory, name, inode } = change;
      const other = changes.find((each) => each !== change);
      this.#take({ directory, name, atNs, by, made: inode !== undefined, other });
    }
    if (this.#recent.length > 2 * CHANGES_MAX) this.#recent = this.#recent.slice(-CHANGES_MAX);
  }

  #take(change: Change): void {
    const last = this.#recent.findLast((each) => isSame(each, change));
    const takes = last?.made === true && last.by !== change.by && this.#mayUse(last.by);
    if (takes) {
      const before = this.#recent.filter((each) => isSame(each, change)).slice(-BEFORE_MAX);
      this.#keep({ atNs: change.atNs, changes: [...before, change] });
    } else {
      const episode = (this.#last.at(-1) ?? this.#first.at(-1))?.changes;
      if (episode && episode.length < EPISODE_MAX && isSame(episode[0] as Change, change))
        episode.push(change);
    }
    this.#recent.push(change);
  }

  /** Whether who made a name may still use it. Of a machine it is not known: what made it may have been started again. */
  #mayUse(by: number | string): boolean {
    return typeof by === "string" || this.#isAlive(by);
  }

  #keep(episode: Episode): void {
    if (this.#first.length < EPISODES_KEPT) {
      this.#first.push(episode);
      return;
    }
    this.#last.push(episode);
    if (this.#last.length > 2 * EPISODES_KEPT) this.#last = this.#last.slice(-EPISODES_KEPT);
  }

  /** The names that were taken, in order of time, except those whose directories are gone. */
  list(root: DirectoryNode): TakenName[] {
    return [...this.#first, ...this.#last].flatMap(({ atNs, changes }) => {
      const path = textOf(root, changes[0] as Change);
      if (path === undefined) return [];
      const told = changes.map((change) => {
        return { atNs: change.atNs, by: change.by, text: wordsOf(root, change, path) };
      });
      return [{ atNs, path, changes: told }];
    });
  }
}

function wordsOf(root: DirectoryNode, { made, other }: Change, path: string): string {
  const otherPath = other && textOf(root, other);
  if (otherPath === undefined) return `${made ? "makes" : "removes"} ${path}`;
  return made ? `moves ${otherPath} to ${path}` : `moves ${path} to ${otherPath}`;
}

/** A name's path, or `undefined` if its directory was removed. */
function textOf(root: DirectoryNode, { directory, name }: Name): string | undefined {
  try {
    const folder = pathOf(root, directory);
    return folder === "/" ? `/${name}` : `${folder}/${name}`;
  } catch {
    return undefined;
  }
}

function isSame(a: Name, b: Name): boolean {
  return a.name === b.name && a.directory === b.directory;
}
