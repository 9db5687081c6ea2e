/** `cjson`: JSON for Redis's scripts (lua-cjson 2.1.0, with Redis's defaults). */
import { formatG } from "../../../wire/index.ts";
import { JsonReader } from "./cjson-reader.ts";
import type { HostFunction } from "./host-functions.ts";
import { type LuaState, LuaType } from "./state.ts";

const INT_MAX = 0x7fff_ffff;
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

/** The settings of `cjson.encode_...` and `cjson.decode_...`. Each `cjson.new()` has its own. */
export interface JsonSettings {
  sparseConvert: boolean;
  sparseRatio: number;
  sparseSafe: number;
  encodeDepthMax: number;
  decodeDepthMax: number;
  /** Significant digits of numbers. */
  precision: number;
  keepBuffer: boolean;
  /** Treatment of NaN and infinities: refused, printed as C does, or replaced by null. */
  encodeInvalid: "off" | "on" | "null";
  decodeInvalid: boolean;
}

/** Creates a `cjson` table, and leaves it on top of the stack. */
export function pushCjson(lua: LuaState): void {
  const settings: JsonSettings = {
    sparseConvert: false,
    sparseRatio: 2,
    sparseSafe: 10,
    encodeDepthMax: 1_000,
    decodeDepthMax: 1_000,
    precision: 14,
    keepBuffer: true,
    encodeInvalid: "off",
    decodeInvalid: true,
  };
  lua.pushTable();
  lua.setFields(functions(settings));
  lua.pushNull();
  lua.setField(-2, "null");
  lua.setFields([
    ["_NAME", "cjson"],
    ["_VERSION", "2.1.0"],
  ]);
}

function functions(settings: JsonSettings): readonly (readonly [string, HostFunction])[] {
  return [
    [
      "encode",
      (lua) => {
        if (lua.top !== 1) lua.raiseArgument(1, "expected 1 argument");
        lua.pushString(new JsonWriter(lua, settings).top(0));
        return 1;
      },
    ],
    [
      "decode",
      (lua) => {
        if (lua.top !== 1) lua.raiseArgument(1, "expected 1 argument");
        new JsonReader(lua, lua.checkText(1), settings).whole();
        return 1;
      },
    ],
    ...configuration(settings),
    [
      "new",
      (lua) => {
        pushCjson(lua);
        return 1;
      },
    ],
  ];
}

function configuration(settings: JsonSettings): readonly (readonly [string, HostFunction])[] {
  const integers = (
    name: "encodeDepthMax" | "decodeDepthMax" | "precision",
    max: number,
  ): HostFunction => {
    return (lua) => {
      begin(lua, 1);
      settings[name] = integerOption(lua, 1, settings[name], 1, max);
      lua.pushNumber(settings[name]);
      return 1;
    };
  };
  const flags = (name: "keepBuffer" | "decodeInvalid"): HostFunction => {
    return (lua) => {
      begin(lua, 1);
      settings[name] = choice(lua, 1, settings[name] ? "on" : "off", ["off", "on"]) === "on";
      lua.pushBoolean(settings[name]);
      return 1;
    };
  };
  return [
    [
      "encode_sparse_array",
      (lua) => {
        begin(lua, 3);
        settings.sparseConvert =
          choice(lua, 1, settings.sparseConvert ? "on" : "off", ["off", "on"]) === "on";
        settings.sparseRatio = integerOption(lua, 2, settings.sparseRatio, 0, INT_MAX);
        settings.sparseSafe = integerOption(lua, 3, settings.sparseSafe, 0, INT_MAX);
        lua.pushBoolean(settings.sparseConvert);
        lua.pushNumber(settings.sparseRatio);
        lua.pushNumber(settings.sparseSafe);
        return 3;
      },
    ],
    ["encode_max_depth", integers("encodeDepthMax", INT_MAX)],
    ["decode_max_depth", integers("decodeDepthMax", INT_MAX)],
    ["encode_number_precision", integers("precision", 14)],
    ["encode_keep_buffer", flags("keepBuffer")],
    [
      "encode_invalid_numbers",
      (lua) => {
        begin(lua, 1);
        settings.encodeInvalid = choice(lua, 1, settings.encodeInvalid, ["off", "on", "null"]);
        if (settings.encodeInvalid === "null") lua.pushString("null");
        else lua.pushBoolean(settings.encodeInvalid === "on");
        return 1;
      },
    ],
    ["decode_invalid_numbers", flags("decodeInvalid")],
  ];
}

/** Raises an error for too many arguments, and treats missing ones as nil. */
function begin(lua: LuaState, count: number): void {
  if (lua.top > count) lua.raiseArgument(count + 1, "found too many arguments");
  lua.top = count;
}

