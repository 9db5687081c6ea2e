/**
 * One end of an HTTP/2 connection (RFC 9113) without I/O of its own: bytes in, bytes out, and
 * events for a listener. It decides as nghttp2, Node's HTTP/2 library, does: the order of frames,
 * the limits, and whether a peer's error closes the stream or the connection.
 *
 * This file holds the state and what a program may submit. The two halves are in `inbound.ts` and
 * `outbound.ts`.
 */
import {
  DEFAULT_TABLE_SIZE,
  ErrorCode,
  HpackDecoder,
  HpackEncoder,
  type EncodableField,
  type PriorityFields,
  type Setting,
  SettingId,
} from "../../../wire/http2/index.ts";
import { type DataSource, EngineStream, type StreamState } from "./engine-stream.ts";
import type {
  EngineListener,
  EngineOptions,
  EngineSettings,
  HeadersItem,
  Item,
} from "./engine-types.ts";
import { NgError } from "./errors.ts";
import { Inbound } from "./inbound.ts";
import { Outbound } from "./outbound.ts";

const ID_MAX = 0x7fff_ffff;
const WINDOW_DEFAULT = 65_535;
/** The maximum number of queued acknowledgements. A peer that causes more is considered hostile. */
const QUEUED_ACKS_MAX = 1_000;

/** The initial settings, valid until others are negotiated (RFC 9113, section 6.5.2). */
export function initialSettings(): EngineSettings {
  return {
    headerTableSize: DEFAULT_TABLE_SIZE,
    enablePush: 1,
    maxConcurrentStreams: 0xffff_ffff,
    initialWindowSize: WINDOW_DEFAULT,
    maxFrameSize: 16_384,
    maxHeaderListSize: 0xffff_ffff,
    enableConnectProtocol: 0,
  };
}

/** One end of a connection. */
export class Engine {
  readonly options: EngineOptions;
  readonly listener: EngineListener;
  readonly server: boolean;
  readonly streams: Map<number, EngineStream> = new Map();
  readonly encoder: HpackEncoder;
  readonly decoder: HpackDecoder = new HpackDecoder();
  readonly localSettings: EngineSettings = initialSettings();
  readonly remoteSettings: EngineSettings = initialSettings();
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  /** Settings that were sent and not acknowledged, oldest first. */
  readonly unacknowledged: (readonly Setting[])[] = [];

  remoteSettingsReceived = false;
  /**
   * The limit that this side has requested and the peer may not know yet. It suffices for refusing
   * streams.
   */
  pendingMaxConcurrent = 0xffff_ffff;
  pendingEnablePush = true;
  pendingConnectProtocol = false;

  sendWindow: number = WINDOW_DEFAULT;
  receiveWindow: number = WINDOW_DEFAULT;
  received = 0;
  consumed = 0;
  /** The reduction of the window that the peer does not know of yet. */
  receiveReduction = 0;
  windowUpdateQueued = false;

  nextStreamId: number;
  lastReceivedId = 0;
  /** The newest stream of the peer that was processed. */
  lastProcessedId = 0;
  localLastId: number = ID_MAX;
  remoteLastId: number = ID_MAX;
  outgoing = 0;
  incoming = 0;
  incomingReserved = 0;
  queuedAcks = 0;

  goawaySubmitted = false;
  goawaySent = false;
  goawayReceived = false;
  /** True if a GOAWAY that ends the session is queued or sent. */
  terminating = false;
  terminated = false;

  constructor(options: EngineOptions, listener: EngineListener) {
    this.options = options;
    this.listener = listener;
    this.server = options.server;
    this.encoder = new HpackEncoder(options.maxDeflateTableSize);
    this.remoteSettings.maxConcurrentStreams = options.peerMaxConcurrentStreams;
    this.nextStreamId = options.server ? 2 : 1;
    this.inbound = new Inbound(this);
    this.outbound = new Outbound(this);
  }

  /** Returns whether this side opens the streams with such an id. */
  isMine(id: number): boolean {
    return id !== 0 && (id % 2 === 0) === this.server;
  }

  /** Returns whether a stream with this id has never been opened. */
  isIdle(id: number): boolean {
    return this.isMine(id) ? id >= this.nextStreamId : id > this.lastReceivedId;
  }

  /** True if more input can have an effect. */
  get wantsRead(): boolean {
    if (this.terminated) return false;
    return this.streams.size > 0 || !(this.goawaySent || this.goawayReceived);
  }

