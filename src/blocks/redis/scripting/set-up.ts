/**
 * Sets up a Lua state for Redis's scripts: Lua's libraries, Redis's libraries, and read-only
 * globals. This is done once, when the interpreter is built with an image of the result, and at run
 * time if there is no image.
 */
import type { HostFunction, Replacement } from "../lua/host-functions.ts";
import { type Fields, GLOBALS, type LuaState, LuaType } from "../lua/state.ts";
import type { Sandbox } from "./sandbox.ts";

/** The purpose of an environment, which is also the name of its chunks in messages. */
export type ChunkName = "user_script" | "user_function";

/** The JavaScript functions of an environment, apart from the replacements of Lua's functions. */
export interface OwnFunctions {
  /** The `redis` table of scripts, and that of a library while it is loaded. */
  readonly redis: Fields;
  readonly loading: Fields;
  /** Called for a global that does not exist. */
  readonly missing: HostFunction;
}

/** The values that an environment needs later, by their reference numbers. */
export interface KeptValues {
  /** The real globals, and the metatable of their proxy. */
  readonly globals: number;
  readonly facade: number;
  /** The error handler. */
  readonly handler: number;
  /** The globals of a library of functions while it is loaded. */
  readonly loading: number;
}

/** Lua functions that access files or escape the sandbox. */
const denied: readonly string[] = [
  ...["dofile", "loadfile", "print", "getfenv", "setfenv", "newproxy"],
];

/** The error handler: it records an error's text and the script's position. */
const FAILURE_HANDLER = `
local where = debug.getinfo
return function(failure)
  local place = where(2, "Sl")
  if place and place.what == "C" then place = where(3, "Sl") end
  if type(failure) ~= "table" then failure = { err = "ERR " .. tostring(failure) } end
  if place then
    failure.source = place.source
    failure.line = place.currentline
  end
  return failure
end`;

/** Sets up a new state, which must have been given `replacements` and `own`. */
export function setUp(
  lua: LuaState,
  sandbox: Sandbox,
  {
    chunkName,
    replacements,
    own,
  }: { chunkName: ChunkName; replacements: readonly Replacement[]; own: OwnFunctions },
): KeptValues {
  openLibraries(lua);
  sandbox.prepare(lua);
  lua.replaceFunctions(replacements);
  pushLibrary(lua, own.redis);
  lua.setField(GLOBALS, "redis");
  const handler = keepHandler(lua, chunkName);
  const loading = keepLoading(lua, sandbox, own.loading);
  lua.pushValue(GLOBALS);
  setIndex(lua, own.missing);
  sandbox.protectStrings(lua);
  sandbox.protectFields(lua);
  lua.pushValue(-1);
  const globals = lua.keep();
  lua.pushValue(-1);
  sandbox.protectGlobals(lua);
  lua.pushValue(-1);
  lua.setField(-3, "_G");
  lua.api.lua_getmetatable(lua.at, -1);
  const facade = lua.keep();
  lua.replace(GLOBALS);
  lua.top = 0;
  lua.forgetNames();
  lua.collect();
  return { globals, facade, handler, loading };
}

function openLibraries(lua: LuaState): void {
  const { api } = lua;
  for (const [name, native] of [
    ["", api.luaopen_base],
    ["table", api.luaopen_table],
    ["string", api.luaopen_string],
    ["math", api.luaopen_math],
    ["debug", api.luaopen_debug],
  ] as const) {
    lua.pushNative(native);
    lua.pushString(name);
    api.lua_call(lua.at, 1, 0);
  }
  for (const name of denied) {
    lua.pushNil();
    lua.setField(GLOBALS, name);
  }
}

function keepHandler(lua: LuaState, chunkName: ChunkName): number {
  lua.load(FAILURE_HANDLER, "@failure");
  lua.protectedCall(0, 1);
  if (chunkName === "user_script") {
    lua.pushValue(-1);
    lua.setField(GLOBALS, "__redis__err__handler");
  }
  const handler = lua.keep();
  lua.pushNil();
  lua.setField(GLOBALS, "debug");
  return handler;
}

/**
 * Stores the globals of a library while it is loaded: `register_function`, logging, and nothing
 * else.
 */
function keepLoading(lua: LuaState, sandbox: Sandbox, fields: Fields): number {
  lua.pushTable();
  if (fields.length > 0) {
    pushLibrary(lua, fields);
    setIndex(lua, failOnMissing);
    sandbox.protect(lua);
    lua.setField(-2, "redis");
  }
  setIndex(lua, failOnMissing);
  return lua.keep();
}

/** Pushes a table with these fields. */
export function pushLibrary(lua: LuaState, fields: Fields, room: number = 0): void {
  lua.pushTable(room);
  lua.setFields(fields);
}

/** Sets a function that is called for fields which the table on top of the stack does not have. */
function setIndex(lua: LuaState, index: HostFunction): void {
  lua.pushTable();
  lua.pushFunction(index);
  lua.setField(-2, "__index");
  lua.api.lua_setmetatable(lua.at, -2);
}

/** Raises an error for a name that a table does not have. */
export function failOnMissing(lua: LuaState): number {
  const type = lua.type(2);
  if (type !== LuaType.string && type !== LuaType.number) {
    lua.raise("Second argument to luaProtectedTableError must be a string or number");
  }
  return lua.raise(`Script attempted to access nonexistent global variable '${lua.text(2)}'`);
}
