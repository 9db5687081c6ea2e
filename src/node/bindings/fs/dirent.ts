/** The kinds of directory entries, with libuv's numbers. */
import { S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } from "../../../sim/disk/index.ts";

const types = new Map([
  [S_IFREG, 1],
  [S_IFDIR, 2],
  [S_IFLNK, 3],
  [S_IFIFO, 4],
  [S_IFSOCK, 5],
  [S_IFCHR, 6],
]);

/** Returns `UV_DIRENT_FILE` and so on, for the type bits of a mode. */
export function direntType(type: number): number {
  return types.get(type) ?? 0;
}
