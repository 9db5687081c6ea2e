/** `cmsgpack`: MessagePack as Redis's scripts pack and unpack it (lua_cmsgpack.c). */
import { Arguments } from "./arguments.ts";
import type { LuaRuntime } from "./runtime.ts";
import { type LuaFunction, type LuaResult, LuaTable, type LuaValue } from "./values.ts";

const DEPTH_MAX = 16;

export function cmsgpackLibrary(runtime: LuaRuntime): LuaTable {
  const define = (name: string, run: (args: Arguments) => LuaResult): LuaFunction => {
    return (...values) => run(new Arguments(runtime, name, values));
  };
  const fail = (message: string): never => runtime.raise(message);
  const unpack = (name: string, limited: boolean, single: boolean): LuaFunction =>
    define(name, (args) => {
      const text = args.string(0);
      const limit = single ? 1 : limited ? args.integer(1) : Infinity;
      const start = limited ? args.integer(single ? 1 : 2, 0) : 0;
      if (start < 0 || limit < 0)
        fail("Invalid request to unpack with offset of 0 and limit of 0.");
      if (start > text.length)
        fail(`Start offset ${start} greater than input length ${text.length}.`);
      const reader = new Reader(text, start, fail);
      const out: LuaValue[] = [];
      while (!reader.done && out.length < limit) out.push(reader.value());
      return limited ? [reader.done ? -1 : reader.at, ...out] : out;
    });
  return LuaTable.fromRecord({
    _NAME: "cmsgpack",
    _VERSION: "lua-cmsgpack 0.4.0",
    pack: define("pack", (args) => {
      if (args.count === 0) args.fail(0, "MessagePack pack needs input.");
      return args.values.map((value) => pack(value, 0)).join("");
    }),
    unpack: unpack("unpack", false, false),
    unpack_one: unpack("unpack_one", true, true),
    unpack_limit: unpack("unpack_limit", true, false),
  });
}

/** A big-endian integer of so many bytes. */
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

function pack(value: LuaValue, depth: number): string {
  switch (typeof value) {
    case "string":
      return packHead(value.length, [0xa0, 32], [0xd9, 0xda, 0xdb]) + value;
    case "number":
      return packNumber(value);
    case "boolean":
      return byte(value ? 0xc3 : 0xc2);
    case "object":
      // What is nested too deep is packed as nil, as the original does.
      return depth === DEPTH_MAX ? byte(0xc0) : packTable(value, depth + 1);
    default:
      return byte(0xc0);
  }
}

/** A length: in the type's own byte when it is small, else in 8, 16 or 32 bits. */
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
  if (!Number.isInteger(value) || Math.abs(value) >= 2 ** 63) return packFloat(value);
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
  // A float that survives 32 bits is packed in 32 bits.
  if (Math.fround(value) === value) {
    view.setFloat32(0, value);
    return byte(0xca) + big(view.getUint32(0), 4);
  }
  view.setFloat64(0, value);
  return byte(0xcb) + big(view.getBigUint64(0), 8);
}

function packTable(table: LuaTable, depth: number): string {
  const length = arrayLength(table);
  if (length !== undefined) {
    let out = packHead(length, [0x90, 16], [undefined, 0xdc, 0xdd]);
    for (let at = 1; at <= length; at++) out += pack(table.get(at), depth);
    return out;
  }
  let body = "";
  let count = 0;
  for (const [key, value] of table.entries()) {
    body += pack(key, depth) + pack(value, depth);
    count++;
  }
  return packHead(count, [0x80, 16], [undefined, 0xde, 0xdf]) + body;
}

/** The length of a table whose keys are 1 to n, or undefined for a map. An empty table is an array. */
function arrayLength(table: LuaTable): number | undefined {
  let items = 0;
  let max = table.length;
  for (const value of table.list) if (value !== undefined) items++;
  for (const key of table.hash.keys()) {
    if (typeof key !== "number" || key <= 0 || !Number.isInteger(key)) return undefined;
    max = Math.max(max, key);
    items++;
  }
  return max === items ? max : undefined;
}

class Reader {
  readonly #text: string;
  readonly #fail: (message: string) => never;
  at: number;

  constructor(text: string, at: number, fail: (message: string) => never) {
    this.#text = text;
    this.at = at;
    this.#fail = fail;
  }

  get done(): boolean {
    return this.at >= this.#text.length;
  }

  #take(count: number): string {
    if (this.at + count > this.#text.length) this.#fail("Missing bytes in input.");
    this.at += count;
    return this.#text.slice(this.at - count, this.at);
  }

  #uint(bytes: number): bigint {
    let value = 0n;
    for (const c of this.#take(bytes)) value = (value << 8n) | BigInt(c.charCodeAt(0));
    return value;
  }

  #float(bytes: number): number {
    const view = new DataView(new ArrayBuffer(8));
    const bits = this.#uint(bytes);
    view.setBigUint64(0, bits);
    if (bytes === 8) return view.getFloat64(0);
    view.setUint32(0, Number(bits));
    return view.getFloat32(0);
  }

  value(): LuaValue {
    const code = this.#take(1).charCodeAt(0);
    if (code <= 0x7f) return code;
    if (code >= 0xe0) return code - 256;
    if (code >= 0xa0 && code <= 0xbf) return this.#take(code & 31);
    if (code >= 0x90 && code <= 0x9f) return this.#list(code & 15);
    if (code <= 0x8f) return this.#map(code & 15);
    switch (code) {
      case 0xc0:
        return undefined;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return this.#float(4);
      case 0xcb:
        return this.#float(8);
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return Number(this.#uint(1 << (code - 0xcc)));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3: {
        const bytes = 1 << (code - 0xd0);
        return Number(BigInt.asIntN(bytes * 8, this.#uint(bytes)));
      }
      case 0xc4:
      case 0xd9:
        return this.#take(Number(this.#uint(1)));
      case 0xc5:
      case 0xda:
        return this.#take(Number(this.#uint(2)));
      case 0xc6:
      case 0xdb:
        return this.#take(Number(this.#uint(4)));
      case 0xdc:
        return this.#list(Number(this.#uint(2)));
      case 0xdd:
        return this.#list(Number(this.#uint(4)));
      case 0xde:
        return this.#map(Number(this.#uint(2)));
      case 0xdf:
        return this.#map(Number(this.#uint(4)));
      default:
        return this.#fail("Bad data format in input.");
    }
  }

  #list(count: number): LuaTable {
    const table = new LuaTable();
    for (let at = 1; at <= count; at++) table.set(at, this.value());
    return table;
  }

  #map(count: number): LuaTable {
    const table = new LuaTable();
    for (let left = count; left > 0; left--) {
      const key = this.value();
      const value = this.value();
      if (key !== undefined) table.set(key, value);
    }
    return table;
  }
}
