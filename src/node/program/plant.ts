/** Puts the files that a program may look for beside itself on the disk of its host. */
import { realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  type FileSystem,
  type LowerTree,
  mountTree,
  plantFile,
  SystemError,
} from "../../sim/disk/index.ts";
import { fromBytes, toBytes } from "../bindings/fs/paths.ts";
import { realBytes, realKind, realTree } from "../real-tree.ts";
import type { Provided } from "./provided.ts";

/** What was planted on a disk before: programs start many times. */
interface Planted {
  readonly programs: WeakSet<Provided>;
  readonly folders: Set<string>;
}

const plantedOn = new WeakMap<FileSystem, Planted>();

/** Plants what `provided` names, unless it is there already. Files are read when somebody looks. */
export function plantProvided(fs: FileSystem, provided: Provided): void {
  let planted = plantedOn.get(fs);
  if (planted === undefined) {
    planted = { programs: new WeakSet(), folders: new Set() };
    plantedOn.set(fs, planted);
  }
  if (planted.programs.has(provided)) return;
  planted.programs.add(provided);
  for (const { path, hidden } of provided.folders) plantFolder(fs, planted, path, hidden);
  for (const path of provided.files) plantReal(fs, path);
}

function plantFolder(
  fs: FileSystem,
  planted: Planted,
  path: string,
  hidden: readonly string[],
): void {
  for (let at = path; ; at = dirname(at)) {
    if (planted.folders.has(at)) return;
    if (dirname(at) === at) break;
  }
  planted.folders.add(path);
  unlessTaken(() => mountTree(fs, toBytes(path), programTree(fs, planted, path, hidden)));
}

function plantReal(fs: FileSystem, path: string): void {
  if (realKind(path) !== "file") return;
  const bytes = realBytes(path);
  const options = { size: bytes.length, origin: path };
  unlessTaken(() => plantFile(fs, toBytes(path), () => bytes, options));
}

/** A program may have made something else of these names before. */
function unlessTaken(plant: () => void): void {
  try {
    plant();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

/** A real folder whose links lead somewhere: what they lead to is planted as they are found. */
function programTree(
  fs: FileSystem,
  planted: Planted,
  root: string,
  hidden: readonly string[],
): LowerTree {
  const real = realTree(root, hidden);
  const pathOf = (below: string): string => join(root, fromBytes(below, "utf8") as string);
  return {
    ...real,
    origin: pathOf,
    readLink(below) {
      const path = pathOf(below);
      const text = real.readLink(below);
      let target: string;
      try {
        target = realpathSync(path);
      } catch {
        return text;
      }
      if (statSync(target).isDirectory()) plantFolder(fs, planted, target, [".git"]);
      else if (!isBelow(target, root)) plantReal(fs, target);
      // A link by way of other links would lose its way: they are not all on the disk.
      const direct = resolve(dirname(path), fromBytes(text, "utf8") as string) === target;
      return direct ? text : toBytes(target);
    },
  };
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
