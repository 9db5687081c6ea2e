/**
 * A folder of the real machine, visible on a host's disk. It is read when a program first accesses
 * it, and never written. What was read stays the same as long as the real process lives, so all its
 * runs see the same content.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  type Stats,
} from "node:fs";
import { basename, join } from "node:path";
import { fail, type LowerEntry, type LowerTree } from "../sim/disk/index.ts";
import { fromBytes, toBytes } from "./bindings/fs/paths.ts";

/** What is known of a real path; `undefined` if nothing exists there. */
interface Seen {
  readonly kind: LowerEntry["kind"];
  readonly executable: boolean;
  readonly size: number;
  names?: readonly string[];
  bytes?: Uint8Array;
  target?: string;
  /** The bytes as text, and their digest. */
  text?: string;
  digest?: Digest;
}

/** The two halves of a digest: unsigned numbers of 32 bits. */
export interface Digest {
  readonly high: number;
  readonly low: number;
}

/** What was looked up; `null` where nothing is. */
const seen = new Map<string, Seen | null>();

/** Looks up a real path once, without following a link at its end. */
function look(path: string): Seen | undefined {
  const before = seen.get(path);
  if (before !== undefined) return before ?? undefined;
  const status = attempt(() => lstatSync(path, { throwIfNoEntry: false }));
  const kind = status && kindOf(status);
  const found =
    kind === undefined || status === undefined
      ? undefined
      : { kind, executable: (status.mode & 0o111) !== 0, size: status.size };
  seen.set(path, found ?? null);
  return found;
}

/**
 * Runs `look`. Returns undefined on failure: what cannot be read (it is gone, or access is denied)
 * is not part of a host's disk.
 */
export function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function kindOf(status: Stats): LowerEntry["kind"] | undefined {
  if (status.isFile()) return "file";
  if (status.isDirectory()) return "directory";
  return status.isSymbolicLink() ? "symlink" : undefined;
}

/**
 * Returns what exists at a real path: `undefined` for nothing, and for anything other than a file,
 * folder or link.
 */
export function realKind(path: string): LowerEntry["kind"] | undefined {
  return look(path)?.kind;
}

/** Returns the bytes of a real file, as they were on first access. They must not be changed. */
export function realBytes(path: string): Uint8Array {
  const known = look(path);
  const bytes = known?.bytes ?? attempt(() => readFileSync(path)) ?? fail("EIO");
  if (known) known.bytes = bytes;
  return bytes;
}

/** Returns the same as text: a single string for as long as the file is remembered. */
export function realText(path: string): string {
  const known = look(path);
  if (known?.text !== undefined) return known.text;
  const bytes = realBytes(path);
  if (known === undefined) return Buffer.from(bytes).toString();
  return (known.text ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
}

/** Returns a digest of a file's name and bytes. */
export function realDigest(path: string): Digest {
  const known = look(path);
  if (known?.digest !== undefined) return known.digest;
  const hash = createHash("sha256")
    .update(`${basename(path)}\0`)
    .update(realBytes(path));
  const bytes = hash.digest();
  const digest = { high: bytes.readUInt32BE(0), low: bytes.readUInt32BE(4) };
  if (known) known.digest = digest;
  return digest;
}

/**
 * Forgets what was read of a path. Called when a program is compiled again, so that it sees the
 * current content.
 */
export function forgetReal(path: string): void {
  seen.delete(path);
}

/** Forgets what was read of a folder and everything in it. */
export function forgetBelow(folder: string): void {
  for (const path of seen.keys()) {
    if (path === folder || path.startsWith(`${folder}/`)) seen.delete(path);
  }
  targets.clear();
  linkless.clear();
  generation++;
}

/** Returns what is at a real path, with links followed: a directory (1), a file (0), or neither. */
export function realTarget(path: string): number {
  let kind = targets.get(path);
  if (kind === undefined) {
    const status = attempt(() => statSync(path, { throwIfNoEntry: false }));
    kind = status?.isDirectory() ? 1 : status?.isFile() ? 0 : -1;
    targets.set(path, kind);
  }
  return kind;
}

const targets = new Map<string, number>();
const linkless = new Map<string, string>();

/** Returns a real path without symbolic links. */
export function realPathOf(path: string): string {
  let found = linkless.get(path);
  if (found === undefined) linkless.set(path, (found = realpathSync(path)));
  return found;
}

let generation = 0;

/**
 * Returns a number that changes whenever something was forgotten. Data derived from real files then
 * has to be recomputed.
 */
export function realGeneration(): number {
  return generation;
}

/** Returns the real folder at `root`, without the names in `hidden`. */
export function realTree(root: string, hidden: readonly string[] = []): LowerTree {
  const real = (path: string): string => join(root, fromBytes(path, "utf8") as string);
  const entry = (name: string, path: string): LowerEntry | undefined => {
    if (hidden.includes(name)) return undefined;
    const known = look(real(path));
    return known && { ...known, name };
  };
  return {
    list(path) {
      const known = look(real(path));
      const names = known?.names ?? attempt(() => readdirSync(real(path)).map(toBytes)) ?? [];
      if (known) known.names = names;
      return names.flatMap((name) => entry(name, path === "" ? name : `${path}/${name}`) ?? []);
    },
    look: (path) => entry(path.slice(path.lastIndexOf("/") + 1), path),
    read: (path) => realBytes(real(path)),
    readLink(path) {
      const known = look(real(path));
      const target = known?.target ?? toBytes(readlinkSync(real(path)));
      if (known) known.target = target;
      return target;
    },
  };
}
