/**
 * `load` and `loadstring` for text alone. Redis's Lua reads no compiled chunks, which could break out of the
 * interpreter: their first byte is to it as unexpected as any other. A blank before it makes it so here.
 */
import type { Replacement } from "./host-functions.ts";
import { type LuaState, LuaType } from "./state.ts";

const COMPILED = "\x1b";

/** The source, so that it is read as text. */
export function asText(source: string): string {
  return source.startsWith(COMPILED) ? ` ${source}` : source;
}

/** What replaces both functions. */
export const textFunctions: readonly Replacement[] = [
  {
    library: "_G",
    name: "loadstring",
    make: (original) => (lua) => {
      if (lua.type(1) === LuaType.string) {
        const source = lua.text(1) as string;
        if (source.startsWith(COMPILED)) {
          // A chunk is called by its source, unless it has a name.
          if (lua.top === 1) lua.pushValue(1);
          lua.pushString(asText(source));
          lua.replace(1);
        }
      }
      return original(lua);
    },
  },
  { library: "_G", name: "load", make: () => load },
];

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
