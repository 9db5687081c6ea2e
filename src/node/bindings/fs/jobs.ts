/** Node 26's whole-file jobs: open, read or write, and close in one trip to a thread. */
import * as sim from "../../../sim/disk/index.ts";
import type { Calls } from "./calls.ts";
import { stacklessException } from "./errors.ts";
import { readToEnd } from "./reading.ts";
import { toBytes } from "./paths.ts";

type Path = string | Uint8Array;

/** The classes `ReadFileJob` and `WriteFileJob`. */
export function jobClasses(calls: Calls): Record<string, unknown> {
  const { files, disk } = calls;

  class ReadFileJob {
    declare ondone: ((...args: unknown[]) => void) | undefined;
    readonly #path: Path;
    readonly #flags: number;
    readonly #sizeMax: number;

    constructor(path: Path, flags: number, sizeMax: number) {
      this.#path = path;
      this.#flags = flags;
      this.#sizeMax = sizeMax;
    }

    run(): undefined {
      const call = { syscall: "open", path: this.#path };
      calls.later(
        call,
        {},
        () => this.#read(),
        (error, result) => {
          const args = error === null ? (result as unknown[]) : [error];
          calls.context.async.makeCallback(this, this.ondone as () => void, args);
        },
      );
    }

    #read(): unknown[] {
      const file = sim.open(disk.fs, files, toBytes(this.#path), this.#flags, 0o666);
      const { size } = sim.status(file.inode);
      // A larger file goes back open, to be read in pieces.
      if (size > this.#sizeMax) return [null, undefined, files.add(file), size];
      try {
        return [null, readToEnd(calls, file), -1, size];
      } catch (failure) {
        return [stacklessException(failure, { syscall: "read", path: this.#path })];
      } finally {
        file.release();
      }
    }
  }

  class WriteFileJob {
    declare ondone: ((error: unknown) => void) | undefined;
    readonly #path: Path;
    readonly #flags: number;
    readonly #mode: number;
    readonly #data: ArrayBufferView;

    constructor(path: Path, flags: number, mode: number, data: ArrayBufferView) {
      this.#path = path;
      this.#flags = flags;
      this.#mode = mode;
      this.#data = data;
    }

    run(): undefined {
      const call = { syscall: "open", path: this.#path };
      const work = { bytes: this.#data.byteLength };
      calls.later(
        call,
        work,
        () => this.#write(),
        (error, result) => {
          const outcome = error ?? result ?? null;
          calls.context.async.makeCallback(this, this.ondone as () => void, [outcome]);
        },
      );
    }

    #write(): Error | null {
      const { buffer, byteOffset, byteLength } = this.#data;
      const file = sim.open(disk.fs, files, toBytes(this.#path), this.#flags, this.#mode);
      try {
        sim.write(file, files, new Uint8Array(buffer, byteOffset, byteLength), -1);
        return null;
      } catch (failure) {
        return stacklessException(failure, { syscall: "write", path: this.#path });
      } finally {
        file.release();
      }
    }
  }

  return { ReadFileJob, WriteFileJob };
}
