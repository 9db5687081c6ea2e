/**
 * A digest of the real files, code and data, that the programs of a run read. It shows whether a
 * replay runs the same code as the original run. Folder names and the order of reading do not
 * affect it.
 */
import type { FileSystem } from "../../sim/disk/index.ts";
import { type Digest, realDigest } from "../real-tree.ts";

interface Noted {
  /** Whether a file was read, by the number of its path: a run asks this of every file that it loads. */
  read: Uint8Array;
  high: number;
  low: number;
}

/** The numbers of the paths of files that were read. */
const indexes = new Map<string, number>();

/** Room for this many paths at the beginning of a run. */
const PATHS_AT_FIRST = 4_096;

/** Returns the number of a path. */
export function indexOfPath(path: string): number {
  let index = indexes.get(path);
  if (index === undefined) indexes.set(path, (index = indexes.size));
  return index;
}

/** What was read, by run. The run's kernel identifies it. */
const notedIn = new WeakMap<object, Noted>();
/** The same, by disk. */
const notedOn = new WeakMap<FileSystem, Noted>();

/** Records to which run a disk belongs. */
export function noteRun(fs: FileSystem, run: object): void {
  if (notedOn.has(fs)) return;
  let noted = notedIn.get(run);
  if (noted === undefined)
    notedIn.set(run, (noted = { read: new Uint8Array(PATHS_AT_FIRST), high: 0, low: 0 }));
  notedOn.set(fs, noted);
}

/** Called when a program of the disk's host has read the real file at `path`. */
export function noteRead(fs: FileSystem, path: string): void {
  const index = indexOfPath(path);
  noteFile(fs, {
    index,
    get digest() {
      return realDigest(path);
    },
  });
}

/** The same, for a file of which the number of its path and its digest are known. */
export function noteFile(
  fs: FileSystem,
  file: { readonly index: number; readonly digest: Digest },
): void {
  const noted = notedOn.get(fs);
  const { index } = file;
  if (noted === undefined || noted.read[index] === 1) return;
  if (index >= noted.read.length) {
    const longer = new Uint8Array(2 * index);
    longer.set(noted.read);
    noted.read = longer;
  }
  noted.read[index] = 1;
  const { digest } = file;
  noted.high = (noted.high + digest.high) >>> 0;
  noted.low = (noted.low + digest.low) >>> 0;
}

/** Returns the digest of what a run has read so far: sixteen hexadecimal digits. */
export function codeDigest(run: object): string {
  const { high, low } = notedIn.get(run) ?? { high: 0, low: 0 };
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
