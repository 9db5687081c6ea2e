/** Finds the files that programs have written: those that damage of a disk may concern. */
import { isGiven } from "./file-system.ts";
import { type DirectoryNode, FileNode, isDirectory } from "./inode.ts";

/** The files below a folder that programs have written and that are not empty, in the order of the directories. */
export function writtenFiles(
  folder: DirectoryNode,
  path: string,
): { path: string; file: FileNode }[] {
  return [...folder.knownEntries.values()].flatMap(({ name, inode }) => {
    const own = `${path}/${name}`;
    if (inode.mount.remote) return [];
    if (isDirectory(inode)) return writtenFiles(inode, own);
    const isOwn = inode instanceof FileNode && !inode.provided && inode.size > 0;
    return isOwn && !isGiven(inode) ? [{ path: own, file: inode }] : [];
  });
}
