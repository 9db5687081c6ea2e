/**
 * `Http2Session` of `internalBinding('http2')`: connects an engine to the stream below it and to
 * Node's library above it. It sends and pauses reading at the same points as Node's
 * `node_http2.cc`.
 */
import { Kind } from "../../../trace/kinds.ts";
import type { PriorityFields, Setting } from "../../../wire/http2/index.ts";
import { ParentStream, type ParentReader, type StreamHandleLike } from "../parent-stream.ts";
import { CallbackScope } from "../stream-base.ts";
import type { Http2Binding } from "./binding-state.ts";
import { Engine } from "./engine.ts";
import { NgError } from "./errors.ts";
import { headerFields } from "./fields.ts";
import { Pending } from "./pending.ts";
import { SessionBit, SessionField } from "./layout.ts";
import { SessionListener } from "./session-listener.ts";
import { readOptions, type SessionOptions } from "./session-options.ts";
import { SessionStatistics } from "./statistics.ts";
import { Http2Stream } from "./stream.ts";
import { Buffer } from "node:buffer";
import type { Request } from "../stream.ts";

const NO_DATA = new Uint8Array(0);

/** Outgoing bytes that belong to a write of the program. */
export interface OutgoingWrite {
  readonly stream: Http2Stream;
  readonly request: Request;
}

/** A connection, as used by Node's library. */
export class Http2Session implements ParentReader {
  readonly binding: Http2Binding;
  readonly scope: CallbackScope;
  readonly engine: Engine;
  readonly options: SessionOptions;
  readonly isServer: boolean;
  readonly streams: Map<number, Http2Stream> = new Map();
  readonly statistics: SessionStatistics;
  readonly fields: Uint8Array = new Uint8Array(SessionField.bytes);
  readonly remoteCustom: Map<number, number | undefined>;
  readonly localCustom: Map<number, number> = new Map();
  chunksSentSinceLastWrite = 0;
  /** The number of writes to the stream below since the program's last write. */
  chunksSent = 0;
  ondone: unknown;
  ongracefulclosecomplete: unknown;
  rejectedStreams = 0;
  invalidFrames = 0;
  /** Set if the engine is to stop with an error of Node's own. */
  customError: string | undefined;
  /** Program data that is sent with the frames being gathered. */
  gathered: OutgoingWrite[] = [];
  readonly asyncId: number;

  #parent: ParentStream | undefined;
  #sending = false;
  #writing = false;
  #writeScheduled = false;
  #readingStopped = false;
  #closing = false;
  #destroyed = false;
  #graceful = false;
  #scopes = 0;
  #outgoing: OutgoingWrite[] = [];
  #pings: Pending[] = [];
  #settings: Pending[] = [];
  #pendingResets: number[] = [];
  /** Input that arrived during a write. */
  #unread: Uint8Array[] = [];
  #receivePaused = false;

  constructor(binding: Http2Binding, type: number) {
    this.binding = binding;
    this.isServer = type === 0;
    this.scope = new CallbackScope(binding.realm);
    this.statistics = new SessionStatistics(binding.realm);
    this.options = readOptions(binding, this.isServer);
    this.remoteCustom = binding.takeRemoteCustomSettings();
    const words = new Uint32Array(this.fields.buffer);
    words[SessionField.maxInvalidFrames / 4] = 1_000;
    words[SessionField.maxRejectedStreams / 4] = 100;
    this.engine = new Engine(this.options.engine, new SessionListener(this));
    this.asyncId = binding.realm.context.async.register(this, "HTTP2SESSION");
  }

  getAsyncId(): number {
    return this.asyncId;
  }

  getProviderType(): number {
    return 0;
  }

  get destroyed(): boolean {
    return this.#destroyed;
  }

  get writing(): boolean {
    return this.#writing;
  }

  /** Returns a limit that the program may change at any time. */
  limit(field: "maxInvalidFrames" | "maxRejectedStreams"): number {
    return new Uint32Array(this.fields.buffer)[SessionField[field] / 4] as number;
  }

  hasBit(bit: keyof typeof SessionBit): boolean {
    return ((this.fields[SessionField.bitfield] as number) & (1 << SessionBit[bit])) !== 0;
  }

