/**
 * `Http2Stream` of `internalBinding('http2')`: one request and its response, as a stream of Node.
 */
import { ErrorCode, type PriorityFields } from "../../../wire/http2/index.ts";
import type { Request } from "../stream.ts";
import { StreamBase, UV_EOF, type WriteOutcome } from "../stream-base.ts";
import type { DataSource, SourceAnswer } from "./engine-stream.ts";
import { headerFields } from "./fields.ts";
import type { Http2Session } from "./session.ts";
import { StreamStatistics } from "./statistics.ts";

const UV_ECANCELED = -125;
const UV_EPIPE = -32;
/**
 * Since Node 22, a reset in answer to what was just read is sent before queued headers, unless DATA
 * is queued behind them.
 */
const purgesAlways = Number(process.versions.node.split(".")[0]) < 22;
/** The size of one stream in a session's memory accounting. */
const STREAM_BYTES = 800;
/** The maximum size of a header field, whatever the program allows. */
const HEADER_BYTES_MAX = 0xff_ffff;

interface QueuedChunk {
  bytes: Uint8Array;
  /** Set on the last chunk of a write. */
  readonly request: Request | undefined;
}

/** One stream of a session. */
export class Http2Stream extends StreamBase implements DataSource {
  readonly session: Http2Session;
  readonly streamId: number;
  readonly statistics: StreamStatistics;
  category: number;
  headers: string[] = [];
  sensitive: string[] = [];
  headerBytes = 0;
  /** The property in which the native half keeps the library's object. */
  owner: unknown;

  /** The limit that was in force when the stream began. */
  readonly #headerBytesMax: number;
  #code = 0;
  #trailers: boolean;
  #shut = false;
  #destroyed = false;
  #readStarted = false;
  #readPaused = false;
  #queue: QueuedChunk[] = [];
  #queuedBytes = 0;
  /** Bytes consumed into the program's buffers while it did not read. */
  #consumedWhilePaused = 0;

  constructor(session: Http2Session, id: number, category: number, options: number) {
    super(session.binding.realm, session.scope, "HTTP2STREAM");
    this.session = session;
    this.streamId = id;
    this.category = category;
    const { maxHeaderListSize } = session.engine.localSettings;
    this.#headerBytesMax = Math.min(maxHeaderListSize, HEADER_BYTES_MAX);
    const { constants } = session.binding;
    this.#trailers = (options & constants["STREAM_OPTION_GET_TRAILERS"]!) !== 0;
    if (options & constants["STREAM_OPTION_EMPTY_PAYLOAD"]!) this.#shut = true;
    this.statistics = new StreamStatistics(session.binding.realm);
  }

  id(): number {
    return this.streamId;
  }

  get isDestroyed(): boolean {
    return this.#destroyed;
  }

  /** The number of bytes that this stream holds. */
  get memoryBytes(): number {
    return STREAM_BYTES + this.#queuedBytes;
  }

  startHeaders(category: number): void {
    this.headers = [];
    this.sensitive = [];
    this.headerBytes = 0;
    this.category = category;
  }

