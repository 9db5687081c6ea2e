/**
 * A loader's access to the files of its process's host: with the process's rights and working
 * directory, and synchronously, since loading code takes no virtual time.
 */
import {
  FileNode,
  filesOf,
  find,
  isDirectory,
  type ProcessFiles,
  realPath,
  SystemError,
} from "../../sim/disk/index.ts";
import type { Process } from "../../sim/process.ts";
import { exceptionOf } from "../bindings/fs/errors.ts";
import { fromBytes, toBytes } from "../bindings/fs/paths.ts";
import { realPathOf, realTarget, realText } from "../real-tree.ts";
import { noteFile, noteRead } from "./code-digest.ts";
import type { FileRecord } from "./file-record.ts";
import type { FileLookup } from "./package-entry.ts";
import { Buffer } from "node:buffer";
import { folderOf, isPlanted, plantedFolders, plantOutside } from "./plant.ts";

/** The files of a host, for a loader of one of its processes. */
export interface HostFiles extends FileLookup {
  /** Returns the path without symbolic links. Fails as `fs.realpathSync` does. */
  realPath(path: string): string;
  /** Returns the real file behind a path, as long as no program has changed it. */
  origin(path: string): string | undefined;
  /** Reads a file's text to run it: it counts as code of the run. */
  source(path: string): string;
  /** Counts the real file at `path` as code of the run, without reading it. */
  noteSource(path: string): void;
  /** True as long as no program has added or removed a name among the real files. */
  readonly isPristine: boolean;
  /** Adds the real folder that another real file requests by `path`. */
  plantFor(from: string, path: string): void;
  /** Adds the folder of a real file, unless it is there already. */
  plant(path: string): void;
  /** The same as {@link plant} for a file that is known. */
  plantFile(file: FileRecord): void;
  /** The same as {@link source} for a file that is known. */
  sourceOf(file: FileRecord): string;
}

/** Returns the files that `process` sees. */
export function hostFiles(process: Process): HostFiles {
  const files = filesOf(process);
  const file = (path: string): FileNode | undefined => {
    const inode = attempt(() => find(files.fs.root, files, toBytes(path)));
    return inode instanceof FileNode ? inode : undefined;
  };
  const textOf = (node: FileNode): string => {
    const { content, size } = node;
    const bytes = new Uint8Array(size);
    content.read(0, bytes);
    return Buffer.from(bytes.buffer).toString();
  };
  // As long as programs have changed no name among the real files, these are read directly. So the
  // content of the disk does not depend on what a loader has looked up.
  const isReal = (path: string): boolean =>
    files.fs.providedChanges === 0 && isPlanted(files.fs, path);
  const isUnchanged = (path: string): boolean => !files.fs.writtenOrigins.has(path);
  const folders = plantedFolders(files.fs);
  /** The same as {@link isReal} for a file that is known: most are where they were last time. */
  const isProvided = (known: FileRecord): boolean => {
    if (files.fs.providedChanges !== 0) return false;
    const { folder } = known;
    if (folder !== undefined) {
      for (let at = 0; at < folders.length; at++) if (folders[at] === folder) return true;
    }
    known.folder = folderOf(folders, known.path);
    return known.folder !== undefined;
  };
  return {
    get isPristine() {
      return files.fs.providedChanges === 0;
    },
    kind(path) {
      if (isReal(path)) return realTarget(path);
      const inode = attempt(() => find(files.fs.root, files, toBytes(path)));
      if (inode === undefined) return -1;
      return isDirectory(inode) ? 1 : 0;
    },
    read(path) {
      if (isReal(path) && realTarget(path) === 0 && isUnchanged(path)) return realText(path);
      const node = file(path) ?? missing(files, path);
      return node.origin === undefined ? textOf(node) : realText(node.origin);
    },
    source(path) {
      if (isReal(path) && realTarget(path) === 0 && isUnchanged(path)) {
        noteRead(files.fs, path);
        return realText(path);
      }
      const node = file(path) ?? missing(files, path);
      const { origin } = node;
      if (origin === undefined) return textOf(node);
      noteRead(files.fs, origin);
      return realText(origin);
    },
    noteSource: (path) => noteRead(files.fs, path),
    realPath(path) {
      if (isReal(path) && realTarget(path) >= 0) {
        const found = realPathOf(path);
        plantOutside(files.fs, found);
        return found;
      }
      try {
        return fromBytes(realPath(files.fs, files, toBytes(path)), "utf8") as string;
      } catch (failure) {
        throw exceptionOf(failure, { syscall: "realpath", path });
      }
    },
    origin(path) {
      if (isReal(path)) return realTarget(path) === 0 && isUnchanged(path) ? path : undefined;
      return file(path)?.origin;
    },
    plant: (path) => plantOutside(files.fs, path),
    plantFile(known) {
      if (!isProvided(known)) plantOutside(files.fs, known.path);
    },
    sourceOf(known) {
      const { writtenOrigins } = files.fs;
      const { path, text } = known;
      const isAsRead = writtenOrigins.size === 0 || !writtenOrigins.has(path);
      if (text === undefined || !isAsRead || !isProvided(known)) return this.source(path);
      noteFile(files.fs, known);
      return text;
    },
    plantFor(from, path) {
      if (this.origin(from) !== undefined) plantOutside(files.fs, path);
    },
  };
}

function missing(files: ProcessFiles, path: string): never {
  try {
    find(files.fs.root, files, toBytes(path));
    throw new SystemError("EISDIR");
  } catch (failure) {
    throw exceptionOf(failure, { syscall: "open", path });
  }
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