  /** True if there is something to send now. */
  get wantsWrite(): boolean {
    return !this.terminated && this.outbound.pending;
  }

  get closing(): boolean {
    return this.terminating || !(this.wantsRead || this.wantsWrite);
  }

  /** Receives bytes of the peer; see {@link Inbound.receive}. */
  receive(bytes: Uint8Array): number {
    return this.inbound.receive(bytes);
  }

  /** Returns the next frame to send, in pieces, or `undefined`. */
  nextFrame(): readonly Uint8Array[] | undefined {
    return this.outbound.next();
  }

  openStream(id: number, state: StreamState): EngineStream {
    const stream = new EngineStream(
      id,
      state,
      this.remoteSettings.initialWindowSize,
      this.localSettings.initialWindowSize,
    );
    stream.rules.strictWhitespace = this.options.strictWhitespace;
    this.streams.set(id, stream);
    if (state === "reserved") {
      if (this.isMine(id)) {
        stream.shutRead = true;
      } else {
        stream.shutWrite = true;
        this.incomingReserved++;
      }
    } else if (this.isMine(id)) {
      this.outgoing++;
    } else {
      this.incoming++;
    }
    return stream;
  }

  closeStream(id: number, errorCode: number): void {
    const stream = this.streams.get(id);
    if (!stream) return;
    this.listener.streamClosed(id, errorCode);
    this.outbound.detach(stream);
    if (stream.reserved) {
      if (!this.isMine(id)) this.incomingReserved--;
    } else if (this.isMine(id)) {
      this.outgoing--;
    } else {
      this.incoming--;
    }
    this.streams.delete(id);
  }

  closeIfShut(stream: EngineStream): void {
    if (stream.shutRead && stream.shutWrite) this.closeStream(stream.id, ErrorCode.noError);
  }

  /** Closes the streams that a GOAWAY excludes. */
  closeBeyond(lastId: number, incoming: boolean): void {
    const beyond = [...this.streams.keys()].filter(
      (id) => this.isMine(id) !== incoming && id > lastId,
    );
    for (const id of beyond.reverse()) this.closeStream(id, ErrorCode.refusedStream);
  }

  /** Sends a final GOAWAY. All further input is ignored. */
  terminate(errorCode: number, reason = ""): void {
    if (this.terminating) return;
    this.inbound.ignoreAll();
    this.outbound.push({
      kind: "goaway",
      lastStreamId: Math.min(this.lastProcessedId, this.localLastId),
      errorCode,
      data: new TextEncoder().encode(reason),
      terminate: true,
    });
    this.goawaySubmitted = true;
    this.terminating = true;
  }

  /** Opens a stream with a request. Returns the id, or a negative error. */
  submitRequest(
    fields: readonly EncodableField[],
    source: ((id: number) => DataSource) | undefined,
    priority: PriorityFields | undefined,
  ): number {
    const id = this.nextStreamId;
    if (this.server) return NgError.protocol;
    if (priority?.dependsOn === id) return NgError.invalidArgument;
    if (id > ID_MAX) return NgError.streamIdNotAvailable;
    this.nextStreamId += 2;
    this.outbound.push({
      kind: "headers",
      streamId: id,
      request: true,
      fields,
      source: source?.(id),
      endStream: !source,
      priority,
      canceledWith: undefined,
    });
    return id;
  }

  /** Sends header fields on an open stream: a response, an informational response, or trailers. */
  submitHeaders(
    streamId: number,
    fields: readonly EncodableField[],
    end: { source?: DataSource | undefined; endStream: boolean },
  ): number {
    const item: HeadersItem = {
      kind: "headers",
      streamId,
      request: false,
      fields,
      source: end.source,
      endStream: end.endStream,
      priority: undefined,
      canceledWith: undefined,
    };
    this.outbound.push(item);
    return 0;
  }

  submitData(streamId: number, source: DataSource): number {
    const stream = this.streams.get(streamId);
    if (!stream) return NgError.streamClosed;
    if (stream.data) return NgError.dataExists;
    this.outbound.attach(stream, { source, endStream: true });
    return 0;
  }

  /** Called when the stream's source has data again or has ended. */
  resumeData(streamId: number): void {
    const stream = this.streams.get(streamId);
    if (stream?.data && stream.deferredByUser) this.outbound.resumeByUser(stream);
  }

