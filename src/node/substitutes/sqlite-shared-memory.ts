/**
 * The shared memory of SQLite's write-ahead log (https://www.sqlite.org/walformat.html#the_wal_index_file_format). Each process has
 * a machine of WebAssembly with a memory of its own, so what real processes share is kept once for a host and a database, and
 * copied: into a process's memory before it calls SQLite, and out of it afterwards. Nothing else runs during a call, so
 * this is what sharing it would give.
 *
 * Its locks belong to connections, and are released when their process ends. It is removed with its last connection, so that
 * the next one recovers from the log, as after the first opening of a real `-shm` file.
 */
import type { Host } from "../../sim/host.ts";
import type { Process } from "../../sim/process.ts";
import { Buffer } from "node:buffer";
import type { SqliteModule } from "./sqlite-api.ts";

const SQLITE_OK = 0;
const SQLITE_BUSY = 5;
const SQLITE_IOERR_SHMMAP = 10 | (21 << 8);
const LOCK = 2;
const SHARED = 4;

type Fs = typeof import("node:fs");

/** What one connection holds: a bit for each slot. */
interface Holder {
  readonly process: Process;
  shared: number;
  exclusive: number;
}

/** The shared memory of one database. */
interface Shared {
  regions: Uint8Array[];
  /** Counts the changes. */
  version: number;
  readonly holders: Map<string, Holder>;
}

/** One process's copy. */
interface Copy {
  readonly shared: Shared;
  /** Where the regions are in the machine's memory. */
  readonly starts: number[];
  seen: number;
  /** Whether it may have been written since the last call. */
  mayDiffer: boolean;
}

let count = 0;

/** By host and path. */
const memories = new WeakMap<Host, Map<string, Shared>>();

/** The shared memories of one process's connections. */
export class SharedMemory {
  readonly #process: Process;
  readonly #fs: Fs;
  readonly #all: Map<string, Shared>;
  readonly #copies = new Map<string, Copy>();
  /** Threads of a process have its number, and files of their own. */
  readonly #id: number = ++count;
  #module: SqliteModule | undefined;

  constructor(process: Process, fs: Fs) {
    this.#process = process;
    this.#fs = fs;
    const all = memories.get(process.host) ?? new Map<string, Shared>();
    memories.set(process.host, all);
    this.#all = all;
  }

