/**
 * Who hears of a change: watchers of the inode itself, and watchers of the directory that names it, as
 * inotify does (inotify(7)). Delivery is the watcher's business; here it is told at once.
 */
import type { DirectoryNode, Entry, Inode, InodeWatcher, WatchEvent } from "./inode.ts";

/** Begins to tell `watcher` what happens to `inode`. The result ends it. */
export function watch(inode: Inode, watcher: InodeWatcher): () => void {
  (inode.watchers ??= []).push(watcher);
  return () => {
    const index = inode.watchers?.indexOf(watcher) ?? -1;
    if (index >= 0) inode.watchers?.splice(index, 1);
    if (inode.watchers?.length === 0) inode.watchers = undefined;
  };
}

/** Tells the watchers of `inode`. */
export function tell(inode: Inode, event: WatchEvent, name?: string): void {
  if (inode.watchers === undefined) return;
  for (const watcher of inode.watchers.slice()) watcher.notify(event, name);
}

/** Something happened to an inode: its directory's watchers hear of it by name, its own without. */
export function tellChange(entry: Entry | undefined, inode: Inode, event: WatchEvent): void {
  if (entry?.parent !== undefined) tell(entry.parent, event, entry.name);
  tell(inode, event);
}

/** A name appeared in, left or moved within a directory. */
export function tellEntry(directory: DirectoryNode, event: WatchEvent, name: string): void {
  tell(directory, event, name);
}

/** The inode is gone: its watchers hear it twice, as inotify's `IN_DELETE_SELF` and `IN_IGNORED`. */
export function tellGone(inode: Inode): void {
  tell(inode, "self");
  tell(inode, "ignored");
  inode.watchers = undefined;
}
