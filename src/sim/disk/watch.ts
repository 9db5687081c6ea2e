/**
 * Notifies watchers of changes: watchers of the inode itself, and watchers of the directory that names it,
 * as inotify does (inotify(7)). Watchers are called immediately; they decide when to deliver the event to a
 * program.
 */
import type { DirectoryNode, Entry, Inode, InodeWatcher, WatchEvent } from "./inode.ts";

/** Starts to report the events of `inode` to `watcher`. The returned function stops it. */
export function watch(inode: Inode, watcher: InodeWatcher): () => void {
  (inode.watchers ??= []).push(watcher);
  return () => {
    const index = inode.watchers?.indexOf(watcher) ?? -1;
    if (index >= 0) inode.watchers?.splice(index, 1);
    if (inode.watchers?.length === 0) inode.watchers = undefined;
  };
}

/** Notifies the watchers of `inode`. */
export function tell(inode: Inode, event: WatchEvent, name?: string): void {
  if (inode.watchers === undefined) return;
  for (const watcher of inode.watchers.slice()) watcher.notify(event, name);
}

/**
 * Reports a change of an inode: to the watchers of its directory with the name, to its own watchers without
 * it.
 */
export function tellChange(entry: Entry | undefined, inode: Inode, event: WatchEvent): void {
  if (entry?.parent !== undefined) tell(entry.parent, event, entry.name);
  tell(inode, event);
}

/** Reports that a name was added to, removed from or moved within a directory. */
export function tellEntry(directory: DirectoryNode, event: WatchEvent, name: string): void {
  tell(directory, event, name);
}

/**
 * Reports that the inode was deleted. Its watchers get two events, like inotify's `IN_DELETE_SELF` and
 * `IN_IGNORED`.
 */
export function tellGone(inode: Inode): void {
  tell(inode, "self");
  tell(inode, "ignored");
  inode.watchers = undefined;
}
