/**
 * Errors and lies of a disk. While a fault is active, calls fail, take longer, do less than they were asked
 * for, or report success for what they have not done. Programs see the errors that Linux reports.
 */
import type { Prng } from "../../base/prng.ts";
import { fail } from "./errno.ts";
import { FileNode, type Inode } from "./inode.ts";

/** The combined effect of all active faults on one disk. */
export interface DiskEffect {
  /** No block is free: a write that needs one fails with `ENOSPC`. */
  full: boolean;
  /** The file system is mounted read-only: every change fails with `EROFS`. */
  readOnly: boolean;
  /** `fsync` reports success, and nothing becomes durable. */
  syncLies: boolean;
  /** The probability that a read, a write or a sync fails with `EIO`. */
  readFails: number;
  writeFails: number;
  syncFails: number;
  /** The probability that a read or a write handles only part of its bytes. */
  short: number;
  /** The factor by which every call takes longer. */
  slow: number;
}

/** A disk without faults. */
export function soundDisk(): DiskEffect {
  return {
    full: false,
    readOnly: false,
    syncLies: false,
    readFails: 0,
    writeFails: 0,
    syncFails: 0,
    short: 0,
    slow: 1,
  };
}

/** Applies the effect of faults to the calls of one disk. */
export class DiskFaults {
  effect: DiskEffect = soundDisk();
  /** How often faults have changed the result of a call, by what they did. */
  readonly hits: Record<"full" | "failed" | "lied" | "short", number> = {
    full: 0,
    failed: 0,
    lied: 0,
    short: 0,
  };
  readonly #prng: Prng;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  /** Throws `EIO` if a read of this inode fails now. */
  beforeRead(inode: Inode): void {
    if (this.#strikes("failed", this.effect.readFails, inode)) fail("EIO");
  }

  /** Throws `EIO` if a write to this inode fails now. */
  beforeWrite(inode: Inode): void {
    if (this.#strikes("failed", this.effect.writeFails, inode)) fail("EIO");
  }

  /** Whether a sync of this inode fails now. */
  syncFails(inode: Inode): boolean {
    return this.#strikes("failed", this.effect.syncFails, inode);
  }

  /** Whether a sync reports success without doing anything. */
  syncLies(): boolean {
    if (this.effect.syncLies) this.hits.lied++;
    return this.effect.syncLies;
  }

  /** How many of `length` bytes a read or a write of this inode handles: at least one. */
  handled(length: number, inode: Inode): number {
    if (length < 2 || !this.#strikes("short", this.effect.short, inode)) return length;
    return this.#prng.between(1, length - 1);
  }

  /** Throws `ENOSPC` if a block is needed while the disk is full. */
  beforeReserve(pages: number): void {
    if (!this.effect.full || pages <= 0) return;
    this.hits.full++;
    fail("ENOSPC");
  }

  /** Files that the run provides, such as the program's own code, are on another device. */
  #strikes(what: "failed" | "short", probability: number, inode: Inode): boolean {
    if (probability === 0 || (inode instanceof FileNode && inode.provided)) return false;
    const strikes = probability === 1 || this.#prng.chance(probability);
    if (strikes) this.hits[what]++;
    return strikes;
  }
}
