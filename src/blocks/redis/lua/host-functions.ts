/**
 * The functions of ours that Lua calls. It knows them by their numbers, which an image of its memory holds: so
 * those that a state is made with come in the same order each time.
 */
import type { LuaApi, Native } from "./api.ts";
import type { LuaState } from "./state.ts";

/** A function that scripts can call. */
export type HostFunction = (lua: LuaState) => number;

/** A function of ours in the place of one of Lua's, and what it makes of that. */
export interface Replacement {
  /** The table that it is in; `_G` for the globals. */
  readonly library: string;
  readonly name: string;
  /** The original runs in the frame of what replaces it: its complaints name it as ever. */
  readonly make: (original: HostFunction) => HostFunction;
}

/** What a state is going to be given. */
export interface GivenFunctions {
  readonly replacements: readonly Replacement[];
  readonly functions: readonly HostFunction[];
}

export class HostFunctions {
  /** By number: what replaces Lua's, what else was given, and what came later. */
  readonly #all: HostFunction[];
  readonly #given: readonly HostFunction[];
  readonly #firstGiven: number;
  /** What is replaced: a place in the table of functions, or `~number` of a function of ours. */
  readonly originals: number[];
  /** Originals that have been called, by their places. */
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

  /** The number of a function; one that was not given before gets the next. */
  numberOf(run: HostFunction): number {
    const known = this.#given.indexOf(run);
    return known < 0 ? this.#all.push(run) - 1 : this.#firstGiven + known;
  }

  /** Runs a function: its arguments are on Lua's stack. */
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
