/** `table` and `math`. */
import { Arguments } from "./arguments.ts";
import type { Drand48 } from "./drand48.ts";
import { type LuaRuntime, numberText } from "./runtime.ts";
import { first, type LuaFunction, LuaTable, type LuaValue, NOTHING, typeName } from "./values.ts";

type Define = (name: string, run: (args: Arguments) => ReturnType<LuaFunction>) => LuaFunction;

function definer(runtime: LuaRuntime): Define {
  return (name, run) =>
    (...values) =>
      run(new Arguments(runtime, name, values));
}

export function tableLibrary(runtime: LuaRuntime): LuaTable {
  const define = definer(runtime);
  return LuaTable.fromRecord({ ...changes(runtime, define), ...readings(runtime, define) });
}

function changes(runtime: LuaRuntime, define: Define): Record<string, LuaFunction> {
  return {
    insert: define("insert", (args) => {
      const table = args.table(0);
      if (table.readonly) runtime.raise("Attempt to modify a readonly table");
      if (args.count === 2) {
        table.set(table.length + 1, args.values[1]);
        return NOTHING;
      }
      if (args.count !== 3) runtime.raise("wrong number of arguments to 'insert'");
      const at = args.integer(1);
      const value = args.values[2];
      if (at >= 1 && at <= table.length && value !== undefined) table.list.splice(at - 1, 0, value);
      else {
        for (let i = table.length; i >= at; i--) table.set(i + 1, table.get(i));
        table.set(at, value);
      }
      return NOTHING;
    }),
    remove: define("remove", (args) => {
      const table = args.table(0);
      if (table.readonly) runtime.raise("Attempt to modify a readonly table");
      const size = table.length;
      const at = args.integer(1, size);
      if (at < 1 || at > size) return NOTHING;
      const value = table.get(at);
      if (at === size) table.set(at, undefined);
      else {
        table.list.splice(at - 1, 1);
      }
      return [value];
    }),
    sort: define("sort", (args) => {
      const table = args.table(0);
      const compare = args.values[1];
      const less = (a: LuaValue, b: LuaValue): boolean =>
        compare === undefined ? runtime.lt(a, b) : runtime.T(first(runtime.call(compare, a, b)));
      const sorted = [...table.list].sort((a, b) => (less(a, b) ? -1 : less(b, a) ? 1 : 0));
      for (let at = 0; at < sorted.length; at++) table.list[at] = sorted[at];
      return NOTHING;
    }),
  };
}

function readings(runtime: LuaRuntime, define: Define): Record<string, LuaFunction> {
  return {
    concat: define("concat", (args) => {
      const table = args.table(0);
      const separator = args.string(1, "");
      const from = args.integer(2, 1);
      const to = args.integer(3, table.length);
      const parts: string[] = [];
      for (let at = from; at <= to; at++) {
        const value = table.get(at);
        if (typeof value !== "string" && typeof value !== "number") {
          return args.fail(
            0,
            `invalid value (${typeName(value)}) at index ${at} in table for 'concat'`,
          );
        }
        parts.push(typeof value === "number" ? numberText(value) : value);
      }
      return parts.join(separator);
    }),
    getn: define("getn", (args) => args.table(0).length),
    maxn: define("maxn", (args) => {
      let max = args.table(0).length;
      for (const key of args.table(0).hash.keys())
        if (typeof key === "number") max = Math.max(max, key);
      return max;
    }),
    foreach: define("foreach", (args) => {
      for (const [key, value] of args.table(0).entries()) {
        const result = first(runtime.call(args.values[1], key, value));
        if (result !== undefined) return result;
      }
      return NOTHING;
    }),
    foreachi: define("foreachi", (args) => {
      const table = args.table(0);
      for (let at = 1; at <= table.length; at++) {
        const result = first(runtime.call(args.values[1], at, table.get(at)));
        if (result !== undefined) return result;
      }
      return NOTHING;
    }),
  };
}

export function mathLibrary(runtime: LuaRuntime, random: Drand48): LuaTable {
  const define = definer(runtime);
  const unary = (name: string, compute: (x: number) => number): [string, LuaFunction] => [
    name,
    define(name, (args) => compute(args.number(0))),
  ];
  const simple = Object.fromEntries([
    ...(
      [
        "abs",
        "ceil",
        "floor",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "exp",
        "log",
        "log10",
        "sinh",
        "cosh",
        "tanh",
      ] as const
    ).map((name) => unary(name, Math[name])),
    unary("deg", (x) => (x * 180) / Math.PI),
    unary("rad", (x) => (x * Math.PI) / 180),
  ]);
  const extreme = (name: "max" | "min"): LuaFunction =>
    define(name, (args) => {
      let best = args.number(0);
      for (let at = 1; at < args.count; at++) best = Math[name](best, args.number(at));
      return best;
    });
  const fmod = define("fmod", (args) => args.number(0) % args.number(1));
  return LuaTable.fromRecord({
    ...simple,
    pi: Math.PI,
    huge: Infinity,
    max: extreme("max"),
    min: extreme("min"),
    fmod,
    mod: fmod,
    pow: define("pow", (args) => args.number(0) ** args.number(1)),
    atan2: define("atan2", (args) => Math.atan2(args.number(0), args.number(1))),
    ldexp: define("ldexp", (args) => args.number(0) * 2 ** args.integer(1)),
    ...parts(define),
    random: define("random", (args) => {
      const draw = random.draw();
      if (args.count === 0) return draw;
      const low = args.count > 1 ? args.integer(0) : 1;
      const high = args.integer(args.count > 1 ? 1 : 0);
      if (low > high) args.fail(args.count > 1 ? 1 : 0, "interval is empty");
      return Math.floor(draw * (high - low + 1)) + low;
    }),
    randomseed: define("randomseed", (args) => {
      random.seed(args.integer(0));
      return NOTHING;
    }),
  });
}

/** A number taken apart. */
function parts(define: Define): Record<string, LuaFunction> {
  return {
    modf: define("modf", (args) => {
      const x = args.number(0);
      const whole = Math.trunc(x);
      return [whole, Number.isFinite(x) ? x - whole : 0];
    }),
    frexp: define("frexp", (args) => {
      const x = args.number(0);
      if (x === 0 || !Number.isFinite(x)) return [x, 0];
      let exponent = Math.max(-1_023, Math.floor(Math.log2(Math.abs(x))) + 1);
      let mantissa = x * 2 ** -exponent;
      while (Math.abs(mantissa) >= 1) [mantissa, exponent] = [mantissa / 2, exponent + 1];
      while (Math.abs(mantissa) < 0.5) [mantissa, exponent] = [mantissa * 2, exponent - 1];
      return [mantissa, exponent];
    }),
  };
}
