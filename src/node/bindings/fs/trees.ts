/**
 * Operations on whole trees that newer versions of Node do in C++: `rmSync`, and parts of `cpSync`
 * and `cp`. They follow `src/node_file.cc` in what they accept, do and report.
 */
import { posix } from "node:path";
import * as sim from "../../../sim/disk/index.ts";
import type { Calls, Steps } from "./calls.ts";
import { codedError, exceptionOf } from "./errors.ts";
import { failureOf, succeeds } from "./naming.ts";
import { fromBytes, toBytes } from "./paths.ts";

type Path = string | Uint8Array;

/** The options of a copy. */
interface CopyOptions {
  readonly force: boolean;
  readonly dereference: boolean;
  readonly errorOnExist: boolean;
  readonly verbatimSymlinks: boolean;
  readonly preserveTimestamps: boolean;
  /** Nothing may exist at the target yet: set by `fs.cp`, whose library has checked. */
  readonly fresh: boolean;
}

/** The walks of one process's tree calls, with one system call per step. Paths are byte strings. */
class Trees {
  readonly #calls: Calls;
  readonly #fs: sim.FileSystem;

  constructor(calls: Calls) {
    this.#calls = calls;
    this.#fs = calls.disk.fs;
  }

  /**
   * Returns the inode at a path, with links followed or not, or undefined if nothing exists there.
   */
  at(path: string, follow: boolean): sim.Inode | undefined {
    let inode: sim.Inode | undefined;
    const find = (): void => {
      inode = sim.find(this.#fs.root, this.#calls.files, path, follow);
    };
    return succeeds(find) ? inode : undefined;
  }

  /** Returns the error code if nothing exists at a path. */
  failureAt(path: string): string | undefined {
    return failureOf(() => sim.find(this.#fs.root, this.#calls.files, path, false))?.code;
  }

  isDirectory(path: string, follow: boolean): boolean {
    const inode = this.at(path, follow);
    return inode !== undefined && sim.isDirectory(inode);
  }

  /** Runs one system call. A failure becomes the exception of `cp`. */
  attempt<T>(path: string, execute: () => T, syscall = "cp"): T {
    try {
      return execute();
    } catch (failure) {
      throw exceptionOf(failure, { syscall, path: fromBytes(path, "utf8") as string });
    }
  }

  *#removeTree(path: string): Steps<void> {
    const { files } = this.#calls;
    yield {};
    const inode = sim.find(this.#fs.root, files, path, false);
    yield {};
    if (!sim.isDirectory(inode)) {
      sim.unlink(this.#fs, files, path);
      return;
    }
    for (const { name } of sim.readdir(this.#fs, files, path)) {
      yield* this.#removeTree(`${path}/${name}`);
    }
    yield {};
    sim.rmdir(this.#fs, files, path);
  }

  /**
   * Does what `std::filesystem::remove_all` does: a link is not taken for the directory behind it.
   */
  *removeAll(path: string): Steps<void> {
    const bare = path.replace(/\/+$/, "");
    const link = bare === path || bare === "" ? undefined : this.at(bare, false);
    if (link !== undefined && sim.isSymlink(link) && this.failureAt(path) !== "ENOENT") {
      sim.fail("ENOTDIR");
    }
    yield* this.#removeTree(path);
  }

  *makeParents(path: string): Steps<void> {
    const parent = posix.dirname(path);
    yield {};
    if (this.at(parent, true) !== undefined) return;
    yield* this.makeParents(parent);
    yield {};
    succeeds(() => sim.mkdir(this.#fs, this.#calls.files, parent, 0o777));
  }

  *copyTimes(from: string, to: string): Steps<void> {
    const { files } = this.#calls;
    yield {};
    const { atime, mtime } = sim.find(this.#fs.root, files, from);
    const target = sim.target(this.#fs, files, to);
    sim.utimes(this.#fs, files, target, atime, mtime);
  }

  *copyDirectory(from: string, to: string, options: CopyOptions): Steps<void> {
    const { files } = this.#calls;
    yield {};
    const existed = this.at(to, true) !== undefined;
    if (options.fresh || !existed) {
      this.attempt(to, () => sim.mkdir(this.#fs, files, to, 0o777), "mkdir");
    } else if (!this.isDirectory(to, true)) {
      this.attempt(to, () => sim.fail("ENOTDIR"));
    }
    yield {};
    const entries = this.attempt(from, () => sim.readdir(this.#fs, files, from));
    for (const { name } of entries) {
      yield* this.#copyEntry(`${from}/${name}`, `${to}/${name}`, options);
    }
    if (!existed) {
      yield {};
      const { mode } = sim.find(this.#fs.root, files, from);
      sim.chmod(this.#fs, files, sim.target(this.#fs, files, to), mode & 0o7777);
    }
    if (options.preserveTimestamps) yield* this.copyTimes(from, to);
  }

  *#copyEntry(from: string, to: string, options: CopyOptions): Steps<void> {
    const { files } = this.#calls;
    yield {};
    const own = this.at(from, false);
    if (own === undefined) return;
    if (sim.isSymlink(own) && !options.dereference) {
      yield {};
      this.#copyLink(from, to, options);
      return;
    }
    const inode = this.attempt(from, () => sim.find(this.#fs.root, files, from), "stat");
    if (sim.isDirectory(inode)) {
      yield* this.copyDirectory(from, to, options);
    } else if (inode instanceof sim.FileNode) {
      yield { bytes: inode.size, cold: !inode.warm };
      yield* this.#copyFile(from, to, options);
    }
  }

  *#copyFile(from: string, to: string, options: CopyOptions): Steps<void> {
    const { files } = this.#calls;
    if (this.at(to, true) !== undefined && !options.force) {
      if (options.errorOnExist) throw existsError(fromBytes(to, "utf8") as string);
      return;
    }
    const copy = { exclusive: options.fresh, cloneOnly: false };
    this.attempt(to, () => sim.copyFile(this.#fs, files, from, to, copy), "copyfile");
    if (options.preserveTimestamps) yield* this.copyTimes(from, to);
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

/** Node's texts for a failed removal. */
const removalWords: Record<string, string> = {
  EPERM: "Operation not permitted:",
  ENOTEMPTY: "Directory not empty:",
  ENOTDIR: "Not a directory:",
  EACCES: "Permission denied:",
};

/** The C library's texts, which Node quotes for any other failure. */
const libraryWords: Record<string, string> = {
  ENAMETOOLONG: "File name too long",
  ELOOP: "Too many levels of symbolic links",
  EBUSY: "Device or resource busy",
  EROFS: "Read-only file system",
};

/** libuv's number for an unknown error. */
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
  const copySteps = (from: Path, to: Path, options: CopyOptions): Steps<void> =>
    trees.copyDirectory(toBytes(from), toBytes(to), options);
  return {
    rmSync: (path: Path, _maxRetries: number, recursive: boolean) =>
      calls.jobSync({ syscall: "rm" }, removeSteps(trees, toBytes(path), recursive)),
    cpSyncCheckPaths: (from: Path, to: Path, dereference: boolean, recursive: boolean) =>
      calls.jobSync(
        { syscall: "cp" },
        checkSteps(trees, calls, toBytes(from), toBytes(to), { dereference, recursive }),
      ),
    cpSyncOverrideFile: (from: Path, to: Path, mode: number, preserveTimestamps: boolean) =>
      calls.jobSync(
        { syscall: "cp" },
        overrideSteps(trees, calls, toBytes(from), toBytes(to), { mode, preserveTimestamps }),
      ),
    cpSyncCopyDir: (from: Path, to: Path, ...flags: boolean[]) =>
      calls.jobSync({ syscall: "cp" }, copySteps(from, to, optionsOf(flags, false))),
    CpDirJob: class {
      declare ondone: (error?: unknown) => void;
      readonly #steps: Steps<void>;

      constructor(from: Path, to: Path, ...flags: boolean[]) {
        this.#steps = copySteps(from, to, optionsOf(flags, true));
      }

      run(): void {
        calls.job({ syscall: "cp" }, this.#steps, (error) => {
          calls.context.async.makeCallback(this, this.ondone, error ? [error] : []);
        });
      }
    },
  };
}

function* removeSteps(trees: Trees, path: string, recursive: boolean): Steps<void> {
  const shown = fromBytes(path, "utf8") as string;
  yield {};
  if (trees.isDirectory(path, false) && !recursive) {
    throw codedError("ERR_FS_EISDIR", `Path is a directory: ${shown}`);
  }
  try {
    yield* trees.removeAll(path);
  } catch (failure) {
    if (!(failure instanceof sim.SystemError)) throw failure;
    // `symlink_status` reports a path below something that is not a directory as nonexistent.
    const missing = trees.failureAt(path);
    if (missing !== "ENOENT" && missing !== "ENOTDIR") throw removalError(failure, shown);
  }
}

function* overrideSteps(
  trees: Trees,
  { files, disk }: Calls,
  from: string,
  to: string,
  options: { readonly mode: number; readonly preserveTimestamps: boolean },
): Steps<void> {
  yield {};
  trees.attempt(to, () => sim.unlink(disk.fs, files, to), "unlink");
  yield {};
  const copy = { exclusive: false, cloneOnly: (options.mode & 4) !== 0 };
  trees.attempt(to, () => sim.copyFile(disk.fs, files, from, to, copy));
  if (options.preserveTimestamps) yield* trees.copyTimes(from, to);
}

function optionsOf(flags: readonly boolean[], fresh: boolean): CopyOptions {
  const [force, dereference, errorOnExist, verbatimSymlinks, preserveTimestamps] = flags.map(
    (flag) => flag === true,
  ) as [boolean, boolean, boolean, boolean, boolean];
  return { force, dereference, errorOnExist, verbatimSymlinks, preserveTimestamps, fresh };
}

/** The checks that `cpSync` makes before it begins. */
function* checkSteps(
  trees: Trees,
  calls: Calls,
  from: string,
  to: string,
  options: { readonly dereference: boolean; readonly recursive: boolean },
): Steps<void> {
  const { files, disk } = calls;
  const { dereference, recursive } = options;
  yield {};
  const source = trees.attempt(
    from,
    () => sim.find(disk.fs.root, files, from, !dereference),
    dereference ? "stat" : "lstat",
  );
  yield {};
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
  yield* trees.makeParents(to);
}

/**
 * Returns whether the folder that is to hold the copy is the source itself, under another name.
 * Node checks no further up.
 */
function isParent(trees: Trees, from: string, to: string, source: sim.Inode): boolean {
  const parent = posix.dirname(to);
  return posix.dirname(from) !== parent && trees.at(parent, true) === source;
}
