/** One stream of an HTTP/2 connection in the engine (RFC 9113, section 5.1). */
import { MessageRules } from "./message-rules.ts";

/** The state of a stream. `closing` means that its RST_STREAM is queued. */
export type StreamState = "initial" | "opening" | "opened" | "closing" | "reserved";

/** A source's answer when it is asked for the next DATA frame. */
export interface SourceAnswer {
  /** The number of bytes that it will provide. */
  readonly length: number;
  /** True if no data follows. */
  readonly eof: boolean;
  /** True if no data follows but the stream stays open, because trailers will follow. */
  readonly noEndStream: boolean;
}

/** Where a stream's DATA comes from. */
export interface DataSource {
  /**
   * Offers at most `max` bytes. Returns `undefined` if there is nothing at present; the source is
   * resumed later.
   */
  read(max: number): SourceAnswer | undefined;
  /** Returns the bytes that {@link DataSource.read} announced. */
  take(length: number): readonly Uint8Array[];
}

/** DATA that a stream still has to send. */
export interface DataItem {
  readonly source: DataSource;
  readonly endStream: boolean;
}

/** A stream. */
export class EngineStream {
  readonly id: number;
  state: StreamState;
  /** True for a pushed stream whose response has not begun. */
  reserved: boolean;
  shutRead = false;
  shutWrite = false;
  data: DataItem | undefined;
  /** True if the source had no data. */
  deferredByUser = false;
  /** True if the stream's send window is used up. */
  deferredByFlow = false;
  /** The number of bytes that the peer allows this side to send. */
  sendWindow: number;
  /** The number of bytes that the peer may still send. */
  receiveWindow: number;
  received = 0;
  consumed = 0;
  windowUpdateQueued = false;
  readonly rules: MessageRules;

  constructor(id: number, state: StreamState, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.state = state;
    this.reserved = state === "reserved";
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
    this.rules = new MessageRules(id);
  }
}
