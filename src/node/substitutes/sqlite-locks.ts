/**
 * SQLite's locks of a database file among the connections of a host, as its `unix` VFS has them
 * (https://www.sqlite.org/lockingv3.html): readers share, one may prepare to write beside them, and it waits for them before it
 * does. They belong to a process, as with fcntl, and are gone with it.
 */
import type { Host } from "../../sim/host.ts";
import type { Process } from "../../sim/process.ts";

const NONE = 0;
const SHARED = 1;
const RESERVED = 2;
const PENDING = 3;
const EXCLUSIVE = 4;

const SQLITE_OK = 0;
const SQLITE_BUSY = 5;

/** One connection's lock of one file. */
interface Held {
  readonly process: Process;
  level: number;
}

let count = 0;

/** By host, path and connection. */
const held = new WeakMap<Host, Map<string, Map<string, Held>>>();

/** The locks of one process's connections, each of which is named by the number of its open file. */
export class SqliteLocks {
  readonly #process: Process;
  /** Threads of a process have its number, and files of their own. */
  readonly #id: number = ++count;
  readonly #files: Map<string, Map<string, Held>>;

  constructor(process: Process) {
    this.#process = process;
    this.#files = held.get(process.host) ?? new Map();
    held.set(process.host, this.#files);
  }

  /** Raises the lock of a connection. Returns SQLite's code. */
  lock(file: number, path: string, level: number): number {
    const mine = this.#mine(file, path);
    if (mine.level >= level) return SQLITE_OK;
    const others = this.#others(mine, path);
    const highest = Math.max(NONE, ...others.map((other) => other.level));
    if (level === SHARED) {
      if (highest >= PENDING) return SQLITE_BUSY;
    } else if (level === RESERVED) {
      if (highest >= RESERVED) return SQLITE_BUSY;
    } else {
      if (highest >= RESERVED) return SQLITE_BUSY;
      // From now on no reader comes; those that are there are waited for.
      mine.level = PENDING;
      if (highest >= SHARED) return SQLITE_BUSY;
    }
    mine.level = level === PENDING ? PENDING : Math.min(level, EXCLUSIVE);
    return SQLITE_OK;
  }

  /** Lowers it. */
  unlock(file: number, path: string, level: number): number {
    const mine = this.#mine(file, path);
    mine.level = Math.min(mine.level, level);
    if (mine.level === NONE) this.#files.get(path)?.delete(this.#key(file));
    return SQLITE_OK;
  }

  /** Whether another connection is about to write. */
  isReserved(file: number, path: string): boolean {
    const mine = this.#mine(file, path);
    return [mine, ...this.#others(mine, path)].some(({ level }) => level >= RESERVED);
  }

  #key(file: number): string {
    return `${this.#id} ${file}`;
  }

  #mine(file: number, path: string): Held {
    let connections = this.#files.get(path);
    if (connections === undefined) this.#files.set(path, (connections = new Map()));
    const key = this.#key(file);
    let mine = connections.get(key);
    if (mine === undefined || mine.process !== this.#process) {
      mine = { process: this.#process, level: NONE };
      connections.set(key, mine);
    }
    return mine;
  }

  #others(mine: Held, path: string): Held[] {
    const connections = this.#files.get(path) ?? new Map<string, Held>();
    return [...connections.values()].filter((one) => one !== mine && one.process.alive);
  }
}
