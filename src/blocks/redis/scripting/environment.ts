/**
 * The Lua environment of Redis's scripts: Lua's libraries, Redis's libraries, and read-only
 * globals.
 */
import { Client } from "../client.ts";
import { NO_REPLY, type NoReply } from "../command.ts";
import { bitFunctions } from "../lua/bit.ts";
import { pushCjson } from "../lua/cjson.ts";
import { cmsgpackFunctions, cmsgpackInfo } from "../lua/cmsgpack.ts";
import { Drand48 } from "../lua/drand48.ts";
import type { HostFunction, Replacement } from "../lua/host-functions.ts";
import { imageOf } from "../lua/image.ts";
import { type Interpreter, standardInterpreter } from "../lua/machine.ts";
import { type LuaRecord, LuaState, LuaType } from "../lua/state.ts";
import { structFunctions } from "../lua/struct.ts";
import { asText, textFunctions } from "../lua/text-chunks.ts";
import { integerFunctions } from "../lua/wide-integers.ts";
import { type Reply, RespError } from "../../../wire/index.ts";
import type { Server } from "../server.ts";
import type { Permissions } from "./admission.ts";
import { isCounted, popReply, pushStrings } from "./convert.ts";
import {
  evalFields,
  logFields,
  redisFields,
  type ScriptState,
  throwError,
} from "./redis-library.ts";
import { refuse, Sandbox, type SandboxRecord } from "./sandbox.ts";
import {
  type ChunkName,
  failOnMissing,
  type KeptValues,
  type OwnFunctions,
  pushLibrary,
  setUp,
} from "./set-up.ts";

/** The options of one run of a script. */
export interface RunOptions extends Permissions {
  readonly keys: readonly string[];
  readonly args: readonly string[];
  /** The script's name in its error messages: its SHA1, or a function's name. */
  readonly title: string;
}

/**
 * Step limit of a script. A script that exceeds it counts as one that never ends. No virtual time
 * passes while a script runs, so the script is stopped, and from then on the server is treated as
 * busy, as Redis would be (`busy.ts`). This many steps take about a second of real time. A lower
 * `busy-reply-threshold` than the default of five seconds lowers it as well, down to a minimum.
 */
const STEPS_MAX = 200_000_000;
const STEPS_PER_MS = 40_000;
const STEPS_MIN = 5_000_000;
/** Step limit for loading a library's code. Redis allows half a second. */
const LOADING_STEPS_MAX = 50_000_000;

/** Redis's libraries that most scripts do not use. Each is created on first use. */
const libraries: Readonly<Record<string, (lua: LuaState) => void>> = {
  cjson: pushCjson,
  struct: (lua) => pushLibrary(lua, structFunctions, structFunctions.length),
  cmsgpack: (lua) => pushLibrary(lua, [...cmsgpackFunctions, ...cmsgpackInfo]),
  bit: (lua) => pushLibrary(lua, bitFunctions, bitFunctions.length),
};

/** The data needed to restore an environment, apart from Lua's memory. */
export interface EnvironmentRecord {
  /** The value of `redis.REDIS_VERSION` in that memory. */
  readonly version: string;
  readonly lua: LuaRecord;
  readonly sandbox: SandboxRecord;
  readonly kept: KeptValues;
}

export class Environment {
  readonly lua: LuaState;
  /** The name of chunks in messages. */
  readonly chunkName: ChunkName;
  readonly #server: Server;
  readonly #state: ScriptState;
  readonly #random: Drand48 = new Drand48();
  readonly #sandbox: Sandbox;
  /** Libraries that no script has used so far. */
  readonly #missing: Set<string> = new Set(Object.keys(libraries));
  readonly #kept: KeptValues;

