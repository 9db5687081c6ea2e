/** `bit`: LuaBitOp's operations on signed 32-bit integers. */
import type { HostFunction } from "./host-functions.ts";
import type { LuaState } from "./state.ts";

const view = new DataView(new ArrayBuffer(8));

/**
 * Converts a number as LuaBitOp does: 3 * 2^51 is added, and the low bits of the sum's mantissa are
 * taken.
 */
function toBit(value: number): number {
  view.setFloat64(0, value + 6_755_399_441_055_744);
  return view.getInt32(4);
}

function bits(lua: LuaState, index: number): number {
  const value = lua.checkNumber(index);
  const whole = value | 0;
  return value === whole ? whole : toBit(value);
}

function gives(lua: LuaState, value: number): number {
  lua.pushNumber(value);
  return 1;
}

function fold(combine: (a: number, b: number) => number): HostFunction {
  return (lua) => {
    const count = lua.top;
    let result = bits(lua, 1);
    for (let at = 2; at <= count; at++) result = combine(result, bits(lua, at));
    return gives(lua, result);
  };
}

function shift(move: (value: number, by: number) => number): HostFunction {
  return (lua) => gives(lua, move(bits(lua, 1), bits(lua, 2) & 31));
}

function swap(value: number): number {
  return (
    ((value & 0xff) << 24) |
    ((value & 0xff00) << 8) |
    ((value >>> 8) & 0xff00) |
    ((value >>> 24) & 0xff)
  );
}

function toHex(lua: LuaState): number {
  const value = bits(lua, 1) >>> 0;
  const given = lua.type(2) < 0 ? 8 : bits(lua, 2);
  const digits = Math.min(8, Math.abs(given));
  const text = value
    .toString(16)
    .padStart(8, "0")
    .slice(8 - digits);
  lua.pushString(given < 0 ? text.toUpperCase() : text);
  return 1;
}

/** In LuaBitOp's order, which `pairs(bit)` makes visible. */
export const bitFunctions: readonly (readonly [string, HostFunction])[] = [
  ["tobit", (lua) => gives(lua, bits(lua, 1))],
  ["bnot", (lua) => gives(lua, ~bits(lua, 1))],
  ["band", fold((a, b) => a & b)],
  ["bor", fold((a, b) => a | b)],
  ["bxor", fold((a, b) => a ^ b)],
  ["lshift", shift((value, by) => value << by)],
  ["rshift", shift((value, by) => (value >>> by) | 0)],
  ["arshift", shift((value, by) => value >> by)],
  ["rol", shift((value, by) => (value << by) | (value >>> ((32 - by) & 31)))],
  ["ror", shift((value, by) => (value >>> by) | (value << ((32 - by) & 31)))],
  ["bswap", (lua) => gives(lua, swap(bits(lua, 1)))],
  ["tohex", toHex],
];
