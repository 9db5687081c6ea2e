/** The binding's calls on paths: names, links, directories, attributes. */
import * as sim from "../../../sim/disk/index.ts";
import type { Prng } from "../../../base/prng.ts";
import { type Calls, Request } from "./calls.ts";
import { direntType } from "./dirent.ts";
import { fromBytes, toBytes } from "./paths.ts";
import {
  fillStatFs,
  fillStats,
  newStatFs,
  newStats,
  type NumberArray,
  type SharedStats,
} from "./stats.ts";

type Path = string | Uint8Array;
const { SystemError } = sim;

/** Names: create, remove, rename, list, resolve. */
export function nameCalls(calls: Calls, prng: Prng): Record<string, unknown> {
  const { files, disk, check } = calls;
  const { fs } = disk;
  const run = calls.run.bind(calls);
  return {
    access(path: Path, wanted: unknown, request: unknown) {
      const mode = check.mode(wanted, sim.R_OK | sim.W_OK | sim.X_OK);
      return run(request, { syscall: "access", path }, {}, () =>
        sim.access(fs, files, toBytes(path), mode),
      );
    },
    existsSync(path: Path) {
      calls.context.process.spend(disk.clock.delayNs({}, false));
      const exists = succeeds(() => sim.access(fs, files, toBytes(path), 0));
      calls.spendRemote();
      return exists;
    },
    rename: (path: Path, dest: Path, request: unknown) =>
      run(request, { syscall: "rename", path, dest }, {}, () =>
        sim.rename(fs, files, toBytes(path), toBytes(dest)),
      ),
    rmdir: (path: Path, request: unknown) =>
      run(request, { syscall: "rmdir", path }, {}, () => sim.rmdir(fs, files, toBytes(path))),
    unlink: (path: Path, request: unknown) =>
      run(request, { syscall: "unlink", path }, {}, () => sim.unlink(fs, files, toBytes(path))),
    mkdir(path: Path, mode: number, recursive: boolean, request: unknown) {
      const call = { syscall: "mkdir", path };
      return run(request, call, {}, () => {
        if (!recursive) return sim.mkdir(fs, files, toBytes(path), mode);
        const first = makeDirectories(calls, call, mode, request !== undefined);
        return first === undefined ? undefined : fromBytes(first, "utf8");
      });
    },
    symlink: (path: Path, dest: Path, _flags: number, request: unknown) =>
      run(request, { syscall: "symlink", path, dest }, {}, () =>
        sim.symlink(fs, files, toBytes(path), toBytes(dest)),
      ),
    link: (path: Path, dest: Path, request: unknown) =>
      run(request, { syscall: "link", path, dest }, {}, () =>
        sim.link(fs, files, toBytes(path), toBytes(dest)),
      ),
    readlink: (path: Path, encoding: unknown, request: unknown) =>
      run(request, { syscall: "readlink", path }, {}, () =>
        fromBytes(sim.readlink(fs, files, toBytes(path)), encoding),
      ),
    realpath: (path: Path, encoding: unknown, request: unknown) =>
      run(request, { syscall: "realpath", path }, {}, () =>
        fromBytes(sim.realPath(fs, files, toBytes(path)), encoding),
      ),
    mkdtemp(prefix: Path, encoding: unknown, request: unknown) {
      const path = `${fromBytes(toBytes(prefix), "utf8") as string}XXXXXX`;
      return run(request, { syscall: "mkdtemp", path }, {}, () =>
        fromBytes(sim.makeTemporaryDirectory(fs, files, toBytes(prefix), prng), encoding),
      );
    },
    copyFile(path: Path, dest: Path, wanted: unknown, request: unknown) {
      const options = copyOptions(check.mode(wanted, COPYFILE_MAX));
      return run(request, { syscall: "copyfile", path, dest }, {}, () =>
        sim.copyFile(fs, files, toBytes(path), toBytes(dest), options),
      );
    },
    readdir: (path: Path, encoding: unknown, withTypes: boolean, request: unknown) =>
      run(request, { syscall: "scandir", path }, {}, () => {
        const entries = sim.readdir(fs, files, toBytes(path));
        const names = entries.map(({ name }) => fromBytes(name, encoding));
        return withTypes ? [names, entries.map(({ type }) => direntType(type))] : names;
      }),
    readdirRecursive: (path: Path, encoding: unknown, withTypes: boolean, request: unknown) =>
      run(request, { syscall: "scandir", path }, {}, () =>
        readRecursively(calls, toBytes(path), encoding, withTypes),
      ),
    internalModuleStat: (...args: unknown[]) =>
      moduleStat(calls, args.find((arg) => typeof arg === "string") as string),
  };
}

