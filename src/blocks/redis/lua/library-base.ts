/** Lua's basic functions, less what Redis takes away: files, `print`, environments. */
import { Arguments } from "./arguments.ts";
import { type LuaRuntime, numberText, toNumber } from "./runtime.ts";
import {
  all,
  first,
  LuaError,
  type LuaFunction,
  LuaTable,
  type LuaValue,
  NOTHING,
  typeName,
} from "./values.ts";

const UNPACK_MAX = 8_000;

/** Any value as `tostring` gives it. */
export function toText(runtime: LuaRuntime, value: LuaValue): string {
  const handler = runtime.meta(value, "__tostring");
  if (typeof handler === "function") return String(first(handler(value)));
  if (value === undefined) return "nil";
  if (typeof value === "string") return value;
  if (typeof value === "number") return numberText(value);
  if (typeof value === "boolean") return String(value);
  return `${typeName(value)}: 0x${addressOf(value)}`;
}

// Addresses are handed out in order of asking, so that they are the same in every run.
const addresses = new WeakMap<object, number>();
let addressNext = 0x5500_0000_1000;
function addressOf(value: object): string {
  let address = addresses.get(value);
  if (address === undefined) {
    address = addressNext;
    addressNext += 0x40;
    addresses.set(value, address);
  }
  return address.toString(16);
}

/** The value that `pcall` gives for anything that was thrown. */
export function caught(runtime: LuaRuntime, error: unknown): LuaValue {
  if (error instanceof LuaError) return error.value;
  if (error instanceof RangeError) return `${runtime.chunkName}:${runtime.L.n}: stack overflow`;
  throw error;
}

type Define = (name: string, run: (args: Arguments) => ReturnType<LuaFunction>) => LuaFunction;

/** Lua's basic functions, by name. */
export function baseLibrary(runtime: LuaRuntime): Record<string, LuaValue> {
  const define: Define = (name, run) => {
    return (...values) => run(new Arguments(runtime, name, values));
  };
  return {
    _VERSION: "Lua 5.1",
    _G: runtime.globals,
    next: runtime.next,
    ...errors(runtime, define),
    ...tables(runtime, define),
    ...conversions(runtime, define),
    ...loading(runtime, define),
  };
}

/** Raising and catching. */
function errors(runtime: LuaRuntime, define: Define): Record<string, LuaFunction> {
  return {
    assert: define("assert", (args) => {
      if (runtime.T(args.any(0))) return args.values;
      if (args.count < 2 || typeof args.values[1] === "string") {
        throw new LuaError((args.values[1] as string) ?? "assertion failed!", runtime.L.n);
      }
      throw new LuaError(args.values[1], runtime.L.n);
    }),
    error: define("error", (args) => {
      const [value] = args.values;
      const level = args.integer(1, 1);
      if (typeof value === "string" && level > 0) runtime.raise(value);
      throw new LuaError(value, runtime.L.n);
    }),
    pcall: (run, ...args) => {
      const { n } = runtime.L;
      try {
        return [true, ...all(runtime.call(run, ...args))];
      } catch (error) {
        const value = caught(runtime, error);
        runtime.L.n = n;
        return [false, value];
      }
    },
    xpcall: (run, handler) => {
      const { n } = runtime.L;
      try {
        return [true, ...all(runtime.call(run))];
      } catch (error) {
        const value = caught(runtime, error);
        runtime.L.n = n;
        return [false, ...all(runtime.call(handler, value))];
      }
    },
  };
}

/** Tables, their metatables, and lists of values. */
function tables(runtime: LuaRuntime, define: Define): Record<string, LuaFunction> {
  const ipairsStep: LuaFunction = (table, at) => {
    const next = (at as number) + 1;
    const value = runtime.index(table, next, "");
    return value === undefined ? undefined : [next, value];
  };
  return {
    getmetatable: define("getmetatable", (args) => {
      const value = args.any(0);
      const metatable = value instanceof LuaTable ? value.metatable : undefined;
      if (typeof value === "string") return runtime.strings;
      return metatable?.get("__metatable") ?? metatable;
    }),
    setmetatable: define("setmetatable", (args) => {
      const table = args.table(0);
      const metatable = args.values[1] === undefined ? undefined : args.metatable(1);
      if (table.readonly) runtime.raise("Attempt to modify a readonly table");
      if (table.metatable?.get("__metatable") !== undefined) {
        runtime.raise("cannot change a protected metatable");
      }
      table.metatable = metatable;
      return table;
    }),
    ipairs: define("ipairs", (args) => [ipairsStep, args.table(0), 0]),
    pairs: define("pairs", (args) => [runtime.next, args.table(0), undefined]),
    rawequal: (a, b) => a === b,
    rawget: define("rawget", (args) => args.table(0).get(args.any(1))),
    rawset: define("rawset", (args) => {
      runtime.rawset(args.table(0), args.any(1), args.any(2));
      return args.values[0];
    }),
    select: define("select", (args) => {
      if (args.values[0] === "#") return args.count - 1;
      const at = args.integer(0);
      if (at < 0) {
        if (-at > args.count - 1) args.fail(0, "index out of range");
        return args.values.slice(at);
      }
      if (at === 0) args.fail(0, "index out of range");
      return args.values.slice(at);
    }),
    unpack: define("unpack", (args) => unpack(runtime, args)),
  };
}

/** Types, and from one to another. */
function conversions(runtime: LuaRuntime, define: Define): Record<string, LuaFunction> {
  return {
    tonumber: define("tonumber", (args) => {
      const base = args.integer(1, 10);
      if (base === 10) return toNumber(args.any(0));
      if (base < 2 || base > 36) args.fail(1, "base out of range");
      const text = args
        .string(0)
        .trim()
        .toLowerCase()
        .replace(/^0x/, base === 16 ? "" : "0x");
      let value = 0;
      for (const c of text) {
        const digit = Number.parseInt(c, 36);
        if (Number.isNaN(digit) || digit >= base) return undefined;
        value = value * base + digit;
      }
      return text === "" ? undefined : value;
    }),
    tostring: define("tostring", (args) => toText(runtime, args.any(0))),
    type: define("type", (args) => typeName(args.any(0))),
  };
}

/** Code made at run time; `collectgarbage`, which has nothing to tell. */
function loading(runtime: LuaRuntime, define: Define): Record<string, LuaFunction> {
  return {
    loadstring: define("loadstring", (args) => {
      try {
        return runtime.load(args.string(0), `[string "${chunkTitle(args.string(0))}"]`);
      } catch (error) {
        return [undefined, caught(runtime, error)];
      }
    }),
    load: define("load", (args) => {
      let source = "";
      for (;;) {
        const piece = first(runtime.call(args.values[0]));
        if (piece === undefined || piece === "") break;
        source += String(piece);
      }
      try {
        return runtime.load(source, `[string "=(load)"]`);
      } catch (error) {
        return [undefined, caught(runtime, error)];
      }
    }),
    collectgarbage: (what) => (what === "count" ? 0 : 0),
    gcinfo: () => 0,
  };
}

function chunkTitle(source: string): string {
  const line = source.split("\n", 1)[0] as string;
  return line === source ? line.slice(0, 60) : `${line.slice(0, 57)}...`;
}

function unpack(runtime: LuaRuntime, args: Arguments): readonly LuaValue[] {
  const table = args.table(0);
  const from = args.integer(1, 1);
  const to = args.integer(2, table.length);
  if (from > to) return NOTHING;
  if (to - from >= UNPACK_MAX) runtime.raise("too many results to unpack");
  const out: LuaValue[] = [];
  for (let at = from; at <= to; at++) out.push(table.get(at));
  return out;
}
