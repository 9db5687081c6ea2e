/** Makes the real files of a program's project available on its host's disk. */
import { realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  type FileSystem,
  type LowerTree,
  mountTree,
  plantFile,
  plantLink,
  SystemError,
} from "../../sim/disk/index.ts";
import { fromBytes, toBytes } from "../bindings/fs/paths.ts";
import { realBytes, realKind, realTarget, realTree } from "../real-tree.ts";
import { noteRead } from "./code-digest.ts";
import { isMachines, projectRoot, type ProvidedFolder, userOf } from "./project.ts";

/** What was added to a disk before. Programs may start many times. */
interface Planted {
  readonly programs: WeakSet<readonly ProvidedFolder[]>;
  readonly folders: string[];
}

const plantedOn = new WeakMap<FileSystem, Planted>();

function plantedOf(fs: FileSystem): Planted {
  let planted = plantedOn.get(fs);
  if (planted === undefined) {
    planted = { programs: new WeakSet(), folders: [] };
    plantedOn.set(fs, planted);
  }
  return planted;
}

/** Adds folders, unless they are there already. Files are read on first access. */
export function plantFolders(fs: FileSystem, folders: readonly ProvidedFolder[]): void {
  const planted = plantedOf(fs);
  if (planted.programs.has(folders)) return;
  planted.programs.add(folders);
  for (const { path, hidden, target } of folders) {
    if (target === undefined) plantFolder(fs, planted, path, hidden);
    else plantFolderLink(fs, planted, path, target);
  }
}

/**
 * Adds the project of a real file that a program's file requests and that is outside its own
 * project.
 */
export function plantOutside(fs: FileSystem, path: string): void {
  const planted = plantedOf(fs);
  if (isBelowAny(planted, path) || realTarget(dirname(path)) !== 1) return;
  const root = projectRoot(userOf(path) ?? dirname(path));
  // Of a folder that the simulated machine has one of its own of, only the file.
  if (isMachines(root)) plantReal(fs, path);
  else if (dirname(root) !== root) plantFolder(fs, planted, root, [".git"]);
}

/**
 * Returns whether a path is that of a real file or folder, as added to the disk from the real
 * machine.
 */
export function isPlanted(fs: FileSystem, path: string): boolean {
  return isBelowAny(plantedOf(fs), path);
}

function isBelowAny({ folders }: Planted, path: string): boolean {
  return folderOf(folders, path) !== undefined;
}

/** Returns which of some folders a path is in. */
export function folderOf(folders: readonly string[], path: string): string | undefined {
  for (let at = 0; at < folders.length; at++) {
    const folder = folders[at] as string;
    if (path.startsWith(folder) && (path.length === folder.length || path[folder.length] === "/")) {
      return folder;
    }
  }
  return undefined;
}

/** Returns the real folders on a disk. The list grows when others are added. */
export function plantedFolders(fs: FileSystem): readonly string[] {
  return plantedOf(fs).folders;
}

function plantFolder(
  fs: FileSystem,
  planted: Planted,
  path: string,
  hidden: readonly string[],
): void {
  if (isBelowAny(planted, path)) return;
  planted.folders.push(path);
  unlessTaken(() => mountTree(fs, toBytes(path), programTree(fs, planted, path, hidden)));
}

/** Adds a link to a folder. A folder that is there already has its own links. */
function plantFolderLink(fs: FileSystem, planted: Planted, path: string, target: string): void {
  if (isBelowAny(planted, path)) return;
  planted.folders.push(path);
  unlessTaken(() => plantLink(fs, toBytes(path), toBytes(target)));
}

function plantReal(fs: FileSystem, path: string): void {
  if (realKind(path) !== "file") return;
  const bytes = realBytes(path);
  const load = (): Uint8Array => {
    noteRead(fs, path);
    return bytes;
  };
  unlessTaken(() => plantFile(fs, toBytes(path), load, { size: bytes.length, origin: path }));
}

/** A program may have created something else at these paths before. */
function unlessTaken(plant: () => void): void {
  try {
    plant();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

/** Returns a real folder. The targets of its links are added when the links are found. */
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
    read(below) {
      noteRead(fs, pathOf(below));
      return real.read(below);
    },
    readLink(below) {
      const path = pathOf(below);
      const text = real.readLink(below);
      let target: string;
      try {
        target = realpathSync(path);
      } catch {
        return text;
      }
      // The same folder that a loader would add.
      if (statSync(target).isDirectory()) plantFolder(fs, planted, projectRoot(target), [".git"]);
      else if (!isBelow(target, root)) plantReal(fs, target);
      // A link through other links would break, because not all of them are on the disk.
      const direct = resolve(dirname(path), fromBytes(text, "utf8") as string) === target;
      return direct ? text : toBytes(target);
    },
  };
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
