/** Who makes a system call: the part of a process that a file system looks at. */
import { R_OK, S_IFDIR, S_IFMT, W_OK, X_OK } from "./constants.ts";
import { fail } from "./errno.ts";
import type { DirectoryNode, Inode, Timestamp } from "./inode.ts";

/** The identity and the surroundings of a caller. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly umask: number;
  /** The working directory. */
  readonly directory: DirectoryNode;
  /** The wall clock, as the caller would read it now. */
  now(): Timestamp;
}

/** Whether the caller has the rights in `wanted` (`R_OK`, `W_OK`, `X_OK`) on an inode. */
export function permits(caller: Caller, inode: Inode, wanted: number): boolean {
  if (caller.uid === 0) {
    // The superuser may all, but executes only what somebody may execute.
    return (wanted & X_OK) === 0 || (inode.mode & S_IFMT) === S_IFDIR || (inode.mode & 0o111) !== 0;
  }
  const { mode } = inode;
  let granted = mode & 7;
  if (inode.uid === caller.uid) granted = (mode >> 6) & 7;
  else if (inode.gid === caller.gid || caller.groups.includes(inode.gid)) granted = (mode >> 3) & 7;
  return (granted & wanted) === wanted;
}

/** Fails with `EACCES` unless the caller has the rights, `EROFS` for a write to a read-only mount. */
export function demand(caller: Caller, inode: Inode, wanted: number): void {
  if ((wanted & W_OK) !== 0 && inode.mount.readOnly) fail("EROFS");
  if (!permits(caller, inode, wanted)) fail("EACCES");
}

/** Fails unless the caller may change the inode's mode and times: its owner and the superuser may. */
export function demandOwner(caller: Caller, inode: Inode): void {
  if (inode.mount.readOnly) fail("EROFS");
  if (caller.uid !== 0 && caller.uid !== inode.uid) fail("EPERM");
}

export { R_OK, W_OK, X_OK };
