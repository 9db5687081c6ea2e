/** The sending half of the engine: selects the next frame and checks that it may still be sent. */
import {
  CLIENT_PREFACE,
  encodeAltsvc,
  encodeDataHeader,
  encodeFrame,
  encodeGoaway,
  encodeOrigin,
  encodePriority,
  encodeRstStream,
  encodeSettings,
  encodeWindowUpdate,
  ErrorCode,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameType,
  makeFrame,
} from "../../../wire/http2/index.ts";
import type { Engine } from "./engine.ts";
import type { DataItem, EngineStream } from "./engine-stream.ts";
import type { HeadersItem, Item } from "./engine-types.ts";
import { NgError } from "./errors.ts";

/** DATA is split into frames of at most this size, even if the peer accepts larger ones. */
const DATA_BYTES_MAX = 16_384;
/** The maximum padding of a frame: the length byte and the bytes that it counts. */
const PADDING_MAX = 256;

const encoder = new TextEncoder();

type Frame = readonly Uint8Array[];

/** Returns the frame type of an item that is not DATA. */
function typeOf(item: Item): number {
  return FrameType[item.kind];
}

/** The send queues of one connection. */
export class Outbound {
  readonly #engine: Engine;
  readonly #urgent: Item[] = [];
  readonly #regular: Item[] = [];
  /** Items that open streams. They wait while the peer allows no more streams. */
  readonly #opening: HeadersItem[] = [];
  /** Streams with DATA to send. They are served in turn. */
  #ready: EngineStream[] = [];
  #preface: boolean;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#preface = !engine.server;
  }

  get pending(): boolean {
    return (
      this.#preface ||
      this.#urgent.length > 0 ||
      this.#regular.length > 0 ||
      (this.#ready.length > 0 && this.#engine.sendWindow > 0) ||
      (this.#opening.length > 0 && this.#mayOpen)
    );
  }

  /** The number of queued frames, without DATA. */
  get queued(): number {
    return this.#urgent.length + this.#regular.length + this.#opening.length;
  }

  get #mayOpen(): boolean {
    const { outgoing, remoteSettings } = this.#engine;
    return outgoing < remoteSettings.maxConcurrentStreams;
  }

  push(item: Item): void {
    if (item.kind === "settings" || item.kind === "ping") {
      this.#urgent.push(item);
    } else if (
      item.kind === "headers" &&
      (item.request || this.#engine.streams.get(item.streamId)?.state === "reserved")
    ) {
      this.#opening.push(item);
    } else {
      this.#regular.push(item);
    }
  }

  pushWindowUpdate(streamId: number, increment: number): void {
    const stream = this.#engine.streams.get(streamId);
    if (stream) stream.windowUpdateQueued = true;
    else if (streamId === 0) this.#engine.windowUpdateQueued = true;
    this.#regular.push({ kind: "windowUpdate", streamId, increment });
  }

  /** Marks a request that has not been sent as canceled. Returns false if there is none. */
  cancelRequest(streamId: number, errorCode: number): boolean {
    const item = this.#opening.find((waiting) => waiting.streamId === streamId);
    if (!item || item.canceledWith !== undefined) return false;
    item.canceledWith = errorCode;
    return true;
  }

  attach(stream: EngineStream, data: DataItem): void {
    stream.data = data;
    stream.deferredByUser = false;
    stream.deferredByFlow = false;
    this.#ready.push(stream);
  }

  detach(stream: EngineStream): void {
    stream.data = undefined;
    this.#unqueue(stream);
  }

  resumeByUser(stream: EngineStream): void {
    stream.deferredByUser = false;
    this.#requeue(stream);
  }

  resumeByFlow(stream: EngineStream): void {
    if (!stream.deferredByFlow) return;
    stream.deferredByFlow = false;
    this.#requeue(stream);
  }

  #requeue(stream: EngineStream): void {
    if (stream.data && !stream.deferredByUser && !stream.deferredByFlow) this.#ready.push(stream);
  }

  #unqueue(stream: EngineStream): void {
    const at = this.#ready.indexOf(stream);
    if (at >= 0) this.#ready.splice(at, 1);
  }

  /** Returns the next frame, in pieces, or `undefined` if nothing can be sent now. */
  next(): Frame | undefined {
    if (this.#preface) {
      this.#preface = false;
      return [encoder.encode(CLIENT_PREFACE)];
    }
    for (;;) {
      const item =
        this.#urgent.shift() ??
        this.#regular.shift() ??
        (this.#mayOpen ? this.#opening.shift() : undefined);
      let frame: Frame | undefined;
      if (item) {
        frame = this.#send(item);
      } else {
        const stream = this.#engine.sendWindow > 0 ? this.#ready[0] : undefined;
        if (!stream) return undefined;
        frame = this.#sendData(stream);
      }
      if (frame) return frame;
    }
  }

  #send(item: Item): Frame | undefined {
    const engine = this.#engine;
    const prepared = this.#prepare(item);
    if (typeof prepared === "number") {
      const silent =
        item.kind === "windowUpdate" ||
        (item.kind === "rstStream" && prepared === NgError.streamClosed);
      if (!silent && prepared !== 0) {
        engine.listener.frameNotSent(
          typeOf(item),
          "streamId" in item ? item.streamId : 0,
          prepared,
        );
      }
      if (item.kind === "headers" && item.request) {
        engine.closeStream(item.streamId, item.canceledWith ?? ErrorCode.refusedStream);
      } else if (item.kind === "pushPromise") {
        engine.closeStream(item.promisedId, ErrorCode.internalError);
      }
      return undefined;
    }
    engine.listener.frameSent();
    this.#afterSent(item);
    return prepared;
  }

  /** Returns the frame's bytes, or the error if it may not be sent. */
  #prepare(item: Item): Frame | number {
    const engine = this.#engine;
    switch (item.kind) {
      case "headers":
        return this.#prepareHeaders(item);
      case "pushPromise":
        return this.#preparePromise(item);
      case "settings":
        if (item.ack) {
          engine.queuedAcks--;
          if (engine.closing) return NgError.sessionClosing;
        }
        return [
          encodeFrame(
            FrameType.settings,
            item.ack ? FrameFlag.ack : 0,
            0,
            encodeSettings(item.settings),
          ),
        ];
      case "ping":
        if (item.ack) engine.queuedAcks--;
        if (engine.terminating) return NgError.sessionClosing;
        return [encodeFrame(FrameType.ping, item.ack ? FrameFlag.ack : 0, 0, item.data)];
      case "goaway":
        engine.localLastId = item.lastStreamId;
        return [encodeGoaway(item.lastStreamId, item.errorCode, item.data)];
      case "rstStream":
        if (engine.closing) return NgError.sessionClosing;
        return [encodeRstStream(item.streamId, item.errorCode)];
      case "windowUpdate":
        return (
          this.#windowUpdateError(item.streamId) || [
            encodeWindowUpdate(item.streamId, item.increment),
          ]
        );
      case "priority":
        if (engine.closing) return NgError.sessionClosing;
        return [encodePriority(item.streamId, item.priority)];
      case "altsvc":
        return (
          this.#altsvcError(item.streamId) || [encodeAltsvc(item.streamId, item.origin, item.value)]
        );
      case "origin":
        if (engine.closing) return NgError.sessionClosing;
        return [encodeOrigin(item.origins)];
    }
  }

  #windowUpdateError(streamId: number): number {
    if (this.#engine.closing) return NgError.sessionClosing;
    if (streamId === 0) return 0;
    const stream = this.#engine.streams.get(streamId);
    if (!stream) return NgError.streamClosed;
    if (stream.state === "closing") return NgError.streamClosing;
    if (stream.reserved && this.#engine.isMine(streamId)) return NgError.invalidStreamState;
    return 0;
  }

  #altsvcError(streamId: number): number {
    if (this.#engine.closing) return NgError.sessionClosing;
    if (streamId === 0) return 0;
    const stream = this.#engine.streams.get(streamId);
    if (!stream) return NgError.streamClosed;
    return stream.state === "closing" ? NgError.streamClosing : 0;
  }

  /** Returns the error if nothing may be sent on a stream. */
  #streamError(stream: EngineStream | undefined): number {
    if (!stream) return NgError.streamClosed;
    if (this.#engine.closing) return NgError.sessionClosing;
    return stream.shutWrite ? NgError.streamShutWrite : 0;
  }

  #headersError(item: HeadersItem): number {
    const engine = this.#engine;
    if (item.request) {
      engine.openStream(item.streamId, "initial");
      if (item.canceledWith !== undefined) return NgError.streamClosing;
      return engine.goawayReceived || engine.closing ? NgError.startStreamNotAllowed : 0;
    }
    const stream = engine.streams.get(item.streamId);
    const error = this.#streamError(stream);
    if (error !== 0 || !stream) return error;
    if (stream.state === "closing") return NgError.streamClosing;
    if (stream.state === "reserved") {
      return engine.goawayReceived ? NgError.startStreamNotAllowed : 0;
    }
    if (stream.state === "opened" || stream.state === "opening") return 0;
    return engine.isMine(stream.id) ? 0 : NgError.invalidStreamState;
  }

  #prepareHeaders(item: HeadersItem): Frame | number {
    const error = this.#headersError(item);
    if (error !== 0) return error;
    if (this.#tooLong(item.fields)) return NgError.frameSize;
    if (item.request) {
      const method = item.fields.find(({ name }) => name === ":method")?.value ?? "";
      this.#engine.streams.get(item.streamId)?.rules.requestSent(method);
    }
    const block = this.#engine.encoder.encode(item.fields);
    const flags = item.endStream ? FrameFlag.endStream : 0;
    return this.#cutBlock(FrameType.headers, flags, item.streamId, block);
  }

  #preparePromise(item: Item & { kind: "pushPromise" }): Frame | number {
    const engine = this.#engine;
    const stream = engine.streams.get(item.streamId);
    const error = this.#streamError(stream);
    if (error !== 0) return error;
    if (engine.remoteSettings.enablePush === 0) return NgError.pushDisabled;
    if (stream?.state === "closing") return NgError.streamClosing;
    if (engine.goawayReceived) return NgError.startStreamNotAllowed;
    if (this.#tooLong(item.fields)) return NgError.frameSize;
    const block = engine.encoder.encode(item.fields);
    const payload = new Uint8Array(4 + block.length);
    new DataView(payload.buffer).setUint32(0, item.promisedId);
    payload.set(block, 4);
    return this.#cutBlock(FrameType.pushPromise, 0, item.streamId, payload);
  }

  /** Checks an upper bound of the block's size, which nghttp2 computes before it encodes. */
  #tooLong(fields: HeadersItem["fields"]): boolean {
    let bytes = 5 + 12;
    for (const { name, value } of fields) bytes += 12 + name.length + value.length;
    return bytes > this.#engine.options.maxSendHeaderBlockLength;
  }

  /**
   * Returns a header block as one frame, with CONTINUATION frames for the part that does not fit.
   */
  #cutBlock(type: number, flags: number, streamId: number, payload: Uint8Array): Frame {
    const first = payload.subarray(0, DATA_BYTES_MAX);
    const whole = first.length === payload.length;
    const endFlag = whole ? FrameFlag.endHeaders : 0;
    const frames = [this.#padded(type, flags | endFlag, streamId, first)];
    for (let at = first.length; at < payload.length; at += DATA_BYTES_MAX) {
      const piece = payload.subarray(at, at + DATA_BYTES_MAX);
      const last = at + piece.length === payload.length;
      frames.push(
        encodeFrame(FrameType.continuation, last ? FrameFlag.endHeaders : 0, streamId, piece),
      );
    }
    return frames;
  }

  #padded(type: number, flags: number, streamId: number, payload: Uint8Array): Uint8Array {
    const max = Math.min(DATA_BYTES_MAX, payload.length + PADDING_MAX);
    const padding = this.#padding(payload.length, max);
    if (padding === 0) return encodeFrame(type, flags, streamId, payload);
    const frame = makeFrame(type, flags | FrameFlag.padded, streamId, payload.length + padding);
    frame[FRAME_HEADER_BYTES] = padding - 1;
    frame.set(payload, FRAME_HEADER_BYTES + 1);
    return frame;
  }

  #padding(length: number, max: number): number {
    if (length >= max) return 0;
    return Math.max(0, Math.min(this.#engine.listener.selectPadding(length, max), max) - length);
  }

  #afterSent(item: Item): void {
    const engine = this.#engine;
    switch (item.kind) {
      case "headers":
        this.#afterHeaders(item);
        break;
      case "rstStream":
        engine.closeStream(item.streamId, item.errorCode);
        break;
      case "goaway":
        if (item.terminate) engine.terminated = true;
        engine.goawaySent = true;
        engine.closeBeyond(item.lastStreamId, true);
        break;
      case "windowUpdate": {
        if (item.streamId === 0) {
          engine.windowUpdateQueued = false;
          engine.consumeConnection(0);
          break;
        }
        const stream = engine.streams.get(item.streamId);
        if (!stream) break;
        stream.windowUpdateQueued = false;
        if (!stream.shutRead) engine.consumeStream(stream.id, 0);
        break;
      }
      default:
        break;
    }
  }

  #afterHeaders(item: HeadersItem): void {
    const engine = this.#engine;
    const stream = engine.streams.get(item.streamId);
    if (!stream) return;
    if (item.request) {
      stream.state = "opening";
    } else if (stream.reserved) {
      stream.reserved = false;
      engine.outgoing++;
      stream.state = "opened";
    } else if (!engine.isMine(stream.id)) {
      stream.state = "opened";
    }
    if (item.endStream) stream.shutWrite = true;
    engine.closeIfShut(stream);
    if (item.source && engine.streams.has(stream.id) && !stream.data) {
      this.attach(stream, { source: item.source, endStream: true });
    }
  }

  #dataError(stream: EngineStream): number {
    const error = this.#streamError(this.#engine.streams.get(stream.id));
    if (error !== 0) return error;
    if (stream.state === "closing") return NgError.streamClosing;
    if (this.#engine.isMine(stream.id)) {
      return stream.state === "reserved" ? NgError.invalidStreamState : 0;
    }
    return stream.state === "opened" ? 0 : NgError.invalidStreamState;
  }

  #sendData(stream: EngineStream): Frame | undefined {
    const engine = this.#engine;
    const { data } = stream;
    if (!data || this.#dataError(stream) !== 0) {
      this.detach(stream);
      return undefined;
    }
    const max = Math.min(
      DATA_BYTES_MAX,
      stream.sendWindow,
      engine.sendWindow,
      engine.remoteSettings.maxFrameSize,
    );
    if (max <= 0) {
      stream.deferredByFlow = true;
      this.#unqueue(stream);
      return undefined;
    }
    const answer = data.source.read(max);
    // The source calls the program, which may have reset the stream or ended the session.
    if (!engine.streams.has(stream.id)) return undefined;
    if (!answer) {
      stream.deferredByUser = true;
      this.#unqueue(stream);
      return undefined;
    }
    if (answer.length === 0 && answer.eof && answer.noEndStream) {
      this.detach(stream);
      return undefined;
    }
    const padding = this.#padding(answer.length, Math.min(max, answer.length + PADDING_MAX));
    const length = answer.length + padding;
    const ends = answer.eof && data.endStream && !answer.noEndStream;
    const flags = (ends ? FrameFlag.endStream : 0) | (padding > 0 ? FrameFlag.padded : 0);
    const frame: Uint8Array[] = [encodeDataHeader(length, flags, stream.id)];
    if (padding > 0) frame.push(Uint8Array.of(padding - 1));
    frame.push(...data.source.take(answer.length));
    if (padding > 1) frame.push(new Uint8Array(padding - 1));
    engine.listener.frameSent();
    engine.sendWindow -= length;
    stream.sendWindow -= length;
    this.#afterData(stream, answer.eof, ends);
    return frame;
  }

  #afterData(stream: EngineStream, eof: boolean, ends: boolean): void {
    if (eof) {
      this.detach(stream);
      if (ends) {
        stream.shutWrite = true;
        this.#engine.closeIfShut(stream);
      }
      return;
    }
    if (this.#dataError(stream) !== 0) {
      this.detach(stream);
      return;
    }
    // Moves on to the next stream.
    if (this.#ready.length > 1 && this.#ready[0] === stream) {
      this.#ready.shift();
      this.#ready.push(stream);
    }
  }
}
