/** Arguments of library functions, with Lua's complaints about them. */
import { type LuaRuntime, noValue, numberText, toNumber } from "./runtime.ts";
import { LuaTable, type LuaValue } from "./values.ts";

/** Checks the arguments of the library function `name`. */
export class Arguments {
  readonly #runtime: LuaRuntime;
  readonly #name: string;
  readonly values: readonly LuaValue[];

  constructor(runtime: LuaRuntime, name: string, values: readonly LuaValue[]) {
    this.#runtime = runtime;
    this.#name = name;
    this.values = values;
  }

  get count(): number {
    return this.values.length;
  }

  fail(at: number, message: string): never {
    return this.#runtime.raise(`bad argument #${at + 1} to '${this.#name}' (${message})`);
  }

  #expected(at: number, type: string): never {
    const given =
      at < this.values.length && this.values[at] === undefined ? "nil" : noValue(this.values[at]);
    return this.fail(at, `${type} expected, got ${given}`);
  }

  number(at: number, fallback?: number): number {
    const value = this.values[at];
    if (value === undefined && fallback !== undefined) return fallback;
    return toNumber(value) ?? this.#expected(at, "number");
  }

  /** A number as C converts it to an integer: towards zero. */
  integer(at: number, fallback?: number): number {
    const value = this.number(at, fallback);
    return Number.isFinite(value) ? Math.trunc(value) : value;
  }

  string(at: number, fallback?: string): string {
    const value = this.values[at];
    if (typeof value === "string") return value;
    if (typeof value === "number") return numberText(value);
    if (value === undefined && fallback !== undefined) return fallback;
    return this.#expected(at, "string");
  }

  table(at: number): LuaTable {
    const value = this.values[at];
    return value instanceof LuaTable ? value : this.#expected(at, "table");
  }

  metatable(at: number): LuaTable {
    const value = this.values[at];
    return value instanceof LuaTable ? value : this.fail(at, "nil or table expected");
  }

  any(at: number): LuaValue {
    if (at >= this.values.length) this.fail(at, "value expected");
    return this.values[at];
  }
}
