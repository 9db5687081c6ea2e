/** What a dissector gives: the bytes of a message as a tree, for people to read. */

/** One part of a message: where it is, what it is, and its parts. */
export interface Field {
  /** What the part is: `array`, `bulk string`, `length`. */
  readonly name: string;
  /** Its value in words, short enough for a line. */
  readonly value: string;
  /** Offset of its first byte. */
  readonly start: number;
  /** Offset after its last byte. */
  readonly end: number;
  readonly children?: readonly Field[];
}

/** The result of dissecting a stretch of bytes: whole messages, and why it stopped. */
export interface Dissection {
  readonly messages: readonly Field[];
  /** Offset of the first byte that belongs to no whole message. */
  readonly end: number;
  /** Set when the bytes at `end` break the protocol, and are not just incomplete. */
  readonly error?: string;
}
