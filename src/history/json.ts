/** Reads JSON (RFC 8259) from bytes and reports the position of errors. `JSON.parse` needs text and cannot. */
import { depthMax, Scanner, setField } from "./scanner.ts";

/** 1: white space, 2: ends a number. */
const kinds = new Uint8Array(256);
for (const byte of [9, 10, 13, 32]) kinds[byte] = 3;
for (const char of ',]}"{[:') kinds[char.charCodeAt(0)] = 2;

const isEnd = (byte: number): boolean => (kinds[byte] as number) !== 0;

const words: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
];

export class JsonReader extends Scanner {
  /** Skips white space; returns the next byte, or -1 at the end. */
  peek(): number {
    const { bytes } = this;
    let byte = bytes[this.at];
    while (byte !== undefined && ((kinds[byte] as number) & 1) !== 0) byte = bytes[++this.at];
    return byte ?? -1;
  }

  /** Reads the next value. Throws a `HistoryError` if it is malformed. */
  value(depth = 0): unknown {
    const byte = this.peek();
    if (depth > depthMax) throw this.error(`values nested more than ${depthMax} deep`);
    if (byte === 0x7b) return this.#object(depth);
    if (byte === 0x5b) return this.#array(depth);
    if (byte === 0x22) return this.quoted();
    if ((byte >= 48 && byte <= 57) || byte === 0x2d) return this.number(isEnd);
    if (byte === -1) throw this.error("the file ends where a value should stand: is it truncated?");
    for (const [word, value] of words) {
      if (byte === word.charCodeAt(0) && this.text(this.at, this.at + word.length) === word) {
        this.at += word.length;
        return value;
      }
    }
    throw this.error(`unexpected ${this.show()}`, this.at, this.#hint());
  }

  #hint(): string | undefined {
    const word = this.text(this.at, Math.min(this.at + 8, this.bytes.length));
    return /^(NaN|Infinity)/.test(word) ? "JSON has no NaN and no Infinity." : undefined;
  }

  #array(depth: number): unknown[] {
    const start = this.at++;
    const items: unknown[] = [];
    if (this.peek() === 0x5d) {
      this.at++;
      return items;
    }
    for (;;) {
      items.push(this.value(depth + 1));
      const byte = this.peek();
      this.at++;
      if (byte === 0x2c) continue;
      if (byte === 0x5d) return items;
      this.at--;
      throw byte === -1
        ? this.#unclosed(start)
        : this.error(`',' or ']' expected, not ${this.show()}`);
    }
  }

  #object(depth: number): Record<string, unknown> {
    const start = this.at++;
    const fields: Record<string, unknown> = {};
    if (this.peek() === 0x7d) {
      this.at++;
      return fields;
    }
    for (;;) {
      const quote = this.peek();
      if (quote === -1) throw this.#unclosed(start);
      if (quote !== 0x22) throw this.error(`a field's name expected, not ${this.show()}`);
      const key = this.quoted();
      const colon = this.peek();
      if (colon === -1) throw this.#unclosed(start);
      if (colon !== 0x3a) throw this.error(`':' expected, not ${this.show()}`);
      this.at++;
      const value = this.value(depth + 1);
      if (key === "__proto__") setField(fields, key, value);
      else fields[key] = value;
      const byte = this.peek();
      if (byte === 0x2c) {
        this.at++;
        continue;
      }
      if (byte === 0x7d) {
        this.at++;
        return fields;
      }
      throw byte === -1
        ? this.#unclosed(start)
        : this.error(`',' or '}' expected, not ${this.show()}`);
    }
  }

  #unclosed(start: number): Error {
    const { line, column } = this.place(start);
    return this.error(
      `the file ends inside ${this.show(start)} opened at ${line}:${column}: is it truncated?`,
      this.bytes.length,
    );
  }
}
