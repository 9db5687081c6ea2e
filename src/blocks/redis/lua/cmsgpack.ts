/** `cmsgpack`: MessagePack for Redis's scripts (lua-cmsgpack 0.4.0). */
import type { HostFunction } from "./host-functions.ts";
import { type LuaState, LuaType } from "./state.ts";

const DEPTH_MAX = 16;
const INT_MAX = 0x7fff_ffff;

export const cmsgpackFunctions: readonly (readonly [string, HostFunction])[] = [
  ["pack", pack],
  ["unpack", (lua) => unpack(lua, 0, 0)],
  [
    "unpack_one",
    (lua) => {
      const offset = lua.checkInteger(2, 0);
      lua.top = 1;
      return unpack(lua, 1, offset);
    },
  ],
  [
    "unpack_limit",
    (lua) => {
      const limit = lua.checkInteger(2);
      const offset = lua.checkInteger(3, 0);
      lua.top = 1;
      return unpack(lua, limit, offset);
    },
  ],
];

export const cmsgpackInfo: readonly (readonly [string, string])[] = [
  ["_NAME", "cmsgpack"],
  ["_VERSION", "lua-cmsgpack 0.4.0"],
  ["_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo"],
  ["_DESCRIPTION", "MessagePack C implementation for Lua"],
];

/** Encodes a big-endian integer with this many bytes. */
function big(value: number | bigint, bytes: number): string {
  let out = "";
  for (let rest = BigInt.asUintN(bytes * 8, BigInt(value)); out.length < bytes; rest >>= 8n) {
    out = String.fromCharCode(Number(rest & 255n)) + out;
  }
  return out;
}

function byte(code: number): string {
  return String.fromCharCode(code);
}

function pack(lua: LuaState): number {
  const count = lua.top;
  if (count === 0) lua.raiseArgument(0, "MessagePack pack needs input.");
  let out = "";
  for (let at = 1; at <= count; at++) {
    lua.reserve(1);
    lua.pushValue(at);
    out += packTop(lua, 0);
  }
  lua.pushString(out);
  return 1;
}

/** Packs the value on top of the stack, and pops it. */
function packTop(lua: LuaState, depth: number): string {
  let out: string;
  switch (lua.type(-1)) {
    case LuaType.string: {
      const text = lua.text(-1) as string;
      out = packHead(text.length, [0xa0, 32], [0xd9, 0xda, 0xdb]) + text;
      break;
    }
    case LuaType.number:
      out = packNumber(lua.number(-1));
      break;
    case LuaType.boolean:
      out = byte(lua.boolean(-1) ? 0xc3 : 0xc2);
      break;
    case LuaType.table:
      // A value that is nested too deeply is packed as nil, so that packing a table that contains
      // itself ends.
      out = depth === DEPTH_MAX ? byte(0xc0) : packTable(lua, depth + 1);
      break;
    default:
      out = byte(0xc0);
  }
  lua.pop();
  return out;
}

/** Packs a length: in the type's own byte if it is small, otherwise in 8, 16 or 32 bits. */
function packHead(
  length: number,
  [fixed, fixedMax]: readonly [number, number],
  [one, two, four]: readonly [number | undefined, number, number],
): string {
  if (length < fixedMax) return byte(fixed + length);
  if (one !== undefined && length <= 0xff) return byte(one) + big(length, 1);
  return length <= 0xffff ? byte(two) + big(length, 2) : byte(four) + big(length, 4);
}

function packNumber(value: number): string {
  if (!Number.isInteger(value) || value < -(2 ** 63) || value >= 2 ** 63) return packFloat(value);
  if (value >= 0) {
    if (value <= 127) return byte(value);
    if (value <= 0xff) return byte(0xcc) + big(value, 1);
    if (value <= 0xffff) return byte(0xcd) + big(value, 2);
    if (value <= 0xffff_ffff) return byte(0xce) + big(value, 4);
    return byte(0xcf) + big(value, 8);
  }
  if (value >= -32) return byte(256 + value);
  if (value >= -128) return byte(0xd0) + big(value, 1);
  if (value >= -32_768) return byte(0xd1) + big(value, 2);
  if (value >= -2_147_483_648) return byte(0xd2) + big(value, 4);
  return byte(0xd3) + big(value, 8);
}

function packFloat(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  // A float that is exact in 32 bits is packed in 32 bits.
  if (Math.fround(value) === value) {
    view.setFloat32(0, value);
    return byte(0xca) + big(view.getUint32(0), 4);
  }
  view.setFloat64(0, value);
  return byte(0xcb) + big(view.getBigUint64(0), 8);
}

/** Packs the table on top of the stack as an array or as a map, and leaves it there. */
function packTable(lua: LuaState, depth: number): string {
  const { api } = lua;
  lua.reserve(3);
  const { count, isArray } = measure(lua);
  let out: string;
  if (isArray) {
    out = packHead(count, [0x90, 16], [undefined, 0xdc, 0xdd]);
    for (let at = 1; at <= count; at++) {
      api.lua_rawgeti(lua.at, -1, at);
      out += packTop(lua, depth);
    }
    return out;
  }
  out = packHead(count, [0x80, 16], [undefined, 0xde, 0xdf]);
  lua.pushNil();
  while (api.lua_next(lua.at, -2) !== 0) {
    lua.pushValue(-2);
    out += packTop(lua, depth);
    out += packTop(lua, depth);
  }
  return out;
}

