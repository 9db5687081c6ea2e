/**
 * A digest of the real files that the programs of a run read, code and data: it tells whether a replay runs
 * what the run ran. Names of folders do not count, nor the order of reading.
 */
import type { FileSystem } from "../../sim/disk/index.ts";
import { realDigest } from "../real-tree.ts";

interface Noted {
  readonly paths: Set<string>;
  high: number;
  low: number;
}

/** By run: its kernel stands for it. */
const notedIn = new WeakMap<object, Noted>();
const runOf = new WeakMap<FileSystem, object>();

/** Says to which run a disk belongs. */
export function noteRun(fs: FileSystem, run: object): void {
  if (!runOf.has(fs)) runOf.set(fs, run);
}

/** A program of the disk's host has read the real file at `path`. */
export function noteRead(fs: FileSystem, path: string): void {
  const run = runOf.get(fs);
  if (run === undefined) return;
  let noted = notedIn.get(run);
  if (noted === undefined) notedIn.set(run, (noted = { paths: new Set(), high: 0, low: 0 }));
  if (noted.paths.has(path)) return;
  noted.paths.add(path);
  const digest = realDigest(path);
  noted.high = (noted.high + Number.parseInt(digest.slice(0, 8), 16)) >>> 0;
  noted.low = (noted.low + Number.parseInt(digest.slice(8), 16)) >>> 0;
}

/** The digest of what a run has read up to now: sixteen hexadecimal digits. */
export function codeDigest(run: object): string {
  const { high, low } = notedIn.get(run) ?? { high: 0, low: 0 };
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
