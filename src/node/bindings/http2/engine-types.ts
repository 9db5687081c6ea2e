/** What goes between the two ends of the engine, and between it and its listener. */
import type { EncodableField, PriorityFields, Setting } from "../../../wire/http2/index.ts";
import type { DataSource } from "./engine-stream.ts";

/** The settings of one side. */
export interface EngineSettings {
  headerTableSize: number;
  enablePush: number;
  maxConcurrentStreams: number;
  initialWindowSize: number;
  maxFrameSize: number;
  maxHeaderListSize: number;
  enableConnectProtocol: number;
}

/** How an engine is made. */
export interface EngineOptions {
  readonly server: boolean;
  readonly maxDeflateTableSize: number;
  readonly maxReservedRemoteStreams: number;
  readonly maxSendHeaderBlockLength: number;
  /** How many streams we may open before the peer has said how many. */
  readonly peerMaxConcurrentStreams: number;
  /** The most entries of one SETTINGS frame. */
  readonly maxSettings: number;
  /** How many streams a peer may reset: a burst, and so many a second. */
  readonly streamResetBurst: number;
  readonly streamResetRate: number;
  readonly strictWhitespace: boolean;
  /** Seconds of a clock that only goes forward. */
  readonly nowS: () => number;
}

/** Header fields to send. */
export interface HeadersItem {
  readonly kind: "headers";
  readonly streamId: number;
  readonly request: boolean;
  readonly fields: readonly EncodableField[];
  readonly source: DataSource | undefined;
  readonly endStream: boolean;
  readonly priority: PriorityFields | undefined;
  /** The stream was reset before its request was sent. */
  canceledWith: number | undefined;
}

/** Something that waits to be sent. */
export type Item =
  | HeadersItem
  | {
      readonly kind: "pushPromise";
      readonly streamId: number;
      readonly promisedId: number;
      readonly fields: readonly EncodableField[];
    }
  | { readonly kind: "settings"; readonly ack: boolean; readonly settings: readonly Setting[] }
  | { readonly kind: "ping"; readonly ack: boolean; readonly data: Uint8Array }
  | {
      readonly kind: "goaway";
      readonly lastStreamId: number;
      readonly errorCode: number;
      readonly data: Uint8Array;
      readonly terminate: boolean;
    }
  | { readonly kind: "rstStream"; readonly streamId: number; readonly errorCode: number }
  | { readonly kind: "windowUpdate"; readonly streamId: number; readonly increment: number }
  | { readonly kind: "priority"; readonly streamId: number; readonly priority: PriorityFields }
  | {
      readonly kind: "altsvc";
      readonly streamId: number;
      readonly origin: string;
      readonly value: string;
    }
  | { readonly kind: "origin"; readonly origins: readonly string[] };

/** What the parts of the receiving half ask of its middle. */
export interface InboundPort {
  /** Nothing that comes in matters any longer. */
  readonly ignoring: boolean;
  /** Ends the session with one of nghttp2's fatal errors. */
  fail(error: number): void;
  /** The peer did something odd. */
  glitch(): void;
  /** A mistake that costs the stream. */
  invalidStream(streamId: number, error: number, tell?: boolean): void;
  /** A mistake that costs the connection. */
  invalidConnection(error: number, reason?: string): void;
}

/** What a block of header fields is, in nghttp2's numbers. */
export const HeadersCategory = { request: 0, response: 1, pushResponse: 2, headers: 3 } as const;

/** Is told of what happens on a connection. Numbers returned are errors of nghttp2, 0 for none. */
export interface EngineListener {
  /** A block of fields begins: a stream may begin with it. */
  beginHeaders(streamId: number, category: number): number;
  headerField(streamId: number, name: string, value: string, sensitive: boolean): number;
  /** A whole block has come. `streamId` is the promised stream's for a promise. */
  headers(streamId: number, flags: number): void;
  /** True asks the engine to stop for now. */
  dataChunk(streamId: number, bytes: Uint8Array): boolean;
  /** A DATA frame with nothing in it, which does not even end the stream. */
  emptyData(): number;
  dataEnd(streamId: number): void;
  settings(ack: boolean, settings: readonly Setting[]): void;
  priority(streamId: number, priority: PriorityFields): void;
  ping(ack: boolean, data: Uint8Array): void;
  goaway(errorCode: number, lastStreamId: number, data: Uint8Array): void;
  altsvc(streamId: number, origin: string, value: string): void;
  origin(origins: readonly string[]): void;
  streamClosed(streamId: number, errorCode: number): void;
  frameNotSent(type: number, streamId: number, error: number): void;
  invalidFrame(error: number): number;
  /** The peer does not speak HTTP/2. */
  badPeer(): void;
  frameReceived(): void;
  frameSent(): void;
  /** How long a payload of `length` bytes should be with its padding. */
  selectPadding(length: number, max: number): number;
}
