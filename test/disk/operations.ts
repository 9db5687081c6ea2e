/** Random sequences of file operations, as plain data, and how to run one on any `node:fs`. */
import type * as nodeFs from "node:fs";
import fc from "fast-check";

/** One operation: a method's name and its arguments; paths are relative to the test's folder. */
export interface Operation {
  readonly method: string;
  readonly paths: readonly string[];
  readonly rest: readonly unknown[];
}

/** What an operation gave: a value, or a failure. Comparable between machines. */
export type Outcome =
  | { readonly value: unknown }
  | { readonly code: unknown; readonly message: string; readonly errno: unknown };

const name = fc.constantFrom("a", "b", "c", "d", "é");
const path = fc.oneof(
  { weight: 4, arbitrary: name },
  { weight: 4, arbitrary: fc.tuple(name, name).map((parts) => parts.join("/")) },
  { weight: 1, arbitrary: fc.tuple(name, name, name).map((parts) => parts.join("/")) },
  { weight: 1, arbitrary: name.map((one) => `${one}/`) },
  { weight: 1, arbitrary: fc.tuple(name, name).map(([one, two]) => `${one}/../${two}`) },
  { weight: 1, arbitrary: fc.constant("x".repeat(256)) },
);
const data = fc.string({ maxLength: 20 });
const size = fc.integer({ min: 0, max: 9_000 });
const mode = fc.constantFrom(0o644, 0o600, 0o755, 0o400, 0o777, 0o1777);
const seconds = fc.integer({ min: 0, max: 2_000_000_000 });
const flag = fc.constantFrom("w", "wx", "a", "ax", "r+", "w+", "a+");
const target = fc.oneof(name, fc.constantFrom("b/../a", "./b", "missing", "a/b"));

function operation(
  method: string,
  paths: readonly fc.Arbitrary<string>[],
  ...rest: fc.Arbitrary<unknown>[]
): fc.Arbitrary<Operation> {
  return fc
    .record({ paths: fc.tuple(...paths), rest: fc.tuple(...rest) })
    .map((drawn) => ({ method, ...drawn }));
}

const withFlag = flag.map((one) => ({ flag: one }));

/** Any operation, those that build a tree more often than those that take it apart. */
export const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: operation("writeFile", [path], data, withFlag) },
  { weight: 6, arbitrary: operation("mkdir", [path]) },
  { weight: 2, arbitrary: operation("mkdir", [path], fc.constant({ recursive: true })) },
  { weight: 2, arbitrary: operation("appendFile", [path], data) },
  { weight: 3, arbitrary: operation("rename", [path, path]) },
  { weight: 2, arbitrary: operation("link", [path, path]) },
  { weight: 3, arbitrary: operation("symlink", [path], target) },
  { weight: 2, arbitrary: operation("unlink", [path]) },
  { weight: 2, arbitrary: operation("rmdir", [path]) },
  { weight: 1, arbitrary: operation("rm", [path], fc.constant({ recursive: true, force: true })) },
  { weight: 2, arbitrary: operation("copyFile", [path, path], fc.constantFrom(0, 1)) },
  { weight: 2, arbitrary: operation("truncate", [path], size) },
  { weight: 2, arbitrary: operation("chmod", [path], mode) },
  { weight: 2, arbitrary: operation("utimes", [path], seconds, seconds) },
  { weight: 1, arbitrary: operation("lutimes", [path], seconds, seconds) },
  { weight: 3, arbitrary: operation("readFile", [path], fc.constant("utf8")) },
  { weight: 3, arbitrary: operation("stat", [path]) },
  { weight: 3, arbitrary: operation("lstat", [path]) },
  { weight: 3, arbitrary: operation("readdir", [path]) },
  { weight: 1, arbitrary: operation("readdir", [path], fc.constant({ withFileTypes: true })) },
  { weight: 1, arbitrary: operation("readdir", [path], fc.constant({ recursive: true })) },
  { weight: 2, arbitrary: operation("readlink", [path]) },
  { weight: 2, arbitrary: operation("realpath", [path]) },
  { weight: 1, arbitrary: operation("access", [path], fc.constantFrom(0, 1, 2, 4)) },
  { weight: 1, arbitrary: operation("cp", [path, path], fc.constant({ recursive: true })) },
  { weight: 4, arbitrary: operation("open", [path], flag, mode) },
);

/** An operation's arguments on a machine: real paths, and for a link its target as text. */
function argumentsOf({ method, paths, rest }: Operation, root: string): unknown[] {
  const full = paths.map((one) => `${root}/${one}`);
  return method === "symlink" ? [rest[0], ...full] : [...full, ...rest];
}

/** A result without what may differ between machines: numbers of inodes and devices, clocks. */
function plain(value: unknown, root: string): unknown {
  if (typeof value === "string") return value.replaceAll(root, "");
  if (Array.isArray(value)) return value.map((one) => plain(one, root));
  if (typeof value !== "object" || value === null) return value;
  if ("mtimeMs" in value) return plainStats(value as nodeFs.Stats);
  if ("isSymbolicLink" in value) {
    const entry = value as nodeFs.Dirent;
    return [entry.name, entry.isFile(), entry.isDirectory(), entry.isSymbolicLink()];
  }
  return value;
}