  /** Promises a stream. Returns its id, or a negative error. */
  submitPushPromise(streamId: number, fields: readonly EncodableField[]): number {
    if (!this.server) return NgError.protocol;
    if (streamId <= 0 || this.isMine(streamId)) return NgError.invalidArgument;
    if (this.nextStreamId > ID_MAX) return NgError.streamIdNotAvailable;
    if (!this.streams.has(streamId)) return NgError.streamClosed;
    const promisedId = this.nextStreamId;
    this.nextStreamId += 2;
    this.openStream(promisedId, "reserved");
    this.outbound.push({ kind: "pushPromise", streamId, promisedId, fields });
    return promisedId;
  }

  submitRstStream(streamId: number, errorCode: number): void {
    const stream = this.streams.get(streamId);
    if (streamId === 0 || stream?.state === "closing") return;
    if (this.isIdle(streamId)) return;
    if (!this.server && this.isMine(streamId) && this.outbound.cancelRequest(streamId, errorCode)) {
      return;
    }
    if (stream) stream.state = "closing";
    this.outbound.push({ kind: "rstStream", streamId, errorCode });
  }

  submitSettings(settings: readonly Setting[]): void {
    this.outbound.push({ kind: "settings", ack: false, settings });
    this.unacknowledged.push(settings);
    for (const { id, value } of settings) {
      if (id === SettingId.maxConcurrentStreams) this.pendingMaxConcurrent = value;
      else if (id === SettingId.enablePush) this.pendingEnablePush = value !== 0;
      else if (id === SettingId.enableConnectProtocol) this.pendingConnectProtocol = value !== 0;
    }
  }

  /** Queues an acknowledgement. Returns false if too many are queued already. */
  acknowledge(item: Item): boolean {
    if (this.queuedAcks >= QUEUED_ACKS_MAX) return false;
    this.queuedAcks++;
    this.outbound.push(item);
    return true;
  }

  submitPing(data: Uint8Array): void {
    this.outbound.push({ kind: "ping", ack: false, data });
  }

  submitGoaway(errorCode: number, lastStreamId: number, data: Uint8Array): void {
    if (this.terminating || this.isMine(lastStreamId)) return;
    this.outbound.push({
      kind: "goaway",
      lastStreamId: Math.min(lastStreamId, this.localLastId),
      errorCode,
      data,
      terminate: false,
    });
    this.goawaySubmitted = true;
  }

  submitPriority(streamId: number, priority: PriorityFields): number {
    if (streamId === 0 || priority.dependsOn === streamId) return NgError.invalidArgument;
    this.outbound.push({ kind: "priority", streamId, priority });
    return 0;
  }

  submitAltsvc(streamId: number, origin: string, value: string): void {
    this.outbound.push({ kind: "altsvc", streamId, origin, value });
  }

  submitOrigin(origins: readonly string[]): void {
    this.outbound.push({ kind: "origin", origins });
  }

  setNextStreamId(id: number): boolean {
    const usable = id > 0 && id <= ID_MAX && id >= this.nextStreamId && this.isMine(id);
    if (usable) this.nextStreamId = id;
    return usable;
  }

  /** Changes the connection's receive window as nghttp2 does. */
  setLocalWindowSize(size: number): void {
    let increment = size - this.receiveWindow;
    if (increment === 0) return;
    this.receiveWindow = size;
    if (increment < 0) {
      this.received += increment;
      this.receiveReduction -= increment;
      return;
    }
    const restored = Math.min(this.receiveReduction, increment);
    this.received += restored;
    this.receiveReduction -= restored;
    increment -= restored;
    if (increment > 0) this.outbound.pushWindowUpdate(0, increment);
  }

  /** Called when bytes of DATA were processed: the peer may send as many more on the connection. */
  consumeConnection(bytes: number): void {
    this.consumed += bytes;
    if (this.windowUpdateQueued) return;
    const size = Math.min(this.consumed, this.received);
    if (!worthAnUpdate(this.receiveWindow, size)) return;
    this.outbound.pushWindowUpdate(0, size);
    this.received -= size;
    this.consumed -= size;
  }

  /** The same for one stream. */
  consumeStream(id: number, bytes: number): void {
    const stream = this.streams.get(id);
    if (!stream) return;
    stream.consumed += bytes;
    if (stream.windowUpdateQueued) return;
    const size = Math.min(stream.consumed, stream.received);
    if (!worthAnUpdate(stream.receiveWindow, size)) return;
    this.outbound.pushWindowUpdate(id, size);
    stream.received -= size;
    stream.consumed -= size;
  }
}

function worthAnUpdate(window: number, size: number): boolean {
  return size > 0 && size >= Math.floor(window / 2);
}
