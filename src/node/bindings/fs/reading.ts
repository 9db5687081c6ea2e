/** The binding's calls on open files: open, close, read, write, sync, truncate. */
import * as sim from "../../../sim/disk/index.ts";
import type { Calls, ErrorContext } from "./calls.ts";
import type { CallName } from "./errors.ts";
import type { FileHandle } from "./file-handle.ts";
import { Buffer } from "node:buffer";
import { toBytes } from "./paths.ts";

type Path = string | Uint8Array;

/** Converts a program's position. A negative number means the file's own position. */
export function positionOf(value: unknown): number {
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" && Number.isSafeInteger(value) ? value : -1;
}

function view(buffer: ArrayBufferView, offset: number, length: number): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length);
}

function bytesOf(buffers: readonly ArrayBufferView[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
}

/** The call that opens a file. It changes files if it may create one, or empties it. */
export function openCall(path: Path, flags: number): CallName {
  return { syscall: "open", path, changes: (flags & (sim.O_CREAT | sim.O_TRUNC)) !== 0 };
}

/** Returns the work of a read: it goes to the device unless the file's pages are in memory. */
export function readWork({ files }: Calls, fd: number, bytes: number): sim.Work {
  const inode = files.has(fd) ? files.get(fd).inode : undefined;
  return { bytes, cold: inode instanceof sim.FileNode && !inode.warm };
}

/**
 * Returns the work of a write. A write to a file opened in synchronous mode waits for the device.
 */
export function writeWork({ files }: Calls, fd: number, bytes: number): sim.Work {
  const syncs = files.has(fd) && (files.get(fd).flags & sim.O_DSYNC) !== 0;
  return syncs ? { flushBytes: bytes } : { bytes };
}

/** The calls that take or return descriptors. */
export function fileCalls(
  calls: Calls,
  makeHandle: (fd: number) => FileHandle,
): Record<string, unknown> {
  const { files, disk } = calls;
  const { fs } = disk;
  const openFile = (path: Path, flags: number, mode: number): number =>
    files.add(sim.open(fs, files, toBytes(path), flags, mode));

  const syncWork = (fd: number): sim.Work => ({
    flushBytes: files.has(fd) ? sim.dirtyBytes(files.get(fd)) : 0,
  });

  function writeBytes(fd: number, source: Uint8Array, position: unknown): number {
    return sim.write(files.get(fd), files, source, positionOf(position));
  }

  function writeAll(fd: number, buffers: readonly ArrayBufferView[], position: unknown): number {
    let at = positionOf(position);
    let written = 0;
    for (const buffer of buffers) {
      const count = writeBytes(fd, view(buffer, 0, buffer.byteLength), at);
      written += count;
      if (count < buffer.byteLength) break;
      if (at >= 0) at += count;
    }
    if (buffers.length === 0) files.get(fd);
    return written;
  }

  function readAll(fd: number, buffers: readonly ArrayBufferView[], position: unknown): number {
    let at = positionOf(position);
    let total = 0;
    for (const buffer of buffers) {
      const count = sim.read(files.get(fd), files, view(buffer, 0, buffer.byteLength), at);
      total += count;
      if (at >= 0) at += count;
      if (count < buffer.byteLength) break;
    }
    return total;
  }

  function write(
    fd: number,
    bytes: Uint8Array,
    position: unknown,
    request: unknown,
    errors?: ErrorContext,
  ): unknown {
    const call = { syscall: "write" };
    const execute = (): number => writeBytes(fd, bytes, position);
    const work = writeWork(calls, fd, bytes.length);
    if (request === undefined) return calls.runSync(call, work, execute, errors);
    return calls.run(request, call, work, execute);
  }

  return {
    open: (path: Path, flags: number, mode: number, request: unknown) =>
      calls.run(request, openCall(path, flags), {}, () => openFile(path, flags, mode)),
    openFileHandle: (path: Path, flags: number, mode: number, request: unknown) =>
      calls.run(request, openCall(path, flags), {}, () => makeHandle(openFile(path, flags, mode))),
    close: (fd: number, request: unknown) =>
      calls.run(request, { syscall: "close" }, {}, () => files.close(fd)),
    read(
      fd: number,
      buffer: ArrayBufferView,
      offset: number,
      length: number,
      position: unknown,
      request: unknown,
      errors?: ErrorContext,
    ) {
      const call = { syscall: "read" };
      const execute = (): number =>
        sim.read(files.get(fd), files, view(buffer, offset, length), positionOf(position));
      const work = readWork(calls, fd, length);
      if (request === undefined) return calls.runSync(call, work, execute, errors);
      return calls.run(request, call, work, execute);
    },
    readBuffers: (
      fd: number,
      buffers: readonly ArrayBufferView[],
      position: unknown,
      request: unknown,
    ) =>
      calls.run(request, { syscall: "read" }, readWork(calls, fd, bytesOf(buffers)), () =>
        readAll(fd, buffers, position),
      ),
    writeBuffer: (
      fd: number,
      buffer: ArrayBufferView,
      offset: number,
      length: number,
      position: unknown,
      request: unknown,
      errors?: ErrorContext,
    ) => write(fd, view(buffer, offset, length), position, request, errors),
    writeBuffers: (
      fd: number,
      buffers: readonly ArrayBufferView[],
      position: unknown,
      request: unknown,
    ) =>
      calls.run(request, { syscall: "write" }, writeWork(calls, fd, bytesOf(buffers)), () =>
        writeAll(fd, buffers, position),
      ),
    writeString(
      fd: number,
      text: string,
      position: unknown,
      encoding: BufferEncoding,
      request: unknown,
      errors?: ErrorContext,
    ) {
      return write(fd, Buffer.from(text, encoding || "utf8"), position, request, errors);
    },
    fsync: (fd: number, request: unknown) =>
      calls.run(request, { syscall: "fsync" }, syncWork(fd), () => sim.sync(files.get(fd), false)),
    fdatasync: (fd: number, request: unknown) =>
      calls.run(request, { syscall: "fdatasync" }, syncWork(fd), () =>
        sim.sync(files.get(fd), true),
      ),
    ftruncate: (fd: number, size: number, request: unknown) =>
      calls.run(request, { syscall: "ftruncate" }, {}, () => {
        const file = files.get(fd);
        if (!file.writable || !(file.inode instanceof sim.FileNode)) sim.fail("EINVAL");
        sim.truncateFile(fs, files, file.inode, file.entry, Number(size));
      }),
    readFileUtf8: (path: Path | number, flags: number) => readFileUtf8(calls, path, flags),
    writeFileUtf8: (path: Path | number, text: string, flags: number, mode: number) =>
      writeFileUtf8(calls, path, text, flags, mode),
  };
}

const READ_BYTES = 65_536;

/** Reads from the current position of `file` to its end. */
export function readToEnd(calls: Calls, file: sim.OpenFile): Buffer {
  const parts: Buffer[] = [];
  const { inode } = file;
  const size = inode instanceof sim.FileNode ? inode.size : 0;
  for (;;) {
    const part = Buffer.alloc(size > 0 ? Math.max(0, size - file.position) : READ_BYTES);
    const count = sim.read(file, calls.files, part, -1);
    if (count > 0) parts.push(part.subarray(0, count));
    if (count === 0 || (size > 0 && file.position >= size)) break;
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

function readFileUtf8(calls: Calls, path: Path | number, flags: number): string | undefined {
  const { files, disk } = calls;
  if (typeof path === "number") {
    return calls.runSync({ syscall: "read" }, {}, () =>
      readToEnd(calls, files.get(path)).toString(),
    );
  }
  const file = calls.runSync(openCall(path, flags), {}, () =>
    sim.open(disk.fs, files, toBytes(path), flags, 0o666),
  ) as sim.OpenFile;
  try {
    const { inode } = file;
    const cold = inode instanceof sim.FileNode && !inode.warm;
    return calls.runSync({ syscall: "read" }, { bytes: sim.status(inode).size, cold }, () =>
      readToEnd(calls, file).toString(),
    );
  } finally {
    file.release();
  }
}

function writeFileUtf8(
  calls: Calls,
  path: Path | number,
  text: string,
  flags: number,
  mode: number,
): void {
  const { files, disk } = calls;
  const bytes = Buffer.from(text);
  if (typeof path === "number") {
    calls.runSync({ syscall: "write" }, { bytes: bytes.length }, () =>
      sim.writeFully(files.get(path), files, bytes),
    );
    return;
  }
  const file = calls.runSync(openCall(path, flags), {}, () =>
    sim.open(disk.fs, files, toBytes(path), flags, mode),
  ) as sim.OpenFile;
  try {
    calls.runSync({ syscall: "write", path }, { bytes: bytes.length }, () =>
      sim.writeFully(file, files, bytes),
    );
    if (file.inode.mount.remote) calls.runSync({ syscall: "close" }, {}, () => file.flush());
  } finally {
    file.release();
  }
}
