/**
 * Streams that Node builds on other streams in native code: TLS, HTTP/2, and the wrapper of
 * JavaScript streams. They are written and read as libuv's streams are. This is their common part.
 */
import type { Realm } from "../realm-types.ts";
import { Buffer } from "node:buffer";
import {
  kArrayBufferOffset,
  kBytesWritten,
  kLastWriteErr,
  kLastWriteWasAsync,
  kReadBytesOrError,
  type Request,
} from "./stream.ts";

/** The parts of `stream_wrap` that all streams of a process use. */
interface StreamWrapBinding {
  readonly streamBaseState: Int32Array;
  readonly WriteWrap: new () => Request;
  readonly ShutdownWrap: new () => Request;
}

/** The outcome of a write: whether it completes later, and its error if it failed at once. */
export interface WriteOutcome {
  readonly async: boolean;
  readonly error: number;
}

/** The end of a stream in libuv. */
export const UV_EOF = -4095;

/**
 * Calls into the program from the event loop, as `MakeCallback` does at the bottom of the stack.
 */
export class CallbackScope {
  readonly #realm: Realm;
  #atBottom = false;
  /** True if the last call from the bottom of the stack, or a tick after it, threw an exception. */
  failed = false;

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  /** Runs `action`, which was called by the event loop and not by the program. */
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
   * Calls the program. At the bottom of the stack, an exception is reported as uncaught, and ticks
   * and microtasks run before the call returns. Otherwise, both are left to the caller.
   */
  call(resource: object, callback: unknown, args: readonly unknown[]): unknown {
    return this.#call(resource, callback, args, true);
  }

  /** The same as {@link call}, without ticks: for cases in which native code defers them. */
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

/** A stream that is built on something other than a socket. */
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

  /** Takes chunks to send. `request` is notified when an asynchronous write is done. */
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
    // The program may have written to another stream meanwhile.
    state[kBytesWritten] = length;
    state[kLastWriteWasAsync] = async ? 1 : 0;
    state[kLastWriteErr] = error;
    if (given) return error;
    return async ? request : error;
  }

  /** Notifies a request of its outcome. */
  finish(request: Request, status: number): void {
    if (typeof request.oncomplete === "function") {
      this.scope.call(request, request.oncomplete, [status, this, undefined]);
    } else if ("writeStatus" in request) {
      (request as { writeStatus: unknown }).writeStatus = status;
    }
  }

  /** Passes bytes, the end or an error to this stream's reader. */
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
