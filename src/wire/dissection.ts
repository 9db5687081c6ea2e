/** The result type of the dissectors: the bytes of a message as a tree, for people to read. */

/** One part of a message: its position, name, value and nested parts. */
export interface Field {
  /** What the part is: `array`, `bulk string`, `length`. */
  readonly name: string;
  /** Its value as text, short enough for one line. */
  readonly value: string;
  /** Offset of its first byte. */
  readonly start: number;
  /** Offset after its last byte. */
  readonly end: number;
  readonly children?: readonly Field[];
}

/** The result of dissecting a range of bytes: the complete messages, and why dissection stopped. */
export interface Dissection {
  readonly messages: readonly Field[];
  /** Offset of the first byte that is not part of a complete message. */
  readonly end: number;
  /** Set if the bytes at `end` violate the protocol, rather than being merely incomplete. */
  readonly error?: string;
}
