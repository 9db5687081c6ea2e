/**
 * How a loader looks at the files of its process's host: with the process's rights and working directory,
 * and at once, since loading code takes no virtual time.
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
import type { FileLookup } from "./package-entry.ts";

/** The files of a host, as a loader of one of its processes asks for them. */
export interface HostFiles extends FileLookup {
  /** The path without symbolic links. Fails as `fs.realpathSync` does. */
  realPath(path: string): string;
  /** The real file behind a path, as long as no program has changed it. */
  origin(path: string): string | undefined;
}

/** The files that `process` sees. */
export function hostFiles(process: Process): HostFiles {
  const files = filesOf(process);
  const file = (path: string): FileNode | undefined => {
    const inode = attempt(() => find(files.fs.root, files, toBytes(path)));
    return inode instanceof FileNode ? inode : undefined;
  };
  return {
    kind(path) {
      const inode = attempt(() => find(files.fs.root, files, toBytes(path)));
      if (inode === undefined) return -1;
      return isDirectory(inode) ? 1 : 0;
    },
    read(path) {
      const { content, size } = file(path) ?? missing(files, path);
      const bytes = new Uint8Array(size);
      content.read(0, bytes);
      return Buffer.from(bytes.buffer).toString();
    },
    realPath(path) {
      try {
        return fromBytes(realPath(files.fs, files, toBytes(path)), "utf8") as string;
      } catch (failure) {
        throw exceptionOf(failure, { syscall: "realpath", path });
      }
    },
    origin: (path) => file(path)?.origin,
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
