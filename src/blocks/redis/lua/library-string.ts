/** `string`. */
import { Arguments } from "./arguments.ts";
import { format } from "./format.ts";
import { Matcher, PatternError } from "./patterns.ts";
import { type LuaRuntime, numberText } from "./runtime.ts";
import { first, type LuaFunction, type LuaResult, LuaTable, type LuaValue } from "./values.ts";

const MAGIC = /[\^$*+?.([%-]/;

/** A position as Lua counts: from 1, or from the end when negative. */
function position(given: number, length: number): number {
  return given >= 0 ? given : Math.max(0, length + given + 1);
}

export function stringLibrary(runtime: LuaRuntime): LuaTable {
  const define = (name: string, run: (args: Arguments) => LuaResult): LuaFunction => {
    return (...values) => {
      try {
        return run(new Arguments(runtime, name, values));
      } catch (error) {
        if (error instanceof PatternError) return runtime.raise(error.message);
        throw error;
      }
    };
  };
  const gmatch = (args: Arguments): LuaFunction => {
    const [text, pattern] = [args.string(0), args.string(1)];
    let at = 0;
    return () => {
      for (; at <= text.length; at++) {
        const matcher = new Matcher(text, pattern);
        const end = matcher.match(at, 0);
        if (end < 0) continue;
        const start = at;
        at = end > start ? end : end + 1;
        return matcher.all(start, end);
      }
      return undefined;
    };
  };
  const library = LuaTable.fromRecord({
    byte: define("byte", (args) => {
      const text = args.string(0);
      const from = position(args.integer(1, 1), text.length);
      const to = Math.min(position(args.integer(2, from), text.length), text.length);
      const out: number[] = [];
      for (let at = Math.max(1, from); at <= to; at++) out.push(text.charCodeAt(at - 1));
      return out;
    }),
    char: define("char", (args) => {
      let out = "";
      for (let at = 0; at < args.count; at++) {
        const code = args.integer(at);
        if (code < 0 || code > 255) args.fail(at, "invalid value");
        out += String.fromCharCode(code);
      }
      return out;
    }),
    find: define("find", (args) => find(args, true)),
    match: define("match", (args) => find(args, false)),
    gmatch: define("gmatch", gmatch),
    gfind: define("gfind", gmatch),
    gsub: define("gsub", (args) => gsub(runtime, args)),
    format: define("format", (args) => format(args, (message) => runtime.raise(message))),
    len: define("len", (args) => args.string(0).length),
    // Only ASCII letters have cases in the C locale.
    lower: define("lower", (args) => args.string(0).replace(/[A-Z]+/g, (run) => run.toLowerCase())),
    upper: define("upper", (args) => args.string(0).replace(/[a-z]+/g, (run) => run.toUpperCase())),
    rep: define("rep", (args) => {
      const text = args.string(0);
      const count = args.integer(1);
      if (count * text.length > 536_870_000) runtime.raise("resulting string too large");
      return count > 0 ? text.repeat(count) : "";
    }),
    reverse: define("reverse", (args) => [...args.string(0)].reverse().join("")),
    sub: define("sub", (args) => {
      const text = args.string(0);
      const from = Math.max(1, position(args.integer(1), text.length));
      const to = Math.min(position(args.integer(2, -1), text.length), text.length);
      return from > to ? "" : text.slice(from - 1, to);
    }),
  });
  runtime.strings = LuaTable.fromRecord({ __index: library });
  return library;
}

function find(args: Arguments, places: boolean): LuaResult {
  const [text, pattern] = [args.string(0), args.string(1)];
  const start = Math.max(0, position(args.integer(2, 1), text.length) - 1);
  if (start > text.length && places) return undefined;
  const from = Math.min(start, text.length);
  const plain = args.values[3] !== undefined && args.values[3] !== false;
  if (places && (plain || !MAGIC.test(pattern))) {
    const at = text.indexOf(pattern, from);
    return at < 0 ? undefined : [at + 1, at + pattern.length];
  }
  const anchored = pattern[0] === "^";
  for (let at = from; at <= text.length; at++) {
    const matcher = new Matcher(text, pattern);
    const end = matcher.match(at, anchored ? 1 : 0);
    if (end >= 0) {
      if (!places) return matcher.all(at, end);
      return [at + 1, end, ...(matcher.captures.length > 0 ? matcher.all(at, end) : [])];
    }
    if (anchored) break;
  }
  return undefined;
}

function gsub(runtime: LuaRuntime, args: Arguments): LuaResult {
  const [text, pattern] = [args.string(0), args.string(1)];
  const replacement = args.values[2];
  const kind = typeof replacement;
  if (
    kind !== "string" &&
    kind !== "number" &&
    kind !== "function" &&
    !(replacement instanceof LuaTable)
  ) {
    args.fail(2, "string/function/table expected");
  }
  const limit = args.integer(3, Infinity);
  const anchored = pattern[0] === "^";
  let out = "";
  let at = 0;
  let count = 0;
  while (count < limit) {
    const matcher = new Matcher(text, pattern);
    const end = matcher.match(at, anchored ? 1 : 0);
    if (end >= 0) {
      count++;
      out += substitute(runtime, matcher, replacement, [text, at, end]);
    }
    if (end > at) at = end;
    else if (at < text.length) out += text[at++];
    else break;
    if (anchored) break;
  }
  return [out + text.slice(at), count];
}

function substitute(
  runtime: LuaRuntime,
  matcher: Matcher,
  replacement: LuaValue,
  [text, start, end]: readonly [string, number, number],
): string {
  const whole = text.slice(start, end);
  let value: LuaValue;
  if (typeof replacement === "string" || typeof replacement === "number") {
    const pattern = typeof replacement === "number" ? numberText(replacement) : replacement;
    return pattern.replace(/%([^])?/g, (_, c: string | undefined) => {
      if (c === undefined || !/[0-9]/.test(c)) return c ?? "";
      const given = c === "0" ? whole : matcher.capture(Number(c) - 1, start, end);
      return typeof given === "number" ? numberText(given) : given;
    });
  }
  if (replacement instanceof LuaTable) {
    value = runtime.index(replacement, matcher.capture(0, start, end), "");
  } else {
    value = first(runtime.call(replacement, ...matcher.all(start, end)));
  }
  if (value === undefined || value === false) return whole;
  if (typeof value === "number") return numberText(value);
  if (typeof value !== "string") {
    runtime.raise(
      `invalid replacement value (a ${value instanceof LuaTable ? "table" : typeof value})`,
    );
  }
  return value;
}
