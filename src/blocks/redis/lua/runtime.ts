/**
 * What compiled Lua code calls: operators with Lua's coercions and metatables, indexing, calls, loops.
 * Messages are those of Lua 5.1, with the script's name and line in front.
 */
import { compileLua } from "./compiler.ts";
import { formatG } from "../../../wire/index.ts";
import {
  all,
  first,
  type LuaFunction,
  LuaError,
  type LuaResult,
  LuaTable,
  type LuaValue,
  NOTHING,
  typeName,
} from "./values.ts";

/** Turns of loops after which a script is stopped: a few seconds, when Redis would begin to answer BUSY. */
const STEPS_MAX = 500_000_000;

/** A number that Lua reads from a string, or undefined. */
export function toNumber(value: LuaValue): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) return Number(text);
  const hex = /^([+-]?)(0[xX][0-9a-fA-F]+)$/.exec(text);
  if (hex) return (hex[1] === "-" ? -1 : 1) * Number(hex[2]);
  const odd = /^([+-]?)(inf|nan)(inity)?$/i.exec(text);
  if (odd)
    return (odd[2] as string).toLowerCase() === "nan" ? NaN : odd[1] === "-" ? -Infinity : Infinity;
  return undefined;
}

/** A number as Lua 5.1 prints it: C's `%.14g`. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e14)
    return Object.is(value, -0) ? "-0" : String(value);
  if (Number.isNaN(value)) return "-nan";
  if (value === Infinity) return "inf";
  if (value === -Infinity) return "-inf";
  return formatG(value, 14);
}

export class LuaRuntime {
  /** The line under way. */
  readonly L: { n: number } = { n: 0 };
  readonly globals: LuaTable = new LuaTable();
  /** The metatable of all strings. */
  strings: LuaTable | undefined;
  /** Name of the chunk in messages. */
  readonly chunkName: string;
  readonly N: readonly LuaValue[] = NOTHING;
  readonly first: typeof first = first;
  readonly all: typeof all = all;
  /** Called for a global that does not exist. */
  missingGlobal: (name: string) => LuaValue = () => undefined;
  #steps = 0;

  constructor(chunkName: string) {
    this.chunkName = chunkName;
  }

  /** Compiles a chunk; throws a {@link LuaError} when its syntax is wrong. */
  load(source: string, name: string = this.chunkName): LuaFunction {
    const body = compileLua(source, name);
    return new Function("R", body)(this) as LuaFunction;
  }

  /** Runs a function from outside, with a fresh allowance of steps. */
  start(run: LuaFunction): LuaResult {
    this.#steps = 0;
    return run();
  }

  /** Raises an error with the position of the line under way. */
  raise(message: string): never {
    throw new LuaError(`${this.chunkName}:${this.L.n}: ${message}`, this.L.n);
  }

  readonly T = (value: LuaValue): boolean => value !== undefined && value !== false;

  readonly step = (): void => {
    if (++this.#steps > STEPS_MAX) this.raise("script ran for too many steps");
  };

  meta(value: LuaValue, event: string): LuaValue {
    if (value instanceof LuaTable) return value.metatable?.get(event);
    return typeof value === "string" ? this.strings?.get(event) : undefined;
  }

  readonly gget = (name: string): LuaValue => {
    const value = this.globals.hash.get(name);
    return value === undefined ? this.missingGlobal(name) : value;
  };

  readonly gput = (name: string, value: LuaValue): LuaValue =>
    this.put(this.globals, name, value, "");

  readonly index = (object: LuaValue, key: LuaValue, label: string): LuaValue => {
    if (object instanceof LuaTable) {
      const value = object.get(key);
      if (value !== undefined || object.metatable === undefined) return value;
    }
    const handler = this.meta(object, "__index");
    if (handler === undefined) {
      if (object instanceof LuaTable) return undefined;
      this.raise(`attempt to index ${described(object, label)}`);
    }
    if (typeof handler === "function") return first(handler(object, key));
    return this.index(handler, key, "");
  };

  readonly put = (object: LuaValue, key: LuaValue, value: LuaValue, label: string): LuaValue => {
    if (object instanceof LuaTable) {
      const handler = object.metatable?.get("__newindex");
      if (handler === undefined || object.get(key) !== undefined) {
        this.rawset(object, key, value);
      } else if (typeof handler === "function") {
        handler(object, key, value);
      } else {
        this.put(handler, key, value, "");
      }
      return value;
    }
    return this.raise(`attempt to index ${described(object, label)}`);
  };

  rawset(table: LuaTable, key: LuaValue, value: LuaValue): void {
    if (table.readonly) this.raise("Attempt to modify a readonly table");
    if (key === undefined) this.raise("table index is nil");
    if (key !== key) this.raise("table index is NaN");
    table.set(key, value);
  }

  /** The function to call for a value in front of parentheses. */
  readonly fn = (value: LuaValue, label: string): LuaFunction => {
    if (typeof value === "function") return value;
    const handler = this.meta(value, "__call");
    if (typeof handler === "function") return (...args) => handler(value, ...args);
    return this.raise(`attempt to call ${described(value, label)}`);
  };

  /** Calls any value, for library functions that take callbacks. */
  call(value: LuaValue, ...args: LuaValue[]): LuaResult {
    return this.fn(value, "")(...args);
  }

  readonly table = (listed: LuaValue[], keyed: LuaValue[]): LuaTable => {
    const table = listed.length > 0 ? LuaTable.fromList(listed) : new LuaTable();
    for (let at = 0; at < keyed.length; at += 2) this.rawset(table, keyed[at], keyed[at + 1]);
    return table;
  };

  #arithmetic(
    event: string,
    a: LuaValue,
    b: LuaValue,
    labels: readonly [string | undefined, string | undefined],
    apply: (x: number, y: number) => number,
  ): LuaValue {
    const x = toNumber(a);
    const y = toNumber(b);
    if (x !== undefined && y !== undefined) return apply(x, y);
    const handler = this.meta(a, event) ?? this.meta(b, event);
    if (typeof handler === "function") return first(handler(a, b));
    const [culprit, label] = x === undefined ? [a, labels[0]] : [b, labels[1]];
    return this.raise(`attempt to perform arithmetic on ${described(culprit, label)}`);
  }

  readonly add = (a: LuaValue, b: LuaValue, la?: string, lb?: string): LuaValue =>
    typeof a === "number" && typeof b === "number"
      ? a + b
      : this.#arithmetic("__add", a, b, [la, lb], (x, y) => x + y);
  readonly sub = (a: LuaValue, b: LuaValue, la?: string, lb?: string): LuaValue =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : this.#arithmetic("__sub", a, b, [la, lb], (x, y) => x - y);
  readonly mul = (a: LuaValue, b: LuaValue, la?: string, lb?: string): LuaValue =>
    typeof a === "number" && typeof b === "number"
      ? a * b
      : this.#arithmetic("__mul", a, b, [la, lb], (x, y) => x * y);
  readonly div = (a: LuaValue, b: LuaValue, la?: string, lb?: string): LuaValue =>
    typeof a === "number" && typeof b === "number"
      ? a / b
      : this.#arithmetic("__div", a, b, [la, lb], (x, y) => x / y);
  readonly mod = (a: LuaValue, b: LuaValue, la?: string, lb?: string): LuaValue =>
    typeof a === "number" && typeof b === "number"
      ? a - Math.floor(a / b) * b
      : this.#arithmetic("__mod", a, b, [la, lb], (x, y) => x - Math.floor(x / y) * y);
  readonly pow = (a: LuaValue, b: LuaValue, la?: string, lb?: string): LuaValue =>
    typeof a === "number" && typeof b === "number"
      ? a ** b
      : this.#arithmetic("__pow", a, b, [la, lb], (x, y) => x ** y);
  readonly unm = (a: LuaValue, label?: string): LuaValue =>
    typeof a === "number" ? -a : this.#arithmetic("__unm", a, a, [label, label], (x) => -x);

  readonly concat = (a: LuaValue, b: LuaValue, la?: string, lb?: string): LuaValue => {
    const x = typeof a === "string" ? a : typeof a === "number" ? numberText(a) : undefined;
    const y = typeof b === "string" ? b : typeof b === "number" ? numberText(b) : undefined;
    if (x !== undefined && y !== undefined) return x + y;
    const handler = this.meta(a, "__concat") ?? this.meta(b, "__concat");
    if (typeof handler === "function") return first(handler(a, b));
    const [culprit, label] = x === undefined ? [a, la] : [b, lb];
    return this.raise(`attempt to concatenate ${described(culprit, label)}`);
  };

  readonly len = (value: LuaValue, label?: string): LuaValue => {
    if (typeof value === "string") return value.length;
    if (value instanceof LuaTable) return value.length;
    return this.raise(`attempt to get length of ${described(value, label)}`);
  };

  readonly eq = (a: LuaValue, b: LuaValue): boolean => {
    if (a === b) return true;
    if (!(a instanceof LuaTable && b instanceof LuaTable)) return false;
    const handler = a.metatable?.get("__eq");
    if (handler === undefined || handler !== b.metatable?.get("__eq")) return false;
    return this.T(first(this.call(handler, a, b)));
  };

  readonly lt = (a: LuaValue, b: LuaValue): boolean => {
    if (typeof a === "number" && typeof b === "number") return a < b;
    if (typeof a === "string" && typeof b === "string") return a < b;
    return this.#compare("__lt", a, b);
  };

  readonly le = (a: LuaValue, b: LuaValue): boolean => {
    if (typeof a === "number" && typeof b === "number") return a <= b;
    if (typeof a === "string" && typeof b === "string") return a <= b;
    if (this.meta(a, "__le") === undefined && this.meta(a, "__lt") !== undefined) {
      return !this.#compare("__lt", b, a);
    }
    return this.#compare("__le", a, b);
  };

  #compare(event: string, a: LuaValue, b: LuaValue): boolean {
    const handler = this.meta(a, event);
    if (typeof handler === "function" && handler === this.meta(b, event)) {
      return this.T(first(handler(a, b)));
    }
    const [x, y] = [typeName(a), typeName(b)];
    return this.raise(
      x === y ? `attempt to compare two ${x} values` : `attempt to compare ${x} with ${y}`,
    );
  }

  /** A bound of a numeric `for`. */
  readonly num = (value: LuaValue, what: string): number => {
    const number = toNumber(value);
    return number === undefined ? this.raise(`'for' ${what} value must be a number`) : number;
  };

  /** `next`, which `pairs` gives; the generic `for` knows it and walks the table itself. */
  readonly next: LuaFunction = (table, key) => {
    if (!(table instanceof LuaTable)) {
      return this.raise(`bad argument #1 to 'next' (table expected, got ${noValue(table)})`);
    }
    const entry = table.next(key);
    if (entry === null) return this.raise("invalid key to 'next'");
    return entry ?? undefined;
  };

  /** The steps of a generic `for`: a function that gives the next values, or undefined at the end. */
  readonly pairs = (head: LuaValue[], line: number): (() => readonly LuaValue[] | undefined) => {
    const [iterator, state, start] = head;
    if (iterator === this.next && state instanceof LuaTable && start === undefined) {
      const walk = state.entries();
      return () => {
        const step = walk.next();
        return step.done ? undefined : step.value;
      };
    }
    const call = this.fn(iterator, "");
    let control = start;
    return () => {
      this.L.n = line;
      const values = all(call(state, control));
      control = values[0];
      return control === undefined ? undefined : values;
    };
  };
}

function described(value: LuaValue, label: string | undefined): string {
  return label ? `${label} (a ${typeName(value)} value)` : `a ${typeName(value)} value`;
}

/** A type's name for a message about an argument, where nil usually means that it is missing. */
export function noValue(value: LuaValue): string {
  return value === undefined ? "no value" : typeName(value);
}
