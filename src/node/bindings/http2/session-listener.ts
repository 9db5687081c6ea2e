/** Reports the engine's events to Node's library. */
import type { PriorityFields, Setting } from "../../../wire/http2/index.ts";
import { ErrorCode, FrameType } from "../../../wire/http2/index.ts";
import type { EngineListener } from "./engine-types.ts";
import { errorCodeOf, isFatal, NgError } from "./errors.ts";
import { SessionField } from "./layout.ts";
import type { Http2Session } from "./session.ts";
import { Buffer } from "node:buffer";
import { Http2Stream } from "./stream.ts";

const PADDING_ALIGNED = 1;
const PADDING_MAX = 2;

/** Connects an engine to its session. */
export class SessionListener implements EngineListener {
  readonly #session: Http2Session;

  constructor(session: Http2Session) {
    this.#session = session;
  }

  beginHeaders(streamId: number, category: number): number {
    const session = this.#session;
    const stream = session.streams.get(streamId);
    if (stream) {
      if (!stream.isDestroyed) stream.startHeaders(category);
      return 0;
    }
    if (!this.#canAddStream()) {
      if (++session.rejectedStreams > session.limit("maxRejectedStreams")) {
        return NgError.callbackFailure;
      }
      session.engine.submitRstStream(streamId, ErrorCode.enhanceYourCalm);
      return NgError.temporalCallbackFailure;
    }
    session.rejectedStreams = 0;
    session.addStream(new Http2Stream(session, streamId, category, 0));
    return 0;
  }

  #canAddStream(): boolean {
    const { streams, engine, options } = this.#session;
    if (streams.size >= engine.localSettings.maxConcurrentStreams) return false;
    let bytes = 0;
    for (const stream of streams.values()) bytes += stream.memoryBytes;
    return bytes < options.maxMemoryBytes;
  }

  headerField(streamId: number, name: string, value: string, sensitive: boolean): number {
    const stream = this.#session.streams.get(streamId);
    if (!stream) return NgError.temporalCallbackFailure;
    if (stream.isDestroyed || stream.addHeader(name, value, sensitive)) return 0;
    this.#session.engine.submitRstStream(streamId, ErrorCode.enhanceYourCalm);
    return NgError.temporalCallbackFailure;
  }

  headers(streamId: number, flags: number): void {
    const stream = this.#session.streams.get(streamId);
    if (!stream || stream.isDestroyed) return;
    const { headers, sensitive, category } = stream;
    stream.headers = [];
    this.#session.call("headers", stream, streamId, category, flags, headers, sensitive);
  }

  dataChunk(streamId: number, bytes: Uint8Array): boolean {
    const session = this.#session;
    // The connection's window is reopened at once, the stream's once the program has read the data.
    session.engine.consumeConnection(bytes.length);
    const stream = session.streams.get(streamId);
    if (!stream || stream.isDestroyed) return false;
    stream.receive(bytes);
    return session.pauseWhileWriting();
  }

  emptyData(): number {
    const session = this.#session;
    if (session.invalidFrames++ <= session.limit("maxInvalidFrames")) return 0;
    session.customError = "ERR_HTTP2_TOO_MANY_INVALID_FRAMES";
    return NgError.callbackFailure;
  }

  dataEnd(streamId: number): void {
    this.#session.streams.get(streamId)?.receiveEnd();
  }

  settings(ack: boolean, settings: readonly Setting[]): void {
    const session = this.#session;
    if (ack) {
      session.settingsAcknowledged(settings);
      return;
    }
    for (const { id, value } of settings) {
      if (session.remoteCustom.has(id)) session.remoteCustom.set(id, value);
    }
    session.clearBit("remoteSettingsUpToDate");
    if (session.hasBit("hasRemoteSettingsListeners")) session.call("settings");
  }

  priority(streamId: number, { dependsOn, weight, exclusive }: PriorityFields): void {
    if (this.#session.fields[SessionField.priorityListeners] === 0) return;
    this.#session.call("priority", streamId, dependsOn, weight, exclusive);
  }

  ping(ack: boolean, data: Uint8Array): void {
    if (ack) this.#session.pingAcknowledged(data);
    else if (this.#session.hasBit("hasPingListeners")) {
      this.#session.call("ping", Buffer.from(data));
    }
  }

  goaway(errorCode: number, lastStreamId: number, data: Uint8Array): void {
    const opaque = data.length > 0 ? Buffer.from(data) : undefined;
    this.#session.call("goaway", errorCode, lastStreamId, opaque);
  }

  altsvc(streamId: number, origin: string, value: string): void {
    if (this.#session.hasBit("hasAltsvcListeners")) {
      this.#session.call("altsvc", streamId, origin, value);
    }
  }

  origin(origins: readonly string[]): void {
    this.#session.call("origin", [...origins]);
  }

  streamClosed(streamId: number, errorCode: number): void {
    const session = this.#session;
    const stream = session.streams.get(streamId);
    if (!stream || stream.isDestroyed) return;
    // Queued frames (trailers, for example) are sent first.
    if (errorCode === ErrorCode.noError && session.engine.wantsWrite) {
      session.soon(() => this.streamClosed(streamId, errorCode));
      return;
    }
    stream.closed(errorCode);
    const known = session.scope.call(stream, session.binding.callbacks["streamClose"], [errorCode]);
    // The stream may close before the library has been told of it.
    if (known === false) stream.destroy();
  }

  frameNotSent(type: number, streamId: number, error: number): void {
    const session = this.#session;
    const quiet =
      error === NgError.sessionClosing ||
      error === NgError.streamClosed ||
      error === NgError.streamClosing;
    const unheard = quiet || session.fields[SessionField.frameErrorListeners] === 0;
    // No other code would close a session that cannot even reset a stream. The library does, when
    // told.
    if (unheard && type !== FrameType.rstStream) return;
    session.call("frameError", streamId, type, errorCodeOf(error));
  }

  invalidFrame(error: number): number {
    const session = this.#session;
    if (session.invalidFrames++ > session.limit("maxInvalidFrames")) {
      session.customError = "ERR_HTTP2_TOO_MANY_INVALID_FRAMES";
      return 1;
    }
    if (isFatal(error) || error === NgError.streamClosed || error === NgError.protocol) {
      session.fail(error);
    }
    return 0;
  }

  badPeer(): void {
    this.#session.fail(NgError.protocol);
  }

  frameReceived(): void {
    this.#session.statistics.framesReceived++;
  }

  frameSent(): void {
    this.#session.statistics.framesSent++;
  }

  selectPadding(length: number, max: number): number {
    switch (this.#session.options.paddingStrategy) {
      case PADDING_ALIGNED: {
        const over = (length + 9) % 8;
        return over === 0 ? length : Math.min(max, length + 8 - over);
      }
      case PADDING_MAX:
        return max;
      default:
        return length;
    }
  }
}
