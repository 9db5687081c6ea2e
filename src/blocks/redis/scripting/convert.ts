/** Converts between Lua's values and Redis's replies, by the rules of script_lua.c. */
import {
  BigNumber,
  Bool,
  Double,
  formatDouble,
  MapReply,
  NullArray,
  PushReply,
  type Reply,
  RespError,
  type RespVersion,
  SetReply,
  Status,
  Verbatim,
} from "../../../wire/index.ts";
import { type LuaState, LuaType } from "../lua/state.ts";

/** Redis stops when Lua's stack is full. JavaScript's stack is exhausted earlier. */
const DEPTH_MAX = 1_000;
const TOO_DEEP = new RespError("ERR reached lua stack limit");

/** Pushes a table with one field. */
function pushRecord(lua: LuaState, name: string, value: string): void {
  lua.pushTable();
  lua.pushString(value);
  lua.setField(-2, name);
}

/** Pushes an error as scripts receive it from `redis.pcall`. `text` begins with its code. */
export function pushError(lua: LuaState, text: string): void {
  pushRecord(lua, "err", text);
}

/** Pushes an array of strings, such as KEYS and ARGV. */
export function pushStrings(lua: LuaState, strings: readonly string[]): void {
  lua.pushTable();
  for (let at = 0; at < strings.length; at++) {
    lua.pushString(strings[at] as string);
    lua.api.lua_rawseti(lua.at, -2, at + 1);
  }
}

/** Pushes a reply as a script sees it. `version` is the value set with `redis.setresp`. */
export function pushReply(lua: LuaState, reply: Reply, version: RespVersion): void {
  lua.reserve(5);
  if (typeof reply === "string") lua.pushString(reply);
  else if (typeof reply === "number") lua.pushNumber(reply);
  else if (typeof reply === "bigint") lua.pushNumber(Number(reply));
  else if (reply === null || reply instanceof NullArray) {
    if (version === 3) lua.pushNil();
    else lua.pushBoolean(false);
  } else if (Array.isArray(reply)) pushList(lua, reply as Reply[], version);
  else if (reply instanceof Status) pushRecord(lua, "ok", reply.text);
  else if (reply instanceof RespError) {
    pushError(lua, reply.text);
    // The command has already counted this error.
    lua.pushBoolean(true);
    lua.setField(-2, "ignore_error_stats_update");
  } else if (reply instanceof PushReply) pushList(lua, reply.items, version);
  else if (version === 3) pushReply3(lua, reply);
  else if (reply instanceof Double) lua.pushString(reply.text ?? formatDouble(reply.value));
  else if (reply instanceof MapReply) pushList(lua, reply.flat, version);
  else if (reply instanceof SetReply) pushList(lua, reply.items, version);
  else if (reply instanceof Verbatim || reply instanceof BigNumber) lua.pushString(reply.text);
  else lua.pushNumber((reply as Bool).value ? 1 : 0);
}

/** Pushes the types that RESP3 adds to RESP2. */
function pushReply3(lua: LuaState, reply: Reply & object): void {
  if (reply instanceof Bool) return lua.pushBoolean(reply.value);
  if (reply instanceof BigNumber) return pushRecord(lua, "big_number", reply.text);
  lua.pushTable();
  if (reply instanceof Double) {
    lua.pushNumber(reply.value);
    return lua.setField(-2, "double");
  }
  if (reply instanceof Verbatim) {
    pushRecord(lua, "string", reply.text);
    lua.pushString(reply.format);
    lua.setField(-2, "format");
    return lua.setField(-2, "verbatim_string");
  }
  lua.pushTable();
  if (reply instanceof MapReply) {
    for (const item of reply.flat.entries()) {
      const [at, value] = item as [number, Reply];
      pushReply(lua, value, 3);
      if (at % 2 === 1) lua.api.lua_rawset(lua.at, -3);
    }
    return lua.setField(-2, "map");
  }
  for (const item of (reply as SetReply).items) {
    pushReply(lua, item, 3);
    lua.pushBoolean(true);
    lua.api.lua_rawset(lua.at, -3);
  }
  lua.setField(-2, "set");
}

function pushList(lua: LuaState, items: readonly Reply[], version: RespVersion): void {
  lua.pushTable();
  for (let at = 0; at < items.length; at++) {
    pushReply(lua, items[at] as Reply, version);
    lua.api.lua_rawseti(lua.at, -2, at + 1);
  }
}

