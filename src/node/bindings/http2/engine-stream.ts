/** One stream of an HTTP/2 connection, as the engine keeps it (RFC 9113, section 5.1). */
import { MessageRules } from "./message-rules.ts";

/** How far a stream has come; `closing` when its RST_STREAM is queued. */
export type StreamState = "initial" | "opening" | "opened" | "closing" | "reserved";

/** What a source of DATA says when it is asked for the next frame. */
export interface SourceAnswer {
  /** Bytes that it will hand over. */
  readonly length: number;
  /** Nothing follows. */
  readonly eof: boolean;
  /** Nothing follows, but the stream stays open: trailers will come. */
  readonly noEndStream: boolean;
}

/** Where a stream's DATA comes from. */
export interface DataSource {
  /** At most `max` bytes; `undefined` when there is nothing for now (resumed later). */
  read(max: number): SourceAnswer | undefined;
  /** Hands over what {@link DataSource.read} promised. */
  take(length: number): readonly Uint8Array[];
}

/** The DATA that a stream has yet to send. */
export interface DataItem {
  readonly source: DataSource;
  readonly endStream: boolean;
}

/** A stream. */
export class EngineStream {
  readonly id: number;
  state: StreamState;
  /** A pushed stream whose response has not begun. */
  reserved: boolean;
  shutRead = false;
  shutWrite = false;
  data: DataItem | undefined;
  /** The source had nothing. */
  deferredByUser = false;
  /** The stream's send window is used up. */
  deferredByFlow = false;
  /** How many bytes the peer lets us send. */
  sendWindow: number;
  /** How many bytes the peer may send beyond what was counted off. */
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
