/**
 * A digest of the real files, code and data, that the programs of a run read. It shows whether a
 * replay runs the same code as the original run. Folder names and the order of reading do not
 * affect it.
 */
import type { FileSystem } from "../../sim/disk/index.ts";
import { realDigest } from "../real-tree.ts";

interface Noted {
  readonly paths: Set<string>;
  high: number;
  low: number;
}

/** What was read, by run. The run's kernel identifies it. */
const notedIn = new WeakMap<object, Noted>();
/** The same, by disk. */
const notedOn = new WeakMap<FileSystem, Noted>();

/** Records to which run a disk belongs. */
export function noteRun(fs: FileSystem, run: object): void {
  if (notedOn.has(fs)) return;
  let noted = notedIn.get(run);
  if (noted === undefined) notedIn.set(run, (noted = { paths: new Set(), high: 0, low: 0 }));
  notedOn.set(fs, noted);
}

/** Called when a program of the disk's host has read the real file at `path`. */
export function noteRead(fs: FileSystem, path: string): void {
  const noted = notedOn.get(fs);
  if (noted === undefined || noted.paths.has(path)) return;
  noted.paths.add(path);
  const digest = realDigest(path);
  noted.high = (noted.high + digest.high) >>> 0;
  noted.low = (noted.low + digest.low) >>> 0;
}

/** Returns the digest of what a run has read so far: sixteen hexadecimal digits. */
export function codeDigest(run: object): string {
  const { high, low } = notedIn.get(run) ?? { high: 0, low: 0 };
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
