/**
 * Errors and lies of a disk. While a fault is active, calls fail, take longer, do less than they were asked
 * for, or report success for what they have not done. Programs see the errors that Linux reports.
 */
import type { Prng } from "../../base/prng.ts";
import { fail } from "./errno.ts";
import { FileNode, type Inode } from "./inode.ts";

/** The combined effect of all active faults on one disk. */
export interface DiskEffect {
  /** No block is free, or none that the user may have: a write that needs one fails with this. */
  full: "ENOSPC" | "EDQUOT" | undefined;
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
  /** Until then the device answers nothing; 0 if it answers. */
  stalledUntilNs: number;
  /** The probability that the device writes nothing of a write that it is given, or writes it elsewhere. */
  writeVanishes: number;
  writeStrays: number;
  /** For disks of other machines: until when the server is silent, or 0. */
  serverSilentUntilNs: number;
  /** For disks of other machines: the share of the requests that are carried out twice. */
  requestRepeats: number;
  /** For disks of other machines: whether what is known is believed as long as possible. */
  clings: boolean;
}

/** A disk without faults. */
export function soundDisk(): DiskEffect {
  return {
    full: undefined,
    readOnly: false,
    syncLies: false,
    readFails: 0,
    writeFails: 0,
    syncFails: 0,
    short: 0,
    slow: 1,
    stalledUntilNs: 0,
    writeVanishes: 0,
    writeStrays: 0,
    serverSilentUntilNs: 0,
    requestRepeats: 0,
    clings: false,
  };
}

/** Applies the effect of faults to the calls of one disk. */
export class DiskFaults {
  effect: DiskEffect = soundDisk();
  /** How often faults have changed the result of a call, by what they did. */
  readonly hits: Record<"full" | "failed" | "lied" | "short" | "misplaced", number> = {
    full: 0,
    misplaced: 0,
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

  /** Throws if a block is needed while the disk is full, or the quota used up. */
  beforeReserve(pages: number): void {
    const { full } = this.effect;
    if (full === undefined || pages <= 0) return;
    this.hits.full++;
    fail(full);
  }

  /** What the device does with a write that it is given: as it should, nothing, or the write in another place. */
  fateOfWrite(inode: FileNode): "right" | "vanishes" | "strays" {
    const { writeVanishes, writeStrays } = this.effect;
    if (this.#strikes("misplaced", writeVanishes, inode)) return "vanishes";
    return this.#strikes("misplaced", writeStrays, inode) ? "strays" : "right";
  }

  /** Files that the run provides, such as the program's own code, are on another device. */
  #strikes(what: "failed" | "short" | "misplaced", probability: number, inode: Inode): boolean {
    if (probability === 0 || (inode instanceof FileNode && inode.provided)) return false;
    const strikes = probability === 1 || this.#prng.chance(probability);
    if (strikes) this.hits[what]++;
    return strikes;
  }
}
