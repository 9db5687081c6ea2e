/** `cjson`: JSON as Redis's scripts read and write it (lua-cjson 2.1 with Redis's defaults). */
import { formatG, latin1 } from "../../../wire/index.ts";
import { Arguments } from "./arguments.ts";
import type { LuaRuntime } from "./runtime.ts";
import {
  type LuaFunction,
  type LuaResult,
  LuaTable,
  type LuaValue,
  NOTHING,
  typeName,
} from "./values.ts";

const DEPTH_MAX = 1_000;
const SPARSE_RATIO = 2;
const SPARSE_SAFE = 10;
const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "/": "\\/",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x7f": "\\u007f",
};

interface Settings {
  /** An empty array decodes to this, so that it is an array when encoded again. */
  readonly emptyArray: LuaTable;
  readonly null: LuaTable;
  keepNumbers: number;
  depthMax: number;
  decodeDepthMax: number;
  /** NaN and infinities: refused (false), written as C prints them (true), or as null. */
  invalidNumbers: boolean | "null";
  decodeInvalidNumbers: boolean;
  sparseConvert: boolean;
  sparseRatio: number;
  sparseSafe: number;
}

export function cjsonLibrary(runtime: LuaRuntime): LuaTable {
  const define = (name: string, run: (args: Arguments) => LuaResult): LuaFunction => {
    return (...values) => run(new Arguments(runtime, name, values));
  };
  const settings: Settings = {
    emptyArray: new LuaTable(),
    null: nullValue(),
    keepNumbers: 14,
    depthMax: DEPTH_MAX,
    decodeDepthMax: DEPTH_MAX,
    invalidNumbers: false,
    decodeInvalidNumbers: true,
    sparseConvert: false,
    sparseRatio: SPARSE_RATIO,
    sparseSafe: SPARSE_SAFE,
  };
  const fail = (message: string): never => runtime.raise(message);
  return LuaTable.fromRecord({
    null: settings.null,
    _NAME: "cjson",
    _VERSION: "2.1.0",
    encode: define("encode", (args) => {
      if (args.count !== 1) args.fail(0, "expected 1 argument");
      return encode(args.values[0], settings, 0, fail);
    }),
    decode: define("decode", (args) => {
      if (args.count !== 1) args.fail(0, "expected 1 argument");
      return new Decoder(args.string(0), settings, fail).whole();
    }),
    encode_sparse_array: define("encode_sparse_array", (args) => {
      settings.sparseConvert = args.values[0] === true;
      settings.sparseRatio = args.integer(1, settings.sparseRatio);
      settings.sparseSafe = args.integer(2, settings.sparseSafe);
      return [settings.sparseConvert, settings.sparseRatio, settings.sparseSafe];
    }),
    encode_max_depth: define("encode_max_depth", (args) => {
      settings.depthMax = args.integer(0, settings.depthMax);
      return settings.depthMax;
    }),
    decode_max_depth: define("decode_max_depth", (args) => {
      settings.decodeDepthMax = args.integer(0, settings.decodeDepthMax);
      return settings.decodeDepthMax;
    }),
    encode_number_precision: define("encode_number_precision", (args) => {
      settings.keepNumbers = args.integer(0, settings.keepNumbers);
      return settings.keepNumbers;
    }),
    encode_keep_buffer: () => NOTHING,
    encode_invalid_numbers: define("encode_invalid_numbers", (args) => {
      const [value] = args.values;
      if (typeof value === "boolean" || value === "null") settings.invalidNumbers = value;
      return settings.invalidNumbers;
    }),
    decode_invalid_numbers: define("decode_invalid_numbers", (args) => {
      if (typeof args.values[0] === "boolean") settings.decodeInvalidNumbers = args.values[0];
      return settings.decodeInvalidNumbers;
    }),
    decode_array_with_array_mt: () => false,
  });
}

/** A value of its own for JSON's null; in C it is a light userdata. */
function nullValue(): LuaTable {
  const value = new LuaTable();
  value.metatable = LuaTable.fromRecord({ __tostring: () => "userdata: (nil)" });
  value.readonly = true;
  return value;
}

function invalidText(value: number): string {
  if (Number.isNaN(value)) return "-nan";
  return value > 0 ? "inf" : "-inf";
}

