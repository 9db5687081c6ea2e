/** `bit`: LuaBitOp's operations on signed 32-bit integers. */
import { Arguments } from "./arguments.ts";
import type { LuaRuntime } from "./runtime.ts";
import { type LuaFunction, type LuaResult, LuaTable } from "./values.ts";

/** A number as LuaBitOp converts it: rounded to the nearest, modulo 2^32, signed. */
function toBit(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return Number.isFinite(rounded) ? Number(BigInt.asIntN(32, BigInt(rounded))) : 0;
}

export function bitLibrary(runtime: LuaRuntime): LuaTable {
  const define = (name: string, run: (args: Arguments) => LuaResult): LuaFunction => {
    return (...values) => run(new Arguments(runtime, name, values));
  };
  const fast = (value: number): number => (value === (value | 0) ? value : toBit(value));
  const fold = (name: string, combine: (a: number, b: number) => number): LuaFunction =>
    define(name, (args) => {
      let result = fast(args.number(0));
      for (let at = 1; at < args.count; at++) result = combine(result, fast(args.number(at)));
      return result;
    });
  const shift = (name: string, move: (value: number, by: number) => number): LuaFunction =>
    define(name, (args) => move(fast(args.number(0)), fast(args.number(1)) & 31));
  return LuaTable.fromRecord({
    tobit: define("tobit", (args) => fast(args.number(0))),
    bnot: define("bnot", (args) => ~fast(args.number(0))),
    band: fold("band", (a, b) => a & b),
    bor: fold("bor", (a, b) => a | b),
    bxor: fold("bxor", (a, b) => a ^ b),
    lshift: shift("lshift", (value, by) => value << by),
    rshift: shift("rshift", (value, by) => (value >>> by) | 0),
    arshift: shift("arshift", (value, by) => value >> by),
    rol: shift("rol", (value, by) => (value << by) | (value >>> ((32 - by) & 31))),
    ror: shift("ror", (value, by) => (value >>> by) | (value << ((32 - by) & 31))),
    bswap: define("bswap", (args) => {
      const value = fast(args.number(0));
      return (
        ((value & 0xff) << 24) |
        ((value & 0xff00) << 8) |
        ((value >>> 8) & 0xff00) |
        ((value >>> 24) & 0xff)
      );
    }),
    tohex: define("tohex", (args) => {
      const value = fast(args.number(0)) >>> 0;
      const given = args.integer(1, 8);
      const digits = Math.min(8, Math.abs(given));
      const text = value
        .toString(16)
        .padStart(8, "0")
        .slice(8 - digits);
      return given < 0 ? text.toUpperCase() : text;
    }),
  });
}