function integerOption(
  lua: LuaState,
  index: number,
  before: number,
  min: number,
  max: number,
): number {
  if (lua.type(index) === LuaType.nil) return before;
  const value = lua.checkInt(index);
  if (value < min || value > max) {
    lua.raiseArgument(index, `expected integer between ${min} and ${max}`);
  }
  return value;
}

function choice<T extends string>(
  lua: LuaState,
  index: number,
  before: T,
  options: readonly T[],
): T {
  const type = lua.type(index);
  if (type === LuaType.nil) return before;
  if (type === LuaType.boolean) return options[lua.boolean(index) ? 1 : 0] as T;
  const given = lua.checkText(index);
  const found = options.find((option) => option === given);
  return found ?? lua.raiseArgument(index, `invalid option '${given}'`);
}

function quote(text: string): string {
  const body = text.replace(/["\\/\x00-\x1f\x7f]/g, (c) => {
    return escapes[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${body}"`;
}

class JsonWriter {
  readonly #lua: LuaState;
  readonly #settings: JsonSettings;

  constructor(lua: LuaState, settings: JsonSettings) {
    this.#lua = lua;
    this.#settings = settings;
  }

  /** Encodes the value on top of the stack, which stays there. */
  top(depth: number): string {
    const lua = this.#lua;
    switch (lua.type(-1)) {
      case LuaType.string:
        return quote(lua.text(-1) as string);
      case LuaType.number:
        return this.#number(lua.number(-1));
      case LuaType.boolean:
        return String(lua.boolean(-1));
      case LuaType.table:
        return this.#table(depth + 1);
      case LuaType.nil:
        return "null";
      case LuaType.lightUserdata:
        if (lua.api.lua_touserdata(lua.at, -1) === 0) return "null";
    }
    return this.#refuse("type not supported");
  }

  #refuse(reason: string, index: number = -1): never {
    const names = ["nil", "boolean", "userdata", "number", "string", "table", "function"];
    const name = names[this.#lua.type(index)] ?? "userdata";
    const type = this.#lua.type(index) === LuaType.thread ? "thread" : name;
    return this.#lua.raise(`Cannot serialise ${type}: ${reason}`);
  }

  #number(value: number): string {
    if (!Number.isFinite(value)) {
      const { encodeInvalid } = this.#settings;
      if (encodeInvalid === "off")
        this.#lua.raise("Cannot serialise number: must not be NaN or Inf");
      if (encodeInvalid === "null") return "null";
      if (Number.isNaN(value)) return "nan";
      return value > 0 ? "inf" : "-inf";
    }
    return formatG(value, this.#settings.precision);
  }

  #table(depth: number): string {
    const lua = this.#lua;
    if (depth > this.#settings.encodeDepthMax || lua.api.lua_checkstack(lua.at, 3) === 0) {
      lua.raise(`Cannot serialise, excessive nesting (${depth})`);
    }
    const length = this.#arrayLength();
    const parts: string[] = [];
    if (length > 0) {
      for (let at = 1; at <= length; at++) {
        lua.api.lua_rawgeti(lua.at, -1, at);
        parts.push(this.top(depth));
        lua.pop();
      }
      return `[${parts.join(",")}]`;
    }
    lua.pushNil();
    while (lua.api.lua_next(lua.at, -2) !== 0) {
      parts.push(`${this.#key()}:${this.top(depth)}`);
      lua.pop();
    }
    return `{${parts.join(",")}}`;
  }

  #key(): string {
    const lua = this.#lua;
    const type = lua.type(-2);
    if (type === LuaType.number) return `"${this.#number(lua.number(-2))}"`;
    if (type === LuaType.string) return quote(lua.text(-2) as string);
    return this.#refuse("table key must be a number or string", -2);
  }

  /** Returns the greatest index if all keys are positive integers, or -1 for an object. */
  #arrayLength(): number {
    const lua = this.#lua;
    let max = 0;
    let items = 0;
    lua.pushNil();
    while (lua.api.lua_next(lua.at, -2) !== 0) {
      const key = lua.type(-2) === LuaType.number ? lua.number(-2) : 0;
      if (!Number.isInteger(key) || key < 1) {
        lua.pop(2);
        return -1;
      }
      max = Math.max(max, key);
      items++;
      lua.pop();
    }
    const { sparseRatio, sparseSafe, sparseConvert } = this.#settings;
    if (sparseRatio > 0 && max > items * sparseRatio && max > sparseSafe) {
      if (!sparseConvert) this.#refuse("excessively sparse array");
      return -1;
    }
    return max;
  }
}
