/**
 * `stream_pipe`: moves data from a handle that reads to one that writes, as HTTP/2 does to send a
 * file.
 */
import type { Realm } from "../realm-types.ts";
import { ParentStream, type StreamHandleLike } from "./parent-stream.ts";
import { CallbackScope } from "./stream-base.ts";

/** Creates the binding of one process. */
export function createStreamPipeBinding(realm: Realm): object {
  const scope = new CallbackScope(realm);

  class StreamPipe {
    readonly source: StreamHandleLike;
    readonly sink: StreamHandleLike;
    onunpipe: unknown;
    readonly #from: ParentStream;
    readonly #to: ParentStream;
    readonly #asyncId: number;
    #sourceEnded = false;
    #closed = false;
    #writing = 0;

    constructor(source: StreamHandleLike, sink: StreamHandleLike) {
      this.source = source;
      this.sink = sink;
      this.#from = new ParentStream(realm, scope, source);
      this.#to = new ParentStream(realm, scope, sink);
      this.#asyncId = realm.context.async.register(this, "STREAMPIPE");
    }

    getAsyncId(): number {
      return this.#asyncId;
    }

    start(): void {
      this.#from.consume(this);
      this.source.readStart();
    }

    onParentRead(count: number, bytes: Uint8Array | undefined): void {
      if (this.#closed) return;
      if (count < 0 || !bytes) {
        this.#sourceEnded = true;
        this.#from.passToPrevious(count);
        this.#endWhenWritten();
        return;
      }
      this.#writing++;
      // One piece at a time: the sink signals when it is ready for the next.
      this.source.readStop();
      const { async, error } = this.#to.write([bytes], (status) => this.#written(status));
      if (!async) this.#written(error);
    }

    #written(status: number): void {
      this.#writing--;
      if (this.#closed) return;
      if (status !== 0) {
        this.unpipe();
        return;
      }
      if (this.#sourceEnded) this.#endWhenWritten();
      else this.source.readStart();
    }

    #endWhenWritten(): void {
      if (this.#writing > 0 || this.#closed) return;
      this.#to.shutdown(() => {});
      this.unpipe();
    }

    unpipe(): void {
      if (this.#closed) return;
      this.#closed = true;
      if (!this.#sourceEnded) this.source.readStop();
      this.#from.release();
      scope.call(this, this.onunpipe, []);
    }

    isClosed(): boolean {
      return this.#closed;
    }

    pendingWrites(): number {
      return this.#writing;
    }
  }

  return { StreamPipe };
}
