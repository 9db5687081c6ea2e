/** Reads JSON as lua-cjson does, including its tolerances and its error messages. */
import { latin1 } from "../../../wire/index.ts";
import type { JsonSettings } from "./cjson.ts";
import type { LuaState } from "./state.ts";

/** One token. `error` holds its description for error messages. */
interface Token {
  readonly type:
    | "{"
    | "}"
    | "["
    | "]"
    | ","
    | ":"
    | "string"
    | "number"
    | "boolean"
    | "null"
    | "end"
    | "error";
  /** The offset of its first character. */
  readonly at: number;
  readonly value?: string | number | boolean;
  readonly error?: string;
}

const names: Readonly<Record<string, string>> = {
  "{": "T_OBJ_BEGIN",
  "}": "T_OBJ_END",
  "[": "T_ARR_BEGIN",
  "]": "T_ARR_END",
  ",": "T_COMMA",
  ":": "T_COLON",
  string: "T_STRING",
  number: "T_NUMBER",
  boolean: "T_BOOLEAN",
  null: "T_NULL",
  end: "T_END",
};

const simpleEscapes: Readonly<Record<string, string>> = {
  ...{ b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", "/": "/" },
};

/** The syntax that C's `strtod` accepts, apart from leading whitespace. */
const NUMBER =
  /[-+]?(?:0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][-+]?[0-9]+)?|inf(?:inity)?|nan(?:\([0-9A-Za-z_]*\))?|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)/iy;

function parseNumber(text: string): number {
  const lower = text.toLowerCase();
  const negative = lower.startsWith("-");
  const bare = lower.replace(/^[-+]/, "");
  let value: number;
  if (bare.startsWith("inf")) value = Infinity;
  else if (bare.startsWith("nan")) value = NaN;
  else if (bare.startsWith("0x")) value = parseHex(bare.slice(2));
  else value = Number(bare);
  return negative ? -value : value;
}

function parseHex(text: string): number {
  const [digits = "", exponent = "0"] = text.split("p");
  const [whole = "", fraction = ""] = digits.split(".");
  const value = Number.parseInt(`${whole}${fraction}` || "0", 16);
  return value * 2 ** (Number(exponent) - 4 * fraction.length);
}

export class JsonReader {
  readonly #lua: LuaState;
  readonly #text: string;
  readonly #settings: JsonSettings;
  #at = 0;
  #depth = 0;

  constructor(lua: LuaState, text: string, settings: JsonSettings) {
    this.#lua = lua;
    this.#text = text;
    this.#settings = settings;
  }

  /** Parses the text, which is one value, and pushes it. */
  whole(): void {
    const text = this.#text;
    if (text.length >= 2 && (text[0] === "\0" || text[1] === "\0")) {
      this.#lua.raise("JSON parser does not support UTF-16 or UTF-32");
    }
    this.#push(this.#next());
    const token = this.#next();
    if (token.type !== "end") this.#unexpected("the end", token);
  }

