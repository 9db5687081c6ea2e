/**
 * What newer Nodes do to whole trees in C++: `rmSync`, and the pieces of `cpSync` and `cp`. They follow
 * `src/node_file.cc` in what they accept, what they do and how they fail.
 */
import { posix } from "node:path";
import * as sim from "../../../sim/disk/index.ts";
import type { Calls } from "./calls.ts";
import { codedError, exceptionOf } from "./errors.ts";
import { failureOf, succeeds } from "./naming.ts";
import { fromBytes, toBytes } from "./paths.ts";

type Path = string | Uint8Array;

/** How a tree is copied. */
interface CopyOptions {
  readonly force: boolean;
  readonly dereference: boolean;
  readonly errorOnExist: boolean;
  readonly verbatimSymlinks: boolean;
  readonly preserveTimestamps: boolean;
  /** Nothing may be there yet: `fs.cp`, whose library has looked. */
  readonly fresh: boolean;
}

/** The steps of one process's tree calls. Paths are byte strings. */
class Trees {
  readonly #calls: Calls;
  readonly #fs: sim.FileSystem;

  constructor(calls: Calls) {
    this.#calls = calls;
    this.#fs = calls.disk.fs;
  }

  /** What is at a path, links followed or not; undefined when nothing is. */
  at(path: string, follow: boolean): sim.Inode | undefined {
    let inode: sim.Inode | undefined;
    const find = (): void => {
      inode = sim.find(this.#fs.root, this.#calls.files, path, follow);
    };
    return succeeds(find) ? inode : undefined;
  }

  /** Why there is nothing at a path. */
  failureAt(path: string): string | undefined {
    return failureOf(() => sim.find(this.#fs.root, this.#calls.files, path, false))?.code;
  }

  isDirectory(path: string, follow: boolean): boolean {
    const inode = this.at(path, follow);
    return inode !== undefined && sim.isDirectory(inode);
  }

  /** Runs one system call; a failure becomes the exception of `cp`. */
  attempt<T>(path: string, execute: () => T, syscall = "cp"): T {
    try {
      return execute();
    } catch (failure) {
      throw exceptionOf(failure, { syscall, path: fromBytes(path, "utf8") as string });
    }
  }

  removeTree(path: string): void {
    const { files } = this.#calls;
    const inode = sim.find(this.#fs.root, files, path, false);
    if (!sim.isDirectory(inode)) {
      sim.unlink(this.#fs, files, path);
      return;
    }
    for (const { name } of sim.readdir(this.#fs, files, path)) this.removeTree(`${path}/${name}`);
    sim.rmdir(this.#fs, files, path);
  }

  /** What `std::filesystem::remove_all` does: it will not take a link for the directory behind it. */
  removeAll(path: string): void {
    const bare = path.replace(/\/+$/, "");
    const link = bare === path || bare === "" ? undefined : this.at(bare, false);
    if (link !== undefined && sim.isSymlink(link) && this.failureAt(path) !== "ENOENT") {
      sim.fail("ENOTDIR");
    }
    this.removeTree(path);
  }

  makeParents(path: string): void {
    const parent = posix.dirname(path);
    if (this.at(parent, true) !== undefined) return;
    this.makeParents(parent);
    succeeds(() => sim.mkdir(this.#fs, this.#calls.files, parent, 0o777));
  }

  copyTimes(from: string, to: string): void {
    const { files } = this.#calls;
    const { atime, mtime } = sim.find(this.#fs.root, files, from);
    const target = sim.target(this.#fs, files, to);
    sim.utimes(this.#fs, files, target, atime, mtime);
  }

  copyDirectory(from: string, to: string, options: CopyOptions): void {
    const { files } = this.#calls;
    const existed = this.at(to, true) !== undefined;
    if (options.fresh || !existed) {
      this.attempt(to, () => sim.mkdir(this.#fs, files, to, 0o777), "mkdir");
    } else if (!this.isDirectory(to, true)) {
      this.attempt(to, () => sim.fail("ENOTDIR"));
    }
    const entries = this.attempt(from, () => sim.readdir(this.#fs, files, from));
    for (const { name } of entries) this.#copyEntry(`${from}/${name}`, `${to}/${name}`, options);
    if (!existed) {
      const { mode } = sim.find(this.#fs.root, files, from);
      sim.chmod(this.#fs, files, sim.target(this.#fs, files, to), mode & 0o7777);
    }
    if (options.preserveTimestamps) this.copyTimes(from, to);
  }

  #copyEntry(from: string, to: string, options: CopyOptions): void {
    const { files } = this.#calls;
    const own = this.at(from, false);
    if (own === undefined) return;
    if (sim.isSymlink(own) && !options.dereference) {
      this.#copyLink(from, to, options);
      return;
    }
    const inode = this.attempt(from, () => sim.find(this.#fs.root, files, from), "stat");
    if (sim.isDirectory(inode)) {
      this.copyDirectory(from, to, options);
    } else if (inode instanceof sim.FileNode) {
      this.#copyFile(from, to, options);
    }
  }

  #copyFile(from: string, to: string, options: CopyOptions): void {
    const { files } = this.#calls;
    if (this.at(to, true) !== undefined && !options.force) {
      if (options.errorOnExist) throw existsError(fromBytes(to, "utf8") as string);
      return;
    }
    const copy = { exclusive: options.fresh, cloneOnly: false };
    this.attempt(to, () => sim.copyFile(this.#fs, files, from, to, copy), "copyfile");
    if (options.preserveTimestamps) this.copyTimes(from, to);
  }

  #copyLink(from: string, to: string, options: CopyOptions): void {
    const { files } = this.#calls;
    const link = sim.readlink(this.#fs, files, from);
    const target =
      options.verbatimSymlinks || link.startsWith("/")
        ? link
        : posix.resolve(toBytes(this.#calls.files.path), posix.dirname(from), link);
    const there = this.at(to, false);
    if (there !== undefined && !options.verbatimSymlinks) {
      if (!sim.isSymlink(there)) {
        throw this.#existing(to);
      }
      const old = posix.resolve(posix.dirname(to), sim.readlink(this.#fs, files, to));
      if (this.isDirectory(target, true) && isInside(target, old)) {
        throw codedError(
          "ERR_FS_CP_EINVAL",
          `Cannot copy ${target} to a subdirectory of self ${old}`,
        );
      }
      if (this.isDirectory(to, true) && isInside(old, target)) {
        throw codedError(
          "ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY",
          `cannot overwrite ${old} with ${target}`,
        );
      }
      this.attempt(to, () => sim.unlink(this.#fs, files, to));
    }
    this.attempt(to, () => sim.symlink(this.#fs, files, target, to));
  }

  #existing(path: string): Error {
    const failure = failureOf(() => sim.fail("EEXIST"));
    return exceptionOf(failure, { syscall: "cp", path: fromBytes(path, "utf8") as string });
  }
}

function existsError(path: string): Error {
  return codedError(
    "ERR_FS_CP_EEXIST",
    `[ERR_FS_CP_EEXIST]: Target already exists: cp returned EEXIST (${path} already exists)`,
  );
}

function isInside(directory: string, path: string): boolean {
  const parts = (at: string): string[] => at.split("/").filter((part) => part !== "");
  const above = parts(directory);
  const below = parts(path);
  return above.length <= below.length && above.every((part, i) => part === below[i]);
}

/** Words of a failed removal, as Node puts them. */
const removalWords: Record<string, string> = {
  EPERM: "Operation not permitted:",
  ENOTEMPTY: "Directory not empty:",
  ENOTDIR: "Not a directory:",
  EACCES: "Permission denied:",
};

/** The C library's words, which Node quotes for any other failure. */
const libraryWords: Record<string, string> = {
  ENAMETOOLONG: "File name too long",
  ELOOP: "Too many levels of symbolic links",
  EBUSY: "Device or resource busy",
  EROFS: "Read-only file system",
};

/** libuv's number for an error that it does not know. */
const UV_UNKNOWN = -4094;

/** Node 24 names the path twice. */
const pathAgain: (path: string) => string =
  Number(process.versions.node.split(".")[0]) < 26 ? (path) => ` ${path}` : () => "";

function removalError({ code, errno }: sim.SystemError, path: string): Error {
  const known = removalWords[code];
  const fields = known === undefined ? { errno: UV_UNKNOWN, code: "" } : { errno, code };
  const words =
    known === undefined ? `Unknown error: ${libraryWords[code] ?? code}` : known + pathAgain(path);
  const error = new Error(`${fields.code}, ${words} '${path}'`);
  return Object.assign(error, { ...fields, syscall: "rm", path });
}

/** `rmSync` and the parts of `cpSync`. */
export function treeCalls(calls: Calls): Record<string, unknown> {
  const trees = new Trees(calls);
  const { files, disk } = calls;
  return {
    rmSync(path: Path, _maxRetries: number, recursive: boolean) {
      const bytes = toBytes(path);
      const shown = fromBytes(bytes, "utf8") as string;
      if (trees.isDirectory(bytes, false) && !recursive) {
        throw codedError("ERR_FS_EISDIR", `Path is a directory: ${shown}`);
      }
      const failure = failureOf(() => trees.removeAll(bytes));
      // A path through what is no directory is a path to nothing, as `symlink_status` has it.
      const missing = trees.failureAt(bytes) === "ENOENT" || trees.failureAt(bytes) === "ENOTDIR";
      if (failure !== undefined && !missing) throw removalError(failure, shown);
    },
    cpSyncCheckPaths: (from: Path, to: Path, dereference: boolean, recursive: boolean) =>
      checkPaths(trees, calls, toBytes(from), toBytes(to), { dereference, recursive }),
    cpSyncOverrideFile(from: Path, to: Path, mode: number, preserveTimestamps: boolean) {
      const source = toBytes(from);
      const target = toBytes(to);
      trees.attempt(target, () => sim.unlink(disk.fs, files, target), "unlink");
      const copy = { exclusive: false, cloneOnly: (mode & 4) !== 0 };
      trees.attempt(target, () => sim.copyFile(disk.fs, files, source, target, copy));
      if (preserveTimestamps) trees.copyTimes(source, target);
    },
    cpSyncCopyDir: (from: Path, to: Path, ...flags: boolean[]) =>
      trees.copyDirectory(toBytes(from), toBytes(to), optionsOf(flags, false)),
    CpDirJob: class {
      declare ondone: ((error?: unknown) => void) | undefined;
      readonly #copy: () => void;

      constructor(from: Path, to: Path, ...flags: boolean[]) {
        this.#copy = () => trees.copyDirectory(toBytes(from), toBytes(to), optionsOf(flags, true));
      }

      run(): void {
        calls.later({ syscall: "cp" }, {}, this.#copy, (error) => {
          calls.context.async.makeCallback(this, this.ondone as () => void, error ? [error] : []);
        });
      }
    },
  };
}

function optionsOf(flags: readonly boolean[], fresh: boolean): CopyOptions {
  const [force, dereference, errorOnExist, verbatimSymlinks, preserveTimestamps] = flags.map(
    (flag) => flag === true,
  ) as [boolean, boolean, boolean, boolean, boolean];
  return { force, dereference, errorOnExist, verbatimSymlinks, preserveTimestamps, fresh };
}

/** What `cpSync` refuses before it begins. */
function checkPaths(
  trees: Trees,
  calls: Calls,
  from: string,
  to: string,
  options: { readonly dereference: boolean; readonly recursive: boolean },
): void {
  const { files, disk } = calls;
  const { dereference, recursive } = options;
  const source = trees.attempt(
    from,
    () => sim.find(disk.fs.root, files, from, !dereference),
    dereference ? "stat" : "lstat",
  );
  const target = trees.at(to, dereference);
  const directory = sim.isDirectory(source) || (dereference && sim.isSymlink(source));
  if (target !== undefined) {
    if (trees.at(from, true) === trees.at(to, true)) {
      throw codedError("ERR_FS_CP_EINVAL", `src and dest cannot be the same ${to}`);
    }
    if (directory && !sim.isDirectory(target)) {
      throw codedError(
        "ERR_FS_CP_DIR_TO_NON_DIR",
        `Cannot overwrite non-directory ${to} with directory ${from}`,
      );
    }
    if (!directory && sim.isDirectory(target)) {
      throw codedError(
        "ERR_FS_CP_NON_DIR_TO_DIR",
        `Cannot overwrite directory ${to} with non-directory ${from}`,
      );
    }
  }
  const prefix = from.endsWith("/") ? from : `${from}/`;
  if (directory && (to.startsWith(prefix) || isParent(trees, from, to, source))) {
    throw codedError("ERR_FS_CP_EINVAL", `Cannot copy ${prefix} to a subdirectory of self ${to}`);
  }
  if (directory && !recursive) {
    throw codedError(
      "ERR_FS_EISDIR",
      `Recursive option not enabled, cannot copy a directory: ${prefix}`,
    );
  }
  if ((source.mode & sim.S_IFMT) === sim.S_IFSOCK) {
    throw codedError("ERR_FS_CP_SOCKET", `Cannot copy a socket file: ${to}`);
  }
  trees.makeParents(to);
}

/** Whether the folder that is to hold the copy is the source itself, by another name. Node looks no further up. */
function isParent(trees: Trees, from: string, to: string, source: sim.Inode): boolean {
  const parent = posix.dirname(to);
  return posix.dirname(from) !== parent && trees.at(parent, true) === source;
}
