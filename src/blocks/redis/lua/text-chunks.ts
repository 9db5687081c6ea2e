/**
 * `load` and `loadstring` for text alone. Redis's Lua reads no compiled chunks, which could break out of the
 * interpreter: their first byte is to it as unexpected as any other. A blank before it makes it so here.
 */
import { GLOBALS, type LuaState, LuaType } from "./state.ts";

const COMPILED = "\x1b";

/** The source, so that it is read as text. */
export function asText(source: string): string {
  return source.startsWith(COMPILED) ? ` ${source}` : source;
}

/** Replaces both functions, once Lua's own are there. */
export function readTextOnly(lua: LuaState): void {
  lua.pushValue(GLOBALS);
  lua.wrap("loadstring", (original) => (state) => {
    if (state.type(1) === LuaType.string) {
      const source = state.text(1) as string;
      if (source.startsWith(COMPILED)) {
        // A chunk is called by its source, unless it has a name.
        if (state.top === 1) state.pushValue(1);
        state.pushString(asText(source));
        state.replace(1);
      }
    }
    return original(state);
  });
  lua.wrap("load", () => load);
  lua.pop();
}

/** `load(reader [, name])`: the source is what the reader gives, piece by piece, until it gives nothing. */
function load(lua: LuaState): number {
  lua.checkType(1, LuaType.function);
  const name = lua.type(2) <= LuaType.nil ? "=(load)" : lua.checkText(2);
  lua.top = 2;
  let source = "";
  for (;;) {
    lua.pushValue(1);
    lua.api.lua_call(lua.at, 0, 1);
    if (lua.type(-1) === LuaType.nil) break;
    const piece = lua.text(-1);
    if (piece === undefined) lua.raise("reader function must return a string");
    if (piece === "") break;
    source += piece;
    lua.top = 2;
  }
  if (lua.load(asText(source), name)) return 1;
  lua.pushNil();
  lua.insert(-2);
  return 2;
}
