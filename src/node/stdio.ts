/**
 * The standard streams of a simulated process. The run's observer receives what a program writes. A
 * child's streams are pipes to its parent, or its parent's own, or nothing.
 */
import { exited } from "./exited.ts";
import type { NodeProcess, StandardStream } from "./node-process.ts";
import { Buffer } from "node:buffer";
import { noInput, noInputYet, openStandardFiles } from "./standard-files.ts";

type Sink = (stream: "stdout" | "stderr", text: string) => void;

/**
 * Defines `process.stdout`, `stderr` and `stdin`. Each is created on first use. Returns a function that writes
 * to standard error as Node's C++ does, bypassing the program's stream and whatever was done to it.
 */
export function createStdio(owner: NodeProcess, sink: Sink): (text: string) => void {
  const object = owner.realm.process;
  const streams = owner.description.streams ?? [];
  openStandardFiles(owner.process, {
    read: readerOf(streams[0]),
    write(name, bytes) {
      const kind = streams[name === "stdout" ? 1 : 2];
      if (kind?.kind === "pipe") object[name].write(Buffer.from(bytes));
      else sinkOf(owner, name, kind, sink)(Buffer.from(bytes));
    },
  });
  lazily(object, "stdin", () => input(owner, streams[0]));
  lazily(object, "stdout", () => output(owner, "stdout", 1, streams[1], sink));
  const stderr = lazily(object, "stderr", () => output(owner, "stderr", 2, streams[2], sink));
  return (text) => {
    const kind = streams[2];
    if (kind?.kind === "pipe") {
      // The handle is null if the program destroyed the stream.
      (stderr() as { _handle?: PipeHandle | null })._handle?.writeUtf8String(null, text);
    } else if (kind?.kind === "file") owner.realm.require("fs").writeSync(2, text);
    else sinkOf(owner, "stderr", kind, sink)(text);
  };
}

interface PipeHandle {
  writeUtf8String(request: null, text: string): unknown;
}

function readerOf(stream: StandardStream | undefined): (target: Uint8Array) => number {
  if (stream?.kind === "source") return stream.read;
  return stream?.kind === "pipe" ? noInputYet : noInput;
}

function input(owner: NodeProcess, stream: StandardStream | undefined): object {
  if (stream?.kind === "pipe") {
    const { Socket } = owner.realm.require("net");
    const stdin = new Socket({
      handle: openPipe(owner, 0),
      readable: true,
      writable: false,
      // Node does not read before the program asks for input.
      manualStart: true,
    });
    stdin.fd = 0;
    return stdin;
  }
  if (stream?.kind === "file") {
    const { ReadStream } = owner.realm.require("fs");
    return new ReadStream(null, { fd: 0, autoClose: false });
  }
  const { Readable } = owner.realm.require("stream");
  const read = readerOf(stream);
  const stdin = new Readable({
    read(size: number) {
      const chunk = Buffer.alloc(size);
      const count = read(chunk);
      this.push(count === 0 ? null : chunk.subarray(0, count));
    },
  });
  if (stream?.kind !== "source") stdin.push(null);
  stdin.fd = 0;
  return stdin;
}

function openPipe(owner: NodeProcess, fd: number): object {
  const { Pipe, constants } = owner.realm.internalBinding("pipe_wrap");
  const pipe = new Pipe(constants.SOCKET);
  pipe.open(fd);
  return pipe;
}

function output(
  owner: NodeProcess,
  name: "stdout" | "stderr",
  fd: number,
  kind: StandardStream | undefined,
  sink: Sink,
): object {
  const stream = outputOf(owner, name, fd, kind, sink);
  stream.fd = fd;
  stream._type = kind?.kind === "file" ? "fs" : "pipe";
  stream._isStdio = true;
  stream.destroySoon = stream.destroy;
  // Node's standard streams cannot be closed permanently.
  stream._destroy = function destroy(error: unknown, done: (error: unknown) => void) {
    done(error);
  };
  return stream;
}

function outputOf(
  owner: NodeProcess,
  name: "stdout" | "stderr",
  fd: number,
  kind: StandardStream | undefined,
  sink: Sink,
  // Node's streams have no types for what its own startup does to them.
  // oxlint-disable-next-line typescript/no-explicit-any
): any {
  if (kind?.kind === "pipe") return pipeOutput(owner, fd);
  if (kind?.kind !== "file") return sinkOutput(owner, sinkOf(owner, name, kind, sink));
  const SyncWriteStream = owner.realm.require("internal/fs/sync_write_stream");
  return new SyncWriteStream(fd, { autoClose: false });
}

/** Returns the destination of text that is not piped. */
function sinkOf(
  owner: NodeProcess,
  name: "stdout" | "stderr",
  kind: StandardStream | undefined,
  sink: Sink,
): (chunk: string | Uint8Array) => void {
  if (kind?.kind === "ignore") return () => {};
  if (kind?.kind === "sink") {
    return (chunk) => {
      if (!owner.process.alive) throw exited;
      kind.write(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    };
  }
  if (kind?.kind === "inherit") {
    const target = kind.fd === 2 ? "stderr" : "stdout";
    const { from } = kind;
    return (chunk) => {
      if (!owner.process.alive) throw exited;
      from.process.enter(() => from.realm.process[target].write(chunk), 0);
    };
  }
  return (chunk) => sink(name, typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
}

// Node's streams have no types for what its own startup does to them.
// oxlint-disable-next-line typescript/no-explicit-any
function pipeOutput(owner: NodeProcess, fd: number): any {
  const { Socket } = owner.realm.require("net");
  return new Socket({ handle: openPipe(owner, fd), readable: false, writable: true });
}

// oxlint-disable-next-line typescript/no-explicit-any
function sinkOutput(owner: NodeProcess, write: (chunk: string | Uint8Array) => void): any {
  const { Writable } = owner.realm.require("stream");
  return new Writable({
    decodeStrings: false,
    // Writes to files and pipes are synchronous in Node on POSIX.
    write(chunk: string | Uint8Array, encoding: BufferEncoding, done: () => void) {
      write(chunkOf(chunk, encoding));
      done();
    },
  });
}

function chunkOf(chunk: string | Uint8Array, encoding: BufferEncoding): string | Uint8Array {
  if (typeof chunk !== "string" || encoding === "utf8" || !encoding) return chunk;
  return Buffer.from(chunk, encoding);
}

/** As in Node, defines a permanent getter. Returns it. */
function lazily(target: object, name: string, make: () => unknown): () => unknown {
  let stream: unknown;
  const get = (): unknown => (stream ??= make());
  Object.defineProperty(target, name, { configurable: true, enumerable: true, get });
  return get;
}
