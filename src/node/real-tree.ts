/**
 * A folder of the real machine, shown to a host's disk: looked at when a program first does, and never
 * written. What was once seen stays as it was for as long as the real process lives, so that all its runs
 * see the same.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import { fail, type LowerEntry, type LowerTree } from "../sim/disk/index.ts";
import { fromBytes, toBytes } from "./bindings/fs/paths.ts";

/** What is known of a real path; `undefined` when there is nothing. */
interface Seen {
  readonly kind: LowerEntry["kind"];
  readonly executable: boolean;
  readonly size: number;
  names?: readonly string[];
  bytes?: Uint8Array;
  target?: string;
}

const seen = new Map<string, Seen | undefined>();

/** Looks at a real path, without following a link at its end; once. */
function look(path: string): Seen | undefined {
  if (seen.has(path)) return seen.get(path);
  const status = attempt(() => lstatSync(path, { throwIfNoEntry: false }));
  const kind = status && kindOf(status);
  const found =
    kind === undefined || status === undefined
      ? undefined
      : { kind, executable: (status.mode & 0o111) !== 0, size: status.size };
  seen.set(path, found);
  return found;
}

/** What cannot be looked at (it is gone, or not ours to read) is no part of a host's disk. */
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

/** What stands at a real path: `undefined` for nothing, and for what is no file, folder or link. */
export function realKind(path: string): LowerEntry["kind"] | undefined {
  return look(path)?.kind;
}

/** The bytes of a real file, as they were when they were first asked for. Nobody may change them. */
export function realBytes(path: string): Uint8Array {
  const known = look(path);
  const bytes = known?.bytes ?? attempt(() => readFileSync(path)) ?? fail("EIO");
  if (known) known.bytes = bytes;
  return bytes;
}

/** Forgets what was seen of a path: a program is compiled anew and shall see it as it is now. */
export function forgetReal(path: string): void {
  seen.delete(path);
}

/** The real folder at `root`, without the names in `hidden`. */
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
