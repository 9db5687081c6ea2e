/**
 * Reads EDN (https://github.com/edn-format/edn), the format in which Jepsen, Knossos and Elle write
 * histories.
 *
 * Keywords become {@link Keyword}s, except those that are names: the keys of maps, a map's `type`, `f` and
 * `process`, and micro-operations (`[[:append 3 1]]`) become plain strings. Whole numbers written as
 * decimals become {@link Decimal}s, and symbols become their names. Lists, vectors and sets become arrays.
 * Maps become objects if all keys are names or numbers, and `Map`s otherwise. Tags are dropped from tagged
 * values.
 */
import { depthMax, Scanner, setField, shorten } from "./scanner.ts";
import { Decimal, Keyword, nameOf, numberOr } from "./values.ts";

/** 1: white space (commas too), 2: ends a token. */
const kinds = new Uint8Array(256);
for (const byte of [9, 10, 11, 12, 13, 32, 44]) kinds[byte] = 3;
for (const char of '()[]{}";') kinds[char.charCodeAt(0)] = 2;

/** Names of micro-operations: the first item of a vector inside another vector. */
const micros = new Set("r w read write append cas add inc send poll rp insert delete".split(" "));
/** Fields of events that are names, and those that hold our own numbers. */
const naming = new Set(["type", "f", "process", "model"]);
const counting = new Set(["time", "index"]);

const isEnd = (byte: number): boolean => (kinds[byte] as number) !== 0;

export class EdnReader extends Scanner {
  /** Skips white space, comments and discarded values; returns the next byte, or -1 at the end. */
  peek(): number {
    const { bytes } = this;
    for (;;) {
      const byte = bytes[this.at];
      if (byte === undefined) return -1;
      if (((kinds[byte] as number) & 1) !== 0) this.at++;
      else if (byte === 0x3b) {
        const end = bytes.indexOf(10, this.at);
        this.at = end === -1 ? bytes.length : end + 1;
      } else if (byte === 0x23 && bytes[this.at + 1] === 0x5f) {
        this.at += 2;
        this.value(1);
      } else return byte;
    }
  }

  /** Reads the next value. Throws a `HistoryError` if it is malformed. */
  value(depth = 0, within = 0): unknown {
    const byte = this.peek();
    if (depth > depthMax) throw this.error(`values nested more than ${depthMax} deep`);
    switch (byte) {
      case -1:
        throw this.error("the file ends where a value should stand: is it truncated?");
      case 0x7b: // {
        return this.#map(depth);
      case 0x5b: // [
        return this.#items(0x5d, depth, within === 0x5d);
      case 0x28: // (
        return this.#items(0x29, depth, within === 0x5d);
      case 0x22: // "
        return this.quoted();
      case 0x3a: // :
        return Keyword.of(this.#name(this.at + 1));
      case 0x23: // #
        return this.#dispatch(depth);
      case 0x5c: // \
        return this.#character();
    }
    if (byte >= 48 && byte <= 57) return this.#number();
    if (byte === 0x2d || byte === 0x2b) {
      const next = this.bytes[this.at + 1] ?? 0;
      if (next >= 48 && next <= 57) return this.#number();
    }
    if (byte < 32 || byte === 127 || isEnd(byte)) throw this.error(`unexpected ${this.show()}`);
    const symbol = this.#name(this.at);
    if (symbol === "nil") return null;
    if (symbol === "true") return true;
    if (symbol === "false") return false;
    return symbol;
  }

  #name(start: number): string {
    const { bytes } = this;
    let i = start;
    while (i < bytes.length && (kinds[bytes[i] as number] as number) === 0) i++;
    if (i === start) throw this.error(`a name was expected, not ${this.show(i)}`, i);
    if (i - start > 4096) throw this.error(`a name of ${i - start} bytes`, start);
    this.at = i;
    return this.text(start, i);
  }

  #number(): unknown {
    this.whole = true;
    const number = this.number(isEnd);
    return this.whole || !Number.isInteger(number) ? number : Decimal.of(Number(number));
  }

  #items(close: number, depth: number, nested = false): unknown[] {
    const start = this.at++;
    const items: unknown[] = [];
    for (;;) {
      const byte = this.peek();
      if (byte === close) break;
      if (byte === -1) throw this.#unclosed(start);
      items.push(this.value(depth + 1, 0x5d));
    }
    this.at++;
    const first = items[0];
    if (nested && first instanceof Keyword && micros.has(first.name)) items[0] = first.name;
    return items;
  }

  #map(depth: number): unknown {
    const start = this.at++;
    const fields: Record<string, unknown> = {};
    let composite: Map<unknown, unknown> | undefined;
    for (;;) {
      const byte = this.peek();
      if (byte === 0x7d) break;
      if (byte === -1) throw this.#unclosed(start);
      const key = this.#key(depth);
      const next = this.peek();
      if (next === 0x7d) throw this.error("a map with a key and no value");
      if (next === -1) throw this.#unclosed(start);
      const value = this.#field(key, depth);
      if (composite) composite.set(key, value);
      else if (typeof key === "string") {
        if (key === "__proto__") setField(fields, key, value);
        else fields[key] = value;
      } else if (typeof key === "number") fields[key] = value;
      else {
        composite = new Map<unknown, unknown>(Object.entries(fields));
        composite.set(key, value);
      }
    }
    this.at++;
    return composite ?? fields;
  }

  /** Reads a map's key. Keywords become names here. */
  #key(depth: number): unknown {
    const key = this.value(depth + 1);
    return key instanceof Keyword ? key.name : key;
  }

  #field(key: unknown, depth: number): unknown {
    const value = this.value(depth + 1);
    if (typeof key !== "string") return value;
    if (naming.has(key)) return nameOf(value) ?? numberOr(value);
    return counting.has(key) ? numberOr(value) : value;
  }

  #dispatch(depth: number): unknown {
    const { bytes } = this;
    const next = bytes[this.at + 1];
    if (next === 0x7b) {
      this.at++;
      return this.#items(0x7d, depth);
    }
    if (next === 0x23) {
      const name = this.#name(this.at + 2);
      if (name === "NaN") return Number.NaN;
      if (name === "Inf") return Infinity;
      if (name === "-Inf") return -Infinity;
      throw this.error(`an unknown value ##${shorten(name)}`);
    }
    // A tag tells Clojure how to build the value. A checker needs only the value itself.
    this.#name(this.at + 1);
    return this.value(depth + 1);
  }

  #character(): string {
    const start = this.at + 1;
    const { bytes } = this;
    let i = start + 1;
    while (i < bytes.length && (kinds[bytes[i] as number] as number) === 0) i++;
    this.at = i;
    const name = this.decode(start, Math.min(i, start + 64));
    const named: Record<string, string> = { newline: "\n", space: " ", tab: "\t", return: "\r" };
    return named[name] ?? name;
  }

  #unclosed(start: number): Error {
    const { line, column } = this.place(start);
    return this.error(
      `the file ends inside ${this.show(start)} opened at ${line}:${column}: is it truncated?`,
      this.bytes.length,
    );
  }
}
