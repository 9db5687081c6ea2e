/**
 * Types exchanged between the two halves of the engine, and between the engine and its listener.
 */
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

/** The options of an engine. */
export interface EngineOptions {
  readonly server: boolean;
  readonly maxDeflateTableSize: number;
  readonly maxReservedRemoteStreams: number;
  readonly maxSendHeaderBlockLength: number;
  /** The number of streams that this side may open before the peer has announced its limit. */
  readonly peerMaxConcurrentStreams: number;
  /** The maximum number of entries in one SETTINGS frame. */
  readonly maxSettings: number;
  /** The number of streams that a peer may reset: a burst, and a number per second. */
  readonly streamResetBurst: number;
  readonly streamResetRate: number;
  readonly strictWhitespace: boolean;
  /** A monotonic clock in seconds. */
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
  /** Set if the stream was reset before its request was sent. */
  canceledWith: number | undefined;
}

/** An item in the send queue. */
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

/** What the parts of the receiving half need from its main part. */
export interface InboundPort {
  /** True if all further input is ignored. */
  readonly ignoring: boolean;
  /** Ends the session with one of nghttp2's fatal errors. */
  fail(error: number): void;
  /** Counts an irregular but tolerated frame of the peer. */
  glitch(): void;
  /** Reports an error that closes the stream. */
  invalidStream(streamId: number, error: number, tell?: boolean): void;
  /** Reports an error that closes the connection. */
  invalidConnection(error: number, reason?: string): void;
}

/** The category of a block of header fields, in nghttp2's numbers. */
export const HeadersCategory = { request: 0, response: 1, pushResponse: 2, headers: 3 } as const;

/** Receives the events of a connection. Returned numbers are errors of nghttp2, 0 for none. */
export interface EngineListener {
  /** A block of fields begins. A stream may begin with it. */
  beginHeaders(streamId: number, category: number): number;
  headerField(streamId: number, name: string, value: string, sensitive: boolean): number;
  /** A whole block has been received. For a promise, `streamId` is the promised stream's. */
  headers(streamId: number, flags: number): void;
  /** Receives DATA. Returns true to pause the engine. */
  dataChunk(streamId: number, bytes: Uint8Array): boolean;
  /** Called for a DATA frame that is empty and does not end the stream. */
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
  /** Called if the peer does not speak HTTP/2. */
  badPeer(): void;
  frameReceived(): void;
  frameSent(): void;
  /** Returns the length of a payload of `length` bytes with its padding. */
  selectPadding(length: number, max: number): number;
}
