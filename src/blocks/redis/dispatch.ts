/** From a request to a reply: finds the command, checks what Redis checks, in Redis's order, and runs it. */
import { NULL_ARRAY, OK, QUEUED, type Reply, RespError } from "../../wire/index.ts";
import type { Client } from "./client.ts";
import { type Command, NO_REPLY, type NoReply } from "./command.ts";
import { err, wrongArity } from "./errors.ts";
import type { Server } from "./server.ts";

const OUT_OF_MULTI = new Set(["exec", "discard", "multi", "watch", "quit", "reset"]);
const IN_SUBSCRIPTION = new Set([
  "subscribe",
  "unsubscribe",
  "psubscribe",
  "punsubscribe",
  "ssubscribe",
  "sunsubscribe",
  "ping",
  "quit",
  "reset",
]);

/** Runs one request of a client and answers it. */
export function dispatch(client: Client, args: string[]): void {
  client.lastMs = client.server.nowMs;
  if (client.replies === "skip") client.replies = "skipping";
  client.reply(answer(client, args));
  if (client.replies === "skipping") client.replies = "on";
}

function answer(client: Client, args: string[]): Reply | NoReply {
  let command: Command;
  try {
    command = findCommand(client.server, args);
    admit(client, command);
  } catch (error) {
    if (client.queue && error instanceof RespError) client.queueFailed = true;
    return counted(client, error);
  }
  if (client.queue && !OUT_OF_MULTI.has(command.name)) {
    if (command.flags.includes("n")) {
      client.queueFailed = true;
      return err("Command not allowed inside a transaction");
    }
    client.queue.push({ command, args });
    return QUEUED;
  }
  return execute(client, command, args);
}

/** Runs a command whose right to run is established; an error becomes the reply. */
export function execute(client: Client, command: Command, args: string[]): Reply | NoReply {
  const { server } = client;
  client.lastCommand = command.name;
  server.stats.commands++;
  command.calls++;
  // MONITOR shows a script before its commands, and a transaction's commands before its EXEC.
  const watched = server.monitors.size > 0;
  const isScript = watched && /^(eval|fcall)/.test(command.name);
  if (isScript) server.monitor(client, command, args);
  try {
    return command.run(client, args);
  } catch (error) {
    return counted(client, error);
  } finally {
    if (watched && !isScript) server.monitor(client, command, args);
  }
}

function counted(client: Client, error: unknown): RespError {
  if (!(error instanceof RespError)) throw error;
  client.server.countError(error);
  return error;
}

/** The command that a request names; throws when there is none, or the number of arguments is wrong. */
export function findCommand(server: Server, args: readonly string[]): Command {
  const given = args[0] as string;
  const command = lookupCommand(server, given);
  if (command === undefined) {
    const shown = args.slice(1).reduce((text, arg) => {
      return text.length < 128 ? `${text}'${arg.slice(0, 128 - text.length)}' ` : text;
    }, "");
    throw err(`unknown command '${given.slice(0, 128)}', with args beginning with: ${shown}`);
  }
  if (command.subcommands === undefined || args.length === 1) return checkArity(command, args);
  const sub = command.subcommands.get((args[1] as string).toLowerCase());
  if (sub === undefined) {
    throw err(
      `unknown subcommand '${(args[1] as string).slice(0, 128)}'. Try ${command.name.toUpperCase()} HELP.`,
    );
  }
  return checkArity(sub, args);
}

/** The command of this name, in any case. */
export function lookupCommand({ commands }: Server, name: string): Command | undefined {
  return commands.get(name) ?? commands.get(name.toLowerCase());
}

function checkArity(command: Command, args: readonly string[]): Command {
  const { arity } = command;
  const fits = arity >= 0 ? args.length === arity : args.length >= -arity;
  if (!fits) throw wrongArity(command.name);
  return command;
}

/** Throws unless the client may run the command in its present state. */
function admit(client: Client, command: Command): void {
  if (!client.authenticated && !command.flags.includes("A")) {
    throw new RespError("NOAUTH Authentication required.");
  }
  if (client.resp === 2 && client.subscriptions + client.shardChannels.size > 0) {
    if (!IN_SUBSCRIPTION.has(command.name)) {
      throw err(
        `Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
      );
    }
  }
}

export function multi(client: Client): Reply {
  if (client.queue) throw err("MULTI calls can not be nested");
  client.queue = [];
  client.queueFailed = false;
  return OK;
}

export function discard(client: Client): Reply {
  if (!client.queue) throw err("DISCARD without MULTI");
  endTransaction(client);
  return OK;
}

/** Leaves MULTI and forgets what was watched. */
export function endTransaction(client: Client): void {
  client.queue = undefined;
  client.queueFailed = false;
  client.unwatch();
}

export function exec(client: Client): Reply | NoReply {
  const { queue, server } = client;
  if (!queue) throw err("EXEC without MULTI");
  for (const [database, keys] of client.watched) for (const key of keys) database.peek(key);
  const { queueFailed, dirtyWatch } = client;
  endTransaction(client);
  if (queueFailed) {
    throw new RespError("EXECABORT Transaction discarded because of previous errors.");
  }
  if (dirtyWatch) return NULL_ARRAY;
  server.frozen++;
  client.denyBlocking = true;
  try {
    const replies: Reply[] = [];
    for (const { command, args } of queue) {
      const reply = execute(client, command, args);
      // A command that answers by itself, such as SUBSCRIBE, has written out of turn in Redis too.
      if (reply !== NO_REPLY) replies.push(reply as Reply);
    }
    return replies;
  } finally {
    server.frozen--;
    client.denyBlocking = false;
  }
}

export function watch(client: Client, args: string[]): Reply {
  if (client.queue) throw err("WATCH inside MULTI is not allowed");
  const { db } = client;
  for (const key of args.slice(1)) {
    db.peek(key);
    let mine = client.watched.get(db);
    if (!mine) client.watched.set(db, (mine = new Set()));
    mine.add(key);
    let watching = db.watchers.get(key);
    if (!watching) db.watchers.set(key, (watching = new Set()));
    watching.add(client);
  }
  return OK;
}

export function unwatch(client: Client): Reply {
  client.unwatch();
  return OK;
}
