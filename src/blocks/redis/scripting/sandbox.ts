/**
 * Tables that scripts may read and not change. Redis patches Lua for it; here a script gets an empty table
 * in place of each, whose metatable reads from the real one and refuses to write. The few functions that
 * go past metatables are told which table is meant.
 */
import type { HostFunction, Replacement } from "../lua/host-functions.ts";
import { GLOBALS, type LuaState, LuaType } from "../lua/state.ts";
import { before } from "../lua/wide-integers.ts";

const REFUSAL = "Attempt to modify a readonly table";

/** What there is to know of a sandbox, beside what is in Lua's memory. */
export interface SandboxRecord {
  readonly real: readonly (readonly [number, number])[];
  readonly metatables: readonly (readonly [number, number])[];
  readonly refuse: number;
  readonly next: number;
  readonly stringMetatable: number;
  readonly globals: number;
}

export class Sandbox {
  /** The real table of each stand-in, by the stand-in's address: what to find both by. */
  readonly #real: Map<number, number>;
  /** What `getmetatable` gives for a stand-in; nothing unless it is here. */
  readonly #metatables: Map<number, number>;
  readonly #onGlobals: () => void;
  /** Where what refuses to write and Lua's own `next` are kept. */
  #refuse: number;
  #next: number;
  #stringMetatable: number;
  /** The address of the stand-in of the globals. */
  #globals: number;

  /** `onGlobals` is called before the real globals are looked at past their stand-in's metatable. */
  constructor(onGlobals: () => void, record: SandboxRecord | undefined) {
    this.#onGlobals = onGlobals;
    this.#real = new Map(record?.real);
    this.#metatables = new Map(record?.metatables);
    this.#refuse = record?.refuse ?? 0;
    this.#next = record?.next ?? 0;
    this.#stringMetatable = record?.stringMetatable ?? 0;
    this.#globals = record?.globals ?? 0;
  }

  /** What an image of Lua's memory has to note. */
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

  /** Keeps what is needed later. To be called before Lua's functions are replaced. */
  prepare(lua: LuaState): void {
    lua.pushFunction(refuse);
    this.#refuse = lua.keep();
    lua.getField(GLOBALS, "next");
    this.#next = lua.keep();
  }

  /** Puts a stand-in in the place of the table on top of the stack. */
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
    // Kept, so that no other table ever has its address.
    lua.pushValue(-1);
    lua.keep();
    lua.api.lua_remove(lua.at, -2);
  }

  /** Puts a stand-in in the place of the globals, which are on top of the stack. */
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

  /** Makes what all strings share a protected table too. */
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

  /** What stands in the place of the functions that go past metatables. */
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

  /** Puts the real table in the place of a stand-in that is the first argument. */
  #reveal(lua: LuaState): void {
    if (lua.type(1) !== LuaType.table) return;
    const address = lua.api.lua_topointer(lua.at, 1);
    const real = this.#real.get(address);
    if (real === undefined) return;
    if (address === this.#globals) this.#onGlobals();
    lua.pushKept(real);
    lua.replace(1);
  }

  /** Refuses to change what is protected. */
  #guard(lua: LuaState): void {
    if (lua.type(1) !== LuaType.table) return;
    if (!this.#real.has(lua.api.lua_topointer(lua.at, 1))) return;
    lua.pushString(REFUSAL);
    lua.throwTop();
  }

  /** `pairs`, which walks the real table with the original `next`. */
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

/** What the metatable of each stand-in answers to a write. */
export function refuse(lua: LuaState): number {
  return lua.raise(REFUSAL);
}

function isMetatable(type: number): boolean {
  return type === LuaType.nil || type === LuaType.table;
}
