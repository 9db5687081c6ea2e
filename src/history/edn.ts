/**
 * Reads EDN (https://github.com/edn-format/edn), the format in which Jepsen, Knossos and Elle write
 * histories.
 *
 * Keywords become {@link Keyword}s, except those that are names: an event's `type`, `f` and `process`, and
 * micro-operations (`[[:append 3 1]]`) become plain strings. Whole numbers written as decimals become
 * {@link Decimal}s, and symbols become their names. Lists, vectors and sets become arrays. A map becomes an
 * object if all its keys are keywords or whole numbers, and a `Map` otherwise, so that `{:a 1}` and
 * `{"a" 1}` are two values. Tags are dropped from tagged values.
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

/** Where a value stands: this decides which keywords in it are names. */
const atTop = 0;
const inEvents = 1;
const inSequence = 2;
const inValue = 3;

const wholeNumber = /^-?(?:0|[1-9][0-9]*)$/;

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
  value(depth = 0, within: number = atTop): unknown {
    const byte = this.peek();
    if (depth > depthMax) throw this.error(`values nested more than ${depthMax} deep`);
    switch (byte) {
      case -1:
        throw this.error("the file ends where a value should stand: is it truncated?");
      case 0x7b: // {
        return this.#map(depth, within);
      case 0x5b: // [
        return this.#items(0x5d, depth, within);
      case 0x28: // (
        return this.#items(0x29, depth, within);
      case 0x22: // "
        return this.quoted();
      case 0x3a: // :
        return Keyword.of(this.#name(this.at + 1));
      case 0x23: // #
        return this.#dispatch(depth, within);
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

  /** Reads the next value as one that is no event: no keyword of a map in it is a name. */
  plainValue(): unknown {
    return this.value(0, inValue);
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

  #items(close: number, depth: number, within: number): unknown[] {
    const start = this.at++;
    const items: unknown[] = [];
    const inside = within === inEvents ? atTop : inSequence;
    for (;;) {
      const byte = this.peek();
      if (byte === close) break;
      if (byte === -1) throw this.#unclosed(start);
      items.push(this.value(depth + 1, inside));
    }
    this.at++;
    const first = items[0];
    if (within === inSequence && first instanceof Keyword && micros.has(first.name))
      items[0] = first.name;
    return items;
  }

  #map(depth: number, within: number): unknown {
    const start = this.at++;
    const fields: Record<string, unknown> = {};
    let composite: Map<unknown, unknown> | undefined;
    for (;;) {
      const byte = this.peek();
      if (byte === 0x7d) break;
      if (byte === -1) throw this.#unclosed(start);
      const key = this.value(depth + 1, inValue);
      const next = this.peek();
      if (next === 0x7d) throw this.error("a map with a key and no value");
      if (next === -1) throw this.#unclosed(start);
      const value = this.#field(key, depth, within);
      if (!composite && !isFieldKey(key)) composite = asMap(fields);
      if (composite) composite.set(key, value);
      else setEntry(fields, key instanceof Keyword ? key.name : String(key), value);
    }
    this.at++;
    return composite ?? fields;
  }

  #field(key: unknown, depth: number, within: number): unknown {
    const name = within === atTop ? nameOf(key) : undefined;
    const value = this.value(depth + 1, name === "history" ? inEvents : inValue);
    if (name === undefined) return value;
    if (naming.has(name)) return nameOf(value) ?? numberOr(value);
    return counting.has(name) ? numberOr(value) : value;
  }

  #dispatch(depth: number, within: number): unknown {
    const { bytes } = this;
    const next = bytes[this.at + 1];
    if (next === 0x7b) {
      this.at++;
      return this.#items(0x7d, depth, inValue);
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
    return this.value(depth + 1, within);
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

/**
 * Whether a key can name a field of an object. The same name never stands for two keys: a keyword that
 * reads like a number makes its map a `Map`, as a text does.
 */
function isFieldKey(key: unknown): boolean {
  if (key instanceof Keyword) return !wholeNumber.test(key.name);
  return Number.isSafeInteger(key);
}

/** The map that an object of keywords and whole numbers stands for. */
function asMap(fields: Record<string, unknown>): Map<unknown, unknown> {
  return new Map(
    Object.entries(fields).map(([name, value]) => [
      wholeNumber.test(name) ? Number(name) : Keyword.of(name),
      value,
    ]),
  );
}

function setEntry(fields: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") setField(fields, name, value);
  else fields[name] = value;
}
