/** The `redis` table of scripts: `call`, `pcall`, `sha1hex`, `error_reply` and others. */
import { createHash } from "../host.ts";
import { formatDouble, RespError, type RespVersion } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { NO_REPLY } from "../command.ts";
import { execute, findCommand, lookupCommand } from "../dispatch.ts";
import { cString } from "../lua/c-types.ts";
import { type Fields, type LuaState, LuaType } from "../lua/state.ts";
import { type Caller, refusalOf } from "./admission.ts";
import { pushError, pushReply } from "./convert.ts";

/** The running script and its settings. */
export interface ScriptState extends Caller {
  /** The client that runs the script's commands. */
  readonly client: Client;
  readOnly: boolean;
  allowOom: boolean;
  hasWritten: boolean;
  unlimited: boolean;
  /** The RESP version of replies. */
  version: RespVersion;
  /** False while a library of functions is loaded, when commands cannot be called. */
  running: boolean;
}

/** Returns the SHA1 of a byte string, in hexadecimal. */
export function sha1(text: string): string {
  return createHash("sha1").update(text, "latin1").digest("hex");
}

/** Raises an error as `redis.call` does: a table with a text that begins with a code. */
export function throwError(lua: LuaState, message: string): never {
  pushError(lua, `ERR ${message}`);
  return lua.throwTop();
}

/** Raises an error unless a script is running. For functions of the `redis` table that need one. */
function requireRunning(lua: LuaState, state: ScriptState, what: string): void {
  if (!state.running) throwError(lua, `${what} can only be called inside a script invocation`);
}

/**
 * The fields that a library of functions may use while it is loaded, and that scripts may use as
 * well.
 */
export function logFields(state: ScriptState): Fields {
  const { version } = state.client.server.config;
  return [
    ["log", log],
    ["LOG_DEBUG", 0],
    ["LOG_VERBOSE", 1],
    ["LOG_NOTICE", 2],
    ["LOG_WARNING", 3],
    ["REDIS_VERSION_NUM", versionNumber(version)],
    ["REDIS_VERSION", version],
  ];
}

/** The `redis` table of scripts and functions. */
export function redisFields(state: ScriptState): Fields {
  return [
    ["call", (lua) => (pushResult(lua, state) ? lua.throwTop() : 1)],
    ["pcall", (lua) => (pushResult(lua, state), 1)],
    ...logFields(state),
    [
      "setresp",
      (lua) => {
        requireRunning(lua, state, "redis.setresp");
        if (lua.top !== 1) throwError(lua, "redis.setresp() requires one argument.");
        const version = Math.trunc(lua.number(1));
        if (version !== 2 && version !== 3) throwError(lua, "RESP version must be 2 or 3.");
        state.version = version as RespVersion;
        return 0;
      },
    ],
    [
      "sha1hex",
      (lua) => {
        if (lua.top !== 1) throwError(lua, "wrong number of arguments");
        lua.pushString(sha1(lua.text(1) ?? ""));
        return 1;
      },
    ],
    ["error_reply", errorReply],
    ["status_reply", statusReply],
    [
      "set_repl",
      (lua) => {
        requireRunning(lua, state, "redis.set_repl");
        if (lua.top !== 1) throwError(lua, "redis.set_repl() requires two arguments.");
        if ((Math.trunc(lua.number(1)) & ~3) !== 0) {
          throwError(
            lua,
            "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.",
          );
        }
        return 0;
      },
    ],
    ["REPL_NONE", 0],
    ["REPL_AOF", 1],
    ["REPL_SLAVE", 2],
    ["REPL_REPLICA", 2],
    ["REPL_ALL", 3],
    ["acl_check_cmd", (lua) => checkCommand(lua, state)],
  ];
}

/** The fields that only EVAL's scripts have. */
export const evalFields: Fields = [
  [
    "breakpoint",
    (lua) => {
      lua.pushBoolean(false);
      return 1;
    },
  ],
  ["debug", () => 0],
  [
    "replicate_commands",
    (lua) => {
      lua.pushBoolean(true);
      return 1;
    },
  ],
];

/**
 * Pops the arguments on the stack as those of a command. Returns undefined if one of them is
 * neither a string nor a number.
 */
