/** The caller of a system call: the part of a process that the file system needs. */
import { R_OK, S_IFDIR, S_IFMT, W_OK, X_OK } from "./constants.ts";
import { fail } from "./errno.ts";
import type { DirectoryNode, Inode, Timestamp } from "./inode.ts";

/** The identity and environment of a caller. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly umask: number;
  /** The working directory. */
  readonly directory: DirectoryNode;
  /** The process, if one calls. */
  readonly pid?: number;
  /** The machine, if it is another one that has the disk mounted. */
  readonly machine?: string;
  /** The host's wall clock time, as the caller would read it now. */
  now(): Timestamp;
}

/** Whether the caller has the rights in `wanted` (`R_OK`, `W_OK`, `X_OK`) on an inode. */
export function permits(caller: Caller, inode: Inode, wanted: number): boolean {
  if (caller.uid === 0) {
    // The superuser has every right, except to execute a file that has no execute bit at all.
    return (wanted & X_OK) === 0 || (inode.mode & S_IFMT) === S_IFDIR || (inode.mode & 0o111) !== 0;
  }
  const { mode } = inode;
  let granted = mode & 7;
  if (inode.uid === caller.uid) granted = (mode >> 6) & 7;
  else if (inode.gid === caller.gid || caller.groups.includes(inode.gid)) granted = (mode >> 3) & 7;
  return (granted & wanted) === wanted;
}

/** Throws `EACCES` unless the caller has the rights, and `EROFS` for a write to a read-only mount. */
export function demand(caller: Caller, inode: Inode, wanted: number): void {
  if ((wanted & W_OK) !== 0 && inode.mount.readOnly) fail("EROFS");
  if (!permits(caller, inode, wanted)) fail("EACCES");
}

/** Throws unless the caller may change the inode's mode and times: only its owner and the superuser may. */
export function demandOwner(caller: Caller, inode: Inode): void {
  if (inode.mount.readOnly) fail("EROFS");
  if (caller.uid !== 0 && caller.uid !== inode.uid) fail("EPERM");
}

export { R_OK, W_OK, X_OK };