/**
 * Returns how many keys the table on top has, and whether they are 1 to n. An empty table is an
 * array.
 */
function measure(lua: LuaState): { count: number; isArray: boolean } {
  let count = 0;
  let max = 0;
  let isArray = true;
  lua.pushNil();
  while (lua.api.lua_next(lua.at, -2) !== 0) {
    lua.pop();
    count++;
    const key = lua.type(-1) === LuaType.number ? lua.number(-1) : 0;
    if (key > 0 && Number.isInteger(key)) max = Math.max(max, key);
    else isArray = false;
  }
  return { count, isArray: isArray && max === count };
}

function unpack(lua: LuaState, limit: number, offset: number): number {
  const text = lua.checkText(1);
  // The original prints the lower half of the offset, and the length in the position of the limit.
  const shown = Number(BigInt.asIntN(32, BigInt(offset)));
  if (offset < 0 || limit < 0) {
    lua.raise(`Invalid request to unpack with offset of ${shown} and limit of ${text.length}.`);
  }
  if (offset > text.length) {
    lua.raise(`Start offset ${shown} greater than input length ${text.length}.`);
  }
  const all = limit === 0 && offset === 0;
  const max = all ? INT_MAX : limit;
  const reader = new Reader(lua, text, offset);
  let count = 0;
  while (!reader.done && count < max) {
    reader.push();
    count++;
  }
  if (all) return count;
  lua.reserve(1);
  lua.pushNumber(reader.done ? -1 : reader.at);
  lua.api.lua_insert(lua.at, 2);
  return count + 1;
}

/** Decodes values from a text and pushes them. */
class Reader {
  readonly #lua: LuaState;
  readonly #text: string;
  at: number;

  constructor(lua: LuaState, text: string, at: number) {
    this.#lua = lua;
    this.#text = text;
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.#text.length;
  }

  #take(count: number): string {
    if (this.at + count > this.#text.length) this.#lua.raise("Missing bytes in input.");
    this.at += count;
    return this.#text.slice(this.at - count, this.at);
  }

  #uint(bytes: number): bigint {
    let value = 0n;
    for (const c of this.#take(bytes)) value = (value << 8n) | BigInt(c.charCodeAt(0));
    return value;
  }

  #length(bytes: number): number {
    return Number(this.#uint(bytes));
  }

  #float(bytes: number): number {
    const view = new DataView(new ArrayBuffer(8));
    const bits = this.#uint(bytes);
    view.setBigUint64(0, bits);
    if (bytes === 8) return view.getFloat64(0);
    view.setUint32(0, Number(bits));
    return view.getFloat32(0);
  }

  push(): void {
    const lua = this.#lua;
    lua.reserve(1);
    const code = this.#take(1).charCodeAt(0);
    if (code <= 0x7f) lua.pushNumber(code);
    else if (code >= 0xe0) lua.pushNumber(code - 256);
    else if (code >= 0xa0 && code <= 0xbf) lua.pushString(this.#take(code & 31));
    else if (code >= 0x90 && code <= 0x9f) this.#pushList(code & 15);
    else if (code <= 0x8f) this.#pushMap(code & 15);
    else this.#pushTyped(code);
  }

  /** Decodes a value whose type has a byte of its own. */
  #pushTyped(code: number): void {
    const lua = this.#lua;
    switch (code) {
      case 0xc0:
        return lua.pushNil();
      case 0xc2:
      case 0xc3:
        return lua.pushBoolean(code === 0xc3);
      case 0xca:
      case 0xcb:
        return lua.pushNumber(this.#float(code === 0xca ? 4 : 8));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return lua.pushNumber(this.#length(1 << (code - 0xcc)));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3: {
        const bytes = 1 << (code - 0xd0);
        return lua.pushNumber(Number(BigInt.asIntN(bytes * 8, this.#uint(bytes))));
      }
      case 0xd9:
      case 0xda:
      case 0xdb:
        return lua.pushString(this.#take(this.#length(1 << (code - 0xd9))));
      case 0xdc:
      case 0xdd:
        return this.#pushList(this.#length(code === 0xdc ? 2 : 4));
      case 0xde:
      case 0xdf:
        return this.#pushMap(this.#length(code === 0xde ? 2 : 4));
      default:
        return lua.raise("Bad data format in input.");
    }
  }

  #pushList(count: number): void {
    const lua = this.#lua;
    lua.pushTable();
    for (let at = 1; at <= count; at++) {
      this.push();
      lua.api.lua_rawseti(lua.at, -2, at);
    }
  }

  #pushMap(count: number): void {
    const lua = this.#lua;
    lua.pushTable();
    for (let left = count; left > 0; left--) {
      this.push();
      this.push();
      lua.api.lua_rawset(lua.at, -3);
    }
  }
}
