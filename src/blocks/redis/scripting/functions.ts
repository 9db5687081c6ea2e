/** FUNCTION's libraries: named collections of functions, kept apart from EVAL's scripts. */
import { type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { err } from "../errors.ts";
import { LuaError, type LuaFunction, LuaTable, type LuaValue, NOTHING } from "../lua/values.ts";
import type { Server } from "../server.ts";
import { Environment, parseShebang, scriptFlags } from "./environment.ts";

export interface RegisteredFunction {
  readonly name: string;
  readonly description: string | null;
  readonly flags: readonly string[];
  readonly run: LuaFunction;
}

export interface FunctionLibrary {
  readonly name: string;
  readonly code: string;
  /** By lower-case name: a function's name may be called in any case. */
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
  /** The library that is being loaded. */
  #loading: FunctionLibrary | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  get #lua(): Environment {
    this.#environment ??= new Environment(this.#server, "user_function", {
      register_function: (...values) => this.#register(values),
    });
    return this.#environment;
  }

  /** The function of this name, in whichever library. */
  find(name: string): RegisteredFunction | undefined {
    for (const library of this.libraries.values()) {
      const found = library.functions.get(name.toLowerCase());
      if (found) return found;
    }
    return undefined;
  }

  /** FUNCTION LOAD; gives the library's name. */
  load(code: string, replace: boolean): string {
    const name = libraryName(code);
    const old = this.libraries.get(name);
    if (old && !replace) throw err(`Library '${name}' already exists`);
    const library: FunctionLibrary = { name, code, functions: new Map() };
    if (old) this.libraries.delete(name);
    this.#loading = library;
    try {
      const { runtime } = this.#lua;
      runtime.start(this.#compile(code));
      if (library.functions.size === 0) throw err("No functions registered");
    } catch (error) {
      if (old) this.libraries.set(name, old);
      if (!(error instanceof LuaError)) throw error;
      const { value } = error;
      const text = value instanceof LuaTable ? value.get("err") : value;
      throw err(`Error registering functions: ${String(text)}`);
    } finally {
      this.#loading = undefined;
    }
    this.libraries.set(name, library);
    return name;
  }

  #compile(code: string): LuaFunction {
    try {
      return this.#lua.runtime.load(code);
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      throw err(`Error compiling function: ${String(error.value)}`);
    }
  }

  #register(values: readonly LuaValue[]): readonly LuaValue[] {
    const { runtime } = this.#lua;
    const library = this.#loading;
    if (!library) {
      return runtime.raise("redis.register_function can only be called on FUNCTION LOAD command");
    }
    const made = parseRegistration(values, (message) => runtime.raise(message));
    if (!NAME.test(made.name)) {
      runtime.raise(
        "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long",
      );
    }
    if (library.functions.has(made.name.toLowerCase()))
      runtime.raise("Function already exists in the library");
    if (this.find(made.name)) throw err(`Function ${made.name} already exists`);
    library.functions.set(made.name.toLowerCase(), made);
    return NOTHING;
  }

  /** FCALL: runs a function with its keys and arguments. */
  call(
    client: Client,
    name: string,
    options: { keys: string[]; args: string[]; readOnly: boolean },
  ): Reply {
    const found = this.find(name);
    if (!found) throw err("Function not found");
    const noWrites = found.flags.includes("no-writes");
    if (options.readOnly && !noWrites) {
      throw err("Can not execute a script with write flag using *_ro command.");
    }
    const run = () => found.run(LuaTable.fromList(options.keys), LuaTable.fromList(options.args));
    return this.#lua.run(client, run, { readOnly: options.readOnly || noWrites, title: name });
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

/** `register_function(name, callback)` or `register_function{function_name=..., callback=...}`. */
function parseRegistration(
  values: readonly LuaValue[],
  fail: (message: string) => never,
): RegisteredFunction {
  let [name, run] = values;
  let description: LuaValue;
  const flags: string[] = [];
  if (values.length === 1) {
    const table = values[0];
    if (!(table instanceof LuaTable)) {
      return fail(
        "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).",
      );
    }
    for (const [key, value] of table.entries()) {
      if (key === "function_name") name = value;
      else if (key === "callback") run = value;
      else if (key === "description") description = value;
      else if (key === "flags" && value instanceof LuaTable) {
        for (const flag of value.list) {
          if (typeof flag !== "string" || !scriptFlags.has(flag)) return fail("unknown flag given");
          flags.push(flag);
        }
      } else {
        return fail("unknown argument given to redis.register_function");
      }
    }
    if (name === table) {
      return fail("redis.register_function must get a function name argument");
    }
    if (run === undefined) return fail("redis.register_function must get a callback argument");
  } else if (values.length !== 2) {
    return fail("wrong number of arguments to redis.register_function");
  }
  if (typeof name !== "string") {
    return fail("function_name argument given to redis.register_function must be a string");
  }
  if (typeof run !== "function") {
    return fail("callback argument given to redis.register_function must be a function");
  }
  return { name, description: typeof description === "string" ? description : null, flags, run };
}
