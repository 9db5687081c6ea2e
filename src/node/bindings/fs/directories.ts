/** `internalBinding('fs_dir')`: directories read in parts, as `fs.opendir` does. */
import * as sim from "../../../sim/disk/index.ts";
import type { BindingContext } from "../context.ts";
import { Calls, type ErrorContext } from "./calls.ts";
import { direntType } from "./dirent.ts";
import { fromBytes, toBytes } from "./paths.ts";

/**
 * An open directory. It lists the entries that existed when it was opened, as `readdir(3)`'s buffer
 * mostly does.
 */
class DirHandle {
  readonly #calls: Calls;
  readonly #fd: number;
  readonly #asyncId: number;
  #entries: sim.DirectoryEntry[] | undefined;
  #next = 0;

  constructor(calls: Calls, fd: number) {
    this.#calls = calls;
    this.#fd = fd;
    this.#asyncId = calls.context.async.register(this, "DIRHANDLE");
  }

  getAsyncId(): number {
    return this.#asyncId;
  }

  /** Reads the next entries: alternating names and types, or `null` at the end. */
  read(encoding: unknown, size: number, request?: unknown, errors?: ErrorContext): unknown {
    const call = { syscall: "scandir" };
    const execute = (): unknown => this.#take(encoding, size);
    if (request === undefined) return this.#calls.runSync(call, {}, execute, errors);
    return this.#calls.run(request, call, {}, execute);
  }

  close(request?: unknown, errors?: ErrorContext): unknown {
    const { files } = this.#calls;
    const call = { syscall: "closedir" };
    const execute = (): void => files.close(this.#fd);
    if (request === undefined) return this.#calls.runSync(call, {}, execute, errors);
    return this.#calls.run(request, call, {}, execute);
  }

  #take(encoding: unknown, size: number): unknown {
    const { files } = this.#calls;
    const { inode } = files.get(this.#fd);
    if (!sim.isDirectory(inode)) sim.fail("ENOTDIR");
    this.#entries ??= sim.list(inode, files);
    const part = this.#entries.slice(this.#next, this.#next + size);
    this.#next += part.length;
    if (part.length === 0) return null;
    return part.flatMap(({ name, type }) => [fromBytes(name, encoding), direntType(type)]);
  }
}

/** Creates `internalBinding('fs_dir')`. */
export function createFsDirBinding(context: BindingContext): object {
  const calls = new Calls(context);
  const { files, disk } = calls;
  const open = (path: string | Uint8Array): DirHandle => {
    const flags = sim.O_RDONLY | sim.O_DIRECTORY;
    return new DirHandle(calls, files.add(sim.open(disk.fs, files, toBytes(path), flags, 0)));
  };
  return {
    DirHandle,
    opendir(
      path: string | Uint8Array,
      _encoding: unknown,
      request?: unknown,
      errors?: ErrorContext,
    ) {
      const call = { syscall: "opendir", path };
      if (request === undefined) return calls.runSync(call, {}, () => open(path), errors);
      return calls.run(request, call, {}, () => open(path));
    },
    opendirSync: (path: string | Uint8Array) =>
      calls.runSync({ syscall: "opendir", path }, {}, () => open(path)),
  };
}
