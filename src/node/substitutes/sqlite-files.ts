/**
 * The file functions that SQLite gets on a simulated host. The package `node-sqlite3-wasm` reads, writes and
 * syncs by `node:fs`, so its files are on the host's disk. What it does unlike SQLite on Linux is put right here.
 *
 * - It locks a database by a directory beside it, which outlives a process that is killed. Here the lock
 *   belongs to the process, as with fcntl.
 * - It takes its own lock for another writer's, so that it would never roll back a journal after a crash.
 * - It does not sync the directory of a new journal, so that a power loss could take the journal's name.
 */
import { posix } from "node:path";
import type { Host } from "../../sim/host.ts";
import type { Process } from "../../sim/process.ts";

type Fs = typeof import("node:fs");

/** The processes that hold locks, by host and by path. */
const holders = new WeakMap<Host, Map<string, Process>>();

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
