/** `struct`: binary layouts by format strings (Roberto Ierusalimschy's struct 0.2, as Redis carries it). */
import { Arguments } from "./arguments.ts";
import type { LuaRuntime } from "./runtime.ts";
import { type LuaFunction, type LuaResult, LuaTable, type LuaValue } from "./values.ts";

interface Item {
  readonly code: string;
  /** Bytes; for strings, the given length. */
  readonly size: number;
  readonly padding: number;
  readonly little: boolean;
}

/** Walks a format string; `at` is the place in the data, for alignment. */
function* items(
  format: string,
  fail: (message: string) => never,
  place: () => number,
): Generator<Item> {
  let little = true;
  let align = 1;
  for (let at = 0; at < format.length;) {
    const code = format[at++] as string;
    const digits = /^[0-9]+/.exec(format.slice(at))?.[0] ?? "";
    const number = (fallback: number): number => {
      at += digits.length;
      return digits === "" ? fallback : Number(digits);
    };
    const sizes: Record<string, number> = {
      b: 1,
      B: 1,
      h: 2,
      H: 2,
      l: 8,
      L: 8,
      T: 8,
      f: 4,
      d: 8,
      x: 1,
      s: 0,
    };
    let size = sizes[code];
    if (code === "i" || code === "I") {
      size = number(4);
      if (size > 32) fail(`integral size ${size} is larger than limit of 32`);
    } else if (code === "c") {
      size = number(1);
    } else if (code === ">" || code === "<") {
      little = code === "<";
      continue;
    } else if (code === "!") {
      align = number(8);
      if (align === 0 || (align & (align - 1)) !== 0) fail("alignment is not a power of 2");
      continue;
    } else if (code === " ") {
      continue;
    }
    if (size === undefined) fail(`invalid format option '${code}'`);
    const aligned = "bBhHlLTiIfd".includes(code) ? Math.min(align, size) : 1;
    const padding = aligned > 1 ? (aligned - (place() & (aligned - 1))) & (aligned - 1) : 0;
    yield { code, size, padding, little };
  }
}

function integerBytes(value: number, size: number, little: boolean): string {
  const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
  let rest = BigInt.asUintN(64, whole);
  let out = "";
  for (let i = 0; i < size; i++) {
    const byte = String.fromCharCode(Number(rest & 255n));
    out = little ? out + byte : byte + out;
    rest >>= 8n;
  }
  return out;
}

function floatBytes(value: number, size: number, little: boolean): string {
  const view = new DataView(new ArrayBuffer(8));
  if (size === 4) view.setFloat32(0, value, little);
  else view.setFloat64(0, value, little);
  let out = "";
  for (let at = 0; at < size; at++) out += String.fromCharCode(view.getUint8(at));
  return out;
}

export function structLibrary(runtime: LuaRuntime): LuaTable {
  const define = (name: string, run: (args: Arguments) => LuaResult): LuaFunction => {
    return (...values) => run(new Arguments(runtime, name, values));
  };
  const fail = (message: string): never => runtime.raise(message);
  return LuaTable.fromRecord({
    pack: define("pack", (args) => {
      let out = "";
      let argument = 1;
      for (const { code, size, padding, little } of items(args.string(0), fail, () => out.length)) {
        out += "\0".repeat(padding);
        if (code === "x") out += "\0";
        else if (code === "s") out += `${args.string(argument++)}\0`;
        else if (code === "c") {
          const text = args.string(argument++);
          const length = size === 0 ? text.length : size;
          if (text.length < length) args.fail(argument - 1, "string too short");
          out += text.slice(0, length);
        } else if (code === "f" || code === "d")
          out += floatBytes(args.number(argument++), size, little);
        else out += integerBytes(args.number(argument++), size, little);
      }
      return out;
    }),
    unpack: define("unpack", (args) => {
      const text = args.string(1);
      let at = args.integer(2, 1) - 1;
      if (at < 0) fail("offset must be 1 or greater");
      const out: LuaValue[] = [];
      const need = (count: number): void => {
        if (at + count > text.length) args.fail(1, "data string too short");
      };
      for (const { code, size, padding, little } of items(args.string(0), fail, () => at)) {
        at += padding;
        if (code === "s") {
          const end = text.indexOf("\0", at);
          if (end < 0) fail("unfinished string in data");
          out.push(text.slice(at, end));
          at = end + 1;
          continue;
        }
        let length = size;
        if (code === "c" && size === 0) {
          const given = out.pop();
          if (typeof given !== "number") return fail("format 'c0' needs a previous size");
          length = given;
        }
        need(length);
        const bytes = text.slice(at, at + length);
        at += length;
        if (code === "c") out.push(bytes);
        else if (code !== "x") out.push(read(bytes, code, little));
      }
      return [...out, at + 1];
    }),
    size: define("size", (args) => {
      let total = 0;
      for (const { code, size, padding } of items(args.string(0), fail, () => total)) {
        if (code === "s") args.fail(0, "variable-size format in 'size'");
        if (code === "c" && size === 0) args.fail(0, "variable-length format in 'size'");
        total += padding + size;
      }
      return total;
    }),
  });
}

function read(bytes: string, code: string, little: boolean): number {
  if (code === "f" || code === "d") {
    const view = new DataView(new ArrayBuffer(8));
    for (let at = 0; at < bytes.length; at++) view.setUint8(at, bytes.charCodeAt(at));
    return code === "f" ? view.getFloat32(0, little) : view.getFloat64(0, little);
  }
  let value = 0n;
  for (let at = 0; at < bytes.length; at++) {
    const index = little ? bytes.length - 1 - at : at;
    value = (value << 8n) | BigInt(bytes.charCodeAt(index));
  }
  const bits = bytes.length * 8;
  return Number(code === code.toLowerCase() ? BigInt.asIntN(bits, value) : value);
}