const COPYFILE_EXCL = 1;
const COPYFILE_MAX = 7;
const COPYFILE_FICLONE_FORCE = 4;

function copyOptions(mode: number): { exclusive: boolean; cloneOnly: boolean } {
  return {
    exclusive: (mode & COPYFILE_EXCL) !== 0,
    cloneOnly: (mode & COPYFILE_FICLONE_FORCE) !== 0,
  };
}

/** Returns whether a system call succeeds. */
export function succeeds(call: () => unknown): boolean {
  return failureOf(call) === undefined;
}

/** Returns the failure of a system call, or undefined if it succeeds. */
export function failureOf(call: () => unknown): sim.SystemError | undefined {
  try {
    call();
    return undefined;
  } catch (failure) {
    if (failure instanceof SystemError) return failure;
    throw failure;
  }
}

/** Returns 0 for a file, 1 for a directory, a negative number if nothing exists. */
function moduleStat(calls: Calls, path: string): number {
  const { files, disk } = calls;
  try {
    return sim.isDirectory(sim.find(disk.fs.root, files, toBytes(path))) ? 1 : 0;
  } catch (failure) {
    if (failure instanceof SystemError) return -failure.errno;
    throw failure;
  }
}

/**
 * `mkdir -p`, with Node's errors. For an asynchronous call they name the path at which it stopped.
 * Returns the first directory that had to be created.
 */
function makeDirectories(
  calls: Calls,
  call: { path: Path },
  mode: number,
  asynchronous: boolean,
): string | undefined {
  const { files, disk } = calls;
  const { fs } = disk;
  const waiting = [toBytes(call.path)];
  let first: string | undefined;
  while (waiting.length > 0) {
    const next = waiting.pop() as string;
    if (asynchronous) call.path = fromBytes(next, "utf8");
    const failure = failureOf(() => sim.mkdir(fs, files, next, mode));
    if (failure === undefined) {
      first ??= next;
      continue;
    }
    const { code } = failure;
    if (code === "EACCES" || code === "ENOSPC" || code === "ENOTDIR" || code === "EPERM") {
      throw failure;
    }
    if (code === "ENOENT") {
      const slash = next.lastIndexOf("/");
      const parent = slash < 0 ? next : next.slice(0, slash);
      if (parent !== next) waiting.push(next, parent);
      else if (waiting.length === 0) throw failure;
      continue;
    }
    if (isDirectoryAt(calls, next)) continue;
    const within = code === "EEXIST" && waiting.length > 0;
    // A dangling link: the synchronous call reports it as such, the asynchronous one as "not a
    // directory".
    if (!(within && asynchronous)) sim.find(fs.root, files, next);
    sim.fail(within ? "ENOTDIR" : "EEXIST");
  }
  return first;
}

/** Lists a tree breadth first, following links to directories, as Node 26 does. */
function readRecursively(
  calls: Calls,
  root: string,
  encoding: unknown,
  withTypes: boolean,
): unknown {
  const { files, disk } = calls;
  const { fs } = disk;
  const names: (string | Buffer)[] = [];
  const types: number[] = [];
  const counts: number[] = [];
  const directories = [""];
  for (const directory of directories) {
    const at = join(root, directory);
    const entries = sim.readdir(fs, files, at);
    counts.push(entries.length);
    for (const { name, type } of entries) {
      const relative = join(directory, name);
      names.push(fromBytes(withTypes ? name : relative, encoding));
      types.push(direntType(type));
      const linked = type === sim.S_IFLNK && isDirectoryAt(calls, join(at, name));
      if (type === sim.S_IFDIR || linked) directories.push(relative);
    }
  }
  if (!withTypes) return names;
  const relative = directories.map((name) => fromBytes(name, encoding));
  return [names, Uint8Array.from(types), Uint32Array.from(counts), relative];
}

