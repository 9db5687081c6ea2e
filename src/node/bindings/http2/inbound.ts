/** The receiving half of the engine: splits bytes into frames and checks each as nghttp2 does. */
import {
  CLIENT_PREFACE,
  ErrorCode,
  FRAME_HEADER_BYTES,
  FrameFlag,
  type FrameHeader,
  FrameType,
  readFrameHeader,
  withoutPadding,
} from "../../../wire/http2/index.ts";
import { Allowance } from "./allowance.ts";
import type { Engine } from "./engine.ts";
import type { InboundPort } from "./engine-types.ts";
import { errorCodeOf, NgError } from "./errors.ts";
import { InboundControl } from "./inbound-control.ts";
import { InboundHeaders } from "./inbound-headers.ts";

type State = "preface" | "head" | "payload" | "data" | "skip" | "ignoreAll";

/** The maximum number of CONTINUATION frames that nghttp2 accepts for a header block. */
const CONTINUATIONS_MAX = 8;
/**
 * The allowed number of irregular but valid frames before the peer is considered hostile: a burst,
 * and a number per second.
 */
const GLITCHES = { burst: 10_000, rate: 330 };

/** Receives bytes, in pieces of any size. */
export class Inbound implements InboundPort {
  readonly #engine: Engine;
  readonly #control: InboundControl;
  readonly #headers: InboundHeaders;
  #state: State;
  /** The bytes received so far of a frame header, a payload, or the preface. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #header: FrameHeader = { length: 0, type: 0, flags: 0, streamId: 0 };
  /** The number of bytes left of a DATA payload or of a payload to skip. */
  #left = 0;
  /** The part of it that is padding. */
  #padding = 0;
  #settingsSeen = false;
  /** A header block in progress. Only CONTINUATION may follow it. */
  #block: { header: FrameHeader; pieces: Uint8Array[]; count: number } | undefined;
  /** An error that ends the session. */
  #fatal = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#control = new InboundControl(engine, this);
    this.#headers = new InboundHeaders(engine, this);
    this.#state = engine.server ? "preface" : "head";
  }

  /** Ignores all input from now on. */
  ignoreAll(): void {
    this.#state = "ignoreAll";
  }

  get ignoring(): boolean {
    return this.#state === "ignoreAll";
  }

  /** Ends the session with one of nghttp2's fatal errors, once the current frame is processed. */
  fail(error: number): void {
    if (this.#fatal === 0) this.#fatal = error;
  }

  /** Disconnects a peer that sends irregular frames too often. */
  glitch(): void {
    if (this.#engine.terminating || this.#glitches.take()) return;
    this.#engine.terminate(ErrorCode.enhanceYourCalm);
  }

  readonly #glitches = new Allowance(GLITCHES.burst, GLITCHES.rate, () =>
    this.#engine.options.nowS(),
  );

  /**
   * Receives bytes of the peer. Returns how many were used: fewer than given if the listener asked
   * to pause, or a negative error of nghttp2.
   */
  receive(bytes: Uint8Array): number {
    let at = 0;
    if (!this.#engine.wantsRead) return bytes.length;
    for (;;) {
      if (this.#fatal !== 0) return this.#fatal;
      const before = this.#state;
      switch (this.#state) {
        case "ignoreAll":
          return bytes.length;
        case "preface":
          at = this.#take(bytes, at, CLIENT_PREFACE.length);
          if (!this.#prefaceMatches()) return NgError.badClientMagic;
          if (this.#heldBytes < CLIENT_PREFACE.length) return at;
          this.#joined();
          this.#state = "head";
          break;
        case "head":
          at = this.#take(bytes, at, FRAME_HEADER_BYTES);
          if (this.#heldBytes < FRAME_HEADER_BYTES) return at;
          this.#header = readFrameHeader(this.#joined());
          this.#begin();
          break;
        case "payload":
          at = this.#take(bytes, at, this.#header.length);
          if (this.#heldBytes < this.#header.length) return at;
          this.#state = "head";
          this.#whole(this.#joined());
          break;
        case "data": {
          const step = this.#data(bytes, at);
          at = step.at;
          if (step.stop) return this.#fatal || at;
          break;
        }
        case "skip": {
          const size = Math.min(this.#left, bytes.length - at);
          at += size;
          this.#left -= size;
          if (this.#header.type === FrameType.data) this.#countIgnored(size);
          if (this.#left > 0) return this.ignoring ? bytes.length : at;
          if (before === this.#state) this.#state = "head";
          break;
        }
      }
    }
  }

  /** Takes what is available of `size` bytes. */
  #take(bytes: Uint8Array, at: number, size: number): number {
    const end = Math.min(bytes.length, at + size - this.#heldBytes);
    if (end > at) {
      this.#held.push(bytes.subarray(at, end));
      this.#heldBytes += end - at;
    }
    return end;
  }

  #joined(): Uint8Array {
    const [only] = this.#held;
    let whole = only ?? new Uint8Array(0);
    if (this.#held.length > 1) {
      whole = new Uint8Array(this.#heldBytes);
      let at = 0;
      for (const piece of this.#held) {
        whole.set(piece, at);
        at += piece.length;
      }
    }
    this.#held = [];
    this.#heldBytes = 0;
    return whole;
  }

  #prefaceMatches(): boolean {
    let at = 0;
    for (const piece of this.#held) {
      for (const byte of piece) if (byte !== CLIENT_PREFACE.charCodeAt(at++)) return false;
    }
    return true;
  }

  /** Called when a frame's header is complete. */
  #begin(): void {
    const { length, type, flags } = this.#header;
    const engine = this.#engine;
    if (!this.#settingsSeen) {
      if (type !== FrameType.settings || flags & FrameFlag.ack) {
        engine.listener.badPeer();
        engine.terminate(ErrorCode.protocolError, "SETTINGS expected");
        return;
      }
      this.#settingsSeen = true;
    }
    if (length > engine.localSettings.maxFrameSize) {
      engine.terminate(ErrorCode.frameSizeError, "too large frame size");
      return;
    }
    if (this.#block && type !== FrameType.continuation) {
      engine.terminate(
        ErrorCode.protocolError,
        "unexpected non-CONTINUATION frame or stream_id is invalid",
      );
      return;
    }
    if (type === FrameType.data) {
      this.#beginData();
      return;
    }
    this.#state = "payload";
  }

  #beginData(): void {
    const { length, flags } = this.#header;
    const engine = this.#engine;
    this.#left = length;
    this.#padding = 0;
    const refusal = this.#refuseData();
    if (this.ignoring) return;
    if (refusal) {
      this.#state = "skip";
      return;
    }
    if (!(flags & FrameFlag.padded) && length === 0 && !(flags & FrameFlag.endStream)) {
      this.glitch();
      if (engine.inbound.ignoring) return;
    }
    this.#padding = flags & FrameFlag.padded ? -1 : 0;
    if (this.#padding === -1 && length === 0) {
      engine.terminate(ErrorCode.protocolError, "DATA: insufficient padding space");
      return;
    }
    this.#state = "data";
  }

  /** Returns whether to skip a DATA frame. A forbidden frame ends the connection. */
  #refuseData(): boolean {
    const engine = this.#engine;
    const { streamId } = this.#header;
    const end = (reason: string, code: number = ErrorCode.protocolError): boolean => {
      engine.terminate(code, reason);
      return true;
    };
    if (streamId === 0) return end("DATA: stream_id == 0");
    if (engine.isIdle(streamId)) return end("DATA: stream in idle");
    const stream = engine.streams.get(streamId);
    if (!stream) return true;
    if (stream.shutRead) {
      return end("DATA: stream in half-closed(remote)", ErrorCode.streamClosed);
    }
    if (stream.state === "closing") return true;
    if (engine.isMine(streamId)) {
      return stream.state === "opened" ? false : end("DATA: stream not opened");
    }
    return stream.state === "reserved" ? end("DATA: stream in reserved") : false;
  }

  /** Passes on what is available of a DATA payload. */
  #data(bytes: Uint8Array, from: number): { at: number; stop: boolean } {
    const engine = this.#engine;
    const { streamId } = this.#header;
    let at = from;
    if (this.#padding === -1) {
      if (at === bytes.length) return { at, stop: true };
      this.#padding = bytes[at++] as number;
      this.#left--;
      if (this.#padding > this.#left) {
        engine.terminate(ErrorCode.protocolError, "DATA: invalid padding");
        return { at, stop: false };
      }
      if (!this.#count(1, true)) return { at, stop: false };
    }
    if (this.#left === 0) {
      this.#state = "head";
      this.#endData();
      return { at, stop: false };
    }
    const size = Math.min(this.#left, bytes.length - at);
    if (size === 0) return { at, stop: true };
    const useful = Math.max(0, Math.min(size, this.#left - this.#padding));
    const chunk = bytes.subarray(at, at + useful);
    at += size;
    this.#left -= size;
    if (!this.#count(size, false)) return { at, stop: false };
    if (size > useful) this.#consumePadding(size - useful);
    const stream = engine.streams.get(streamId);
    if (useful === 0 || !stream) return { at, stop: false };
    if (!stream.rules.dataChunk(useful)) {
      this.invalidStream(streamId, NgError.httpMessaging);
      this.glitch();
      if (!this.ignoring) this.#state = "skip";
      return { at, stop: false };
    }
    return { at, stop: engine.listener.dataChunk(streamId, chunk) };
  }

  /** Counts bytes against both windows. A peer that exceeds a window ends the connection. */
  #count(size: number, padding: boolean): boolean {
    const engine = this.#engine;
    const stream = engine.streams.get(this.#header.streamId);
    engine.received += size;
    if (engine.received > engine.receiveWindow) {
      engine.terminate(ErrorCode.flowControlError);
      return false;
    }
    if (stream) {
      if (stream.received + size > stream.receiveWindow) {
        engine.submitRstStream(stream.id, ErrorCode.flowControlError);
      } else {
        stream.received += size;
      }
    }
    if (padding) this.#consumePadding(size);
    return true;
  }

  #consumePadding(size: number): void {
    this.#engine.consumeConnection(size);
    this.#engine.consumeStream(this.#header.streamId, size);
  }

  #countIgnored(size: number): void {
    const engine = this.#engine;
    if (size === 0) return;
    engine.received += size;
    if (engine.received > engine.receiveWindow) {
      engine.terminate(ErrorCode.flowControlError);
      return;
    }
    engine.consumeConnection(size);
  }

  #endData(): void {
    const engine = this.#engine;
    const { streamId, flags } = this.#header;
    const stream = engine.streams.get(streamId);
    if (!stream || stream.state === "closing") return;
    const ends = (flags & FrameFlag.endStream) !== 0;
    if (ends && !stream.rules.remoteEnd()) {
      this.invalidStream(streamId, NgError.httpMessaging);
      this.glitch();
      stream.shutRead = true;
      return;
    }
    engine.listener.frameReceived();
    if (!ends) {
      if (this.#header.length === 0 && engine.listener.emptyData() !== 0) {
        this.fail(NgError.callbackFailure);
      }
      return;
    }
    engine.listener.dataEnd(streamId);
    stream.shutRead = true;
    engine.closeIfShut(stream);
  }

  /** Called when a frame other than DATA is complete. */
  #whole(payload: Uint8Array): void {
    const header = this.#header;
    if (header.type !== FrameType.continuation) this.#engine.listener.frameReceived();
    switch (header.type) {
      case FrameType.headers:
      case FrameType.pushPromise:
        this.#beginBlock(header, payload);
        break;
      case FrameType.continuation:
        this.#continueBlock(header, payload);
        break;
      default:
        this.#control.frame(header, payload);
    }
  }

  #beginBlock(header: FrameHeader, padded: Uint8Array): void {
    const payload = withoutPadding(header, padded);
    if (!payload) {
      const name = header.type === FrameType.headers ? "HEADERS" : "PUSH_PROMISE";
      this.#engine.terminate(ErrorCode.protocolError, `${name}: insufficient padding space`);
      return;
    }
    if (header.flags & FrameFlag.endHeaders) this.#headers.block(header, payload);
    else this.#block = { header, pieces: [payload], count: 0 };
  }

  #continueBlock(header: FrameHeader, payload: Uint8Array): void {
    const block = this.#block;
    if (!block) {
      this.#engine.terminate(ErrorCode.protocolError, "CONTINUATION: unexpected");
      return;
    }
    if (header.streamId !== block.header.streamId) {
      this.#engine.terminate(
        ErrorCode.protocolError,
        "unexpected non-CONTINUATION frame or stream_id is invalid",
      );
      return;
    }
    if (++block.count > CONTINUATIONS_MAX) {
      this.fail(NgError.tooManyContinuations);
      return;
    }
    block.pieces.push(payload);
    if (!(header.flags & FrameFlag.endHeaders)) return;
    this.#block = undefined;
    this.#held = block.pieces;
    this.#heldBytes = block.pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#headers.block(block.header, this.#joined());
  }

  /** Handles an error that closes the stream. */
  invalidStream(streamId: number, error: number, tell = true): void {
    this.#engine.submitRstStream(streamId, errorCodeOf(error));
    if (tell && this.#engine.listener.invalidFrame(error) !== 0) this.fail(NgError.callbackFailure);
  }

  /** Handles an error that closes the connection. */
  invalidConnection(error: number, reason = ""): void {
    if (this.#engine.listener.invalidFrame(error) !== 0) {
      this.fail(NgError.callbackFailure);
      return;
    }
    this.#engine.terminate(errorCodeOf(error), reason);
  }
}
