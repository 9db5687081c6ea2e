/**
 * `load` and `loadstring` restricted to source text. Redis's Lua does not load compiled chunks,
 * which could break out of the interpreter: it reports their first byte as an unexpected character.
 * A blank before that byte has the same effect here.
 */
import type { Replacement } from "./host-functions.ts";
import { type LuaState, LuaType } from "./state.ts";

const COMPILED = "\x1b";

/** Returns the source such that it is parsed as text. */
export function asText(source: string): string {
  return source.startsWith(COMPILED) ? ` ${source}` : source;
}

/** The replacements of both functions. */
export const textFunctions: readonly Replacement[] = [
  {
    library: "_G",
    name: "loadstring",
    make: (original) => (lua) => {
      if (lua.type(1) === LuaType.string) {
        const source = lua.text(1) as string;
        if (source.startsWith(COMPILED)) {
          // A chunk is named by its source, unless it has an explicit name.
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

/**
 * `load(reader [, name])`: the source is the concatenation of the pieces that the reader returns,
 * until it returns nothing.
 */
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
