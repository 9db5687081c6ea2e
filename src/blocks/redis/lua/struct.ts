/**
 * `struct`: binary layouts described by format strings (Roberto Ierusalimschy's struct 0.2, as
 * included in Redis).
 */
import { cString, toUnsignedLong } from "./c-types.ts";
import type { HostFunction } from "./host-functions.ts";
import { type LuaState, LuaType } from "./state.ts";

const INTEGER_BYTES_MAX = 32;
const ALIGNMENT = 8;
const INT_MAX = 0x7fff_ffff;
const sizes: Readonly<Record<string, number>> = {
  ...{ b: 1, B: 1, h: 2, H: 2, l: 8, L: 8, T: 8, f: 4, d: 8, x: 1 },
};

/** Iterates over the options of a format, with the size, byte order and alignment of each. */
class Format {
  readonly #lua: LuaState;
  readonly #text: string;
  #at = 0;
  #align = 1;
  little = true;
  option = "";
  size = 0;

  constructor(lua: LuaState, text: string) {
    this.#lua = lua;
    this.#text = cString(text);
  }

  next(): boolean {
    if (this.#at >= this.#text.length) return false;
    this.option = this.#text[this.#at++] as string;
    this.size = this.#sizeOf(this.option);
    return true;
  }

  #sizeOf(option: string): number {
    if (option === "c") return this.#number(1);
    if (option !== "i" && option !== "I") return sizes[option] ?? 0;
    const size = this.#number(4);
    if (size > INTEGER_BYTES_MAX) {
      this.#lua.raise(`integral size ${size} is larger than limit of ${INTEGER_BYTES_MAX}`);
    }
    return size;
  }

  #number(fallback: number): number {
    const start = this.#at;
    let value = 0;
    for (;;) {
      const digit = this.#text.charCodeAt(this.#at) - 48;
      if (!(digit >= 0 && digit <= 9)) return this.#at === start ? fallback : value;
      value = value * 10 + digit;
      if (value > INT_MAX) this.#lua.raise("integral size overflow");
      this.#at++;
    }
  }

  /** Returns how many padding bytes are needed at `place` before the option's value. */
  padding(place: number): number {
    if (this.size === 0 || this.option === "c") return 0;
    const unit = Math.min(this.size, this.#align);
    return (unit - (place & (unit - 1))) & (unit - 1);
  }

  /** Applies an option that has no value: byte order, alignment, a space. */
  control(): void {
    switch (this.option) {
      case " ":
        return;
      case ">":
      case "<":
        this.little = this.option === "<";
        return;
      case "!": {
        const align = this.#number(ALIGNMENT);
        if (align <= 0 || (align & (align - 1)) !== 0) {
          this.#lua.raise(`alignment ${align} is not a power of 2`);
        }
        this.#align = align;
        return;
      }
      default:
        this.#lua.raiseArgument(1, `invalid format option '${this.option}'`);
    }
  }
}

const isInteger = (option: string): boolean => "bBhHlLTiI".includes(option);

function integerBytes(value: number, size: number, little: boolean): string {
  let rest = toUnsignedLong(value);
  let out = "";
  for (let i = 0; i < size; i++) {
    const byte = String.fromCharCode(Number(rest & 255n));
    out = little ? out + byte : byte + out;
    rest >>= 8n;
  }
  return out;
}

function floatBytes(value: number, size: number, little: boolean): string {
  const bytes = Buffer.alloc(size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  if (size === 4) view.setFloat32(0, value, little);
  else view.setFloat64(0, value, little);
  return bytes.toString("latin1");
}

function readNumber(bytes: string, option: string, little: boolean): number {
  if (option === "f" || option === "d") {
    const raw = Buffer.from(bytes, "latin1");
    const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
    return option === "f" ? view.getFloat32(0, little) : view.getFloat64(0, little);
  }
  let value = 0n;
  for (let at = 0; at < bytes.length; at++) {
    const index = little ? bytes.length - 1 - at : at;
    value = BigInt.asUintN(64, (value << 8n) | BigInt(bytes.charCodeAt(index)));
  }
  if (option !== option.toLowerCase()) return Number(value);
  return Number(BigInt.asIntN(Math.min(64, bytes.length * 8), value));
}

function pack(lua: LuaState): number {
  const format = new Format(lua, lua.checkText(1));
  // As in the original, the first missing argument is nil.
  lua.pushNil();
  let out = "";
  let argument = 2;
  while (format.next()) {
    const { option, little } = format;
    let { size } = format;
    out += "\0".repeat(format.padding(out.length));
    if (isInteger(option)) out += integerBytes(lua.checkNumber(argument++), size, little);
    else if (option === "x") out += "\0";
    else if (option === "f" || option === "d") {
      out += floatBytes(lua.checkNumber(argument++), size, little);
    } else if (option === "c" || option === "s") {
      const text = lua.checkText(argument++);
      if (size === 0) size = text.length;
      if (text.length < size) lua.raiseArgument(argument, "string too short");
      out += text.slice(0, size) + (option === "s" ? "\0" : "");
    } else format.control();
  }
  lua.pushString(out);
  return 1;
}

function unpack(lua: LuaState): number {
  const format = new Format(lua, lua.checkText(1));
  const data = lua.checkText(2);
  let place = lua.checkInteger(3, 1) - 1;
  if (place === -1) lua.raiseArgument(3, "offset must be 1 or greater");
  let results = 0;
  const need = (size: number): void => {
    if (size < 0 || place < 0 || place + size > data.length)
      lua.raiseArgument(2, "data string too short");
  };
  while (format.next()) {
    const { option } = format;
    let { size } = format;
    place += format.padding(place);
    need(size);
    lua.reserve(2);
    if (isInteger(option) || option === "f" || option === "d") {
      lua.pushNumber(readNumber(data.slice(place, place + size), option, format.little));
      results++;
    } else if (option === "c") {
      if (size === 0) {
        if (results === 0 || lua.type(-1) !== LuaType.number) {
          lua.raise("format 'c0' needs a previous size");
        }
        size = Math.trunc(lua.number(-1));
        lua.pop();
        results--;
        need(size);
      }
      lua.pushString(data.slice(place, place + size));
      results++;
    } else if (option === "s") {
      const end = data.indexOf("\0", place);
      if (end < 0) lua.raise("unfinished string in data");
      lua.pushString(data.slice(place, end));
      size = end + 1 - place;
      results++;
    } else if (option !== "x") format.control();
    place += size;
  }
  lua.pushNumber(place + 1);
  return results + 1;
}

function size(lua: LuaState): number {
  const format = new Format(lua, lua.checkText(1));
  let total = 0;
  while (format.next()) {
    total += format.padding(total);
    if (format.option === "s") lua.raiseArgument(1, "option 's' has no fixed size");
    if (format.option === "c" && format.size === 0) {
      lua.raiseArgument(1, "option 'c0' has no fixed size");
    }
    if (!/[0-9A-Za-z]/.test(format.option)) format.control();
    total += format.size;
  }
  lua.pushNumber(total);
  return 1;
}

export const structFunctions: readonly (readonly [string, HostFunction])[] = [
  ["pack", pack],
  ["unpack", unpack],
  ["size", size],
];
