/** Describes operations on a disk for the trace. */
import { digestOfText } from "../../base/fingerprint.ts";
import type { DiskDetail } from "../../trace/details.ts";
import type { DirectoryNode, Entry } from "./inode.ts";
import type { EntryChange } from "./journal.ts";

/** Called after an operation. `detail` is only called if the operation is recorded. */
export type OperationListener = (digest: number, detail: () => DiskDetail) => void;

/** Tells that names were created, removed or moved. */
export function tellNames(tell: OperationListener, changes: readonly EntryChange[]): void {
  const [first, second] = changes;
  if (first === undefined) return;
  tell(digestOfText(first.name), () => {
    const path = namePath(first.directory, first.name);
    if (second !== undefined) {
      return { operation: "rename", path: namePath(second.directory, second.name), from: path };
    }
    return { operation: first.inode === undefined ? "remove" : "create", path };
  });
}

/** Tells that bytes were written to an open file. */
export function tellWrite(
  tell: OperationListener,
  entry: Entry | undefined,
  offset: number,
  bytes: number,
): void {
  tell(bytes, () => ({ operation: "write", path: entryPath(entry), offset, bytes }));
}

/** Tells what a sync of an open file or directory did. */
export function tellSync(
  tell: OperationListener,
  entry: Entry | undefined,
  operation: "sync" | "lost sync" | "failed sync",
): void {
  tell(operation.length, () => ({ operation, path: entryPath(entry) }));
}

function entryPath(entry: Entry | undefined): string {
  if (entry === undefined) return "/";
  return entry.parent === undefined ? entry.name : namePath(entry.parent, entry.name);
}

/** The path of a name; from the last directory that still has a name, if one was removed. */
function namePath(directory: DirectoryNode, name: string): string {
  let path = `/${name}`;
  for (let at = directory.entry; at !== undefined; at = at.parent?.entry)
    path = `/${at.name}${path}`;
  return path;
}
