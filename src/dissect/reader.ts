/** A cursor over bytes that notes every value that it reads as a field. */
import { type Field, Malformed } from "./message.ts";
import { decodeText, oneLine, showBytes } from "./text.ts";

/** Reads bytes from `at` to `end` in order. Throws {@link Malformed} at the end. */
export class Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  /** What was read so far. */
  fields: Field[] = [];

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** Steps over `count` bytes and returns where they begin. */
  skip(count: number): number {
    const start = this.at;
    if (!(count >= 0) || count > this.end - start) throw new Malformed("too short");
    this.at = start + count;
    return start;
  }

  /** An unsigned integer, big-endian. */
  peek(count: number, from: number = this.at): number {
    if (from + count > this.end) throw new Malformed("too short");
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 256 + (this.bytes[from + i] as number);
    return value;
  }

  /** An unsigned integer of `count` bytes, big-endian. `show` says what the value means. */
  uint(name: string, count: number, show?: (value: number) => string): number {
    const value = this.peek(count);
    const start = this.skip(count);
    const text =
      count > 6 ? BigInt.asUintN(64, bigOf(this.bytes, start, count)).toString() : String(value);
    this.note(name, show ? show(value) : text, start);
    return value;
  }

  /** A signed integer of `count` bytes (up to 4), big-endian. */
  int(name: string, count: number): number {
    const unsigned = this.peek(count);
    const bits = count * 8;
    const value = unsigned >= 2 ** (bits - 1) ? unsigned - 2 ** bits : unsigned;
    const start = this.skip(count);
    this.note(name, String(value), start);
    return value;
  }

  /** Text of `count` bytes. */
  text(name: string, count: number): string {
    const start = this.skip(count);
    const text = decodeText(this.bytes, start, this.at);
    this.note(name, oneLine(text), start);
    return text;
  }

  /** Text that ends with a zero byte. */
  cstring(name: string): string {
    const zero = this.bytes.indexOf(0, this.at);
    if (zero < 0 || zero >= this.end) throw new Malformed("text without its end");
    const text = decodeText(this.bytes, this.at, zero);
    const start = this.at;
    this.at = zero + 1;
    this.note(name, oneLine(text), start);
    return text;
  }

  /** `count` bytes of any kind; the rest by default. Returns where they begin. */
  raw(name: string, count: number = this.left): number {
    const start = this.skip(count);
    if (count > 0) this.note(name, showBytes(this.bytes, start, this.at), start);
    return start;
  }

  /** Notes a field from `start` to the current position. */
  note(name: string, value: string, start: number, children?: readonly Field[]): void {
    this.fields.push({ name, value, start, end: this.at, ...(children && { children }) });
  }

  /** Puts the fields that `body` reads into one, whose value `body` returns. */
  group(name: string, body: () => string): void {
    const outer = this.fields;
    const start = this.at;
    this.fields = [];
    try {
      const value = body();
      outer.push({ name, value, start, end: this.at, children: this.fields });
    } catch (error) {
      outer.push(...this.fields);
      throw error;
    } finally {
      this.fields = outer;
    }
  }

  /** Runs `body`, which may fail: what it could read stays, and the rest is noted as malformed. */
  attempt(body: () => void): void {
    try {
      body();
    } catch (error) {
      const start = this.at;
      this.at = this.end;
      this.note("malformed", (error as Error).message, start);
    }
  }
}

function bigOf(bytes: Uint8Array, start: number, count: number): bigint {
  let value = 0n;
  for (let i = 0; i < count; i++) value = value * 256n + BigInt(bytes[start + i] as number);
  return value;
}

/** A variable-length integer, least significant group first (LEB128); `undefined` if the bytes end before it. */
export function leb128(
  bytes: Uint8Array,
  at: number,
  end: number,
  bytesMax = 10,
): { value: number; big: bigint; next: number } | undefined {
  let big = 0n;
  for (let i = 0; i < bytesMax && at + i < end; i++) {
    const byte = bytes[at + i] as number;
    big |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: Number(big), big, next: at + i + 1 };
  }
  if (at + bytesMax <= end) throw new Malformed("an integer without an end");
  return undefined;
}
