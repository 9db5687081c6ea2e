/** The `redis` table of scripts: `call`, `pcall`, `sha1hex`, `error_reply` and the rest. */
import { createHash } from "node:crypto";
import { formatDouble, RespError, type RespVersion } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { NO_REPLY } from "../command.ts";
import { execute, findCommand } from "../dispatch.ts";
import type { LuaRuntime } from "../lua/runtime.ts";
import { LuaError, type LuaFunction, LuaTable, type LuaValue, NOTHING } from "../lua/values.ts";
import { toLua } from "./convert.ts";

/** What a script is allowed, and the version of replies that it chose. */
export interface ScriptState {
  /** The client that scripts run their commands with. */
  readonly client: Client;
  readOnly: boolean;
  version: RespVersion;
  /** False while a library of functions is loaded, when commands cannot be called. */
  running: boolean;
}

/** The SHA1 of a byte string, in hexadecimal. */
export function sha1(text: string): string {
  return createHash("sha1").update(text, "latin1").digest("hex");
}

/** Errors that a command answers, as Redis's scripts word them. */
function scriptError(error: RespError): string {
  const { text } = error;
  if (text.startsWith("ERR unknown command")) return "ERR Unknown Redis command called from script";
  if (text.startsWith("ERR unknown subcommand")) {
    return "ERR Unknown Redis command called from script";
  }
  if (text.startsWith("ERR wrong number of arguments")) {
    return "ERR Wrong number of args calling Redis command from script";
  }
  return text;
}

/** An error as a value, which `redis.call` raises and `redis.pcall` gives. */
function failed(message: string): LuaTable {
  return LuaTable.fromRecord({ err: `ERR ${message}` });
}

/** Runs a command for a script; errors come back as values. */
function run(state: ScriptState, args: string[]): LuaValue {
  const { client } = state;
  let command;
  try {
    command = findCommand(client.server, args);
  } catch (error) {
    if (!(error instanceof RespError)) throw error;
    return LuaTable.fromRecord({ err: scriptError(error) });
  }
  if (command.flags.includes("s")) {
    return LuaTable.fromRecord({ err: "ERR This Redis command is not allowed from script" });
  }
  if (state.readOnly && command.writes) {
    return LuaTable.fromRecord({
      err: "ERR Write commands are not allowed from read-only scripts.",
    });
  }
  client.resp = state.version;
  const reply = execute(client, command, args);
  return reply === NO_REPLY ? false : toLua(reply as never, state.version);
}

/** `redis.status_reply`. */
const status: LuaFunction = (...values) => {
  const [text] = values;
  if (values.length !== 1 || typeof text !== "string") {
    return LuaTable.fromRecord({ err: "ERR wrong number or type of arguments" });
  }
  return LuaTable.fromRecord({ ok: text });
};
/** `redis.error_reply`. */
const failure: LuaFunction = (...values) => {
  const [text] = values;
  if (values.length !== 1 || typeof text !== "string") {
    return LuaTable.fromRecord({ err: "ERR wrong number or type of arguments" });
  }
  const bare = text.startsWith("-") ? text.slice(1) : text;
  return LuaTable.fromRecord({ err: bare.includes(" ") ? bare : `ERR ${bare}` });
};
/** The `redis` table for a Lua state. */
export function redisLibrary(runtime: LuaRuntime, state: ScriptState): LuaTable {
  return LuaTable.fromRecord({
    ...calls(runtime, state),
    ...session(runtime, state),
    error_reply: failure,
    status_reply: status,
    LOG_DEBUG: 0,
    LOG_VERBOSE: 1,
    LOG_NOTICE: 2,
    LOG_WARNING: 3,
    REPL_NONE: 0,
    REPL_AOF: 1,
    REPL_SLAVE: 2,
    REPL_REPLICA: 2,
    REPL_ALL: 3,
    REDIS_VERSION: state.client.server.config.version,
    REDIS_VERSION_NUM: versionNumber(state.client.server.config.version),
  });
}

/** `call` raises a command's error, `pcall` gives it. */
function calls(runtime: LuaRuntime, state: ScriptState): Record<string, LuaFunction> {
  const invoke = (values: readonly LuaValue[]): LuaValue => {
    if (!state.running) {
      return failed("redis.call/pcall can only be called inside a script invocation");
    }
    if (values.length === 0) {
      return failed("Please specify at least one argument for this redis lib call");
    }
    const args: string[] = [];
    for (const value of values) {
      if (typeof value === "string") args.push(value);
      else if (typeof value === "number") args.push(formatDouble(value));
      else return failed("Lua redis lib command arguments must be strings or integers");
    }
    return run(state, args);
  };
  const call: LuaFunction = (...values) => {
    const { n } = runtime.L;
    const result = invoke(values);
    runtime.L.n = n;
    if (result instanceof LuaTable && result.hash.has("err")) {
      result.set("source", `@${runtime.chunkName}`);
      result.set("line", String(n));
      throw new LuaError(result, n);
    }
    return result;
  };
  return {
    call,
    pcall: (...values) => invoke(values),
  };
}

/** What a script may ask and set besides commands. */
function session(runtime: LuaRuntime, state: ScriptState): Record<string, LuaFunction> {
  return {
    log: (...values) => {
      if (values.length < 2) return runtime.raise("redis.log() requires two arguments or more.");
      if (typeof values[0] !== "number") {
        return runtime.raise("First argument must be a number (log level).");
      }
      if (values[0] < 0 || values[0] > 3) return runtime.raise("Invalid log level.");
      return NOTHING;
    },
    setresp: (...values) => {
      if (values.length !== 1) {
        return runtime.raise("redis.setresp() requires one argument.");
      }
      if (values[0] !== 2 && values[0] !== 3) return runtime.raise("RESP version must be 2 or 3.");
      state.version = values[0];
      return NOTHING;
    },
    replicate_commands: () => true,
    set_repl: () => NOTHING,
    breakpoint: () => false,
    debug: () => NOTHING,
    acl_check_cmd: (...values) => {
      if (values.length === 0)
        return runtime.raise("Please specify at least one argument for this redis lib call");
      try {
        findCommand(state.client.server, values.map(String));
      } catch {
        return runtime.raise("Invalid command passed to redis.acl_check_cmd()");
      }
      return true;
    },
    sha1hex: (...values) => {
      if (values.length !== 1) return runtime.raise("wrong number of arguments");
      return sha1(typeof values[0] === "string" ? values[0] : formatDouble(Number(values[0])));
    },
  };
}

/** `7.0.15` as 0x0007000f. */
function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return major * 65_536 + minor * 256 + patch;
}
