/**
 * The JavaScript functions that Lua calls. Lua refers to them by number, and images of its memory
 * contain these numbers. Functions that a state is created with must therefore be numbered in the
 * same order each time.
 */
import type { LuaApi, Native } from "./api.ts";
import type { LuaState } from "./state.ts";

/** A JavaScript function that scripts can call. */
export type HostFunction = (lua: LuaState) => number;

/** A JavaScript function that replaces one of Lua's, created from the original. */
export interface Replacement {
  /** The table that contains it, or `_G` for the globals. */
  readonly library: string;
  readonly name: string;
  /**
   * The original runs in the stack frame of its replacement, so its error messages name it as
   * usual.
   */
  readonly make: (original: HostFunction) => HostFunction;
}

/** The functions that a state is created with. */
export interface GivenFunctions {
  readonly replacements: readonly Replacement[];
  readonly functions: readonly HostFunction[];
}

export class HostFunctions {
  /**
   * By number: first the replacements of Lua's functions, then the other initial functions, then
   * those added later.
   */
  readonly #all: HostFunction[];
  readonly #given: readonly HostFunction[];
  readonly #firstGiven: number;
  /**
   * The replaced functions: an index in the table of functions, or `~number` for a JavaScript
   * function.
   */
  readonly originals: number[];
  /** Originals that have been called, by their index. */
  readonly #natives: Map<number, Native> = new Map();

  constructor({ replacements, functions }: GivenFunctions, originals: readonly number[]) {
    this.originals = [...originals];
    this.#given = functions;
    this.#firstGiven = replacements.length;
    this.#all = replacements.map(({ make }, number) => {
      return make((lua) => this.#callOriginal(number, lua));
    });
    this.#all.push(...functions);
  }

  /** Returns the number of a function. A new function gets the next number. */
  numberOf(run: HostFunction): number {
    const known = this.#given.indexOf(run);
    return known < 0 ? this.#all.push(run) - 1 : this.#firstGiven + known;
  }

  /** Runs a function. Its arguments are on Lua's stack. */
  call(number: number, lua: LuaState): number {
    return (this.#all[number] as HostFunction)(lua);
  }

  #callOriginal(number: number, lua: LuaState): number {
    const place = this.originals[number] as number;
    if (place < 0) return this.call(~place, lua);
    let native = this.#natives.get(place);
    if (native === undefined) this.#natives.set(place, (native = nativeAt(lua.api, place)));
    return native(lua.at);
  }
}

function nativeAt(api: LuaApi, place: number): Native {
  return api.__indirect_function_table.get(place);
}
