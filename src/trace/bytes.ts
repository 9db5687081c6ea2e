/** Variable-length integers in byte arrays, for the trace format. */
import { LightconeError } from "../base/errors.ts";

/** Writes bytes and integers to an array that grows. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 1_024) {
    this.#bytes = new Uint8Array(capacity + 16);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Seven bits per byte, least significant first (LEB128), up to 2^53. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    bigger.set(this.#bytes);
    this.#bytes = bigger;
  }
}

/** Reads what a {@link ByteWriter} has written. Throws `LC_BAD_TRACE` at the end of the bytes. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /**
   * Reads as many numbers as the column has. A method of its own, since a call for each number would take most of
   * the time, and of one type of array, since several would be as slow.
   */
  column(column: Float64Array): Float64Array {
    const bytes = this.#bytes;
    const count = column.length;
    let at = this.#at;
    // Each number takes a byte at least.
    if (count > bytes.length - at) this.#cutShort();
    for (let row = 0; row < count; row++) {
      let byte = bytes[at++] as number;
      if (byte < 0x80) {
        column[row] = byte;
        continue;
      }
      let value = byte & 0x7f;
      let scale = 0x80;
      for (;;) {
        if (at >= bytes.length) this.#cutShort();
        byte = bytes[at++] as number;
        value += (byte & 0x7f) * scale;
        if (byte < 0x80) break;
        scale *= 0x80;
      }
      column[row] = value;
    }
    if (at > bytes.length) this.#cutShort();
    this.#at = at;
    return column;
  }

  #cutShort(): never {
    throw new LightconeError("LC_BAD_TRACE", "the trace was cut short");
  }
}
