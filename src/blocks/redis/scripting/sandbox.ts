/**
 * Read-only tables for scripts. Redis patches Lua for this. Here, a script gets an empty proxy
 * table in place of each real one. The proxy's metatable reads from the real table and refuses
 * writes. The few functions that bypass metatables are replaced by versions that find the real
 * table.
 */
import type { HostFunction, Replacement } from "../lua/host-functions.ts";
import { GLOBALS, type LuaState, LuaType } from "../lua/state.ts";
import { before } from "../lua/wide-integers.ts";

const REFUSAL = "Attempt to modify a readonly table";

/** The data needed to restore a sandbox, apart from Lua's memory. */
export interface SandboxRecord {
  readonly real: readonly (readonly [number, number])[];
  readonly metatables: readonly (readonly [number, number])[];
  readonly refuse: number;
  readonly next: number;
  readonly stringMetatable: number;
  readonly globals: number;
}

export class Sandbox {
  /** The reference number of each real table, by the address of its proxy. */
  readonly #real: Map<number, number>;
  /** The result of `getmetatable` for a proxy. Nil for proxies that are not listed. */
  readonly #metatables: Map<number, number>;
  readonly #onGlobals: () => void;
  /** The reference numbers of the function that refuses writes and of Lua's own `next`. */
  #refuse: number;
  #next: number;
  #stringMetatable: number;
  /** The address of the proxy of the globals. */
  #globals: number;

  /** `onGlobals` is called before the real globals are accessed without the proxy's metatable. */
  constructor(onGlobals: () => void, record: SandboxRecord | undefined) {
    this.#onGlobals = onGlobals;
    this.#real = new Map(record?.real);
    this.#metatables = new Map(record?.metatables);
    this.#refuse = record?.refuse ?? 0;
    this.#next = record?.next ?? 0;
    this.#stringMetatable = record?.stringMetatable ?? 0;
    this.#globals = record?.globals ?? 0;
  }

  /** The data that an image of Lua's memory must store. */
  get record(): SandboxRecord {
    return {
      real: [...this.#real],
      metatables: [...this.#metatables],
      refuse: this.#refuse,
      next: this.#next,
      stringMetatable: this.#stringMetatable,
      globals: this.#globals,
    };
  }

  /** Stores what is needed later. Must be called before Lua's functions are replaced. */
  prepare(lua: LuaState): void {
    lua.pushFunction(refuse);
    this.#refuse = lua.keep();
    lua.getField(GLOBALS, "next");
    this.#next = lua.keep();
  }

  /** Replaces the table on top of the stack by a proxy. */
  protect(lua: LuaState): void {
    lua.pushTable();
    lua.pushTable();
    lua.pushValue(-3);
    lua.setField(-2, "__index");
    lua.pushKept(this.#refuse);
    lua.setField(-2, "__newindex");
    lua.api.lua_setmetatable(lua.at, -2);
    const address = lua.api.lua_topointer(lua.at, -1);
    if (lua.api.lua_getmetatable(lua.at, -2) !== 0) {
      this.protect(lua);
      this.#metatables.set(address, lua.keep());
    }
    lua.pushValue(-2);
    this.#real.set(address, lua.keep());
    // It is kept, so that no other table can get its address.
    lua.pushValue(-1);
    lua.keep();
    lua.api.lua_remove(lua.at, -2);
  }

  /** Replaces the globals, which are on top of the stack, by a proxy. */
  protectGlobals(lua: LuaState): void {
    this.protect(lua);
    this.#globals = lua.api.lua_topointer(lua.at, -1);
  }

  /** Protects every table among the fields of the table on top of the stack. */
  protectFields(lua: LuaState): void {
    const names: string[] = [];
    lua.pushNil();
    while (lua.api.lua_next(lua.at, -2) !== 0) {
      const itself = lua.api.lua_topointer(lua.at, -1) === lua.api.lua_topointer(lua.at, -3);
      if (lua.type(-1) === LuaType.table && !itself) names.push(lua.text(-2) as string);
      lua.pop();
    }
    for (const name of names) {
      lua.getField(-1, name);
      this.protect(lua);
      lua.setField(-2, name);
    }
  }

  /** Protects the table that all strings share. */
  protectStrings(lua: LuaState): void {
    lua.pushString("");
    lua.api.lua_getmetatable(lua.at, -1);
    lua.getField(-1, "__index");
    this.protect(lua);
    lua.setField(-2, "__index");
    this.protect(lua);
    this.#stringMetatable = lua.keep();
    lua.pop();
  }

  /** Returns the replacements of the functions that bypass metatables. */
  replacements(): Replacement[] {
    const reveal = (lua: LuaState): void => this.#reveal(lua);
    return [
      { library: "_G", name: "pairs", make: () => (lua) => this.#pairs(lua) },
      before("_G", "next", reveal),
      before("_G", "rawget", reveal),
      before("_G", "rawset", (lua) => lua.top >= 3 && this.#guard(lua)),
      before("_G", "setmetatable", (lua) => isMetatable(lua.type(2)) && this.#guard(lua)),
      { library: "_G", name: "getmetatable", make: (original) => this.#getMetatable(original) },
      before("table", "insert", (lua) => this.#guard(lua)),
      ...["foreach", "foreachi", "getn", "maxn", "concat"].map((name) =>
        before("table", name, reveal),
      ),
    ];
  }

  /** Replaces a proxy that is the first argument by its real table. */
  #reveal(lua: LuaState): void {
    if (lua.type(1) !== LuaType.table) return;
    const address = lua.api.lua_topointer(lua.at, 1);
    const real = this.#real.get(address);
    if (real === undefined) return;
    if (address === this.#globals) this.#onGlobals();
    lua.pushKept(real);
    lua.replace(1);
  }

  /** Raises an error for a change to a protected table. */
  #guard(lua: LuaState): void {
    if (lua.type(1) !== LuaType.table) return;
    if (!this.#real.has(lua.api.lua_topointer(lua.at, 1))) return;
    lua.pushString(REFUSAL);
    lua.throwTop();
  }

  /** `pairs`, which iterates over the real table with the original `next`. */
  #pairs(lua: LuaState): number {
    lua.checkType(1, LuaType.table);
    this.#reveal(lua);
    lua.pushKept(this.#next);
    lua.pushValue(1);
    lua.pushNil();
    return 3;
  }

  #getMetatable(original: HostFunction): HostFunction {
    return (lua) => {
      if (lua.type(1) === LuaType.string) {
        lua.pushKept(this.#stringMetatable);
        return 1;
      }
      if (lua.type(1) !== LuaType.table) return original(lua);
      const address = lua.api.lua_topointer(lua.at, 1);
      if (!this.#real.has(address)) return original(lua);
      const metatable = this.#metatables.get(address);
      if (metatable === undefined) lua.pushNil();
      else lua.pushKept(metatable);
      return 1;
    };
  }
}

/** The function in each proxy's metatable that is called for a write. */
export function refuse(lua: LuaState): number {
  return lua.raise(REFUSAL);
}

function isMetatable(type: number): boolean {
  return type === LuaType.nil || type === LuaType.table;
}
