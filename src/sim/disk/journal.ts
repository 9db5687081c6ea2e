/**
 * The layer between the page cache and the medium: an ordered list of operations that a power loss would
 * undo. `fsync` of a file commits its data, `fsync` of a directory its entries. A rename is committed in
 * both its directories together or not at all. A policy decides about all other operations.
 *
 * The model is as strict as POSIX allows and stricter than ext4 usually is (Pillai et al., "All File
 * Systems Are Not Created Equal", OSDI 2014): a new file's entry needs an `fsync` of its directory.
 */
import type { ChangeLog } from "./change-log.ts";
import type { Attributes, DirectoryNode, FileNode, Inode } from "./inode.ts";

interface OperationBase {
  /** Position among all operations of a disk, in the order in which programs made them. */
  readonly sequence: number;
  /** The time of the operation, in virtual nanoseconds. */
  readonly timeNs: number;
  /** Whether it is on the medium. */
  committed: boolean;
}

/** Bytes written to a file. */
export interface WriteOperation extends OperationBase {
  readonly kind: "write";
  readonly inode: FileNode;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A change of a file's size. */
export interface TruncateOperation extends OperationBase {
  readonly kind: "truncate";
  readonly inode: FileNode;
  readonly size: number;
}

/** A change of owner, mode or times. */
export interface AttributesOperation extends OperationBase {
  readonly kind: "attributes";
  readonly inode: Inode;
  readonly attributes: Attributes;
}

/** One name of a directory, to be set or removed. */
export interface EntryChange {
  readonly directory: DirectoryNode;
  readonly name: string;
  readonly inode: Inode | undefined;
}

/** Names that were created, removed or moved together. */
export interface EntriesOperation extends OperationBase {
  readonly kind: "entries";
  readonly changes: readonly EntryChange[];
}

/** An operation that a power loss would undo. */
export type PendingOperation =
  | WriteOperation
  | TruncateOperation
  | AttributesOperation
  | EntriesOperation;

/** How much of an operation is kept: nothing, all, the first bytes of a write (a torn write), or some parts of it. */
export type Kept = boolean | number | readonly (readonly [fromByte: number, toByte: number])[];

/**
 * Decides how much of an operation reached the medium although it was not synced. It is called for each of `count`
 * operations in the order in which programs made them; `at` counts them from 0.
 */
export type PowerLossPolicy = (operation: PendingOperation, at: number, count: number) => Kept;

/**
 * The memory cost of an operation in addition to its bytes, so that many small writes fill the cache as
 * well.
 */
const OPERATION_BYTES = 160;

/** Up to this many dirty bytes, a sync copies them instead of sharing the whole file. */
const WRITE_THROUGH_BYTES = 16_384;

/** The default policy: everything that was not synced is lost. */
export function loseEverything(): boolean {
  return false;
}

/** Where a write ends up. */
export interface Place {
  readonly inode: FileNode;
  readonly offset: number;
}

/** Limits on unsynced data in memory. Beyond them the disk writes back on its own, as the kernel does. */
export interface WritebackLimits {
  /** Dirty file data in bytes; above it the file that has been dirty longest is written. */
  readonly dirtyBytesMax: number;
  /**
   * Uncommitted directory operations. A journal has a fixed size; when it is full, its oldest half is
   * committed.
   */
  readonly entriesMax: number;
}

/** The pending operations of one file system. */
export class Journal {
  readonly #limits: WritebackLimits;
  #sequence = 0;
  /** Files with dirty data, in the order in which they became dirty. */
  readonly #dirtyFiles = new Set<FileNode>();
  readonly #changedAttributes = new Set<Inode>();
  #entries: EntriesOperation[] = [];
  #dirtyBytes = 0;
  /** Records the operations, if set. */
  log: ChangeLog | undefined;
  /** Decides about each write that goes to the device, if set: the file and offset where it ends up, or nowhere. */
  divert: ((operation: WriteOperation) => Place | "nowhere" | undefined) | undefined;
  /** Files with bytes that count as written and are not on the device. */
  readonly unwritten: Set<FileNode> = new Set();

  constructor(limits: WritebackLimits) {
    this.#limits = limits;
  }

  /** Bytes that are only in the page cache. */
  get dirtyBytes(): number {
    return this.#dirtyBytes;
  }

