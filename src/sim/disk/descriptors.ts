/** A process's files: its descriptors, working directory, umask and identity. */
import type { Process } from "../process.ts";
import type { Caller } from "./caller.ts";
import { demand, X_OK } from "./caller.ts";
import { fail } from "./errno.ts";
import type { FileSystem } from "./file-system.ts";
import { type DirectoryNode, isDirectory, type Timestamp } from "./inode.ts";
import type { OpenFile } from "./open-file.ts";
import { find, pathOf } from "./walk.ts";
import { WORLD_EPOCH_MS } from "../clock.ts";

/** The descriptors that Node itself holds (epoll, event pipes, ...) on a real machine: 3 to here. */
const FIRST_FREE = 17;
/** Where the numbers of sockets begin, far above those of files. */
const FIRST_RESERVED = 10_000;
/** The soft limit of descriptors that Node raises to the hard limit at start. */
const DESCRIPTORS_MAX = 1_048_576;

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
  /** How many descriptors it may have; `EMFILE` beyond. */
  descriptorsMax: number = DESCRIPTORS_MAX;
  readonly #open = new Map<number, OpenFile>();
  #nextReserved = FIRST_RESERVED;
  /** No descriptor below this one is free, the standard streams aside. */
  #lowestFree = FIRST_FREE;

  constructor(fs: FileSystem, process: Process) {
    this.fs = fs;
    this.process = process;
    this.#directory = fs.root;
    process.onEnd.add(() => this.closeAll());
  }

  /** The working directory: a thread's is that of its process. */
  get directory(): DirectoryNode {
    return this.#leader === undefined ? this.#directory : this.#leader.directory;
  }

  set directory(directory: DirectoryNode) {
    if (this.#leader === undefined) this.#directory = directory;
    else this.#leader.directory = directory;
  }

  /** From now on this is a thread of the process that has `leader`. */
  follow(leader: ProcessFiles): void {
    this.#leader = leader;
    this.umask = leader.umask;
  }

  now(): Timestamp {
    const { clock, kernel } = this.process.host;
    // What the process has computed in this turn has taken time, which its own clock shows already.
    const { spentNs } = this.process;
    return timestamp(clock.wallErrorNs() + kernel.nowNs + spentNs);
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

  /** The lowest free descriptor, from now on `file`'s. */
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

  /** A number that no file has: sockets are kept elsewhere, and each gets one that was nobody's before. */
  reserve(): number {
    return this.#nextReserved++;
  }

  /** Makes `fd` refer to `file`, as `dup2` does: for the standard streams and inherited files. */
  set(fd: number, file: OpenFile): void {
    this.#open.get(fd)?.release();
    this.#open.set(fd, file);
  }

  /** What is open as `fd`; `EBADF` when nothing is. */
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
    this.#open.delete(fd);
    if (fd >= FIRST_FREE && fd < this.#lowestFree) this.#lowestFree = fd;
    file.release();
  }

  /** The process is gone; so are its descriptors. What it wrote stays in the page cache. */
  closeAll(): void {
    for (const file of this.#open.values()) file.release();
    this.#open.clear();
  }
}

/** Nanoseconds since the start of the world, as a time on the calendar. */
export function timestamp(sinceEpochNs: number): Timestamp {
  const seconds = Math.floor(sinceEpochNs / 1e9);
  return {
    seconds: WORLD_EPOCH_MS / 1_000 + seconds,
    nanoseconds: Math.floor(sinceEpochNs - seconds * 1e9),
  };
}
