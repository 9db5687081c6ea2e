/** The disk: files as Linux shows them to a process, and the state that remains after a power loss. */
export { type Caller, permits, R_OK, W_OK, X_OK } from "./caller.ts";
export * from "./attributes.ts";
export { applyChanges, ChangeLog, type DiskChange } from "./change-log.ts";
export * from "./constants.ts";
export { copyFile, makeTemporaryDirectory, realPath } from "./composed.ts";
export { ProcessFiles, timestamp } from "./descriptors.ts";
export {
  Disk,
  type DiskOptions,
  type Mounted,
  diskOf,
  filesOf,
  powerLossesOf,
  takenNamesOf,
} from "./disk.ts";
export { type ErrnoCode, errnoNumbers, fail, SystemError } from "./errno.ts";
export type { FileSystem } from "./file-system.ts";
export {
  DirectoryNode,
  FileNode,
  type Inode,
  type InodeWatcher,
  isDirectory,
  isSymlink,
  SocketNode,
  type LowerEntry,
  type LowerTree,
  type Timestamp,
  type WatchEvent,
} from "./inode.ts";
export { loseEverything, type PendingOperation, type PowerLossPolicy } from "./journal.ts";
export type { DiskEffect, DiskFaults } from "./disk-faults.ts";
export { type DiskView, viewOf } from "./inspect.ts";
export type { PowerLoss } from "./losses.ts";
export { powerLossPolicy, type PowerLossWay, powerLossWays } from "./power-loss.ts";
export * from "./names.ts";
export type { MountOptions, NfsClient } from "./nfs/client.ts";
export { type ServerPath, type ServerPort, Unanswered } from "./nfs/requests.ts";
export { NfsExport } from "./nfs/server.ts";
export type { TakenName } from "./shared-names.ts";
export {
  dirtyBytes,
  open,
  OpenFile,
  read,
  type StreamEnd,
  sync,
  write,
  writeFully,
} from "./open-file.ts";
export { CLOCK_DEVICE, mountTree, plantDirectory, plantFile, plantLink } from "./system-tree.ts";
export { type DiskTiming, type RangeNs, ssd, type Work } from "./timing.ts";
export { find, pathOf } from "./walk.ts";
export { watch } from "./watch.ts";
