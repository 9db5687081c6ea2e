/**
 * `js_stream`: wraps any duplex stream of a program as a handle, so that TLS and HTTP/2 can use it.
 * Node's `internal/js_stream_socket` creates the wrapper.
 */
import type { Realm } from "../realm-types.ts";
import type { Request } from "./stream.ts";
import { Buffer } from "node:buffer";
import { CallbackScope, StreamBase, UV_EOF, type WriteOutcome } from "./stream-base.ts";

const UV_EPROTO = -71;

/** Creates the binding of one process. */
export function createJsStreamBinding(realm: Realm): object {
  const scope = new CallbackScope(realm);
  class JSStream extends StreamBase {
    onreadstart: (() => number) | undefined;
    onreadstop: (() => number) | undefined;
    onwrite: ((request: Request, chunks: readonly Uint8Array[]) => number) | undefined;
    onshutdown: ((request: Request) => number) | undefined;

    constructor() {
      super(realm, scope, "JSSTREAM");
    }

    readStart(): number {
      return Number(scope.call(this, this.onreadstart, []) ?? UV_EPROTO);
    }

    readStop(): number {
      return Number(scope.call(this, this.onreadstop, []) ?? UV_EPROTO);
    }

    shutdown(request: Request): number {
      return Number(scope.call(this, this.onshutdown, [request]) ?? UV_EPROTO);
    }

    protected doWrite(request: Request, chunks: readonly Uint8Array[]): WriteOutcome {
      const buffers = chunks.map((chunk) =>
        Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length),
      );
      const error = Number(scope.call(this, this.onwrite, [request, buffers]) ?? UV_EPROTO);
      return { async: error === 0, error };
    }

    readBuffer(chunk: Uint8Array): void {
      // The bytes are copied, because the program may change its buffer later.
      this.emitRead(chunk.length, Uint8Array.from(chunk));
    }

    emitEOF(): void {
      this.emitRead(UV_EOF);
    }

    finishWrite(request: Request, status: number): void {
      this.finish(request, status);
    }

    finishShutdown(request: Request, status: number): void {
      this.finish(request, status);
    }
  }
  return { JSStream };
}
