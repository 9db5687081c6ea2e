/**
 * Node 26's whole-file jobs: open, read or write, and close in one trip to a thread. They are still
 * several system calls: a crash can happen between them, which leaves a file that was opened for
 * writing empty.
 */
import * as sim from "../../../sim/disk/index.ts";
import type { Calls, Steps } from "./calls.ts";
import { type CallName, stacklessException } from "./errors.ts";
import { openCall, readToEnd, readWork, writeWork } from "./reading.ts";
import { toBytes } from "./paths.ts";

type Path = string | Uint8Array;

/**
 * The result of a read: the bytes, or the descriptor of a file that is too large to be read at
 * once.
 */
type ReadAnswer = readonly [
  error: null,
  bytes: Buffer | undefined,
  fd: number,
  size: number | undefined,
];

/** Runs a system call other than the one its job is named after. A failure names this call. */
function attempt<T>(call: CallName, execute: () => T): T {
  try {
    return execute();
  } catch (failure) {
    throw stacklessException(failure, call);
  }
}

/**
 * Closes the file that a job has opened, unless the program has guessed its number and closed it.
 */
function close({ files }: Calls, fd: number): void {
  if (files.has(fd)) files.close(fd);
}

function* readSteps(calls: Calls, path: Path, flags: number, sizeMax: number): Steps<ReadAnswer> {
  const { files, disk } = calls;
  yield { call: openCall(path, flags) };
  const fd = files.add(sim.open(disk.fs, files, toBytes(path), flags, 0o666));
  const { size } = sim.status(files.get(fd).inode);
  // A larger file is returned open, to be read in parts.
  if (size > sizeMax) return [null, undefined, fd, size];
  yield { ...readWork(calls, fd, size), call: { syscall: "read" } };
  try {
    const bytes = attempt({ syscall: "read", path }, () => readToEnd(calls, files.get(fd)));
    return [null, bytes, -1, size];
  } finally {
    close(calls, fd);
  }
}

function* writeSteps(
  calls: Calls,
  path: Path,
  flags: number,
  mode: number,
  data: ArrayBufferView,
): Steps<void> {
  const { files, disk } = calls;
  const { buffer, byteOffset, byteLength } = data;
  yield { call: openCall(path, flags) };
  const fd = files.add(sim.open(disk.fs, files, toBytes(path), flags, mode));
  yield { ...writeWork(calls, fd, byteLength), call: { syscall: "write" } };
  try {
    if (byteLength === 0) return;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    attempt({ syscall: "write" }, () => sim.writeFully(files.get(fd), files, bytes));
  } finally {
    close(calls, fd);
  }
}

/** The classes `ReadFileJob` and `WriteFileJob`. */
export function jobClasses(calls: Calls): Record<string, unknown> {
  const { async } = calls.context;

  class ReadFileJob {
    declare ondone: (...args: unknown[]) => void;
    readonly #call: CallName;
    readonly #steps: Steps<ReadAnswer>;

    constructor(path: Path, flags: number, sizeMax: number) {
      this.#call = { syscall: "open", path };
      this.#steps = readSteps(calls, path, flags, sizeMax);
    }

    run(): undefined {
      calls.job(this.#call, this.#steps, (error, answer) => {
        async.makeCallback(this, this.ondone, error === null ? [...(answer ?? [])] : [error]);
      });
    }
  }

  class WriteFileJob {
    declare ondone: (error: unknown) => void;
    readonly #call: CallName;
    readonly #steps: Steps<void>;

    constructor(path: Path, flags: number, mode: number, data: ArrayBufferView) {
      this.#call = { syscall: "open", path };
      this.#steps = writeSteps(calls, path, flags, mode, data);
    }

    run(): undefined {
      calls.job(this.#call, this.#steps, (error) => async.makeCallback(this, this.ondone, [error]));
    }
  }

  return { ReadFileJob, WriteFileJob };
}
