/**
 * The parts of Lua's C API (lua.h, lauxlib.h) that Lightcone calls, and the functions that C code
 * itself needs.
 */

/** A function of Lua's C API: takes numbers and addresses, returns a number or nothing. */
export type Native = (...args: number[]) => number;

/** The functions of the interpreter that are called by name. */
export const natives = [
  "__wasm_call_ctors",
  "emscripten_stack_init",
  "stackSave",
  "stackRestore",
  "setThrew",
  "malloc",
  "free",
  "lua_call",
  "lua_checkstack",
  "lua_concat",
  "lua_createtable",
  "lua_error",
  "lua_gc",
  "lua_getfield",
  "lua_getmetatable",
  "lua_gettop",
  "lua_getupvalue",
  "lua_insert",
  "lua_isnumber",
  "lua_next",
  "lua_pcall",
  "lua_pushboolean",
  "lua_pushcclosure",
  "lua_pushlightuserdata",
  "lua_pushlstring",
  "lua_pushnil",
  "lua_pushnumber",
  "lua_pushvalue",
  "lua_rawget",
  "lua_rawgeti",
  "lua_rawset",
  "lua_rawseti",
  "lua_remove",
  "lua_replace",
  "lua_setfield",
  "lua_sethook",
  "lua_setmetatable",
  "lua_settop",
  "lua_toboolean",
  "lua_tocfunction",
  "lua_tolstring",
  "lua_tonumber",
  "lua_topointer",
  "lua_touserdata",
  "lua_type",
  "luaL_argerror",
  "luaL_checklstring",
  "luaL_checknumber",
  "luaL_checktype",
  "luaL_loadbuffer",
  "luaL_newstate",
  "luaL_ref",
  "luaL_unref",
  "luaL_where",
  "luaopen_base",
  "luaopen_debug",
  "luaopen_math",
  "luaopen_string",
  "luaopen_table",
] as const;

/** The exports of an interpreter instance. */
export type LuaApi = Readonly<Record<(typeof natives)[number], Native>> & {
  readonly memory: { readonly buffer: SharedArrayBuffer; grow(pages: number): number };
  readonly __indirect_function_table: {
    readonly length: number;
    get(index: number): Native;
    set(index: number, value: Native): void;
    grow(count: number): number;
  };
};