  #unexpected(wanted: string, token: Token): never {
    const found = token.error ?? names[token.type];
    return this.#lua.raise(`Expected ${wanted} but found ${found} at character ${token.at + 1}`);
  }

  #next(): Token {
    const text = this.#text;
    let c = text[this.#at];
    while (c === " " || c === "\t" || c === "\n" || c === "\r") c = text[++this.#at];
    const at = this.#at;
    if (c === undefined || c === "\0") return { type: "end", at };
    switch (c) {
      case "{":
      case "}":
      case "[":
      case "]":
      case ",":
      case ":":
        this.#at++;
        return { type: c, at };
      case '"':
        return this.#string(at);
    }
    if (c === "-" || (c >= "0" && c <= "9")) {
      if (!this.#settings.decodeInvalid && this.#isInvalidNumber()) {
        return { type: "error", at, error: "invalid number" };
      }
      return this.#number(at);
    }
    for (const [word, value] of words) {
      if (!text.startsWith(word, at)) continue;
      this.#at += word.length;
      return value === undefined ? { type: "null", at } : { type: "boolean", at, value };
    }
    const known = c === "+" || /[fntiIN]/.test(c);
    if (known && this.#settings.decodeInvalid && this.#isInvalidNumber()) return this.#number(at);
    return { type: "error", at, error: "invalid token" };
  }

  /** Whether the text is a number that `strtod` accepts and JSON does not. */
  #isInvalidNumber(): boolean {
    return /^(?:\+|-?(?:0[xX0-9]|inf|nan))/i.test(this.#text.slice(this.#at, this.#at + 4));
  }

  #number(at: number): Token {
    NUMBER.lastIndex = at;
    const match = NUMBER.exec(this.#text);
    if (!match) return { type: "error", at, error: "invalid number" };
    this.#at += match[0].length;
    return { type: "number", at, value: parseNumber(match[0]) };
  }

  #string(start: number): Token {
    let value = "";
    this.#at++;
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined || c === "\0") return this.#badString("unexpected end of string");
      if (c === '"') {
        this.#at++;
        return { type: "string", at: start, value };
      }
      if (c !== "\\") {
        value += c;
        this.#at++;
        continue;
      }
      const mark = this.#text[this.#at + 1] ?? "";
      if (mark === "u") {
        const bytes = this.#unicode();
        if (bytes === undefined) return this.#badString("invalid unicode escape code");
        value += bytes;
        continue;
      }
      const simple = Object.hasOwn(simpleEscapes, mark) ? simpleEscapes[mark] : undefined;
      if (simple === undefined) return this.#badString("invalid escape code");
      value += simple;
      this.#at += 2;
    }
  }

  #badString(error: string): Token {
    return { type: "error", at: this.#at, error };
  }

  /**
   * Decodes a `\uXXXX`, or two for a surrogate pair, to UTF-8. Returns undefined if it is neither.
   */
  #unicode(): string | undefined {
    let code = this.#hex(this.#at + 2);
    let length = 6;
    if (code === undefined) return undefined;
    if ((code & 0xf800) === 0xd800) {
      const low = this.#text.startsWith("\\u", this.#at + 6) ? this.#hex(this.#at + 8) : undefined;
      if ((code & 0x400) !== 0 || low === undefined || (low & 0xfc00) !== 0xdc00) return undefined;
      code = (((code & 0x3ff) << 10) | (low & 0x3ff)) + 0x1_0000;
      length = 12;
    }
    this.#at += length;
    const bytes = new TextEncoder().encode(String.fromCodePoint(code));
    return latin1(bytes, 0, bytes.length);
  }

  #hex(at: number): number | undefined {
    const digits = this.#text.slice(at, at + 4);
    return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
  }

  #push(token: Token): void {
    const lua = this.#lua;
    switch (token.type) {
      case "string":
        return lua.pushString(token.value as string);
      case "number":
        return lua.pushNumber(token.value as number);
      case "boolean":
        return lua.pushBoolean(token.value as boolean);
      case "null":
        return lua.pushNull();
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      default:
        return this.#unexpected("value", token);
    }
  }

  #descend(): void {
    this.#depth++;
    const { api, at } = this.#lua;
    if (this.#depth <= this.#settings.decodeDepthMax && api.lua_checkstack(at, 3) !== 0) return;
    this.#lua.raise(
      `Found too many nested data structures (${this.#depth}) at character ${this.#at}`,
    );
  }

  #object(): void {
    const lua = this.#lua;
    this.#descend();
    lua.pushTable();
    let token = this.#next();
    while (token.type !== "}") {
      if (token.type !== "string") this.#unexpected("object key string", token);
      lua.pushString(token.value as string);
      token = this.#next();
      if (token.type !== ":") this.#unexpected("colon", token);
      this.#push(this.#next());
      lua.api.lua_rawset(lua.at, -3);
      token = this.#next();
      if (token.type === "}") break;
      if (token.type !== ",") this.#unexpected("comma or object end", token);
      token = this.#next();
      // A comma must be followed by another key.
      if (token.type === "}") this.#unexpected("object key string", token);
    }
    this.#depth--;
  }

  #array(): void {
    const lua = this.#lua;
    this.#descend();
    lua.pushTable();
    let token = this.#next();
    for (let index = 1; index > 1 || token.type !== "]"; index++) {
      this.#push(token);
      lua.api.lua_rawseti(lua.at, -2, index);
      token = this.#next();
      if (token.type === "]") break;
      if (token.type !== ",") this.#unexpected("comma or array end", token);
      token = this.#next();
    }
    this.#depth--;
  }
}

const words: readonly (readonly [string, boolean | undefined])[] = [
  ["true", true],
  ["false", false],
  ["null", undefined],
];
