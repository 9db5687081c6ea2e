/**
 * Tables that scripts may read and not change. Redis patches Lua for it; here a script gets an empty table
 * in place of each, whose metatable reads from the real one and refuses to write. The few functions that
 * go past metatables are told which table is meant.
 */
import { GLOBALS, type HostFunction, type LuaState, LuaType } from "../lua/state.ts";

const REFUSAL = "Attempt to modify a readonly table";

export class Sandbox {
  readonly #lua: LuaState;
  /** The real table of each stand-in, by the stand-in's address: what to find both by. */
  readonly #real: Map<number, number> = new Map();
  /** What `getmetatable` gives for a stand-in; nothing unless it is here. */
  readonly #metatables: Map<number, number> = new Map();
  readonly #onReveal: Map<number, () => void> = new Map();
  readonly #refuse: number;
  #stringMetatable = 0;

  constructor(lua: LuaState) {
    this.#lua = lua;
    lua.pushFunction((state) => state.raise(REFUSAL));
    this.#refuse = lua.keep();
  }

  /** Puts a stand-in in the place of the table on top of the stack. */
  protect(): void {
    const lua = this.#lua;
    lua.pushTable();
    lua.pushTable();
    lua.pushValue(-3);
    lua.setField(-2, "__index");
    lua.pushKept(this.#refuse);
    lua.setField(-2, "__newindex");
    lua.api.lua_setmetatable(lua.at, -2);
    const address = lua.api.lua_topointer(lua.at, -1);
    if (lua.api.lua_getmetatable(lua.at, -2) !== 0) {
      this.protect();
      this.#metatables.set(address, lua.keep());
    }
    lua.pushValue(-2);
    this.#real.set(address, lua.keep());
    // Kept, so that no other table ever has its address.
    lua.pushValue(-1);
    lua.keep();
    lua.api.lua_remove(lua.at, -2);
  }

  /** Protects every table among the fields of the table on top of the stack. */
  protectFields(): void {
    const lua = this.#lua;
    const names: string[] = [];
    lua.pushNil();
    while (lua.api.lua_next(lua.at, -2) !== 0) {
      const itself = lua.api.lua_topointer(lua.at, -1) === lua.api.lua_topointer(lua.at, -3);
      if (lua.type(-1) === LuaType.table && !itself) names.push(lua.text(-2) as string);
      lua.pop();
    }
    for (const name of names) {
      lua.getField(-1, name);
      this.protect();
      lua.setField(-2, name);
    }
  }

  /** Makes what all strings share a protected table too. */
  protectStrings(): void {
    const lua = this.#lua;
    lua.pushString("");
    lua.api.lua_getmetatable(lua.at, -1);
    lua.getField(-1, "__index");
    this.protect();
    lua.setField(-2, "__index");
    this.protect();
    this.#stringMetatable = lua.keep();
    lua.pop();
  }

  /** Does `prepare` before the real table of the stand-in at `index` is looked at past its metatable. */
  onReveal(index: number, prepare: () => void): void {
    this.#onReveal.set(this.#lua.api.lua_topointer(this.#lua.at, index), prepare);
  }

  /** Puts the real table in the place of a stand-in; says whether it was one. */
  #reveal(index: number): boolean {
    const lua = this.#lua;
    if (lua.type(index) !== LuaType.table) return false;
    const address = lua.api.lua_topointer(lua.at, index);
    const real = this.#real.get(address);
    if (real === undefined) return false;
    this.#onReveal.get(address)?.();
    lua.pushKept(real);
    lua.replace(index);
    return true;
  }

  /** Replaces the functions that go past metatables. To be called before the tables are protected. */
  replaceRawFunctions(): void {
    const lua = this.#lua;
    lua.pushValue(GLOBALS);
    lua.getField(-1, "next");
    lua.pushFunction(this.#pairs(lua.keep()));
    lua.setField(-2, "pairs");
    for (const name of ["next", "rawget"]) this.#wrap(name, () => void this.#reveal(1));
    this.#wrap("rawset", () => lua.top >= 3 && this.#guard());
    this.#wrap("setmetatable", () => isMetatable(lua.type(2)) && this.#guard());
    lua.wrap("getmetatable", (original) => this.#getMetatable(original));
    lua.getField(-1, "table");
    this.#wrap("insert", () => this.#guard());
    for (const name of ["foreach", "foreachi", "getn", "maxn", "concat"]) {
      this.#wrap(name, () => void this.#reveal(1));
    }
    lua.pop(2);
  }

  #wrap(name: string, prepare: () => unknown): void {
    this.#lua.wrap(name, (original) => (state) => {
      prepare();
      return original(state);
    });
  }

  /** Refuses to change what is protected. */
  #guard(): void {
    const lua = this.#lua;
    if (lua.type(1) !== LuaType.table) return;
    if (!this.#real.has(lua.api.lua_topointer(lua.at, 1))) return;
    lua.pushString(REFUSAL);
    lua.throwTop();
  }

  /** `pairs`, which walks the real table with the original `next`. */
  #pairs(next: number): HostFunction {
    return (state) => {
      state.checkType(1, LuaType.table);
      this.#reveal(1);
      state.pushKept(next);
      state.pushValue(1);
      state.pushNil();
      return 3;
    };
  }

  #getMetatable(original: HostFunction): HostFunction {
    return (state) => {
      if (state.type(1) === LuaType.string) {
        state.pushKept(this.#stringMetatable);
        return 1;
      }
      if (state.type(1) !== LuaType.table) return original(state);
      const address = state.api.lua_topointer(state.at, 1);
      if (!this.#real.has(address)) return original(state);
      const metatable = this.#metatables.get(address);
      if (metatable === undefined) state.pushNil();
      else state.pushKept(metatable);
      return 1;
    };
  }
}

function isMetatable(type: number): boolean {
  return type === LuaType.nil || type === LuaType.table;
}
