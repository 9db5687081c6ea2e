/**
 * Streams that Node builds on other streams in native code: TLS, HTTP/2, and the wrapper of JavaScript
 * streams. They are written to and read as libuv's streams are; this is the part that they share.
 */
import type { Realm } from "../realm-types.ts";
import {
  kArrayBufferOffset,
  kBytesWritten,
  kLastWriteErr,
  kLastWriteWasAsync,
  kReadBytesOrError,
  type Request,
} from "./stream.ts";

/** What `stream_wrap` has for all streams of a process. */
interface StreamWrapBinding {
  readonly streamBaseState: Int32Array;
  readonly WriteWrap: new () => Request;
  readonly ShutdownWrap: new () => Request;
}

/** How a write went: whether it will complete later, and its error if it failed at once. */
export interface WriteOutcome {
  readonly async: boolean;
  readonly error: number;
}

/** The end of a stream, as libuv has it. */
export const UV_EOF = -4095;

/** Calls into the program from the event loop, as `MakeCallback` does at the bottom of the stack. */
export class CallbackScope {
  readonly #realm: Realm;
  #atBottom = false;
  /** Whether the last call from the bottom of the stack, or a tick after it, ended in an exception. */
  failed = false;

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  /** `action` was called by the event loop, not by the program. */
  fromLoop(action: () => void): void {
    if (this.#atBottom) {
      action();
      return;
    }
    this.#atBottom = true;
    try {
      action();
    } finally {
      this.#atBottom = false;
    }
  }

  /**
   * Calls the program. From the bottom of the stack, an exception ends here as an uncaught one, and ticks
   * and microtasks run before the caller goes on; else both are the caller's business.
   */
  call(resource: object, callback: unknown, args: readonly unknown[]): unknown {
    return this.#call(resource, callback, args, true);
  }

  /** As {@link call}, without ticks: where native code says that they have to wait. */
  callAlone(resource: object, callback: unknown, args: readonly unknown[]): unknown {
    return this.#call(resource, callback, args, false);
  }

  #call(resource: object, callback: unknown, args: readonly unknown[], ticks: boolean): unknown {
    if (typeof callback !== "function") return undefined;
    const { context } = this.#realm;
    const call = (): unknown =>
      context.async.makeCallback(resource, callback as (...args: never[]) => unknown, args);
    if (!this.#atBottom) return call();
    this.#atBottom = false;
    let result: unknown;
    let failed = false;
    try {
      result = call();
    } catch (thrown) {
      failed = true;
      this.#realm.uncaught(thrown, false);
    }
    if (ticks && context.process.alive) {
      try {
        this.#realm.process._tickCallback();
      } catch (thrown) {
        failed = true;
        this.#realm.uncaught(thrown, false);
      }
    }
    this.failed = failed;
    this.#atBottom = true;
    return result;
  }
}

/** A stream that stands on something else than a socket. */
export abstract class StreamBase {
  readonly realm: Realm;
  readonly scope: CallbackScope;
  readonly #wrap: StreamWrapBinding;
  readonly #asyncId: number;
  #userBuffer: Uint8Array | undefined;
  onread: unknown;
  reading = false;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(realm: Realm, scope: CallbackScope, type: string) {
    this.realm = realm;
    this.scope = scope;
    this.#wrap = realm.internalBinding("stream_wrap");
    this.#asyncId = realm.context.async.register(this, type);
  }

  get isStreamBase(): boolean {
    return true;
  }

  get fd(): number {
    return -1;
  }

  getAsyncId(): number {
    return this.#asyncId;
  }

  getProviderType(): number {
    return 0;
  }

  /** Takes chunks to be sent; `request` is told when an asynchronous write is done. */
  protected abstract doWrite(request: Request, chunks: readonly Uint8Array[]): WriteOutcome;

  useUserBuffer(buffer: Uint8Array): void {
    this.#userBuffer = buffer;
  }

  writeBuffer(request: Request | null, buffer: Uint8Array): number | Request {
    return this.#write(request, [buffer]);
  }

  writeLatin1String(request: Request | null, text: string): number | Request {
    return this.#write(request, [Buffer.from(text, "latin1")]);
  }

  writeAsciiString(request: Request | null, text: string): number | Request {
    return this.#write(request, [Buffer.from(text, "latin1")]);
  }

  writeUtf8String(request: Request | null, text: string): number | Request {
    return this.#write(request, [Buffer.from(text, "utf8")]);
  }

  writeUcs2String(request: Request | null, text: string): number | Request {
    return this.#write(request, [Buffer.from(text, "utf16le")]);
  }

  writev(
    request: Request | null,
    chunks: readonly (Uint8Array | string)[],
    allBuffers: boolean,
  ): number | Request {
    const buffers: Uint8Array[] = [];
    for (let i = 0; i < chunks.length; i += allBuffers ? 1 : 2) {
      const chunk = chunks[i] as Uint8Array | string;
      buffers.push(
        typeof chunk === "string" ? Buffer.from(chunk, chunks[i + 1] as BufferEncoding) : chunk,
      );
    }
    return this.#write(request, buffers);
  }

  #write(given: Request | null, chunks: readonly Uint8Array[]): number | Request {
    const state = this.#wrap.streamBaseState;
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const request = given ?? Object.assign(new this.#wrap.WriteWrap(), { writeStatus: null });
    this.bytesWritten += length;
    const { async, error } = this.doWrite(request, chunks);
    // The program may have written elsewhere meanwhile.
    state[kBytesWritten] = length;
    state[kLastWriteWasAsync] = async ? 1 : 0;
    state[kLastWriteErr] = error;
    if (given) return error;
    return async ? request : error;
  }

  /** Tells a request how it ended. */
  finish(request: Request, status: number): void {
    if (typeof request.oncomplete === "function") {
      this.scope.call(request, request.oncomplete, [status, this, undefined]);
    } else if ("writeStatus" in request) {
      (request as { writeStatus: unknown }).writeStatus = status;
    }
  }

  /** Hands bytes, the end or an error to whoever reads this stream. */
  emitRead(count: number, bytes?: Uint8Array): void {
    const user = this.#userBuffer;
    if (!user || count <= 0 || !bytes) {
      this.#emitOnce(count, bytes);
      return;
    }
    for (let at = 0; at < bytes.length;) {
      const target = this.#userBuffer as Uint8Array;
      const piece = bytes.subarray(at, at + target.length);
      target.set(piece);
      at += piece.length;
      const next = this.#emitOnce(piece.length, undefined);
      if (ArrayBuffer.isView(next)) this.#userBuffer = next as Uint8Array;
    }
  }

  #emitOnce(count: number, bytes: Uint8Array | undefined): unknown {
    const state = this.#wrap.streamBaseState;
    if (count > 0) this.bytesRead += count;
    state[kReadBytesOrError] = count;
    state[kArrayBufferOffset] = bytes?.byteOffset ?? 0;
    return this.scope.call(this, this.onread, [bytes?.buffer]);
  }
}