function join(directory: string, name: string): string {
  if (directory === "" || name === "") return directory + name;
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

function isDirectoryAt(calls: Calls, path: string): boolean {
  const { files, disk } = calls;
  let inode: sim.Inode | undefined;
  const found = succeeds(() => (inode = sim.find(disk.fs.root, files, path)));
  return found && sim.isDirectory(inode as sim.Inode);
}

/** Attributes: the variants of stat, chmod, chown, times. */
export function attributeCalls(calls: Calls, shared: SharedStats): Record<string, unknown> {
  const { files, disk } = calls;
  const { fs } = disk;
  const run = calls.run.bind(calls);
  const target = (path: Path, follow = true): sim.Target =>
    sim.target(fs, files, toBytes(path), follow);
  return {
    ...statCalls(calls, shared),
    chmod: (path: Path, mode: number, request: unknown) =>
      run(request, { syscall: "chmod", path }, {}, () => sim.chmod(fs, files, target(path), mode)),
    fchmod(fd: number, mode: number, request: unknown) {
      return run(request, { syscall: "fchmod" }, {}, () =>
        sim.chmod(fs, files, files.get(fd), mode),
      );
    },
    chown: (path: Path, uid: number, gid: number, request: unknown) =>
      run(request, { syscall: "chown", path }, {}, () =>
        sim.chown(fs, files, target(path), uid, gid),
      ),
    fchown(fd: number, uid: number, gid: number, request: unknown) {
      return run(request, { syscall: "fchown" }, {}, () =>
        sim.chown(fs, files, files.get(fd), uid, gid),
      );
    },
    lchown: (path: Path, uid: number, gid: number, request: unknown) =>
      run(request, { syscall: "lchown", path }, {}, () =>
        sim.chown(fs, files, target(path, false), uid, gid),
      ),
    utimes: (path: Path, atime: Time, mtime: Time, request: unknown) =>
      run(request, { syscall: "utime", path }, {}, () =>
        setTimes(calls, target(path), atime, mtime),
      ),
    futimes: (fd: number, atime: Time, mtime: Time, request: unknown) =>
      run(request, { syscall: "futime" }, {}, () => setTimes(calls, files.get(fd), atime, mtime)),
    lutimes: (path: Path, atime: Time, mtime: Time, request: unknown) =>
      run(request, { syscall: "lutime", path }, {}, () =>
        setTimes(calls, target(path, false), atime, mtime),
      ),
  };
}

/** Seconds since the epoch, with a fraction. Infinity means now, `NaN` leaves a time unchanged. */
type Time = number;

function setTimes(calls: Calls, target: sim.Target, atime: Time, mtime: Time): void {
  const { files, disk } = calls;
  const { inode } = target;
  const now = files.now();
  const accessed = timeOf(atime, now, inode.atime);
  const modified = timeOf(mtime, now, inode.mtime);
  sim.utimes(disk.fs, files, target, accessed, modified);
}

/** libuv keeps times in whole microseconds. */
function timeOf(value: Time, now: sim.Timestamp, before: sim.Timestamp): sim.Timestamp {
  if (Number.isNaN(value)) return before;
  if (!Number.isFinite(value)) return now;
  const seconds = Math.trunc(value);
  const exact = Math.trunc((value - seconds) * 1e9);
  const nanoseconds = exact - (exact % 1_000);
  if (nanoseconds >= 0) return { seconds, nanoseconds };
  return { seconds: seconds - 1, nanoseconds: nanoseconds + 1e9 };
}

function statCalls(calls: Calls, shared: SharedStats): Record<string, unknown> {
  const { files, disk } = calls;
  const { fs } = disk;

  /** Returns a new array for an asynchronous call, the shared one for a synchronous call. */
  function into(request: unknown, bigint: boolean): NumberArray {
    if (request === undefined) return bigint ? shared.bigintStatValues : shared.statValues;
    return newStats(request instanceof Request ? Request.wantsBigint(request) || bigint : bigint);
  }

  function byPath(syscall: "stat" | "lstat") {
    return (path: Path, bigint: boolean, request: unknown, throwIfNoEntry?: boolean) =>
      calls.run(request, { syscall, path }, {}, () => {
        try {
          const { inode } = sim.target(fs, files, toBytes(path), syscall === "stat");
          return fillStats(into(request, bigint), sim.status(inode));
        } catch (failure) {
          if (throwIfNoEntry === false && isMissing(failure)) return undefined;
          throw failure;
        }
      });
  }

  return {
    stat: byPath("stat"),
    lstat: byPath("lstat"),
    fstat(fd: number, bigint: boolean, request: unknown) {
      return calls.run(request, { syscall: "fstat" }, {}, () =>
        fillStats(into(request, bigint), sim.status(files.get(fd).inode)),
      );
    },
    statfs: (path: Path, bigint: boolean, request: unknown) =>
      calls.run(request, { syscall: "statfs", path }, {}, () => {
        const status = sim.statfs(fs, files, toBytes(path));
        if (request !== undefined) return fillStatFs(newStatFs(bigint), status);
        return fillStatFs(bigint ? shared.bigintStatFsValues : shared.statFsValues, status);
      }),
  };
}

function isMissing(failure: unknown): boolean {
  return (
    failure instanceof SystemError && (failure.code === "ENOENT" || failure.code === "ENOTDIR")
  );
}