  write(inode: FileNode, timeNs: number, offset: number, source: Uint8Array): void {
    const bytes = source.slice();
    this.log?.write(inode, offset, bytes);
    const sequence = ++this.#sequence;
    inode.pending.push({ kind: "write", sequence, timeNs, committed: false, inode, offset, bytes });
    const cost = bytes.length + OPERATION_BYTES;
    inode.dirtyBytes += cost;
    this.#dirtyBytes += cost;
    this.#dirtyFiles.add(inode);
    if (this.#dirtyBytes > this.#limits.dirtyBytesMax) this.#writeBack();
  }

  truncate(inode: FileNode, timeNs: number, size: number): void {
    this.log?.truncate(inode, size);
    const sequence = ++this.#sequence;
    inode.pending.push({ kind: "truncate", sequence, timeNs, committed: false, inode, size });
    this.#dirtyFiles.add(inode);
  }

  attributes(inode: Inode, timeNs: number): void {
    this.log?.attributes(inode);
    const { pending } = inode;
    const last = pending.at(-1);
    // Only the latest attributes matter, so repeated changes of one file make a single operation.
    if (last?.kind === "attributes") pending.pop();
    pending.push({
      kind: "attributes",
      sequence: ++this.#sequence,
      timeNs,
      committed: false,
      inode,
      attributes: inode.attributes(),
    });
    this.#changedAttributes.add(inode);
  }

  entries(timeNs: number, changes: readonly EntryChange[]): void {
    this.log?.entries(changes);
    const sequence = ++this.#sequence;
    const operation: EntriesOperation = {
      kind: "entries",
      sequence,
      timeNs,
      committed: false,
      changes,
    };
    this.#entries.push(operation);
    for (const directory of directoriesOf(operation)) directory.pending.push(operation);
    if (this.#entries.length > this.#limits.entriesMax) {
      for (const old of this.#entries.slice(0, this.#entries.length >> 1)) this.#commitEntries(old);
      this.#entries = this.#entries.filter((entry) => !entry.committed);
    }
  }

  /** `fsync` of a file, or `fdatasync`, which does not include times and mode. */
  syncFile(inode: FileNode, dataOnly: boolean): void {
    this.log?.sync(inode, dataOnly);
    if (this.#dirtyFiles.has(inode)) this.#makeDurable(inode);
    this.#forgetData(inode, !dataOnly);
    if (!dataOnly) inode.durable = inode.attributes();
  }

  /**
   * A failed `fsync` of a file. As on Linux the data stays in the page cache and counts as written, so that
   * the next `fsync` reports success without having written it.
   */
  failSync(inode: FileNode): void {
    if (inode.dirtyBytes > 0) this.#noteUnwritten(inode);
    this.#forgetData(inode, false);
  }

  #noteUnwritten(inode: FileNode): void {
    inode.hasUnwrittenPages = true;
    this.unwritten.add(inode);
  }

  /** `fsync` of a directory: its entries and its attributes. */
  syncDirectory(directory: DirectoryNode): void {
    this.log?.sync(directory, false);
    for (const operation of directory.pending.slice()) {
      if (operation.kind === "entries") this.#commitEntries(operation);
    }
    directory.pending.length = 0;
    directory.durable = directory.attributes();
    this.#changedAttributes.delete(directory);
    this.#entries = this.#entries.filter((entry) => !entry.committed);
  }

  /** Called when an inode is freed. It cannot be synced any more. */
  forget(inode: Inode): void {
    this.#changedAttributes.delete(inode);
    const file = inode as FileNode;
    this.unwritten.delete(file);
    if (!this.#dirtyFiles.delete(file)) return;
    this.#dirtyBytes -= file.dirtyBytes;
    file.dirtyBytes = 0;
    inode.pending.length = 0;
  }

  /** Called at a power loss. `policy` judges every operation that is not durable, in order. */
  powerLoss(policy: PowerLossPolicy): void {
    const pending: PendingOperation[] = [...this.#entries];
    for (const inode of this.#dirtyFiles) pending.push(...inode.pending.filter(isOwn));
    for (const inode of this.#changedAttributes) {
      if (!this.#dirtyFiles.has(inode as FileNode)) pending.push(...inode.pending.filter(isOwn));
    }
    pending.sort((a, b) => a.sequence - b.sequence);
    for (const [at, operation] of pending.entries()) {
      const verdict = policy(operation, at, pending.length);
      if (verdict !== false) apply(operation, verdict);
      if (operation.kind === "entries") {
        for (const directory of directoriesOf(operation)) directory.pending.length = 0;
      } else {
        operation.inode.pending.length = 0;
      }
    }
    this.#dirtyFiles.clear();
    this.#changedAttributes.clear();
    this.unwritten.clear();
    this.#entries = [];
    this.#dirtyBytes = 0;
  }

  /**
   * A snapshot shares all chunks, so the next write to each chunk costs a copy. A log file that is synced
   * after every line would copy a chunk for every line. Small amounts are therefore copied directly.
   */
  #makeDurable(inode: FileNode): void {
    const { divert } = this;
    if (inode.dirtyBytes > WRITE_THROUGH_BYTES && !inode.hasUnwrittenPages && !divert) {
      inode.makeContentDurable();
      return;
    }
    for (const operation of inode.pending) {
      const place = operation.kind === "write" ? divert?.(operation) : undefined;
      if (place !== undefined) this.#applyElsewhere(operation as WriteOperation, place);
      else if (operation.kind === "write" || operation.kind === "truncate") apply(operation, true);
    }
  }

  #applyElsewhere(operation: WriteOperation, place: Place | "nowhere"): void {
    this.#noteUnwritten(operation.inode);
    if (place === "nowhere") return;
    this.#noteUnwritten(place.inode);
    const { durableContent } = place.inode;
    const room = Math.max(0, durableContent.size - place.offset);
    durableContent.write(place.offset, operation.bytes.subarray(0, room));
  }

  #writeBack(): void {
    for (const inode of this.#dirtyFiles) {
      if (this.#dirtyBytes <= this.#limits.dirtyBytesMax / 2) return;
      this.#makeDurable(inode);
      this.#forgetData(inode, false);
    }
  }

  #forgetData(inode: FileNode, attributesToo: boolean): void {
    const kept = attributesToo ? [] : inode.pending.filter((one) => one.kind === "attributes");
    inode.pending.length = 0;
    inode.pending.push(...kept);
    if (attributesToo) this.#changedAttributes.delete(inode);
    this.#dirtyBytes -= inode.dirtyBytes;
    inode.dirtyBytes = 0;
    this.#dirtyFiles.delete(inode);
  }

  /** Commits an operation, preceded by all earlier operations on its directories. */
  #commitEntries(operation: EntriesOperation): void {
    if (operation.committed) return;
    operation.committed = true;
    for (const directory of directoriesOf(operation)) {
      for (const earlier of directory.pending) {
        if (earlier.sequence >= operation.sequence) break;
        if (earlier.kind === "entries") this.#commitEntries(earlier);
      }
    }
    apply(operation, true);
    for (const directory of directoriesOf(operation)) {
      const kept = directory.pending.filter((one) => !one.committed);
      directory.pending.length = 0;
      directory.pending.push(...kept);
    }
  }
}

function isOwn(operation: PendingOperation): boolean {
  return operation.kind !== "entries";
}

function directoriesOf(operation: EntriesOperation): Set<DirectoryNode> {
  return new Set(operation.changes.map((change) => change.directory));
}

/** The parts of so many bytes that are kept. */
export function partsKept(kept: Kept, length: number): readonly (readonly [number, number])[] {
  if (kept === false) return [];
  if (kept === true) return [[0, length]];
  return typeof kept === "number" ? [[0, kept]] : kept;
}

function apply(operation: PendingOperation, kept: Kept): void {
  switch (operation.kind) {
    case "write": {
      const { bytes, offset } = operation;
      for (const [from, to] of partsKept(kept, bytes.length)) {
        operation.inode.durableContent.write(offset + from, bytes.subarray(from, to));
      }
      break;
    }
    case "truncate":
      operation.inode.durableContent.truncate(operation.size);
      break;
    case "attributes":
      operation.inode.durable = operation.attributes;
      break;
    case "entries":
      for (const { directory, name, inode } of operation.changes) {
        if (inode === undefined) directory.durableEntries.delete(name);
        else directory.durableEntries.set(name, inode);
      }
      break;
  }
}
