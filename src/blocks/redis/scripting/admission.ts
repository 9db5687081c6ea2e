/**
 * Decides whether a script may run now, and each of its commands, by the script's flags and the
 * server's state (script.c).
 */
import { RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { Command } from "../command.ts";
import { err, NO_REPLICAS, OUT_OF_MEMORY } from "../errors.ts";
import type { Server } from "../server.ts";

/** The restrictions of a script, in addition to those of its user. */
export interface Permissions {
  readonly readOnly: boolean;
  readonly allowOom: boolean;
}

const WRITES_IN_RO = err("Can not execute a script with write flag using *_ro command.");
const SCRIPT_OOM = new RespError(
  "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
);
const NOT_FROM_SCRIPT = err("This Redis command is not allowed from script");
const READ_ONLY = err("Write commands are not allowed from read-only scripts.");

/**
 * Throws unless a script with these flags may run. They are undefined for a script that declares
 * none, whose commands are checked one by one. `readOnly` is true for EVAL_RO and similar commands.
 */
export function admitScript(
  server: Server,
  flags: ReadonlySet<string> | undefined,
  readOnly: boolean,
): Permissions {
  if (flags === undefined) return { readOnly, allowOom: false };
  const noWrites = flags.has("no-writes");
  const allowOom = flags.has("allow-oom");
  if (!noWrites) {
    if (server.persistence?.refusal !== undefined) {
      throw new RespError(
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts.",
      );
    }
    if (readOnly) throw WRITES_IN_RO;
    if (server.lacksReplicas) throw NO_REPLICAS;
  }
  if (isOutOfMemory(server) && !allowOom && !noWrites) throw SCRIPT_OOM;
  return { readOnly: readOnly || noWrites, allowOom };
}

function isOutOfMemory(server: Server): boolean {
  return server.memory.tracking && server.memoryFull;
}

/** The state of a running script that decides which commands it may call. */
export interface Caller extends Permissions {
  readonly client: Client;
  /** True if it has written. From then on it must not be stopped halfway. */
  readonly hasWritten: boolean;
  /** True if it may call commands that are forbidden in scripts, for Redis's tests. */
  readonly unlimited: boolean;
}

const denials = {
  command: "can't run this command or subcommand",
  key: "can't access at least one of the keys mentioned in the command arguments",
  channel: "can't publish to the channel mentioned in the command",
  auth: "can't run this command or subcommand",
};

/** Returns why the script may not call the command, or undefined if it may. */
export function refusalOf(
  caller: Caller,
  command: Command,
  args: readonly string[],
): RespError | undefined {
  const { client } = caller;
  const { server, user } = client;
  if (command.flags.includes("s") && !caller.unlimited) return NOT_FROM_SCRIPT;
  const denial = user.unrestricted ? undefined : user.deny(command, args);
  if (denial !== undefined) {
    const { reason } = denial;
    const object = reason === "command" ? command.name : (args[denial.at] as string);
    server.acl.refused(client, { reason, context: "lua", object, username: user.name });
    return err(`The user executing the script ${denials[reason]}`);
  }
  if (caller.readOnly && (command.writes || command.flags.includes("P"))) return READ_ONLY;
  if (caller.hasWritten) return undefined;
  if (command.writes && server.persistence?.refusal !== undefined) {
    return server.persistence.refusal;
  }
  if (command.writes && server.lacksReplicas) return NO_REPLICAS;
  const needsMemory = command.flags.includes("m") && !caller.allowOom;
  return needsMemory && isOutOfMemory(server) ? OUT_OF_MEMORY : undefined;
}