/** Times that a test set, and not the clock. */
const SET_BEFORE_MS = 1_600_000_000_000;

function plainStats(stats: nodeFs.Stats): object {
  const { mode, uid, gid, size, nlink, mtimeMs } = stats;
  const common = { mode, uid, gid, setTime: mtimeMs < SET_BEFORE_MS ? mtimeMs : "clock" };
  if (stats.isDirectory()) return common;
  // A link may hold the path of the folder of the test, which is longer here than there.
  return stats.isSymbolicLink() ? { ...common, nlink } : { ...common, size, nlink };
}

function failure({ method }: Operation, thrown: unknown, root: string): Outcome {
  const { code, errno, message } = thrown as NodeJS.ErrnoException;
  // `cp` looks at both its paths at once; which of two complaints comes first is a race.
  if (method === "cp") return { code: "any", errno: "any", message: "" };
  return { code, errno, message: message.replaceAll(root, "") };
}

/** Opens a file, then writes, reads and measures it through the descriptor. */
function useDescriptorSync(fs: typeof nodeFs, args: unknown[]): unknown {
  const fd = fs.openSync(...(args as [string, string, number]));
  try {
    const seen: unknown[] = [];
    for (const step of [
      () => fs.writeSync(fd, "middle", 3),
      () => fs.writeSync(fd, "end"),
      () => {
        const buffer = Buffer.alloc(16);
        return [fs.readSync(fd, buffer, 0, 16, 1), buffer.toString("latin1")];
      },
      () => fs.ftruncateSync(fd, 5),
      () => fs.fstatSync(fd).size,
      () => fs.fsyncSync(fd),
    ]) {
      try {
        seen.push(step());
      } catch (thrown) {
        seen.push((thrown as NodeJS.ErrnoException).message);
      }
    }
    return seen;
  } finally {
    fs.closeSync(fd);
  }
}

/** Whether a path is a link that leads nowhere, or in circles. */
function leadsNowhere(fs: typeof nodeFs, path: unknown): boolean {
  if (typeof path !== "string" || fs.existsSync(path)) return false;
  try {
    fs.readlinkSync(path.replace(/\/$/, ""));
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "ELOOP";
  }
}

/** Runs operations by the synchronous calls. */
export function runSync(
  fs: typeof nodeFs,
  root: string,
  operations: readonly Operation[],
): Outcome[] {
  return operations.map((one) => {
    const args = argumentsOf(one, root);
    // The real Node 22 to 26 abort, all of the process, when they copy a link that leads nowhere.
    if (one.method === "cp" && args.some((path) => leadsNowhere(fs, path))) return { value: "-" };
    try {
      const method = `${one.method}Sync` as "readFileSync";
      const call = fs[method] as (...all: unknown[]) => unknown;
      const value = one.method === "open" ? useDescriptorSync(fs, args) : call(...args);
      return { value: plain(value, root) };
    } catch (thrown) {
      return failure(one, thrown, root);
    }
  });
}

/** Runs operations by callbacks, one after the other. */
export async function runCallbacks(
  fs: typeof nodeFs,
  root: string,
  operations: readonly Operation[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const one of operations) {
    const args = argumentsOf(one, root);
    const call = fs[one.method as "readFile"] as unknown as (...all: unknown[]) => void;
    outcomes.push(
      await new Promise((done) => {
        const callback = (error: Error | null, value: unknown): void => {
          if (error) done(failure(one, error, root));
          else if (one.method === "open") fs.close(value as number, () => done({ value: "open" }));
          else done({ value: plain(value, root) });
        };
        try {
          call(...args, callback);
        } catch (thrown) {
          // Node 20 reads directories recursively at once, and throws so.
          done(failure(one, thrown, root));
        }
      }),
    );
  }
  return outcomes;
}

/** Runs operations by promises, one after the other. */
export async function runPromises(
  fs: typeof nodeFs,
  root: string,
  operations: readonly Operation[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const one of operations) {
    const args = argumentsOf(one, root);
    const call = fs.promises[one.method as "readFile"] as unknown as (
      ...all: unknown[]
    ) => Promise<unknown>;
    try {
      const value = await call(...args);
      outcomes.push({ value: one.method === "open" ? await useHandle(value) : plain(value, root) });
    } catch (thrown) {
      outcomes.push(failure(one, thrown, root));
    }
  }
  return outcomes;
}

async function useHandle(value: unknown): Promise<unknown> {
  const handle = value as nodeFs.promises.FileHandle;
  const seen: unknown[] = [];
  for (const step of [
    () => handle.write("middle", 3),
    () => handle.read(Buffer.alloc(16), 0, 16, 0),
    () => handle.truncate(4),
    () => handle.stat(),
    () => handle.datasync(),
  ]) {
    try {
      const result = (await step()) as { bytesRead?: number; bytesWritten?: number; size?: number };
      seen.push(result?.bytesRead ?? result?.bytesWritten ?? result?.size);
    } catch (thrown) {
      seen.push((thrown as NodeJS.ErrnoException).message);
    }
  }
  await handle.close();
  return seen;
}
