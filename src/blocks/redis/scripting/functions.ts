/** FUNCTION's libraries: named collections of functions, separate from EVAL's scripts. */
import { type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { NoReply } from "../command.ts";
import { err } from "../errors.ts";
import { type LuaState, LuaType } from "../lua/state.ts";
import type { Server } from "../server.ts";
import { admitScript } from "./admission.ts";
import { Environment, LuaMessage } from "./environment.ts";
import { throwError } from "./redis-library.ts";
import { parseShebang, scriptFlags, withoutShebang } from "./shebang.ts";

export interface RegisteredFunction {
  readonly name: string;
  readonly description: string | null;
  readonly flags: readonly string[];
  /** Its reference number in the environment. */
  readonly run: number;
}

export interface FunctionLibrary {
  readonly name: string;
  readonly code: string;
  /** By lower-case name, because function names are case-insensitive. */
  readonly functions: Map<string, RegisteredFunction>;
}

const NAME = /^[A-Za-z0-9_]+$/;
const BAD_NAME = err(
  "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long",
);

export class FunctionLibraries {
  readonly #server: Server;
  readonly libraries: Map<string, FunctionLibrary> = new Map();
  #environment: Environment | undefined;
  /** The library that is currently being loaded. */
  #loading: FunctionLibrary | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  get #lua(): Environment {
    this.#environment ??= new Environment(this.#server, "user_function", (lua) => {
      return this.#register(lua);
    });
    return this.#environment;
  }

  /** Returns the function with this name, from any library. */
  find(name: string): RegisteredFunction | undefined {
    for (const library of this.libraries.values()) {
      const found = library.functions.get(name.toLowerCase());
      if (found) return found;
    }
    return undefined;
  }

  /** FUNCTION LOAD. Returns the library's name. */
  load(code: string, replace: boolean): string {
    const name = libraryName(code);
    const old = this.libraries.get(name);
    if (old && !replace) throw err(`Library '${name}' already exists`);
    const library: FunctionLibrary = { name, code, functions: new Map() };
    if (old) this.libraries.delete(name);
    this.#loading = library;
    try {
      this.#lua.loadLibrary(withoutShebang(code));
      if (library.functions.size === 0) throw err("No functions registered");
      for (const { name: taken } of library.functions.values()) {
        if (this.find(taken)) throw err(`Function ${taken} already exists`);
      }
    } catch (error) {
      if (old) this.libraries.set(name, old);
      this.#release(library);
      if (!(error instanceof LuaMessage)) throw error;
      throw new RespError(error.message);
    } finally {
      this.#loading = undefined;
    }
    if (old) this.#release(old);
    this.libraries.set(name, library);
    return name;
  }

  /** FUNCTION RESTORE: restores all libraries, or none. */
  restore(codes: readonly string[], policy: "append" | "replace" | "flush"): void {
    const before = new Map(this.libraries);
    if (policy === "flush") this.libraries.clear();
    const replaced: FunctionLibrary[] = policy === "flush" ? [...before.values()] : [];
    try {
      for (const code of codes) {
        const name = libraryName(code);
        const old = this.libraries.get(name);
        if (old && policy !== "replace") throw err(`Library ${name} already exists`);
        if (old) {
          this.libraries.delete(name);
          replaced.push(old);
        }
        this.load(code, false);
      }
    } catch (error) {
      const kept = new Set(before.values());
      for (const library of this.libraries.values()) {
        if (!kept.has(library)) this.#release(library);
      }
      this.libraries.clear();
      for (const [name, library] of before) this.libraries.set(name, library);
      throw error;
    }
    for (const library of replaced) this.#release(library);
  }

  /** Deletes a library. Returns whether there was one with this name. */
  delete(name: string): boolean {
    const library = this.libraries.get(name);
    if (library) this.#release(library);
    return this.libraries.delete(name);
  }

  clear(): void {
    for (const name of this.libraries.keys()) this.delete(name);
  }

  #release(library: FunctionLibrary): void {
    for (const { run } of library.functions.values()) this.#lua.lua.release(run);
  }

  #register(lua: LuaState): number {
    const library = this.#loading;
    if (!library) {
      return throwError(lua, "redis.register_function can only be called on FUNCTION LOAD command");
    }
    const made = parseRegistration(lua);
    const key = made.name.toLowerCase();
    let problem: string | undefined;
    if (!NAME.test(made.name)) problem = BAD_NAME.text.slice("ERR ".length);
    else if (library.functions.has(key)) problem = "Function already exists in the library";
    if (problem !== undefined) {
      lua.release(made.run);
      return throwError(lua, problem);
    }
    library.functions.set(key, made);
    return 0;
  }

  /** FCALL: runs a function with its keys and arguments. */
  call(
    client: Client,
    name: string,
    options: { keys: string[]; args: string[]; readOnly: boolean },
  ): Reply | NoReply {
    const found = this.find(name);
    if (!found) throw err("Function not found");
    const permissions = admitScript(this.#server, new Set(found.flags), options.readOnly);
    const { keys, args } = options;
    return this.#lua.run(client, found.run, { ...permissions, keys, args, title: found.name });
  }
}

