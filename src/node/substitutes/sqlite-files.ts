/**
 * The file functions that SQLite gets on a simulated host. The package `node-sqlite3-wasm` reads, writes and
 * syncs by `node:fs`, so its files are on the host's disk. What it does unlike SQLite on Linux is put right here.
 *
 * - It locks a database by a directory beside it, which outlives a process that is killed, and which readers do not share.
 *   Here it asks for SQLite's own locks (`sqlite-locks.ts`).
 * - It has no shared memory, without which there is no write-ahead log for several connections (`sqlite-shared-memory.ts`).
 * - It does not sync the directory of a new journal, so that a power loss could take the journal's name.
 * - It waits for a lock by reading the clock. Here the process is busy for that time.
 */
import { posix } from "node:path";
import { LightconeError } from "../../base/errors.ts";
import type { Process } from "../../sim/process.ts";
import { MODULE_EXTRAS, type SqliteModule } from "./sqlite-api.ts";
import { SqliteLocks } from "./sqlite-locks.ts";
import { SharedMemory } from "./sqlite-shared-memory.ts";

type Fs = typeof import("node:fs");

/** Beginnings of the package's functions, and what is done there. */
const CHANGES: readonly (readonly [before: string, added: string])[] = [
  ["function _nodejsFullPathname(vfs,relPath,sizeFullPath,outFullPath){", "fs.sqlite.vfs(vfs);"],
  [
    "function _nodejsLock(fi,level){",
    "fs.sqlite.file(fi);return fs.sqlite.locks.lock(fi,_path(fi),level);",
  ],
  ["function _nodejsUnlock(fi,level){", "return fs.sqlite.locks.unlock(fi,_path(fi),level);"],
  [
    "function _nodejsCheckReservedLock(fi,outResult){",
    'setValue(outResult,fs.sqlite.locks.isReserved(fi,_path(fi))?1:0,"i32");return 0;',
  ],
];

/** Returns the text of the package for a simulated host. Throws `LC_NO_SUBSTITUTE` if it is not the text that is known. */
export function forSimulatedHosts(source: string): string {
  if (!CHANGES.every(([before]) => source.includes(before))) {
    throw new LightconeError(
      "LC_NO_SUBSTITUTE",
      "this version of node-sqlite3-wasm is not known: its locks are made otherwise",
      "Run npm install --save-dev node-sqlite3-wasm@0.8.60.",
    );
  }
  const changed = CHANGES.reduce(
    (text, [before, added]) => text.replace(before, () => before + added),
    source,
  );
  return changed + MODULE_EXTRAS;
}

/** Where a VFS has its function `xSleep`, in bytes. */
const SLEEP_OFFSET = 60;

/** What SQLite is given of a process. */
export interface SqliteFiles {
  /** `node:fs`, and what the package's changed text calls. */
  readonly fs: object;
  /** The memory that its connections share with those of others. */
  readonly memory: SharedMemory;
  /** Called when the package is loaded. */
  readonly attach: (module: SqliteModule) => void;
}

/** Returns what SQLite needs of a process. */
export function sqliteFiles(process: Process, fs: Fs): SqliteFiles {
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
  const memory = new SharedMemory(process, fs);
  let module: SqliteModule | undefined;
  let sleeps = false;
  const sqlite = {
    locks: new SqliteLocks(process),
    file: (file: number): void => memory.install(module as SqliteModule, file),
    vfs(vfs: number): void {
      if (sleeps) return;
      sleeps = true;
      const { addFunction, heap } = module as SqliteModule;
      const sleep = addFunction((_: number, micros: number): number => {
        process.spend(micros * 1_000);
        return micros;
      }, "iii");
      new DataView(heap().buffer).setInt32(vfs + SLEEP_OFFSET, sleep, true);
    },
  };
  const own = {
    ...fs,
    sqlite,
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
  return { fs: own, memory, attach: (loaded) => (module = loaded) };
}
