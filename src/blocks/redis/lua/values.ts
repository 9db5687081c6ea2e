/**
 * Lua's values as JavaScript's: nil is undefined, booleans and numbers are themselves, strings are byte
 * strings, tables are {@link LuaTable}, functions are functions.
 *
 * A function returns one value as it is, and none or several as an array; no Lua value is an array, so the
 * two cannot be mixed up, and the common case of one result costs nothing.
 */

export type LuaFunction = (...args: LuaValue[]) => LuaResult;
export type LuaValue = undefined | boolean | number | string | LuaTable | LuaFunction;
/** What a call gives: one value, or an array of any number of them. */
export type LuaResult = LuaValue | readonly LuaValue[];

/** No results at all, which is not the same as one nil. */
export const NOTHING: readonly LuaValue[] = Object.freeze([]);

/** An error that runs through Lua code; `value` is what `pcall` gives. */
export class LuaError extends Error {
  readonly value: LuaValue;
  /** The line of the script at which it was raised. */
  line: number;
  constructor(value: LuaValue, line = 0) {
    super(typeof value === "string" ? value : "Lua error");
    this.value = value;
    this.line = line;
  }
}

/** A table: an array part for 1, 2, 3, ... and a hash part for the rest, in order of insertion. */
export class LuaTable {
  /** Values of the keys 1 to n; the last is never nil. */
  readonly list: LuaValue[] = [];
  readonly hash: Map<LuaValue, LuaValue> = new Map();
  metatable: LuaTable | undefined;
  /** Set for the tables that Redis protects from scripts. */
  readonly = false;

  static fromList(values: readonly LuaValue[]): LuaTable {
    const table = new LuaTable();
    for (const value of values) table.list.push(value);
    table.#trim();
    return table;
  }

  static fromRecord(record: Readonly<Record<string, LuaValue>>): LuaTable {
    const table = new LuaTable();
    for (const key of Object.keys(record)) table.hash.set(key, record[key]);
    return table;
  }

  get(key: LuaValue): LuaValue {
    if (typeof key === "number" && key >= 1 && key <= this.list.length && Number.isInteger(key)) {
      return this.list[key - 1];
    }
    return this.hash.get(key);
  }

  /** Sets a key that is neither nil nor NaN. */
  set(key: LuaValue, value: LuaValue): void {
    if (
      typeof key === "number" &&
      key >= 1 &&
      key <= this.list.length + 1 &&
      Number.isInteger(key)
    ) {
      this.#setListed(key, value);
    } else if (value === undefined) {
      this.hash.delete(key);
    } else {
      this.hash.set(key, value);
    }
  }

  #setListed(key: number, value: LuaValue): void {
    const { list, hash } = this;
    if (key <= list.length) {
      list[key - 1] = value;
      if (value === undefined && key === list.length) this.#trim();
      return;
    }
    if (value === undefined) {
      hash.delete(key);
      return;
    }
    list.push(value);
    if (hash.size === 0) return;
    hash.delete(key);
    for (let next = list.length + 1; hash.size > 0; next++) {
      const moved = hash.get(next);
      if (moved === undefined) return;
      hash.delete(next);
      list.push(moved);
    }
  }

  #trim(): void {
    const { list } = this;
    while (list.length > 0 && list[list.length - 1] === undefined) list.pop();
  }

  /** A border: n such that t[n] is not nil and t[n + 1] is. */
  get length(): number {
    return this.list.length;
  }

  /** Keys and values, the array part first. Removal and change during the walk are allowed. */
  *entries(): Generator<[LuaValue, LuaValue]> {
    for (let at = 0; at < this.list.length; at++) {
      const value = this.list[at];
      if (value !== undefined) yield [at + 1, value];
    }
    yield* this.hash;
  }

  #walk: Iterator<[LuaValue, LuaValue]> | undefined;
  #walkedTo: LuaValue;

  /** The entry after `key`, for `next`; undefined at the end, null when `key` is not in the table. */
  next(key: LuaValue): [LuaValue, LuaValue] | undefined | null {
    if (key === undefined) {
      this.#walk = this.entries();
    } else if (this.#walk === undefined || this.#walkedTo !== key) {
      this.#walk = this.entries();
      for (;;) {
        const step = this.#walk.next();
        if (step.done) return null;
        if (step.value[0] === key) break;
      }
    }
    const step = this.#walk.next();
    if (step.done) {
      this.#walk = undefined;
      return undefined;
    }
    this.#walkedTo = step.value[0];
    return step.value;
  }
}

/** The results of a call as an array. */
export function all(result: LuaResult): readonly LuaValue[] {
  return Array.isArray(result) ? result : [result as LuaValue];
}

/** The first result of a call. */
export function first(result: LuaResult): LuaValue {
  return Array.isArray(result) ? (result as readonly LuaValue[])[0] : (result as LuaValue);
}

/** What `type()` says. */
export function typeName(value: LuaValue): string {
  if (value === undefined) return "nil";
  if (value instanceof LuaTable) return "table";
  return typeof value;
}
