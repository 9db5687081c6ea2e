/** The file state of a process: its descriptors, working directory, umask and identity. */
import type { Process } from "../process.ts";
import type { Caller } from "./caller.ts";
import { demand, X_OK } from "./caller.ts";
import { fail, SystemError } from "./errno.ts";
import type { FileSystem } from "./file-system.ts";
import { type DirectoryNode, isDirectory, type Timestamp } from "./inode.ts";
import type { OpenFile } from "./open-file.ts";
import { find, pathOf } from "./walk.ts";

/** The descriptors that Node itself holds (epoll, event pipes, ...) on a real machine: 3 to here. */
const FIRST_FREE = 17;
/** The first descriptor number of sockets, far above those of files. */
const FIRST_RESERVED = 10_000;
/** The soft limit of descriptors that Node raises to the hard limit at start. */
export const DESCRIPTORS_MAX = 1_048_576;

/** The files of one process. */
export class ProcessFiles implements Caller {
  readonly fs: FileSystem;
  readonly process: Process;
  uid = 0;
  gid = 0;
  groups: readonly number[] = [];
  umask = 0o022;
  #directory: DirectoryNode;
  #leader: ProcessFiles | undefined;
  /** The maximum number of descriptors; opening more fails with `EMFILE`. */
  descriptorsMax: number = DESCRIPTORS_MAX;
  readonly #open = new Map<number, OpenFile>();
  #nextReserved = FIRST_RESERVED;
  /** No descriptor below this one is free, except the standard streams. */
  #lowestFree = FIRST_FREE;

  constructor(fs: FileSystem, process: Process) {
    this.fs = fs;
    this.process = process;
    this.#directory = fs.root;
    process.onEnd.add(() => this.closeAll());
  }

  get pid(): number {
    return this.process.pid;
  }

  /** The working directory. A thread uses that of its process. */
  get directory(): DirectoryNode {
    return this.#leader === undefined ? this.#directory : this.#leader.directory;
  }

  set directory(directory: DirectoryNode) {
    if (this.#leader === undefined) this.#directory = directory;
    else this.#leader.directory = directory;
  }

  /** Called for a thread: shares the files of the process that owns `leader`. */
  follow(leader: ProcessFiles): void {
    this.#leader = leader;
    this.umask = leader.umask;
  }

  now(): Timestamp {
    const { clock, kernel } = this.process.host;
    // The time that the process has computed in this turn already shows on its own clock.
    const { spentNs } = this.process;
    return timestamp(clock.wallErrorNs() + kernel.nowNs + spentNs, kernel.epochMs);
  }

  /** `getcwd`. */
  get path(): string {
    return pathOf(this.fs.root, this.directory);
  }

  /** `chdir`. */
  changeDirectory(path: string): void {
    const inode = find(this.fs.root, this, path);
    if (!isDirectory(inode)) fail("ENOTDIR");
    demand(this, inode, X_OK);
    this.directory = inode;
  }

  /** Assigns the lowest free descriptor to `file` and returns it. */
  add(file: OpenFile): number {
    if (this.#open.size >= this.descriptorsMax) {
      file.release();
      fail("EMFILE");
    }
    let fd = this.#lowestFree;
    while (this.#open.has(fd)) fd++;
    this.#open.set(fd, file);
    this.#lowestFree = fd + 1;
    return fd;
  }

  /**
   * Reserves a number that no file has. Sockets are stored elsewhere, and each gets a number never used
   * before.
   */
  reserve(): number {
    return this.#nextReserved++;
  }

  /** Makes `fd` refer to `file`, as `dup2` does. Used for the standard streams and inherited files. */
  set(fd: number, file: OpenFile): void {
    this.#open.get(fd)?.release();
    this.#open.set(fd, file);
  }

  /** Returns the open file of `fd`. Throws `EBADF` if there is none. */
  get(fd: number): OpenFile {
    return this.#open.get(fd) ?? fail("EBADF");
  }

  has(fd: number): boolean {
    return this.#open.has(fd);
  }

  /** All descriptors, lowest first. */
  list(): number[] {
    return [...this.#open.keys()].sort((a, b) => a - b);
  }

  close(fd: number): void {
    const file = this.get(fd);
    let failure: unknown;
    try {
      file.flush();
    } catch (error) {
      // The descriptor is closed anyway, unless the call is only put off.
      if (!(error instanceof SystemError)) throw error;
      failure = error;
    }
    this.#open.delete(fd);
    if (fd >= FIRST_FREE && fd < this.#lowestFree) this.#lowestFree = fd;
    file.release();
    if (failure !== undefined) throw failure;
  }

  /** Closes all descriptors when the process has ended. Data that it wrote stays in the page cache. */
  closeAll(): void {
    for (const file of this.#open.values()) file.release();
    this.#open.clear();
  }
}

/** Converts nanoseconds since the start of the world, at `epochMs`, to a calendar time. */
export function timestamp(sinceEpochNs: number, epochMs: number): Timestamp {
  const epochSeconds = Math.floor(epochMs / 1_000);
  const ns = sinceEpochNs + (epochMs - epochSeconds * 1_000) * 1e6;
  const seconds = Math.floor(ns / 1e9);
  return {
    seconds: epochSeconds + seconds,
    nanoseconds: Math.floor(ns - seconds * 1e9),
  };
}