/** How a script's result is converted. */
export interface ReplyOptions {
  /** The version set with `redis.setresp`. */
  readonly version: RespVersion;
  /** Called for each error that no command has counted yet. */
  readonly onError: (error: RespError) => void;
}

/** Pops a script's return value, and converts it to a reply. */
export function popReply(lua: LuaState, options: ReplyOptions, depth: number = 0): Reply {
  // A table may contain itself.
  if (depth > DEPTH_MAX || lua.api.lua_checkstack(lua.at, 4) === 0) {
    lua.pop();
    return TOO_DEEP;
  }
  let reply: Reply;
  switch (lua.type(-1)) {
    case LuaType.string:
      reply = lua.text(-1) as string;
      break;
    case LuaType.number:
      reply = integer(lua.number(-1));
      break;
    case LuaType.boolean:
      if (options.version === 3) reply = new Bool(lua.boolean(-1));
      else reply = lua.boolean(-1) ? 1 : null;
      break;
    case LuaType.table:
      reply = tableReply(lua, options, depth + 1);
      break;
    default:
      reply = null;
  }
  lua.pop();
  return reply;
}

/** Converts a double to a 64-bit integer as C does. */
function integer(value: number): Reply {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return -(2n ** 63n);
  const whole = BigInt(Math.trunc(value));
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
}

/** Replaces line breaks, because a one-line reply cannot contain them. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, " ");
}

/** Whether the error on top of the stack came from a command, which has already counted it. */
export function isCounted(lua: LuaState): boolean {
  lua.getRawField(-1, "ignore_error_stats_update");
  const counted = lua.boolean(-1);
  lua.pop();
  return counted;
}

/** Converts the table on top of the stack, which stays there. */
function tableReply(lua: LuaState, options: ReplyOptions, depth: number): Reply {
  const { api } = lua;
  const has = (name: string, type: number): boolean => {
    if (lua.getRawField(-1, name) === type) return true;
    lua.pop();
    return false;
  };
  const popText = (): string => {
    const text = lua.text(-1) as string;
    lua.pop();
    return text;
  };
  if (has("err", LuaType.string)) {
    const error = new RespError(oneLine(popText()));
    if (!isCounted(lua)) options.onError(error);
    return error;
  }
  if (has("ok", LuaType.string)) return new Status(oneLine(popText()));
  if (has("double", LuaType.number)) {
    const value = lua.number(-1);
    lua.pop();
    return new Double(value);
  }
  if (has("big_number", LuaType.string)) return new BigNumber(oneLine(popText()));
  if (has("verbatim_string", LuaType.table)) {
    const verbatim = verbatimReply(lua);
    lua.pop();
    if (verbatim) return verbatim;
  }
  if (has("map", LuaType.table)) {
    const flat: Reply[] = [];
    lua.pushNil();
    while (api.lua_next(lua.at, -2) !== 0) {
      lua.pushValue(-2);
      flat.push(popReply(lua, options, depth), popReply(lua, options, depth));
    }
    lua.pop();
    return new MapReply(flat);
  }
  if (has("set", LuaType.table)) {
    const items: Reply[] = [];
    lua.pushNil();
    while (api.lua_next(lua.at, -2) !== 0) {
      lua.pop();
      lua.pushValue(-1);
      items.push(popReply(lua, options, depth));
    }
    lua.pop();
    return new SetReply(items);
  }
  const out: Reply[] = [];
  for (let at = 1; ; at++) {
    api.lua_rawgeti(lua.at, -1, at);
    if (lua.type(-1) === LuaType.nil) {
      lua.pop();
      return out;
    }
    out.push(popReply(lua, options, depth));
  }
}

/** Converts the table on top of the stack if it is `{ format = ..., string = ... }`. */
function verbatimReply(lua: LuaState): Verbatim | undefined {
  const both =
    lua.getRawField(-1, "format") === LuaType.string &&
    lua.getRawField(-2, "string") === LuaType.string;
  const found = both ? new Verbatim(lua.text(-2) as string, lua.text(-1) as string) : undefined;
  lua.pop(lua.type(-2) === LuaType.table ? 1 : 2);
  return found;
}
