/**
 * The interpreter is compiled for 32 bits, Redis for 64. The two differ where Lua's libraries
 * convert numbers to C's `long`. The functions here run before the few library functions that do
 * so. They convert the arguments to a form that both read alike, and then continue in the library
 * function itself, in the same stack frame, so that its error messages name it as usual.
 */
import { toLong, toUnsignedLong } from "./c-types.ts";
import type { HostFunction, Replacement } from "./host-functions.ts";
import { type LuaState, LuaType } from "./state.ts";

const INT_MAX = 2 ** 31 - 1;
const SPECIFIER = /%([-+ #0]*)([0-9]*)(?:\.([0-9]*))?([A-Za-z%])/g;

type Narrow = (lua: LuaState, index: number) => void;

/** Functions whose arguments, starting at that index, are positions or counts. */
const narrowed: readonly (readonly [string, string, Narrow, number])[] = [
  ["string", "sub", clamp, 2],
  ["string", "byte", clamp, 2],
  ["string", "find", clamp, 3],
  ["string", "match", clamp, 3],
  ["string", "rep", truncate, 2],
  ["string", "gsub", truncate, 4],
  ["string", "char", truncate, 1],
  ["table", "concat", truncate, 3],
  ["table", "remove", truncate, 2],
  ["math", "ldexp", truncate, 2],
  ["_G", "unpack", truncate, 2],
];

/** Returns the replacements for those functions, once Lua's libraries are open. */
export function integerFunctions(): Replacement[] {
  return [
    ...narrowed.map(([library, name, narrow, first]) =>
      before(library, name, (lua) => {
        for (let index = first, count = lua.top; index <= count; index++) narrow(lua, index);
      }),
    ),
    before("string", "format", (lua) => widenFormat(lua, lua.top)),
    // Redis's compiler evaluates arguments from the last to the first, so they are checked in that
    // order.
    ...["fmod", "mod", "pow", "atan2", "ldexp"].map((name) =>
      before("math", name, (lua) => lua.checkNumber(2)),
    ),
    { library: "_G", name: "tonumber", make: tonumber },
    { library: "_G", name: "tostring", make: tostring },
  ];
}

/** Returns a library's function that calls `prepare` first. */
export function before(
  library: string,
  name: string,
  prepare: (lua: LuaState) => unknown,
): Replacement {
  const make = (original: HostFunction): HostFunction => {
    return (lua) => {
      prepare(lua);
      return original(lua);
    };
  };
  return { library, name, make };
}

/** Redis's C library prints a null pointer as `(nil)`, without an address. */
const tostring = (original: HostFunction): HostFunction => {
  return (lua) => {
    if (lua.type(1) !== LuaType.lightUserdata) return original(lua);
    lua.pushString("userdata: (nil)");
    return 1;
  };
};

/**
 * Positions and counts beyond 31 bits are equivalent to the 31-bit maximum, because no string is
 * longer.
 */
function clamp(lua: LuaState, index: number): void {
  if (!lua.isNumber(index)) return;
  const value = lua.number(index);
  if (Math.abs(value) <= INT_MAX) return;
  lua.pushNumber(toLong(value) > 0n ? INT_MAX : -INT_MAX);
  lua.replace(index);
}

/** An `int` is the lower half of a `long`. */
function truncate(lua: LuaState, index: number): void {
  if (!lua.isNumber(index) || Math.abs(lua.number(index)) <= INT_MAX) return;
  lua.pushNumber(lua.checkInt(index));
  lua.replace(index);
}

/**
 * Integers that `%d` and similar formats would cut to 32 bits are formatted here, and printed as
 * strings.
 */
function widenFormat(lua: LuaState, count: number): void {
  if (lua.type(1) !== LuaType.string) return;
  const format = lua.text(1) as string;
  let argument = 1;
  let changed = false;
  const rewritten = format.replace(
    SPECIFIER,
    (whole, flags: string, width: string, precision: string | undefined, kind: string) => {
      if (kind === "%") return whole;
      argument++;
      if (!"diuoxX".includes(kind) || argument > count) return whole;
      if (flags.length > 5 || width.length > 2 || (precision ?? "").length > 2) return whole;
      if (!lua.isNumber(argument)) return whole;
      const value = lua.number(argument);
      const signed = kind === "d" || kind === "i";
      if (value >= (signed ? -INT_MAX : 0) && value <= INT_MAX) return whole;
      changed = true;
      lua.pushString(
        formatInteger(signed ? toLong(value) : toUnsignedLong(value), {
          flags,
          width,
          precision,
          kind,
        }),
      );
      lua.replace(argument);
      return "%s";
    },
  );
  if (!changed) return;
  lua.pushString(rewritten);
  lua.replace(1);
}

interface IntegerFormat {
  readonly flags: string;
  readonly width: string;
  readonly precision: string | undefined;
  readonly kind: string;
}

/** Formats one integer as C's `printf` does. */
function formatInteger(value: bigint, { flags, width, precision, kind }: IntegerFormat): string {
  const signed = kind === "d" || kind === "i";
  const magnitude = value < 0n ? -value : value;
  const base = kind === "o" ? 8 : kind === "x" || kind === "X" ? 16 : 10;
  let digits = magnitude.toString(base);
  if (precision !== undefined) digits = digits.padStart(Number(precision), "0");
  let sign = "";
  if (signed) sign = value < 0n ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  else if (flags.includes("#") && base === 16 && value !== 0n) sign = "0x";
  else if (flags.includes("#") && base === 8 && !digits.startsWith("0")) digits = `0${digits}`;
  const total = Number(width);
  if (flags.includes("-")) return cased(`${sign}${digits}`.padEnd(total), kind);
  if (flags.includes("0") && precision === undefined) {
    return cased(sign + digits.padStart(total - sign.length, "0"), kind);
  }
  return cased(`${sign}${digits}`.padStart(total), kind);
}

function cased(text: string, kind: string): string {
  return kind === "X" ? text.toUpperCase() : text;
}

const tonumber = (original: HostFunction): HostFunction => {
  return (lua) => {
    const type = lua.type(1);
    if (lua.type(2) !== LuaType.number || lua.number(2) === 10) return original(lua);
    if (type !== LuaType.string && type !== LuaType.number) return original(lua);
    const value = parseInBase(lua.text(1) as string, Math.trunc(lua.number(2)));
    if (value === undefined) return original(lua);
    if (value === null) lua.pushNil();
    else lua.pushNumber(value);
    return 1;
  };
};

/**
 * C's `strtoul`, for digits that may exceed 32 bits. Returns undefined if the original function can
 * handle the text, and null if it is not a number.
 */
function parseInBase(text: string, base: number): number | null | undefined {
  if (base < 2 || base > 36) return undefined;
  const match = /^[ \t\n\v\f\r]*([-+]?)(0[xX](?=[0-9a-fA-F]))?([0-9A-Za-z]+)[ \t\n\v\f\r]*$/.exec(
    text,
  );
  if (!match) return undefined;
  const [, sign, prefix = "", word = ""] = match;
  const digits = prefix !== "" && base !== 16 ? prefix + word : word;
  if (digits.length <= 6 && sign !== "-") return undefined;
  let value = 0n;
  for (const digit of digits) {
    const one = Number.parseInt(digit, 36);
    if (one >= base) return null;
    value = value * BigInt(base) + BigInt(one);
  }
  // A value that is out of range becomes the maximum, regardless of its sign.
  if (value >= 2n ** 64n) return Number(2n ** 64n - 1n);
  return Number(sign === "-" ? BigInt.asUintN(64, -value) : value);
}