function quote(text: string): string {
  const body = text.replace(/["\\/\x00-\x1f\x7f]/g, (c) => {
    return escapes[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${body}"`;
}

type Fail = (message: string) => never;

function encode(value: LuaValue, settings: Settings, depth: number, fail: Fail): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      if (!Number.isFinite(value)) {
        if (settings.invalidNumbers === false) {
          fail("Cannot serialise number: must not be NaN or Inf");
        }
        return settings.invalidNumbers === "null" ? "null" : invalidText(value);
      }
      return formatG(value, settings.keepNumbers);
    case "boolean":
      return String(value);
    case "undefined":
      return "null";
    case "object":
      if (value === settings.null) return "null";
      return encodeTable(value, settings, depth + 1, fail);
    default:
      return fail(`Cannot serialise ${typeName(value)}: type not supported`);
  }
}

function encodeTable(table: LuaTable, settings: Settings, depth: number, fail: Fail): string {
  if (depth > settings.depthMax) fail(`Cannot serialise, excessive depth (${depth})`);
  const length = arrayLength(table, settings, fail);
  if (length > 0) {
    const parts: string[] = [];
    for (let at = 1; at <= length; at++) parts.push(encode(table.get(at), settings, depth, fail));
    return `[${parts.join(",")}]`;
  }
  const parts: string[] = [];
  for (const [key, value] of table.entries()) {
    let name: string;
    if (typeof key === "string") name = quote(key);
    else if (typeof key === "number") name = `"${formatG(key, settings.keepNumbers)}"`;
    else name = fail("Cannot serialise table: table key must be a number or string");
    parts.push(`${name}:${encode(value, settings, depth, fail)}`);
  }
  return `{${parts.join(",")}}`;
}

/** The greatest index when all keys are positive integers, or -1 for an object. */
function arrayLength(table: LuaTable, settings: Settings, fail: Fail): number {
  let max = table.length;
  let items = 0;
  for (const value of table.list) if (value !== undefined) items++;
  for (const key of table.hash.keys()) {
    if (typeof key !== "number" || !Number.isInteger(key) || key < 1) return -1;
    max = Math.max(max, key);
    items++;
  }
  if (settings.sparseRatio > 0 && max > items * settings.sparseRatio && max > settings.sparseSafe) {
    if (!settings.sparseConvert) fail("Cannot serialise table: excessively sparse array");
    return -1;
  }
  return max;
}

class Decoder {
  readonly #text: string;
  readonly #settings: Settings;
  readonly #fail: Fail;
  #at = 0;
  #depth = 0;

  constructor(text: string, settings: Settings, fail: Fail) {
    this.#text = text;
    this.#settings = settings;
    this.#fail = fail;
  }

  whole(): LuaValue {
    if (this.#text.length >= 2 && (this.#text[0] === "\0" || this.#text[1] === "\0")) {
      this.#fail("JSON parser does not support UTF-16 or UTF-32");
    }
    const value = this.#value();
    this.#spaces();
    if (this.#at < this.#text.length) this.#unexpected("the end");
    return value;
  }

  #spaces(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #unexpected(wanted: string): never {
    const c = this.#text[this.#at];
    const names: Record<string, string> = {
      "{": "T_OBJ_BEGIN",
      "}": "T_OBJ_END",
      "[": "T_ARR_BEGIN",
      "]": "T_ARR_END",
      ",": "T_COMMA",
      ":": "T_COLON",
      '"': "T_STRING",
    };
    const found = c === undefined ? "T_END" : (names[c] ?? "invalid token");
    return this.#fail(`Expected ${wanted} but found ${found} at character ${this.#at + 1}`);
  }

  #value(): LuaValue {
    this.#spaces();
    const c = this.#text[this.#at];
    if (c === "{") return this.#object();
    if (c === "[") return this.#array();
    if (c === '"') return this.#string();
    for (const [word, value] of [
      ["true", true],
      ["false", false],
      ["null", this.#settings.null],
    ] as const) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    const number =
      /[-+]?(?:0[xX][0-9a-fA-F]+|inf(?:inity)?|nan|[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?\.?)/iy;
    number.lastIndex = this.#at;
    const match = number.exec(this.#text);
    if (!match || c === "+") return this.#unexpected("value");
    this.#at += match[0].length;
    const word = match[0].toLowerCase();
    if (!this.#settings.decodeInvalidNumbers && /[nx]/.test(word)) this.#unexpected("value");
    if (word.includes("inf")) return word.startsWith("-") ? -Infinity : Infinity;
    return word.includes("nan") ? NaN : Number(match[0]);
  }

  #enter(): void {
    if (++this.#depth > this.#settings.decodeDepthMax) {
      this.#fail(
        `Found too many nested data structures (${this.#depth}) at character ${this.#at + 1}`,
      );
    }
    this.#at++;
  }

  #object(): LuaTable {
    this.#enter();
    const table = new LuaTable();
    this.#spaces();
    if (this.#text[this.#at] !== "}") {
      for (;;) {
        this.#spaces();
        if (this.#text[this.#at] !== '"') this.#unexpected("object key string");
        const key = this.#string();
        this.#spaces();
        if (this.#text[this.#at] !== ":") this.#unexpected("colon");
        this.#at++;
        table.set(key, this.#value());
        this.#spaces();
        if (this.#text[this.#at] === "}") break;
        if (this.#text[this.#at] !== ",") this.#unexpected("comma or object end");
        this.#at++;
      }
    }
    this.#at++;
    this.#depth--;
    return table;
  }

  #array(): LuaTable {
    this.#enter();
    const table = new LuaTable();
    this.#spaces();
    if (this.#text[this.#at] !== "]") {
      for (;;) {
        table.set(table.length + 1, this.#value());
        this.#spaces();
        if (this.#text[this.#at] === "]") break;
        if (this.#text[this.#at] !== ",") this.#unexpected("comma or array end");
        this.#at++;
      }
    }
    this.#at++;
    this.#depth--;
    return table;
  }

  #string(): string {
    let out = "";
    const start = this.#at++;
    for (;;) {
      const c = this.#text[this.#at++];
      if (c === undefined)
        this.#fail(`Expected value but found unexpected end of string at character ${start + 1}`);
      if (c === '"') return out;
      if (c !== "\\") {
        out += c;
        continue;
      }
      out += this.#escape(start);
    }
  }

  #escape(start: number): string {
    const c = this.#text[this.#at++] ?? "";
    const simple: Record<string, string> = {
      b: "\b",
      f: "\f",
      n: "\n",
      r: "\r",
      t: "\t",
      '"': '"',
      "\\": "\\",
      "/": "/",
    };
    if (Object.hasOwn(simple, c)) return simple[c] as string;
    let code = this.#hex(start, c);
    if (code >= 0xd800 && code < 0xdc00 && this.#text.startsWith("\\u", this.#at)) {
      this.#at += 2;
      const low = this.#hex(start, "u");
      code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    }
    const bytes = new TextEncoder().encode(String.fromCodePoint(code));
    return latin1(bytes, 0, bytes.length);
  }

  #hex(start: number, mark: string): number {
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (mark !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) {
      this.#fail(`Expected value but found invalid escape code at character ${start + 1}`);
    }
    this.#at += 4;
    return Number.parseInt(digits, 16);
  }
}
