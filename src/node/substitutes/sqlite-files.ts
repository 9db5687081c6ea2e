/**
 * The file functions that SQLite gets on a simulated host. The package `node-sqlite3-wasm` reads, writes and
 * syncs by `node:fs`, so its files are on the host's disk. What it does unlike SQLite on Linux is put right here.
 *
 * - It locks a database by a directory beside it, which outlives a process that is killed, and which readers do not share.
 *   Here it asks for SQLite's own locks (`sqlite-locks.ts`). A later version of the package whose text is another has one
 *   lock for all, which belongs to the process.
 * - It takes its own lock for another writer's, so that it would never roll back a journal after a crash.
 * - It does not sync the directory of a new journal, so that a power loss could take the journal's name.
 */
import { posix } from "node:path";
import type { Host } from "../../sim/host.ts";
import type { Process } from "../../sim/process.ts";
import { SqliteLocks } from "./sqlite-locks.ts";

type Fs = typeof import("node:fs");

/** The processes that hold locks, by host and by path. */
const holders = new WeakMap<Host, Map<string, Process>>();

/** The package's functions for locks: their beginnings, and what is asked instead. */
const LOCK_CALLS: readonly (readonly [before: string, instead: string])[] = [
  ["function _nodejsLock(fi,level){", "return fs.sqliteLocks.lock(fi,_path(fi),level);"],
  ["function _nodejsUnlock(fi,level){", "return fs.sqliteLocks.unlock(fi,_path(fi),level);"],
  [
    "function _nodejsCheckReservedLock(fi,outResult){",
    'setValue(outResult,fs.sqliteLocks.isReserved(fi,_path(fi))?1:0,"i32");return 0;',
  ],
];

/** Returns the text of the package with SQLite's own locks; as it is if that is not the text that is known. */
export function lockByLevels(source: string): string {
  if (!LOCK_CALLS.every(([before]) => source.includes(before))) return source;
  return LOCK_CALLS.reduce(
    (text, [before, instead]) => text.replace(before, () => before + instead),
    source,
  );
}

/** Returns `node:fs` of a process, for SQLite. */
export function sqliteFiles(process: Process, fs: Fs): object {
  const locks = holders.get(process.host) ?? new Map<string, Process>();
  holders.set(process.host, locks);
  /** Journals that were created and whose directory has not been synced yet. */
  const unnamed = new Map<number, string>();
  const syncDirectory = (path: string): void => {
    const fd = fs.openSync(posix.dirname(path), "r");
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  };
  return {
    ...fs,
    sqliteLocks: new SqliteLocks(process),
    mkdirSync(path: string): void {
      if (locks.get(path)?.alive === true) throw failure("EEXIST");
      locks.set(path, process);
    },
    rmdirSync(path: string): void {
      if (locks.get(path) === process) locks.delete(path);
    },
    accessSync(path: string, mode?: number): void {
      // It is asked by the holder of the lock, beside whom there is no other.
      if (path.endsWith(".lock")) throw failure("ENOENT");
      fs.accessSync(path, mode);
    },
    openSync(path: string, flags: number, mode?: number): number {
      const isNew = /-(?:journal|wal)$/.test(path) && !fs.existsSync(path);
      const fd = fs.openSync(path, flags, mode);
      if (isNew) unnamed.set(fd, path);
      return fd;
    },
    fsyncSync(fd: number): void {
      fs.fsyncSync(fd);
      const path = unnamed.get(fd);
      unnamed.delete(fd);
      if (path !== undefined) syncDirectory(path);
    },
    closeSync(fd: number): void {
      unnamed.delete(fd);
      fs.closeSync(fd);
    },
  };
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
