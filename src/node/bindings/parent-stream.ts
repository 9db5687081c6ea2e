/**
 * The stream below another stream. For any kind of handle (a TCP socket, a pipe, TLS, a wrapped
 * JavaScript stream), reading works by replacing its reader, and writing works as in the library.
 */
import type { Realm } from "../realm-types.ts";
import {
  kArrayBufferOffset,
  kLastWriteWasAsync,
  kReadBytesOrError,
  type Request,
} from "./stream.ts";
import type { CallbackScope, WriteOutcome } from "./stream-base.ts";

/** The methods of any stream's handle that the library, and this code, may use. */
export interface StreamHandleLike {
  onread?: unknown;
  readStart(): number;
  readStop(): number;
  writev(request: Request, chunks: readonly Uint8Array[], allBuffers: true): number | Request;
  shutdown(request: Request): number;
}

/** The reader of the stream below. */
export interface ParentReader {
  /** Called with bytes, or (if `count` is negative) with the end or an error. */
  onParentRead(count: number, bytes: Uint8Array | undefined): void;
}

/** A stream that another one has taken over. */
export class ParentStream {
  readonly handle: StreamHandleLike;
  readonly #scope: CallbackScope;
  readonly #state: Int32Array;
  readonly #requests: { WriteWrap: new () => Request; ShutdownWrap: new () => Request };
  #before: unknown;
  #taken: unknown;

  constructor(realm: Realm, scope: CallbackScope, handle: StreamHandleLike) {
    this.handle = handle;
    this.#scope = scope;
    this.#requests = realm.internalBinding("stream_wrap");
    this.#state = realm.internalBinding("stream_wrap").streamBaseState;
  }

  /** Replaces the reader. */
  consume(reader: ParentReader): void {
    this.#before = this.handle.onread;
    const state = this.#state;
    const scope = this.#scope;
    this.#taken = (memory: ArrayBuffer | Uint8Array | undefined): void => {
      const count = state[kReadBytesOrError] as number;
      let bytes: Uint8Array | undefined;
      if (count > 0 && memory) {
        bytes = ArrayBuffer.isView(memory)
          ? memory.subarray(0, count)
          : new Uint8Array(memory, state[kArrayBufferOffset], count);
      }
      scope.fromLoop(() => reader.onParentRead(count, bytes));
    };
    this.handle.onread = this.#taken;
  }

  /** Restores the previous reader. */
  release(): void {
    if (this.#taken !== undefined && this.handle.onread === this.#taken) {
      this.handle.onread = this.#before;
    }
    this.#taken = undefined;
  }

  /** Passes the end, or an error, to the previous reader. */
  passToPrevious(count: number): void {
    this.#state[kReadBytesOrError] = count;
    this.#scope.call(this.handle, this.#before, [undefined]);
  }

  /** Writes. `done` is called later if the outcome is asynchronous. */
  write(chunks: readonly Uint8Array[], done: (status: number) => void): WriteOutcome {
    const request = new this.#requests.WriteWrap();
    request.oncomplete = (status) => this.#scope.fromLoop(() => done(status as number));
    const error = this.handle.writev(request, chunks, true) as number;
    return { async: error === 0 && this.#state[kLastWriteWasAsync] === 1, error };
  }

  /** Ends the writing side. `done` is called later, unless an error is returned. */
  shutdown(done: (status: number) => void): number {
    const request = new this.#requests.ShutdownWrap();
    request.oncomplete = (status) => this.#scope.fromLoop(() => done(status as number));
    const result = this.handle.shutdown(request);
    // One means that it is already done.
    if (result === 1) done(0);
    return result === 1 ? 0 : result;
  }
}