  /**
   * Starts from the interpreter's image of such an environment, if there is one that fits the
   * server. `register` is `redis.register_function`, for an environment of functions.
   */
  constructor(
    server: Server,
    chunkName: ChunkName,
    register: HostFunction | undefined = undefined,
    interpreter: Interpreter = standardInterpreter(),
  ) {
    this.#server = server;
    this.chunkName = chunkName;
    const client = new Client(server, 0, undefined);
    client.denyBlocking = true;
    this.#state = {
      client,
      readOnly: false,
      allowOom: false,
      hasWritten: false,
      unlimited: false,
      version: 2,
      running: false,
    };
    const taken = imageOf<EnvironmentRecord>(interpreter.module, chunkName);
    const image = taken?.record.version === server.config.version ? taken : undefined;
    const record = image?.record;
    this.#sandbox = new Sandbox(() => this.#completeGlobals(), record?.sandbox);
    const replacements = this.#replacements();
    const own = this.#ownFunctions(register);
    const functions = [...own.redis, ...own.loading].flatMap(([, value]) =>
      typeof value === "function" ? value : [],
    );
    const given = { replacements, functions: [...functions, refuse, own.missing, failOnMissing] };
    this.lua = new LuaState(
      interpreter,
      given,
      image && { memory: image.memory, record: image.record.lua },
    );
    this.#kept = record?.kept ?? setUp(this.lua, this.#sandbox, { chunkName, replacements, own });
  }

  /** The data that an image of Lua's memory must store. Valid only before anything has run. */
  get record(): EnvironmentRecord {
    return {
      version: this.#server.config.version,
      lua: this.lua.record,
      sandbox: this.#sandbox.record,
      kept: this.#kept,
    };
  }

  /** Returns the replacements of Lua's functions. */
  #replacements(): Replacement[] {
    return [
      ...integerFunctions(),
      ...textFunctions,
      ...this.#sandbox.replacements(),
      { library: "_G", name: "pcall", make: () => protectedCall },
      { library: "math", name: "random", make: () => (lua) => this.#draw(lua) },
      { library: "math", name: "randomseed", make: () => (lua) => this.#seed(lua) },
    ];
  }

  #ownFunctions(register: HostFunction | undefined): OwnFunctions {
    const fields = redisFields(this.#state);
    return {
      redis: register ? fields : [...fields, ...evalFields],
      loading: register ? [["register_function", register], ...logFields(this.#state)] : [],
      missing: (lua) => this.#failOrComplete(lua),
    };
  }

  /** Creates a library that scripts have not used before, and leaves it on top of the stack. */
  #pushLibrary(name: string): void {
    const { lua } = this;
    (libraries[name] as (lua: LuaState) => void)(lua);
    this.#missing.delete(name);
    this.#sandbox.protect(lua);
    lua.pushKept(this.#kept.globals);
    lua.pushValue(-2);
    lua.setField(-2, name);
    lua.pop();
  }

  /** Creates all libraries, before a script enumerates the globals. */
  #completeGlobals(): void {
    for (const name of [...this.#missing]) {
      this.#pushLibrary(name);
      this.lua.pop();
    }
  }

  /** `math.random`, with numbers that are the same in every run of a server. */
  #draw(lua: LuaState): number {
    if (!this.#state.running) {
      lua.raise("math.random can only be called inside a script invocation");
    }
    const drawn = this.#random.draw();
    const count = lua.top;
    if (count === 0) lua.pushNumber(drawn);
    else if (count === 1) {
      const high = lua.checkInt(1);
      if (high < 1) lua.raiseArgument(1, "interval is empty");
      lua.pushNumber(Math.floor(drawn * high) + 1);
    } else if (count === 2) {
      const low = lua.checkInt(1);
      const high = lua.checkInt(2);
      if (low > high) lua.raiseArgument(2, "interval is empty");
      // An `int`, which wraps around.
      lua.pushNumber(Math.floor(drawn * ((high - low + 1) | 0)) + low);
    } else lua.raise("wrong number of arguments");
    return 1;
  }

  /** `math.randomseed`. */
  #seed(lua: LuaState): number {
    if (!this.#state.running) {
      lua.raise("math.randomseed can only be called inside a script invocation");
    }
    this.#random.seed(lua.checkInt(1));
    return 0;
  }

  /**
   * Creates a library when a script first refers to it. Raises an error for other unknown names.
   */
  #failOrComplete(lua: LuaState): number {
    if (lua.type(2) !== LuaType.string) return failOnMissing(lua);
    const name = lua.text(2) as string;
    if (!this.#missing.has(name)) return failOnMissing(lua);
    this.#pushLibrary(name);
    return 1;
  }

  /**
   * Compiles a chunk and returns the reference number of its function. Throws Lua's message if it
   * does not compile.
   */
  compile(source: string): number {
    const { lua } = this;
    if (lua.load(asText(source), `@${this.chunkName}`)) return lua.keep();
    const message = lua.text(-1) as string;
    lua.pop();
    const what = this.chunkName === "user_script" ? "script (new function)" : "function";
    throw new LuaMessage(`ERR Error compiling ${what}: ${message}`);
  }

  /** Makes the table with this reference number the globals. */
  #show(globals: number): void {
    const { lua } = this;
    lua.pushKept(this.#kept.facade);
    lua.pushKept(globals);
    lua.setField(-2, "__index");
    lua.pop();
  }

  /** Runs a library's code, which registers functions. */
  loadLibrary(source: string): void {
    const { lua } = this;
    const run = this.compile(source);
    this.#show(this.#kept.loading);
    lua.pushKept(run);
    lua.allowSteps(LOADING_STEPS_MAX, (at) => throwError(at, "FUNCTION LOAD timeout"));
    const loaded = lua.protectedCall(0, 0);
    const failure = loaded ? "" : (failureText(lua) ?? "");
    lua.top = 0;
    lua.release(run);
    this.#show(this.#kept.globals);
    if (!loaded) throw new LuaMessage(`ERR Error registering functions: ${failure}`);
  }

  /**
   * Runs a function for a client. The clock stands still meanwhile, and the function's result
   * becomes the reply.
   */
  run(client: Client, reference: number, options: RunOptions): Reply | NoReply {
    const { lua } = this;
    const state = this.#state;
    const server = this.#server;
    state.readOnly = options.readOnly;
    state.allowOom = options.allowOom;
    state.hasWritten = false;
    state.unlimited = server.scripts?.unlimited === true;
    state.version = 2;
    state.client.db = client.db;
    state.client.user = client.user;
    state.running = true;
    server.frozen++;
    const kind = this.chunkName === "user_script" ? "script" : "function";
    // Redis uses the same message for a function.
    const threshold = server.config.number("busy-reply-threshold");
    const steps =
      threshold === 0
        ? STEPS_MAX
        : Math.min(STEPS_MAX, Math.max(STEPS_MIN, threshold * STEPS_PER_MS));
    lua.allowSteps(steps, (at) => throwError(at, "Script killed by user with SCRIPT KILL..."));
    try {
      lua.pushKept(this.#kept.handler);
      lua.pushKept(reference);
      const passed = this.#pass(options);
      const onError = (error: RespError): void => server.countError(error);
      if (lua.protectedCall(passed, 1, 1))
        return popReply(lua, { version: state.version, onError });
      const counted = lua.type(-1) === LuaType.table && isCounted(lua);
      const failure = failureReply(lua, options.title);
      if (lua.outOfSteps) {
        const { title } = options;
        server.busy.start({ kind, client, title, hasWritten: state.hasWritten, failure });
        return NO_REPLY;
      }
      if (!counted) onError(failure);
      return failure;
    } finally {
      server.frozen--;
      state.running = false;
      lua.top = 0;
    }
  }

  /** Passes the keys and arguments: as globals for scripts, as arguments for functions. */
  #pass({ keys, args }: RunOptions): number {
    const { lua } = this;
    if (this.chunkName === "user_function") {
      pushStrings(lua, keys);
      pushStrings(lua, args);
      return 2;
    }
    lua.pushKept(this.#kept.globals);
    pushStrings(lua, keys);
    lua.setField(-2, "KEYS");
    pushStrings(lua, args);
    lua.setField(-2, "ARGV");
    lua.pop();
    return 0;
  }
}

/** Lua's message about a chunk that does not compile or load. */
export class LuaMessage extends Error {}

/** `pcall`: an error that is a table with a text is returned as the text, as before Redis 7. */
function protectedCall(lua: LuaState): number {
  const count = lua.top;
  lua.pushBoolean(true);
  lua.insert(1);
  if (!lua.protectedCall(count - 1, -1)) {
    lua.api.lua_remove(lua.at, 1);
    if (lua.type(-1) === LuaType.table) {
      lua.getField(-1, "err");
      if (lua.text(-1) !== undefined) lua.replace(-2);
    }
    lua.pushBoolean(false);
    lua.insert(1);
  }
  return lua.top;
}

/** Returns the text of the error on top of the stack. */
function failureText(lua: LuaState): string | undefined {
  if (lua.type(-1) !== LuaType.table) return `ERR ${lua.text(-1) ?? ""}`;
  lua.getRawField(-1, "err");
  const text = lua.text(-1);
  lua.pop();
  return text;
}

/** Converts the error on top of the stack, as the handler left it, to a reply. */
function failureReply(lua: LuaState, title: string): RespError {
  if (lua.type(-1) !== LuaType.table) {
    return new RespError(
      `ERR Error running script ${title}, ${(lua.text(-1) ?? "execution failure").slice(0, 100)}`,
    );
  }
  let text = failureText(lua) ?? "(null)";
  lua.getRawField(-1, "source");
  lua.getRawField(-2, "line");
  const line = lua.text(-1);
  const source = lua.text(-2);
  lua.pop(2);
  if (line !== undefined && source !== undefined)
    text += ` script: ${title}, on ${source}:${line}.`;
  return new RespError(text.replace(/[\r\n]/g, " "));
}
