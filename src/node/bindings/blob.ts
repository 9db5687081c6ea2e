/** `internalBinding('blob')`: the bytes behind `Blob`, in memory. */

/** What `pull` says: the end, and that there is more. */
const END = 0;
const MORE = 1;

const CHUNK_BYTES = 65_536;

/** Bytes, which nobody changes any more. */
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
      // Bytes in memory never make a reader wait.
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

function join(parts: readonly unknown[]): Uint8Array {
  const arrays = parts.map((part) => {
    if (Array.isArray(part)) return partBytes(part as [unknown, number?, number?]);
    return partBytes([part]);
  });
  return new Uint8Array(Buffer.concat(arrays));
}

/** A source: bytes, or another blob's handle with a range. */
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

/** Makes the binding of one process. */
export function createBlobBinding(): object {
  const stored = new Map<string, unknown[]>();
  return {
    createBlob: (sources: readonly unknown[]) => new BlobHandle(join(sources)),
    concat: (parts: readonly unknown[]) => join(parts).buffer,
    storeDataObject: (id: string, handle: unknown, size: number, type: string) =>
      stored.set(id, [handle, size, type]),
    getDataObject: (id: string) => stored.get(id),
    revokeObjectURL: (id: string) => stored.delete(id),
  };
}