function popArguments(lua: LuaState): string[] | undefined {
  const count = lua.top;
  const args: string[] = [];
  for (let at = 1; at <= count; at++) {
    const type = lua.type(at);
    if (type === LuaType.string) args.push(lua.text(at) as string);
    else if (type === LuaType.number) args.push(formatDouble(lua.number(at)));
    else break;
  }
  lua.top = 0;
  return args.length === count ? args : undefined;
}

/** Runs the command on the stack and pushes its reply. Returns whether it is an error. */
function pushResult(lua: LuaState, state: ScriptState): boolean {
  requireRunning(lua, state, "redis.call/pcall");
  if (lua.top === 0) {
    pushError(lua, "ERR Please specify at least one argument for this redis lib call");
    return true;
  }
  const args = popArguments(lua);
  if (!args) {
    pushError(lua, "ERR Lua redis lib command arguments must be strings or integers");
    return true;
  }
  const reply = run(state, args);
  pushReply(lua, reply, state.version);
  return reply instanceof RespError;
}

/** Rewords a command's errors as Redis does for scripts. */
function scriptError(error: RespError): RespError {
  const { text } = error;
  if (text.startsWith("ERR unknown command") || text.startsWith("ERR unknown subcommand")) {
    return new RespError("ERR Unknown Redis command called from script");
  }
  if (text.startsWith("ERR wrong number of arguments")) {
    return new RespError("ERR Wrong number of args calling Redis command from script");
  }
  return error;
}

function run(state: ScriptState, args: string[]): Parameters<typeof pushReply>[1] {
  const { client } = state;
  let command;
  try {
    command = findCommand(client.server, args);
  } catch (error) {
    if (!(error instanceof RespError)) throw error;
    return scriptError(error);
  }
  const refusal = refusalOf(state, command, args);
  if (refusal !== undefined) {
    client.server.countError(refusal);
    command.rejected++;
    return refusal;
  }
  if (command.writes) state.hasWritten = true;
  client.resp = state.version;
  const reply = execute(client, command, args);
  return reply === NO_REPLY ? null : reply;
}

/** `redis.status_reply`. */
function statusReply(lua: LuaState): number {
  if (lua.top !== 1 || lua.type(1) !== LuaType.string) {
    pushError(lua, "ERR wrong number or type of arguments");
    return 1;
  }
  lua.pushTable();
  lua.pushValue(1);
  lua.setField(-2, "ok");
  return 1;
}

/** `redis.error_reply`: adds a code if the text has none. */
function errorReply(lua: LuaState): number {
  if (lua.top !== 1 || lua.type(1) !== LuaType.string) {
    pushError(lua, "ERR wrong number or type of arguments");
    return 1;
  }
  const text = cString(lua.text(1) as string).replace(/^-/, "");
  const space = text.indexOf(" ");
  const code = space < 0 ? "ERR" : text.slice(0, space);
  pushError(lua, `${code} ${text.slice(space + 1).replace(/^[\r\n]+|[\r\n]+$/g, "")}`);
  return 1;
}

/** `redis.log`: the arguments are checked, but nothing is written. */
function log(lua: LuaState): number {
  if (lua.top < 2) throwError(lua, "redis.log() requires two arguments or more.");
  if (!lua.isNumber(1)) throwError(lua, "First argument must be a number (log level).");
  const level = Math.trunc(lua.number(1));
  if (!(level >= 0 && level <= 3)) throwError(lua, "Invalid debug level.");
  return 0;
}

/** `redis.acl_check_cmd`: whether the user may run a command. */
function checkCommand(lua: LuaState, state: ScriptState): number {
  requireRunning(lua, state, "redis.acl_check_cmd");
  if (lua.top === 0) {
    throwError(lua, "Please specify at least one argument for this redis lib call");
  }
  const args = popArguments(lua);
  if (!args) throwError(lua, "Lua redis lib command arguments must be strings or integers");
  const { server, user } = state.client;
  let command;
  try {
    command = findCommand(server, args as string[]);
  } catch (error) {
    if (!(error instanceof RespError)) throw error;
    // A wrong number of arguments does not matter here.
    if (error.text.startsWith("ERR unknown")) {
      throwError(lua, "Invalid command passed to redis.acl_check_cmd()");
    }
    command = lookupCommand(server, (args as string[])[0] as string);
  }
  lua.pushBoolean(command !== undefined && user.deny(command, args as string[]) === undefined);
  return 1;
}

/** Returns `7.0.15` as 0x0007000f. */
function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return major * 65_536 + minor * 256 + patch;
}
