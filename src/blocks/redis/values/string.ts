/**
 * Strings. They are stored as byte strings. Bit and range commands, which change a few bytes in
 * place, convert one to a buffer with spare capacity, and the next read of the whole value converts
 * it back.
 */
import { isInteger } from "../numbers.ts";
import { Value } from "./value.ts";

const EMBEDDED_BYTES_MAX = 44;

export class StringValue extends Value {
  readonly type = "string" as const;
  #text: string;
  #bytes: Buffer | undefined;
  #length: number;
  /** The encoding that a command would leave in Redis, if the text alone does not determine it. */
  left: "raw" | "embstr" | undefined;

  constructor(text: string) {
    super();
    this.#text = text;
    this.#length = text.length;
  }

  get length(): number {
    return this.#length;
  }

  get text(): string {
    if (this.#bytes) {
      this.#text = this.#bytes.toString("latin1", 0, this.#length);
      this.#bytes = undefined;
    }
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
    this.#bytes = undefined;
    this.#length = text.length;
  }

  /** Returns the bytes for reading, without converting the value to a buffer permanently. */
  peek(): { bytes: Buffer; length: number } {
    return { bytes: this.#bytes ?? Buffer.from(this.#text, "latin1"), length: this.#length };
  }

  /**
   * Returns the bytes for changes in place: at least `length` of them, with new ones set to zero.
   */
  grow(length: number): Buffer {
    let bytes = this.#bytes ?? Buffer.from(this.#text, "latin1");
    if (bytes.length < length) {
      const larger = Buffer.alloc(
        Math.max(length, Math.min(bytes.length * 2, bytes.length + 1_048_576)),
      );
      bytes.copy(larger, 0, 0, this.#length);
      bytes = larger;
    }
    this.#bytes = bytes;
    this.#text = "";
    this.#length = Math.max(this.#length, length);
    this.left = "raw";
    return bytes;
  }

  /** Returns part of the value, `end` excluded. */
  slice(start: number, end: number): string {
    return this.#bytes
      ? this.#bytes.toString("latin1", start, Math.min(end, this.#length))
      : this.#text.slice(start, end);
  }

  encoding(): string {
    if (this.left === "raw" || this.#bytes) return "raw";
    if (this.left === undefined && isInteger(this.#text)) return "int";
    return this.#length <= EMBEDDED_BYTES_MAX ? "embstr" : "raw";
  }

  bytes(): number {
    return 16 + this.#length;
  }

  copy(): StringValue {
    const copy = new StringValue(this.text);
    copy.left = this.left;
    return copy;
  }
}
