/** `internalBinding('blob')`: the bytes behind `Blob`, in memory. */

import { Buffer } from "node:buffer";
import type { Realm } from "../realm-types.ts";

/** Results of `pull`: the end, and that there is more. */
const END = 0;
const MORE = 1;
/** libuv's EINVAL. Any negative number makes the library report "could not be read". */
const UNREADABLE = -22;

const CHUNK_BYTES = 65_536;

/** Bytes that are no longer changed. */
class BlobHandle {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  slice(start: number, end: number): BlobHandle {
    return new BlobHandle(this.bytes.slice(start, end));
  }

  getReader(): object {
    const { bytes } = this;
    let at = 0;
    return {
      // Bytes are in memory, so a reader never has to wait.
      setWakeup() {},
      pull(callback: (status: number, buffer?: ArrayBuffer) => void) {
        if (at >= bytes.length) {
          callback(END);
          return;
        }
        const chunk = bytes.slice(at, at + CHUNK_BYTES);
        at += chunk.length;
        callback(MORE, chunk.buffer as ArrayBuffer);
      },
    };
  }
}

/** A file as it was when it was opened. Its bytes are read on demand. */
class FileHandle {
  readonly #realm: Realm;
  readonly #path: string;
  readonly #mtimeMs: number;
  readonly #start: number;
  readonly #end: number;

  constructor(
    realm: Realm,
    path: string,
    mtimeMs: number,
    [start, end]: readonly [number, number],
  ) {
    this.#realm = realm;
    this.#path = path;
    this.#mtimeMs = mtimeMs;
    this.#start = start;
    this.#end = end;
  }

  slice(start: number, end: number): FileHandle {
    const range = [this.#start + start, this.#start + end] as const;
    return new FileHandle(this.#realm, this.#path, this.#mtimeMs, range);
  }

  /** Throws if the file has been changed since. */
  get bytes(): Uint8Array {
    const fs = this.#realm.require("fs");
    if (fs.statSync(this.#path).mtimeMs !== this.#mtimeMs) throw new Error("the file was changed");
    return new Uint8Array(fs.readFileSync(this.#path)).slice(this.#start, this.#end);
  }

  getReader(): object {
    let reader: { pull(callback: Pull): void } | undefined;
    return {
      setWakeup() {},
      pull: (callback: Pull) => {
        try {
          reader ??= new BlobHandle(this.bytes).getReader() as { pull(callback: Pull): void };
        } catch {
          callback(UNREADABLE);
          return;
        }
        reader.pull(callback);
      },
    };
  }
}

type Pull = (status: number, buffer?: ArrayBuffer) => void;

/** Returns a file's handle and length, or undefined if the file cannot be read. */
function openFile(realm: Realm, path: string): [FileHandle, number] | undefined {
  try {
    const { mtimeMs, size } = realm.require("fs").statSync(path);
    return [new FileHandle(realm, path, mtimeMs, [0, size]), size];
  } catch {
    return undefined;
  }
}

function join(parts: readonly unknown[]): Uint8Array {
  const arrays = parts.map((part) => {
    if (Array.isArray(part)) return partBytes(part as [unknown, number?, number?]);
    return partBytes([part]);
  });
  return new Uint8Array(Buffer.concat(arrays));
}

/** The bytes of a source: bytes, or another blob's handle with a range. */
function partBytes([source, start, length]: readonly [unknown, number?, number?]): Uint8Array {
  let bytes: Uint8Array;
  if (ArrayBuffer.isView(source)) {
    bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  } else if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) {
    bytes = new Uint8Array(source);
  } else {
    bytes = (source as BlobHandle).bytes;
  }
  return start === undefined ? bytes : bytes.subarray(start, start + (length ?? bytes.length));
}

/** Creates the binding of one process. */
export function createBlobBinding(realm: Realm): object {
  const stored = new Map<string, unknown[]>();
  return {
    createBlobFromFilePath: (path: string) => openFile(realm, path),
    createBlob: (sources: readonly unknown[]) => new BlobHandle(join(sources)),
    concat: (parts: readonly unknown[]) => join(parts).buffer,
    storeDataObject: (id: string, handle: unknown, size: number, type: string) =>
      stored.set(id, [handle, size, type]),
    getDataObject: (id: string) => stored.get(id),
    revokeObjectURL: (url: string) => stored.delete(url.slice(url.lastIndexOf(":") + 1)),
  };
}