function libraryName(code: string): string {
  if (!code.startsWith("#!")) throw err("Missing library metadata");
  if (!code.includes("\n")) throw err("Invalid library metadata");
  const { engine, options } = parseShebang(code);
  let name: string | undefined;
  for (const [option, value] of options) {
    if (option !== "name") throw err(`Invalid metadata value given: ${option}=${value}`);
    if (name !== undefined)
      throw err("Invalid metadata value, name argument was given multiple times");
    name = value;
  }
  if (name === undefined) throw err("Library name was not given");
  if (!NAME.test(name)) throw BAD_NAME;
  if (engine.toLowerCase() !== "lua") throw new RespError(`ERR Engine '${engine}' not found`);
  return name;
}

/**
 * Parses `register_function(name, callback)` or `register_function{function_name=...,
 * callback=...}`.
 */
function parseRegistration(lua: LuaState): RegisteredFunction {
  const count = lua.top;
  if (count < 1 || count > 2) {
    throwError(lua, "wrong number of arguments to redis.register_function");
  }
  if (count === 1) return parseNamed(lua);
  const name = lua.text(1);
  if (name === undefined) {
    return throwError(lua, "first argument to redis.register_function must be a string");
  }
  if (lua.type(2) !== LuaType.function) {
    throwError(lua, "second argument to redis.register_function must be a function");
  }
  return { name, description: null, flags: [], run: lua.keep() };
}

function parseNamed(lua: LuaState): RegisteredFunction {
  if (lua.type(1) !== LuaType.table) {
    throwError(
      lua,
      "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).",
    );
  }
  let name: string | undefined;
  let description: string | null = null;
  let flags: readonly string[] = [];
  let run: number | undefined;
  const fail = (message: string): never => {
    if (run !== undefined) lua.release(run);
    return throwError(lua, message);
  };
  const text = (what: string): string =>
    lua.text(-1) ?? fail(`${what} argument given to redis.register_function must be a string`);
  lua.pushNil();
  while (lua.api.lua_next(lua.at, 1) !== 0) {
    if (lua.type(-2) !== LuaType.string) {
      fail("named argument key given to redis.register_function is not a string");
    }
    switch ((lua.text(-2) as string).toLowerCase()) {
      case "function_name":
        name = text("function_name");
        break;
      case "description":
        description = text("description");
        break;
      case "callback":
        if (lua.type(-1) !== LuaType.function) {
          fail("callback argument given to redis.register_function must be a function");
        }
        lua.pushValue(-1);
        run = lua.keep();
        break;
      case "flags":
        flags = parseFlags(lua, fail);
        break;
      default:
        fail("unknown argument given to redis.register_function");
    }
    lua.pop();
  }
  if (name === undefined) return fail("redis.register_function must get a function name argument");
  if (run === undefined) return fail("redis.register_function must get a callback argument");
  return { name, description, flags, run };
}

/** Parses the flags in the table on top of the stack. */
function parseFlags(lua: LuaState, fail: (message: string) => never): readonly string[] {
  if (lua.type(-1) !== LuaType.table) {
    fail("flags argument to redis.register_function must be a table representing function flags");
  }
  const flags: string[] = [];
  for (let at = 1; ; at++) {
    lua.api.lua_rawgeti(lua.at, -1, at);
    const flag = lua.text(-1)?.toLowerCase();
    const isEnd = lua.type(-1) === LuaType.nil;
    lua.pop();
    if (isEnd) return flags;
    if (flag === undefined || !scriptFlags.has(flag)) return fail("unknown flag given");
    flags.push(flag);
  }
}
