/**
 * Received header blocks: the stream that each opens or continues, and whether the block is well
 * formed.
 */
import {
  ErrorCode,
  FrameFlag,
  type FrameHeader,
  FrameType,
  HpackError,
  readPriority,
  readUint32,
} from "../../../wire/http2/index.ts";
import type { Engine } from "./engine.ts";
import type { EngineStream } from "./engine-stream.ts";
import { HeadersCategory, type InboundPort } from "./engine-types.ts";
import { NgError } from "./errors.ts";
import type { BlockKind } from "./message-rules.ts";

/** How to treat a block: fields of `stream`, or decoded only to keep the decoder in sync. */
interface Reception {
  readonly stream: EngineStream;
  readonly category: number;
}

/** Handles whole header blocks. */
export class InboundHeaders {
  readonly #engine: Engine;
  readonly #inbound: InboundPort;

  constructor(engine: Engine, inbound: InboundPort) {
    this.#engine = engine;
    this.#inbound = inbound;
  }

  /** Handles a whole block of HEADERS or PUSH_PROMISE, without its padding. */
  block(header: FrameHeader, payload: Uint8Array): void {
    const engine = this.#engine;
    const promise = header.type === FrameType.pushPromise;
    const hasPriority = !promise && (header.flags & FrameFlag.priority) !== 0;
    const prefix = promise ? 4 : hasPriority ? 5 : 0;
    if (payload.length < prefix) {
      engine.terminate(ErrorCode.frameSizeError);
      return;
    }
    let reception: Reception | undefined;
    if (promise) {
      reception = this.#promise(header, readUint32(payload, 0) & 0x7fff_ffff);
    } else {
      const dependsOn = hasPriority ? readPriority(payload, 0).dependsOn : 0;
      reception = this.#reception(header, dependsOn);
    }
    if (this.#inbound.ignoring) return;
    if (reception) {
      const begun = engine.listener.beginHeaders(reception.stream.id, reception.category);
      if (begun === NgError.callbackFailure) {
        this.#inbound.fail(begun);
        return;
      }
      if (begun !== 0) {
        engine.submitRstStream(reception.stream.id, ErrorCode.internalError);
        reception = undefined;
      }
    }
    const accepted = this.#decode(header, payload.subarray(prefix), reception);
    if (reception && accepted) this.#end(header, reception);
  }

  /** Returns the stream of a HEADERS frame. */
  #reception(header: FrameHeader, dependsOn: number): Reception | undefined {
    const engine = this.#engine;
    const { streamId } = header;
    const stream = engine.streams.get(streamId);
    if (!stream) return this.#newRequest(header, dependsOn);
    if (stream.state === "reserved") return this.#pushResponse(stream);
    if (stream.shutRead) {
      this.#inbound.invalidConnection(NgError.streamClosed, "HEADERS: stream closed");
      return undefined;
    }
    if (engine.isMine(streamId)) {
      if (stream.state === "opening") {
        stream.state = "opened";
        return { stream, category: HeadersCategory.response };
      }
      return stream.state === "opened" ? { stream, category: HeadersCategory.headers } : undefined;
    }
    return stream.state === "closing" ? undefined : { stream, category: HeadersCategory.headers };
  }