  /** Gives the functions of shared memory to the methods of the package's files, which have room for them. */
  install(module: SqliteModule, file: number): void {
    if (this.#module !== undefined) return;
    this.#module = module;
    const methods = new DataView(module.heap().buffer).getInt32(file, true);
    const { addFunction } = module;
    const added = [
      addFunction(this.#map, "iiiiii"),
      addFunction(this.#lock, "iiiii"),
      addFunction(() => {}, "vi"),
      addFunction(this.#unmap, "iii"),
    ];
    // Adding functions may have moved the memory.
    const now = new DataView(module.heap().buffer);
    now.setInt32(methods, 2, true);
    for (const [at, pointer] of added.entries())
      now.setInt32(methods + 4 * (13 + at), pointer, true);
  }

  /** Called before SQLite is. */
  enter(): void {
    for (const copy of this.#copies.values()) {
      const { shared, starts } = copy;
      if (copy.seen === shared.version) continue;
      copy.seen = shared.version;
      const heap = (this.#module as SqliteModule).heap();
      for (const [at, start] of starts.entries()) heap.set(shared.regions[at] as Uint8Array, start);
    }
  }

  /** Called when SQLite has returned. */
  leave(): void {
    for (const copy of this.#copies.values()) if (copy.mayDiffer) this.#publish(copy);
  }

  #publish(copy: Copy): void {
    const { shared, starts } = copy;
    const heap = (this.#module as SqliteModule).heap();
    let differs = false;
    for (const [at, start] of starts.entries()) {
      const region = shared.regions[at] as Uint8Array;
      const mine = heap.subarray(start, start + region.length);
      if (Buffer.compare(region, mine) === 0) continue;
      region.set(mine);
      differs = true;
    }
    if (differs) copy.seen = ++shared.version;
    // What is locked may be written in the next call too.
    copy.mayDiffer = [...shared.holders.values()].some(
      ({ process, exclusive }) => process === this.#process && exclusive !== 0,
    );
  }

  #sharedOf(path: string): Shared {
    let shared = this.#all.get(path);
    if (shared !== undefined) {
      for (const [key, { process }] of shared.holders) {
        if (!process.alive) shared.holders.delete(key);
      }
    }
    if (shared === undefined || shared.holders.size === 0) {
      this.#all.set(path, (shared = { regions: [], version: 0, holders: new Map() }));
    }
    return shared;
  }

  #path(file: number): string {
    return (this.#module as SqliteModule).path(file);
  }

  /** `xShmMap`. */
  readonly #map = (
    file: number,
    at: number,
    size: number,
    isExtending: number,
    out: number,
  ): number => {
    const module = this.#module as SqliteModule;
    const path = this.#path(file);
    let copy = this.#copies.get(path);
    if (copy === undefined) {
      const shared = this.#sharedOf(path);
      copy = { shared, starts: [], seen: shared.version, mayDiffer: false };
      this.#copies.set(path, copy);
    }
    const { shared, starts } = copy;
    this.#holder(shared, file);
    const give = (pointer: number): void =>
      new DataView(module.heap().buffer).setInt32(out, pointer, true);
    if (at >= shared.regions.length && isExtending === 0) {
      give(0);
      return SQLITE_OK;
    }
    try {
      while (shared.regions.length <= at) {
        // The first one puts an end to what a crash has left.
        const flag = shared.regions.length === 0 ? "w" : "a";
        this.#fs.writeFileSync(`${path}-shm`, new Uint8Array(size), { flag, mode: 0o644 });
        shared.regions.push(new Uint8Array(size));
      }
    } catch {
      return SQLITE_IOERR_SHMMAP;
    }
    while (starts.length <= at) {
      const start = module._malloc(size);
      module.heap().set(shared.regions[starts.length] as Uint8Array, start);
      starts.push(start);
    }
    copy.mayDiffer = true;
    give(starts[at] as number);
    return SQLITE_OK;
  };

  /** `xShmLock`. */
  readonly #lock = (file: number, first: number, count: number, flags: number): number => {
    const copy = this.#copies.get(this.#path(file)) as Copy;
    const { shared } = copy;
    const mine = this.#holder(shared, file);
    const mask = ((1 << count) - 1) << first;
    if ((flags & LOCK) === 0) {
      mine.shared &= ~mask;
      mine.exclusive &= ~mask;
      return SQLITE_OK;
    }
    const isShared = (flags & SHARED) !== 0;
    for (const other of shared.holders.values()) {
      if (other === mine || !other.process.alive) continue;
      const taken = isShared ? other.exclusive : other.exclusive | other.shared;
      if ((taken & mask) !== 0) return SQLITE_BUSY;
    }
    if (isShared) mine.shared |= mask;
    else {
      mine.exclusive |= mask;
      copy.mayDiffer = true;
    }
    return SQLITE_OK;
  };

  /** `xShmUnmap`. */
  readonly #unmap = (file: number, isDeleting: number): number => {
    const path = this.#path(file);
    const copy = this.#copies.get(path);
    if (copy === undefined) return SQLITE_OK;
    const { shared, starts } = copy;
    if (copy.mayDiffer) this.#publish(copy);
    shared.holders.delete(this.#key(file));
    const others = [...shared.holders.values()].filter(({ process }) => process.alive);
    if (!others.some(({ process }) => process === this.#process)) {
      for (const start of starts) (this.#module as SqliteModule)._free(start);
      this.#copies.delete(path);
    }
    if (others.length > 0) return SQLITE_OK;
    this.#all.delete(path);
    if (isDeleting !== 0) this.#fs.rmSync(`${path}-shm`, { force: true });
    return SQLITE_OK;
  };

  #key(file: number): string {
    return `${this.#id} ${file}`;
  }

  #holder(shared: Shared, file: number): Holder {
    const key = this.#key(file);
    let holder = shared.holders.get(key);
    if (holder === undefined || holder.process !== this.#process) {
      holder = { process: this.#process, shared: 0, exclusive: 0 };
      shared.holders.set(key, holder);
    }
    return holder;
  }
}