  /** Adds a received field. Returns false if there are too many, or if they are too long. */
  addHeader(name: string, value: string, sensitive: boolean): boolean {
    const { session } = this;
    const length = name.length + value.length + 32;
    if (this.headers.length / 2 >= session.options.maxHeaderPairs) return false;
    if (this.headerBytes + length > this.#headerBytesMax) return false;
    this.headerBytes += length;
    this.statistics.headerReceived();
    this.headers.push(name, value);
    if (sensitive) this.sensitive.push(name);
    return true;
  }

  // ------------------------------------------------------------------ reading

  readStart(): number {
    this.session.inScope(() => {
      this.#readStarted = true;
      this.#readPaused = false;
      const consumed = this.#consumedWhilePaused;
      this.#consumedWhilePaused = 0;
      this.session.engine.consumeStream(this.streamId, consumed);
    });
    return 0;
  }

  readStop(): number {
    if (this.#readStarted) this.#readPaused = true;
    return 0;
  }

  /** Receives bytes of DATA. */
  receive(bytes: Uint8Array): void {
    if (this.#destroyed) return;
    this.statistics.bytesReceived(bytes.length);
    this.emitRead(bytes.length, bytes);
    if (this.#readStarted && !this.#readPaused) {
      this.session.engine.consumeStream(this.streamId, bytes.length);
    } else {
      this.#consumedWhilePaused += bytes.length;
    }
  }

  receiveEnd(): void {
    if (!this.#destroyed) this.emitRead(UV_EOF);
  }

  // ------------------------------------------------------------------ writing

  protected doWrite(request: Request, chunks: readonly Uint8Array[]): WriteOutcome {
    const { session } = this;
    session.chunksSent = 0;
    if (this.#shut || this.#destroyed) {
      this.finish(request, UV_EOF);
      return { async: true, error: 0 };
    }
    session.inScope(() => {
      chunks.forEach((bytes, i) => {
        this.#queue.push({ bytes, request: i === chunks.length - 1 ? request : undefined });
        this.#queuedBytes += bytes.length;
      });
      session.engine.resumeData(this.streamId);
    });
    return { async: true, error: 0 };
  }

  shutdown(_request: Request): number {
    if (this.#destroyed) return UV_EPIPE;
    this.session.inScope(() => {
      this.#shut = true;
      this.session.engine.resumeData(this.streamId);
    });
    // Done synchronously.
    return 1;
  }

  /** Returns this stream as the engine's source of DATA, unless it has none. */
  source(options: number): DataSource {
    const { constants } = this.session.binding;
    if (options & constants["STREAM_OPTION_GET_TRAILERS"]!) this.#trailers = true;
    return this;
  }

  read(max: number): SourceAnswer | undefined {
    while (this.#queue.length > 0 && (this.#queue[0] as QueuedChunk).bytes.length === 0) {
      // An empty write tells the program when this stream may send.
      const { request } = this.#queue.shift() as QueuedChunk;
      if (request) this.finish(request, 0);
    }
    const length = Math.min(this.#queuedBytes, max);
    if (length === 0 && !this.#shut) return undefined;
    const eof = this.#shut && length === this.#queuedBytes;
    let noEndStream = false;
    if (eof && this.#trailers) {
      noEndStream = true;
      this.#trailers = false;
      this.session.scope.call(this, this.session.binding.callbacks["trailers"], []);
    }
    return { length, eof, noEndStream };
  }

  take(length: number): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let left = length;
    while (left > 0) {
      const chunk = this.#queue[0] as QueuedChunk;
      if (chunk.bytes.length > left) {
        pieces.push(chunk.bytes.subarray(0, left));
        chunk.bytes = chunk.bytes.subarray(left);
        break;
      }
      pieces.push(chunk.bytes);
      left -= chunk.bytes.length;
      this.#queue.shift();
      if (chunk.request) this.session.gathered.push({ stream: this, request: chunk.request });
    }
    this.#queuedBytes -= length;
    this.statistics.bytesSent(length);
    return pieces;
  }

  // ------------------------------------------------------------------ what programs submit

  respond(headers: [string, number], options: number): number {
    const { constants } = this.session.binding;
    const fields = headerFields(headers);
    return this.session.inScope(() => {
      if (options & constants["STREAM_OPTION_GET_TRAILERS"]!) this.#trailers = true;
      const empty = this.#shut || (options & constants["STREAM_OPTION_EMPTY_PAYLOAD"]!) !== 0;
      return this.session.engine.submitHeaders(this.streamId, fields, {
        source: empty ? undefined : this,
        endStream: empty,
      });
    });
  }

  info(headers: [string, number]): number {
    const fields = headerFields(headers);
    return this.session.inScope(() =>
      this.session.engine.submitHeaders(this.streamId, fields, { endStream: false }),
    );
  }

  trailers(headers: [string, number]): number {
    const fields = headerFields(headers);
    return this.session.inScope(() =>
      // Some browsers do not accept an empty block of trailers. An empty DATA frame ends the
      // stream, too.
      fields.length === 0
        ? this.session.engine.submitData(this.streamId, this)
        : this.session.engine.submitHeaders(this.streamId, fields, { endStream: true }),
    );
  }

  pushPromise(headers: [string, number], options: number): Http2Stream | number {
    const fields = headerFields(headers);
    return this.session.inScope(() => {
      const id = this.session.engine.submitPushPromise(this.streamId, fields);
      if (id <= 0) return id;
      return this.session.addStream(new Http2Stream(this.session, id, 3, options));
    });
  }

  priority(dependsOn: number, weight: number, exclusive: boolean, silent: boolean): void {
    if (silent) return;
    const priority: PriorityFields = {
      dependsOn,
      weight: Math.min(256, Math.max(1, weight)),
      exclusive,
    };
    this.session.inScope(() => this.session.engine.submitPriority(this.streamId, priority));
  }

  rstStream(code: number): void {
    if (this.#destroyed) return;
    this.#code = code;
    const { session } = this;
    if (session.inScopeNow && code === ErrorCode.cancel) {
      session.addPendingReset(this.streamId);
      return;
    }
    const overtakes = code === ErrorCode.refusedStream || this.#queuedBytes === 0;
    if (!purgesAlways && session.inScopeNow && overtakes) {
      this.flushReset();
      return;
    }
    // Queued frames are sent first, since a reset would overtake them.
    if (session.sendPending()) session.addPendingReset(this.streamId);
    else this.flushReset();
  }

  /** Sends the reset that waited for a write to end. */
  flushReset(): void {
    if (this.#destroyed) return;
    this.session.inScope(() => this.session.engine.submitRstStream(this.streamId, this.#code));
  }

  /** Called when the engine has finished with this stream. */
  closed(code: number): void {
    this.#code = code;
  }

  destroy(): void {
    if (this.#destroyed) return;
    const { session } = this;
    if (session.hasPendingReset(this.streamId)) this.flushReset();
    this.#destroyed = true;
    session.statistics.streamClosed(this.statistics.elapsedMs);
    this.statistics.ended(this.streamId);
    session.soon(() => {
      session.streams.delete(this.streamId);
      const queue = this.#queue;
      this.#queue = [];
      this.#queuedBytes = 0;
      for (const { request } of queue) if (request) this.finish(request, UV_ECANCELED);
    });
  }

  refreshState(): void {
    const stream = this.session.engine.streams.get(this.streamId);
    this.session.binding.setStreamState(stream, this.session.isServer);
  }
}