  #newRequest({ streamId }: FrameHeader, dependsOn: number): Reception | undefined {
    const engine = this.#engine;
    const refuse = (error: number, reason: string): undefined =>
      void this.#inbound.invalidConnection(error, reason);
    if (streamId === 0) return refuse(NgError.protocol, "request HEADERS: stream_id == 0");
    if (!engine.server) {
      if (!engine.isIdle(streamId)) return undefined;
      return refuse(NgError.protocol, "request HEADERS: client received request");
    }
    if (engine.isMine(streamId)) {
      return refuse(NgError.protocol, "request HEADERS: invalid stream_id");
    }
    // A stream that closed long ago. The peer may not know this yet.
    if (streamId <= engine.lastReceivedId) return undefined;
    engine.lastReceivedId = streamId;
    if (engine.incoming >= engine.localSettings.maxConcurrentStreams) {
      return refuse(NgError.protocol, "request HEADERS: max concurrent streams exceeded");
    }
    if (engine.terminating || engine.goawaySent) return undefined;
    if (dependsOn === streamId) {
      return refuse(NgError.protocol, "request HEADERS: depend on itself");
    }
    if (engine.incoming >= engine.pendingMaxConcurrent) {
      this.#inbound.invalidStream(streamId, NgError.refusedStream);
      return undefined;
    }
    const stream = engine.openStream(streamId, "opening");
    engine.lastProcessedId = streamId;
    return { stream, category: HeadersCategory.request };
  }

  #pushResponse(stream: EngineStream): Reception | undefined {
    const engine = this.#engine;
    if (engine.server) {
      this.#inbound.invalidConnection(
        NgError.protocol,
        "HEADERS: no HEADERS allowed from client in reserved state",
      );
      return undefined;
    }
    if (engine.incoming >= engine.localSettings.maxConcurrentStreams) {
      this.#inbound.invalidConnection(
        NgError.protocol,
        "push response HEADERS: max concurrent streams exceeded",
      );
      return undefined;
    }
    if (engine.terminating || engine.goawaySent) return undefined;
    if (engine.incoming >= engine.pendingMaxConcurrent) {
      this.#inbound.invalidStream(stream.id, NgError.refusedStream);
      return undefined;
    }
    stream.state = "opened";
    stream.reserved = false;
    engine.incomingReserved--;
    engine.incoming++;
    return { stream, category: HeadersCategory.pushResponse };
  }

  #promise({ streamId }: FrameHeader, promisedId: number): Reception | undefined {
    const engine = this.#engine;
    const refuse = (error: number, reason: string): undefined =>
      void this.#inbound.invalidConnection(error, `PUSH_PROMISE: ${reason}`);
    if (streamId === 0) return refuse(NgError.protocol, "stream_id == 0");
    if (engine.server || engine.localSettings.enablePush === 0) {
      return refuse(NgError.protocol, "push disabled");
    }
    if (!engine.isMine(streamId)) return refuse(NgError.protocol, "invalid stream_id");
    if (engine.terminating || engine.goawaySent) return undefined;
    if (promisedId === 0 || engine.isMine(promisedId) || promisedId <= engine.lastReceivedId) {
      return refuse(NgError.protocol, "invalid promised_stream_id");
    }
    if (engine.isIdle(streamId)) return refuse(NgError.protocol, "stream in idle");
    engine.lastReceivedId = promisedId;
    const parent = engine.streams.get(streamId);
    if (
      !parent ||
      parent.state === "closing" ||
      !engine.pendingEnablePush ||
      engine.incomingReserved >= engine.options.maxReservedRemoteStreams
    ) {
      this.#inbound.invalidStream(promisedId, NgError.cancel, false);
      return undefined;
    }
    if (parent.shutRead) return refuse(NgError.streamClosed, "stream closed");
    const stream = engine.openStream(promisedId, "reserved");
    engine.lastProcessedId = promisedId;
    return { stream, category: HeadersCategory.request };
  }

  /** Decodes a block. This is required even if its fields are ignored. */
  #decode(header: FrameHeader, block: Uint8Array, reception: Reception | undefined): boolean {
    const engine = this.#engine;
    let wanted = reception !== undefined;
    const promise = header.type === FrameType.pushPromise;
    const isRequest = engine.server || promise;
    const kind = reception ? blockKind(engine, reception) : "request";
    try {
      engine.decoder.decode(block, (name, value, sensitive) => {
        if (!wanted || !reception) return;
        const { stream } = reception;
        const connect = engine.server && engine.pendingConnectProtocol;
        const verdict = stream.rules.field(name, value, kind, isRequest, connect);
        if (verdict === "reject") {
          wanted = false;
          this.#inbound.invalidStream(stream.id, NgError.httpHeader);
          this.#inbound.glitch();
        } else if (verdict === "accept") {
          const error = engine.listener.headerField(stream.id, name, value, sensitive);
          if (error !== 0) {
            wanted = false;
            engine.submitRstStream(stream.id, ErrorCode.internalError);
          }
        }
      });
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      if (reception && reception.stream.state !== "closing") {
        engine.submitRstStream(reception.stream.id, ErrorCode.compressionError);
      }
      engine.terminate(ErrorCode.compressionError);
      return false;
    }
    return wanted;
  }

  #end(header: FrameHeader, { stream, category }: Reception): void {
    const engine = this.#engine;
    const promise = header.type === FrameType.pushPromise;
    const endStream = !promise && (header.flags & FrameFlag.endStream) !== 0;
    const associated = promise ? engine.streams.get(header.streamId) : stream;
    if (!associated || associated.state === "closing") return;
    let valid = true;
    if (promise || category === HeadersCategory.request) valid = stream.rules.requestEnd(promise);
    else if (category !== HeadersCategory.headers || stream.rules.expectsFinalResponse) {
      valid = stream.rules.responseEnd();
    } else valid = endStream;
    if (valid && endStream) valid = stream.rules.remoteEnd();
    if (!valid) {
      this.#inbound.invalidStream(stream.id, NgError.httpMessaging);
      this.#inbound.glitch();
      if (endStream) stream.shutRead = true;
      return;
    }
    engine.listener.headers(stream.id, header.flags);
    if (!endStream) return;
    stream.shutRead = true;
    if (engine.streams.get(stream.id) === stream) engine.closeIfShut(stream);
  }
}

function blockKind(engine: Engine, { stream, category }: Reception): BlockKind {
  if (category !== HeadersCategory.headers) {
    return category === HeadersCategory.request ? "request" : "response";
  }
  return !engine.server && stream.rules.expectsFinalResponse ? "response" : "trailers";
}
