/** What dissectors produce and how they are called: the bytes of a conversation as messages that people can read. */

/** The side that sent a message: 0 opened the conversation (the client), 1 accepted it (the server). */
export type Side = 0 | 1;

/** One part of a message: its position, name, value and nested parts. */
export interface Field {
  /** What the part is: `array`, `routing key`, `status`. */
  readonly name: string;
  /** Its value as text, short enough for one line. */
  readonly value: string;
  /** Offset of its first byte in {@link Message.source}. */
  readonly start: number;
  /** Offset after its last byte. */
  readonly end: number;
  readonly children?: readonly Field[];
}

/** Values for filters by their names, such as `redis.cmd` and `http.status`. */
export type Flat = Readonly<Record<string, string | number>>;

/** A message as a dissector reads it, before it is known which packets carried it. */
export interface ReadMessage {
  /** The protocol's name in filters: "redis", "http". */
  readonly protocol: string;
  /** `other` is neither: a push, an acknowledgement of the transport, a part of a longer exchange. */
  readonly role: "request" | "reply" | "other";
  /** One line: "GET cart:7", "200 OK 24 B JSON". */
  readonly summary: string;
  readonly start: number;
  readonly end: number;
  readonly fields: readonly Field[];
  readonly flat: Flat;
  /** A request and the replies to it have the same key. Requests with equal keys are answered in order. */
  readonly pair?: string | undefined;
  /** It says little: an acknowledgement of the protocol's, a description of what follows. Left out of summaries. */
  readonly minor?: boolean | undefined;
  /** The message ends before it is complete, or could not be read. */
  readonly incomplete?: boolean | undefined;
}

/** A message of a conversation. */
export interface Message extends ReadMessage {
  readonly side: Side;
  /** The bytes that `start`, `end` and the fields refer to: all that this side sent without a gap. */
  readonly source: Uint8Array;
  /** The packet that has its first byte, and the packet that has its last: numbers given by the caller. */
  readonly firstPacket: number;
  readonly lastPacket: number;
  /** The request that it answers, or the first reply to it. */
  partner: Message | undefined;
}

/** Reads the messages of one conversation. Side 0 is read first, as far as it goes; then side 1. */
export interface Session {
  /**
   * Reads the message that begins at `at`. Returns `undefined` if the bytes end before the message does. Throws
   * {@link Malformed} if they are not of the protocol; anything else that it throws is taken as the same. With
   * `last`, no more bytes will come: it may return what there is of a message, marked as incomplete.
   */
  read(bytes: Uint8Array, at: number, side: Side, last: boolean): ReadMessage | undefined;
  /** Where the next message may begin, from `at` on; -1 if there is none. For streams joined in the middle. */
  sync?(bytes: Uint8Array, at: number, side: Side): number;
  /** Bytes of `side` are missing before those that come next. */
  gap?(side: Side): void;
}

/** How well bytes look like a protocol: not at all, maybe, probably, surely. */
export type Likeness = 0 | 1 | 2 | 3;

/** A protocol that can be dissected. */
export interface Dissector {
  /** The name in filters and hints: "redis". */
  readonly name: string;
  /** The name for people: "RESP (Redis)". */
  readonly title: string;
  readonly ports: readonly number[];
  /** Datagrams or streams only. Both if absent. */
  readonly over?: "datagram" | "stream";
  /** Each packet is a message of its own, in a stream too. */
  readonly isPacketwise?: true;
  /** The names of the values for filters, for completion. */
  readonly filters: readonly string[];
  /** How well the first bytes that `side` sent look like this protocol. */
  looks(bytes: Uint8Array, side: Side): Likeness;
  open(): Session;
}

/** The bytes are not of the protocol. */
export class Malformed extends Error {}
