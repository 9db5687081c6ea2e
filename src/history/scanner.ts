/**
 * Common code of the EDN and JSON readers: a position in the bytes, interned strings, numbers, and errors
 * with a position. It works on bytes and not on text, because histories can exceed V8's maximum string
 * length.
 */
import { HistoryError } from "./errors.ts";

/** The maximum nesting depth. Deeper nesting is not a history, and would overflow the stack. */
export const depthMax = 512;
const stringBytesMax = 64 * 1024 * 1024;
const internedBytesMax = 40;
const internedSlots = 1 << 14;

export class Scanner {
  readonly bytes: Uint8Array;
  readonly name: string;
  /** The offset of the next byte. */
  at = 0;
  /** False if the last {@link number} was written as a decimal. */
  protected whole = true;
  readonly #interned: (string | undefined)[] = [];
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(bytes: Uint8Array, name: string) {
    this.bytes = bytes;
    this.name = name;
    // A byte order mark is not part of the text.
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.at = 3;
  }

  /** Creates an error at `offset`, with its line and column. */
  error(message: string, offset: number = this.at, hint?: string): HistoryError {
    const { line, column } = this.place(offset);
    return new HistoryError(this.name, line, column, message, hint);
  }

  /** Line and column (in bytes) of `offset`, both from 1. */
  place(offset: number): { line: number; column: number } {
    const { bytes } = this;
    const end = Math.min(offset, bytes.length);
    let line = 1;
    let lineStart = 0;
    for (
      let next = bytes.indexOf(10);
      next !== -1 && next < end;
      next = bytes.indexOf(10, next + 1)
    ) {
      line++;
      lineStart = next + 1;
    }
    return { line, column: end - lineStart + 1 };
  }

  /** The byte at `offset`, formatted for a message: `'x'`, `byte 0x00`, `the end of the file`. */
  show(offset: number = this.at): string {
    const byte = this.bytes[offset];
    if (byte === undefined) return "the end of the file";
    return byte > 32 && byte < 127
      ? `'${String.fromCharCode(byte)}'`
      : `byte 0x${byte.toString(16).padStart(2, "0")}`;
  }

  /** The text between two offsets. Short strings are interned. */
  text(start: number, end: number): string {
    const { bytes } = this;
    const length = end - start;
    if (length > internedBytesMax) return this.decode(start, end);
    let hash = length;
    let high = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      high |= byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (high > 127) return this.decode(start, end);
    const slot = (hash ^ (hash >>> 15)) & (internedSlots - 1);
    const known = this.#interned[slot];
    if (known !== undefined && known.length === length) {
      let i = 0;
      while (i < length && known.charCodeAt(i) === bytes[start + i]) i++;
      if (i === length) return known;
    }
    let made = "";
    for (let i = start; i < end; i++) made += String.fromCharCode(bytes[i] as number);
    this.#interned[slot] = made;
    return made;
  }

  /** The text between two offsets, decoded. */
  decode(start: number, end: number): string {
    if (end - start > stringBytesMax) {
      throw this.error(`a text of ${end - start} bytes is too long for a history`, start);
    }
    try {
      return this.#decoder.decode(this.bytes.subarray(start, end));
    } catch {
      throw this.error("bytes that are not UTF-8", start);
    }
  }

  /**
   * Reads the quoted string whose opening quote is at `at`, and moves past the closing quote. JSON and EDN
   * have the same escapes except for rare forms of `\u` and octal.
   */
  quoted(): string {
    const { bytes } = this;
    const start = ++this.at;
    let i = start;
    for (; ; i++) {
      const byte = bytes[i];
      if (byte === 0x22) break;
      if (byte === undefined) throw this.error("a string that never ends", start - 1);
      if (byte === 0x5c) return this.#escaped(start, i);
      if (byte < 32 && byte !== 10 && byte !== 13 && byte !== 9) {
        throw this.error(`${this.show(i)} inside a string`, i);
      }
    }
    this.at = i + 1;
    return this.text(start, i);
  }

  #escaped(start: number, firstEscape: number): string {
    const { bytes } = this;
    let out = this.decode(start, firstEscape);
    let i = firstEscape;
    for (;;) {
      const byte = bytes[i];
      if (byte === undefined) throw this.error("a string that never ends", start - 1);
      if (byte === 0x22) break;
      if (byte !== 0x5c) {
        let end = i + 1;
        while (end < bytes.length && bytes[end] !== 0x22 && bytes[end] !== 0x5c) end++;
        out += this.decode(i, end);
        i = end;
        continue;
      }
      const code = String.fromCharCode(bytes[i + 1] ?? 0);
      if (code === "u") {
        const hex = this.text(i + 2, Math.min(i + 6, bytes.length));
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.error("a bad \\u escape", i);
        out += String.fromCharCode(Number.parseInt(hex, 16));
        i += 6;
        continue;
      }
      const at = '"\\/bfnrt'.indexOf(code);
      if (at < 0) throw this.error(`an unknown escape \\${code}`, i);
      out += '"\\/\b\f\n\r\t'[at];
      i += 2;
    }
    this.at = i + 1;
    return out;
  }

  /**
   * Reads the number that starts at `at`. Integers, which are the common case, take a fast path; everything
   * else is parsed by `Number`. Integers beyond 2^53 become bigints, so that they stay distinct.
   */
  number(isEnd: (byte: number) => boolean): number | bigint {
    const { bytes } = this;
    const start = this.at;
    let i = start;
    const negative = bytes[i] === 0x2d;
    if (negative || bytes[i] === 0x2b) i++;
    let value = 0;
    const digits = i;
    for (; i < bytes.length; i++) {
      const digit = (bytes[i] as number) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (i > digits && i - digits <= 15 && (i === bytes.length || isEnd(bytes[i] as number))) {
      this.at = i;
      return negative ? -value : value;
    }
    while (i < bytes.length && !isEnd(bytes[i] as number)) i++;
    this.at = i;
    const text = this.text(start, Math.min(i, start + 400));
    if (/^[+-]?[0-9]+N?$/.test(text)) {
      const big = BigInt(text.replace(/^\+|N$/g, ""));
      const small = Number(big);
      return Number.isSafeInteger(small) ? small : big;
    }
    if (/^[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?M?$/.test(text)) {
      this.whole = false;
      return Number(text.replace(/M$/, ""));
    }
    const ratio = /^([+-]?[0-9]+)\/([0-9]+)$/.exec(text);
    if (ratio) return Number(ratio[1]) / Number(ratio[2]);
    throw this.error(`${JSON.stringify(shorten(text))} is not a number`, start);
  }
}

/** Sets a property whose name comes from data, `__proto__` included, without changing a prototype. */
export function setField(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else target[key] = value;
}

/** Shortens a text for a message to a few words. */
export function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