  clearBit(bit: keyof typeof SessionBit): void {
    this.fields[SessionField.bitfield] =
      (this.fields[SessionField.bitfield] as number) & ~(1 << SessionBit[bit]);
  }

  /** Calls one of the functions that the library registered. */
  call(name: string, ...args: readonly unknown[]): unknown {
    return this.scope.call(this, this.binding.callbacks[name], args);
  }

  fail(error: number, customCode: string | null = null): void {
    this.call("error", error, customCode);
  }

  /** Runs `action` in the loop's next phase, and keeps the process alive until then. */
  soon(action: () => void): void {
    const { loop, process } = this.binding.realm.context;
    loop.retain();
    process.schedule(
      0,
      Kind.internal,
      () => {
        loop.release();
        this.scope.fromLoop(action);
      },
      undefined,
    );
  }

  addStream(stream: Http2Stream): Http2Stream {
    this.streams.set(stream.streamId, stream);
    this.statistics.streamOpened(this.streams.size);
    return stream;
  }

  // ------------------------------------------------------------------ the stream below

  consume(handle: StreamHandleLike): void {
    this.#parent = new ParentStream(this.binding.realm, this.scope, handle);
    this.#parent.consume(this);
  }

  onParentRead(count: number, bytes: Uint8Array | undefined): void {
    this.inScope(() => {
      if (count < 0) {
        this.#parent?.passToPrevious(count);
        return;
      }
      if (!bytes || count === 0) return;
      this.statistics.bytesRead += count;
      this.#unread.push(bytes);
      if (this.#receivePaused) return;
      this.#consumeInput();
      this.#maybeStopReading();
    });
  }

  /** Receives input that the socket had read before the session took over. */
  receive(bytes: Uint8Array): void {
    this.inScope(() => {
      this.#unread.push(bytes);
      this.#consumeInput();
    });
  }

  #consumeInput(): void {
    this.#receivePaused = false;
    const [first] = this.#unread;
    if (!first) return;
    const input = this.#unread.length === 1 ? first : Buffer.concat(this.#unread);
    this.#unread = [];
    this.customError = undefined;
    const used = this.engine.receive(input);
    if (this.#receivePaused) {
      // Even with no bytes left, the end of the frame may have to be reported.
      this.#unread.unshift(input.subarray(Math.max(0, used)));
      return;
    }
    if (used >= 0) {
      if (!this.#destroyed) this.sendPending();
      return;
    }
    this.fail(used, this.customError ?? null);
  }

  /** Called after a chunk was passed on. Returns true to pause the engine until a write is done. */
  pauseWhileWriting(): boolean {
    if (!this.#writing) return false;
    this.#receivePaused = true;
    return true;
  }

  #maybeStopReading(): void {
    if (this.#readingStopped || this.#closing || !this.#parent) return;
    if (this.engine.wantsRead && !this.#writing) return;
    this.#readingStopped = true;
    this.#parent.handle.readStop();
  }

  // ------------------------------------------------------------------ sending

  /** Runs `action`. What it queues is sent together in a later phase. */
  inScope<T>(action: () => T): T {
    this.#scopes++;
    try {
      return action();
    } finally {
      this.#scopes--;
      if (this.#scopes === 0) this.#scheduleWrite();
    }
  }

  get inScopeNow(): boolean {
    return this.#scopes > 0;
  }

  #scheduleWrite(): void {
    if (this.#writeScheduled || this.#destroyed || !this.engine.wantsWrite) return;
    this.#writeScheduled = true;
    this.soon(() => {
      if (!this.#writeScheduled) return;
      this.sendPending();
    });
  }

  /** Sends the engine's output. Returns true if a write is already in progress. */
  sendPending(): boolean {
    if (this.#destroyed) return false;
    this.#writeScheduled = false;
    if (this.#sending) return true;
    this.#sending = true;
    const chunks: Uint8Array[] = [];
    this.gathered = [];
    for (;;) {
      const frame = this.engine.nextFrame();
      if (!frame) break;
      for (const piece of frame) if (piece.length > 0) chunks.push(piece);
    }
    this.#outgoing = this.gathered;
    this.gathered = [];
    const parent = this.#parent;
    if (!parent) {
      this.#clearOutgoing();
      return false;
    }
    if (chunks.length === 0) {
      this.#clearOutgoing();
      this.#notifyGracefulClose();
      return false;
    }
    this.chunksSent++;
    for (const chunk of chunks) this.statistics.bytesWritten += chunk.length;
    this.#writing = true;
    const { async } = parent.write(chunks, (status) => this.#afterWrite(status));
    if (!async) {
      this.#writing = false;
      this.#clearOutgoing();
    }
    this.#maybeStopReading();
    this.#notifyGracefulClose();
    return false;
  }

  updateChunksSent(): number {
    this.chunksSentSinceLastWrite = this.chunksSent;
    return this.chunksSent;
  }

  #clearOutgoing(): void {
    this.#sending = false;
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    for (const { stream, request } of outgoing) stream.finish(request, 0);
    if (this.#pendingResets.length === 0) return;
    const resets = this.#pendingResets;
    this.#pendingResets = [];
    this.sendPending();
    for (const id of resets) this.streams.get(id)?.flushReset();
  }

  #afterWrite(_status: number): void {
    this.#writing = false;
    this.#clearOutgoing();
    if (this.#readingStopped && !this.#writing && this.engine.wantsRead) {
      this.#readingStopped = false;
      this.#parent?.handle.readStart();
    }
    if (this.#destroyed) {
      this.#done();
      return;
    }
    if (this.#receivePaused) this.inScope(() => this.#consumeInput());
    this.#scheduleWrite();
  }

  addPendingReset(id: number): void {
    this.#pendingResets.push(id);
  }

  hasPendingReset(id: number): boolean {
    return this.#pendingResets.includes(id);
  }

  hasWritesFor(stream: Http2Stream): boolean {
    return this.#outgoing.some((write) => write.stream === stream);
  }

  // ------------------------------------------------------------------ closing

  destroy(code: number, socketDestroyed: boolean): void {
    this.close(code, socketDestroyed);
  }

  close(code: number, socketClosed = false): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#parent) {
      this.#readingStopped = true;
      this.#parent.handle.readStop();
    }
    if (!socketClosed) {
      this.engine.terminate(code);
      this.sendPending();
    } else {
      this.#parent?.release();
    }
    this.#destroyed = true;
    if (!this.#writing) this.#done();
    const pings = this.#pings;
    this.#pings = [];
    for (const ping of pings) this.soon(() => this.#finish(ping, false, NO_DATA));
    this.statistics.ended(this.isServer ? "server" : "client");
  }

  #done(): void {
    this.scope.call(this, this.ondone, []);
    if (!this.#parent) return;
    // The peer's end of the stream still has to be read.
    this.#readingStopped = false;
    this.#parent.handle.readStart();
  }

  hasPendingData(): boolean {
    return this.engine.wantsWrite || this.engine.wantsRead;
  }

  setGracefulClose(): void {
    this.#graceful = true;
  }

  #notifyGracefulClose(): void {
    if (!this.#graceful || this.#destroyed || this.hasPendingData()) return;
    this.scope.call(this, this.ongracefulclosecomplete, []);
  }

  // ------------------------------------------------------------------ what programs submit

  request(
    headers: [string, number],
    options: number,
    parent = 0,
    weight = 16,
    exclusive = false,
  ): Http2Stream | number {
    const fields = headerFields(headers);
    const priority: PriorityFields | undefined =
      parent === 0 && weight === 16 && !exclusive
        ? undefined
        : { dependsOn: parent, weight, exclusive };
    return this.inScope(() => {
      const empty = (options & this.binding.constants["STREAM_OPTION_EMPTY_PAYLOAD"]!) !== 0;
      let stream: Http2Stream | undefined;
      const id = this.engine.submitRequest(
        fields,
        empty
          ? undefined
          : (streamId) =>
              (stream = this.addStream(new Http2Stream(this, streamId, 3, options))).source(
                options,
              ),
        priority,
      );
      if (id < 0) return id;
      return stream ?? this.addStream(new Http2Stream(this, id, 3, options));
    });
  }

  settings(callback: unknown): boolean {
    if (this.#settings.length >= this.options.maxOutstandingSettings) return false;
    const settings = this.binding.settingsFromBuffer();
    this.#settings.push(new Pending(this.binding.realm, "HTTP2SETTINGS", callback));
    for (const { id, value } of settings) {
      if (!this.binding.isKnownSetting(id)) this.localCustom.set(id, value);
    }
    this.inScope(() => this.engine.submitSettings(settings));
    return true;
  }

  ping(payload: Uint8Array | undefined, callback: unknown): boolean {
    const ping = new Pending(this.binding.realm, "HTTP2PING", callback);
    if (this.#pings.length >= this.options.maxOutstandingPings) {
      this.#finish(ping, false, NO_DATA);
      return false;
    }
    const data = new Uint8Array(8);
    if (payload) data.set(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength));
    else new DataView(data.buffer).setBigUint64(0, BigInt(Math.trunc(ping.startNs)), true);
    this.#pings.push(ping);
    this.inScope(() => this.engine.submitPing(data));
    return true;
  }

  settingsAcknowledged(_settings: readonly Setting[]): void {
    const pending = this.#settings.shift();
    if (!pending) {
      this.fail(NgError.protocol);
      return;
    }
    pending.done(this.scope, true, pending.elapsedMs);
  }

  pingAcknowledged(data: Uint8Array): void {
    const ping = this.#pings.shift();
    if (ping) {
      this.statistics.pingRttMs = ping.elapsedMs;
      this.#finish(ping, true, data);
    } else this.fail(NgError.protocol);
  }

  #finish(ping: Pending, ack: boolean, data: Uint8Array): void {
    // A separate buffer, as native code creates it: programs look at its underlying memory.
    const payload = ack ? Buffer.from(Uint8Array.from(data).buffer) : undefined;
    ping.done(this.scope, ack, ping.elapsedMs, payload);
  }

  goaway(code: number, lastStreamId: number, data: Uint8Array | undefined): void {
    if (this.#destroyed) return;
    this.inScope(() =>
      this.engine.submitGoaway(
        code,
        lastStreamId > 0 ? lastStreamId : this.engine.lastProcessedId,
        data ? Uint8Array.from(data) : NO_DATA,
      ),
    );
  }

  setNextStreamID(id: number): boolean {
    return this.engine.setNextStreamId(id);
  }

  setLocalWindowSize(size: number): number {
    this.inScope(() => this.engine.setLocalWindowSize(size));
    return 0;
  }

  altsvc(streamId: number, origin: string, value: string): void {
    this.inScope(() => this.engine.submitAltsvc(streamId, origin, value));
  }

  origin(origins: string, _count: number): void {
    const list = origins.split("\0").slice(0, -1);
    this.inScope(() => this.engine.submitOrigin(list));
  }

  // ------------------------------------------------------------------ numbers for the program

  localSettings(): void {
    this.binding.settingsToBuffer(this.engine.localSettings, this.localCustom);
  }

  remoteSettings(): void {
    const custom = new Map<number, number>();
    for (const [id, value] of this.remoteCustom) if (value !== undefined) custom.set(id, value);
    this.binding.settingsToBuffer(this.engine.remoteSettings, custom);
  }

  refreshState(): void {
    const { engine } = this;
    this.binding.setSessionState({
      EFFECTIVE_LOCAL_WINDOW_SIZE: engine.receiveWindow,
      EFFECTIVE_RECV_DATA_LENGTH: Math.max(0, engine.received),
      NEXT_STREAM_ID: engine.nextStreamId,
      LOCAL_WINDOW_SIZE: engine.receiveWindow - engine.received,
      LAST_PROC_STREAM_ID: engine.lastProcessedId,
      REMOTE_WINDOW_SIZE: engine.sendWindow,
      OUTBOUND_QUEUE_SIZE: engine.outbound.queued,
      HD_DEFLATE_DYNAMIC_TABLE_SIZE: engine.encoder.tableSize,
      HD_INFLATE_DYNAMIC_TABLE_SIZE: engine.decoder.tableSize,
    });
  }
}
