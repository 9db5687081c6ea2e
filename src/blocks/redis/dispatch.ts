/**
 * Turns a request into a reply: finds the command, makes Redis's checks in Redis's order, and runs
 * it.
 */
import { NULL_ARRAY, OK, QUEUED, type Reply, RespError } from "../../wire/index.ts";
import type { Client, Queued } from "./client.ts";
import { type Command, NO_REPLY, type NoReply } from "./command.ts";
import { factsOf } from "./command-facts.ts";
import { rarePaths } from "./faults.ts";
import { keysOf } from "./command-keys.ts";
import { err, NO_REPLICAS, OUT_OF_MEMORY, wrongArity } from "./errors.ts";
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
  const { server } = client;
  client.lastMs = server.nowMs;
  client.request = args;
  if (client.replies === "skip") client.replies = "skipping";
  const { tracking } = client;
  const caching = tracking?.caching;
  server.current = client;
  client.reply(answer(client, args));
  server.current = undefined;
  server.tracking?.replied(client);
  // CLIENT CACHING applies only to the next command, which may be a whole transaction.
  if (tracking !== undefined && caching !== undefined && client.queue === undefined) {
    tracking.caching = undefined;
  }
  if (client.replies === "skipping") client.replies = "on";
}

/**
 * The first words of lines in an HTTP request. A web page can make a browser send such a request to
 * a Redis port.
 */
const FROM_HTTP = /^(post|host:)$/i;

function answer(client: Client, args: string[]): Reply | NoReply {
  if (FROM_HTTP.test(args[0] as string)) {
    client.server.refuseHttp(client);
    return NO_REPLY;
  }
  let command: Command | undefined;
  try {
    command = findCommand(client.server, args);
    admit(client, command, args);
  } catch (error) {
    if (!(error instanceof RespError)) throw error;
    return rejected(client, command, error);
  }
  if (client.server.pause.holds(client, command, args)) {
    client.server.pause.hold(client, args);
    return NO_REPLY;
  }
  if (client.queue && !OUT_OF_MULTI.has(command.name)) {
    client.queue.push({ command, args });
    return QUEUED;
  }
  return execute(client, command, args);
}

/**
 * The reply to a command that may not run. A transaction that contains the command cannot succeed.
 */
function rejected(client: Client, command: Command | undefined, error: RespError): RespError {
  if (command) command.rejected++;
  client.server.countError(error);
  if (client.queue === undefined) return error;
  client.queueFailed = true;
  if (command?.name !== "exec") return error;
  endTransaction(client);
  return new RespError(`EXECABORT Transaction discarded because of: ${error.text}`);
}

/** Runs a command that has passed all checks. An error becomes the reply. */
export function execute(client: Client, command: Command, args: string[]): Reply | NoReply {
  const { server } = client;
  if (server.rare(rarePaths.slow)) server.stall(50 + Math.random() * 450);
  client.lastCommand = command.name;
  client.request = args;
  server.stats.commands++;
  command.calls++;
  // MONITOR shows a script before its commands, and a transaction's commands before its EXEC.
  const watched = server.monitors.size > 0;
  const isScript = watched && /^(eval|fcall)/.test(command.name);
  if (isScript) server.monitor(client, command, args);
  const timer = server.timer;
  const startMs = timer.active ? timer.now() : 0;
  try {
    const { propagation } = server;
    const reply =
      propagation === undefined
        ? command.run(client, args)
        : propagation.run(client, command, args);
    if (server.tracking !== undefined && command.reads) rememberReads(client, command, args);
    // The script's own error has already been counted by its code.
    if (reply instanceof RespError) command.failed++;
    return reply;
  } catch (error) {
    command.failed++;
    return counted(client, error);
  } finally {
    if (timer.active && !server.busy.active) timer.done(client, command, args, startMs);
    if (watched && !isScript) server.monitor(client, command, args);
  }
}

function rememberReads(client: Client, command: Command, args: string[]): void {
  const { server } = client;
  const reader = server.current ?? client;
  if (reader.tracking === undefined || command.group === "pubsub") return;
  // For a script, Redis treats all the keys that it was called with as read.
  const request = reader === client ? args : reader.request;
  const read = reader === client ? command : lookupCommand(server, request[0] as string);
  if (read) server.tracking?.remember(reader, keysOf(read, request));
}

function counted(client: Client, error: unknown): RespError {
  if (!(error instanceof RespError)) throw error;
  client.server.countError(error);
  return error;
}

/**
 * Returns the command that a request names. Throws if there is none or the number of arguments is
 * wrong.
 */
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

/** Returns the command with this name, in any case. */
export function lookupCommand({ commands }: Server, name: string): Command | undefined {
  return commands.find(name);
}

function checkArity(command: Command, args: readonly string[]): Command {
  const { arity } = command;
  const fits = arity >= 0 ? args.length === arity : args.length >= -arity;
  if (!fits) throw wrongArity(command.name);
  return command;
}

/** Throws unless the client may run the command in its current state. */
function admit(client: Client, command: Command, args: string[]): void {
  const { server } = client;
  if (command.flags.includes("D")) admitProtected(client, command);
  if (!client.authenticated && !command.flags.includes("A")) {
    throw new RespError("NOAUTH Authentication required.");
  }
  if (client.queue !== undefined && command.flags.includes("n")) {
    throw err("Command not allowed inside a transaction");
  }
  if (!client.user.unrestricted) server.acl.admit(client, command, args);
  if (server.memory.tracking) admitMemory(client, command);
  if (server.tracking !== undefined) server.tracking.enforceLimit();
  if (command.writes && server.lacksReplicas) {
    throw NO_REPLICAS;
  }
  if (command.writes || command.name === "ping") {
    const refusal = server.persistence?.refusal;
    if (refusal !== undefined) throw refusal;
  }
  if (client.resp === 2 && client.subscriptions + client.shardChannels.size > 0) {
    if (!IN_SUBSCRIPTION.has(command.name)) {
      throw err(
        `Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
      );
    }
  }
  const isLoading = server.loadsUntilMs > server.nowMs;
  if (isLoading && !factsOf(command.name).flags.includes("loading")) {
    throw new RespError("LOADING Redis is loading the dataset in memory");
  }
  const busy = server.busy.refusal(command);
  if (busy !== undefined) throw busy;
}

const LOOPBACK = /^(::1|(::ffff:)?127\.)/;

/** Throws for DEBUG unless `enable-debug-command` allows it. */
function admitProtected(client: Client, command: Command): void {
  const allowed = client.server.config.get("enable-debug-command");
  const isLocal = client.socket === undefined || LOOPBACK.test(client.socket.remoteAddress ?? "");
  if (allowed === "yes" || (allowed === "local" && isLocal)) return;
  const [name] = command.name.split("|") as [string];
  throw err(
    `${name.toUpperCase()} command not allowed. If the enable-${name}-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.`,
  );
}

/**
 * Frees memory, and throws for a command that may use more memory if the limit is still exceeded.
 */
function admitMemory(client: Client, command: Command): void {
  const full = !client.server.memory.makeRoom();
  client.server.memoryFull = full;
  if (!full) return;
  const inTransaction = client.queue !== undefined && !OUT_OF_MULTI.has(command.name);
  const queued =
    command.name === "exec" && client.queue?.some(({ command: one }) => one.flags.includes("m"));
  if (inTransaction || queued || command.flags.includes("m")) throw OUT_OF_MEMORY;
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

/** Ends MULTI and forgets the watched keys. */
export function endTransaction(client: Client): void {
  client.queue = undefined;
  client.queueFailed = false;
  client.unwatch();
}

export function exec(client: Client): Reply | NoReply {
  const { queue } = client;
  if (!queue) throw err("EXEC without MULTI");
  const { queueFailed } = client;
  const dirtyWatch = client.dirtyWatch || watchedExpired(client);
  endTransaction(client);
  if (queueFailed) {
    throw new RespError("EXECABORT Transaction discarded because of previous errors.");
  }
  if (dirtyWatch) return NULL_ARRAY;
  return runQueue(client, queue, []);
}

/**
 * Runs the commands of a transaction, up to a script that does not end. The remaining commands run
 * when it is killed.
 */
function runQueue(client: Client, queue: readonly Queued[], replies: Reply[]): Reply | NoReply {
  const { server } = client;
  server.frozen++;
  client.denyBlocking = true;
  try {
    for (const [index, { command, args }] of queue.entries()) {
      const reply = execute(client, command, args);
      if (server.busy.active) {
        const rest = queue.slice(index + 1);
        server.busy.resumeWith((failure) => {
          const goOn = (): void => client.reply(runQueue(client, rest, [...replies, failure]));
          if (server.propagation === undefined) goOn();
          else server.propagation.together(goOn);
        });
        return NO_REPLY;
      }
      // A command that answers by itself, such as SUBSCRIBE, writes out of order in Redis too.
      if (reply !== NO_REPLY) replies.push(reply as Reply);
    }
    return replies;
  } finally {
    server.frozen--;
    client.denyBlocking = false;
  }
}

/** Whether a watched key has expired since WATCH. */
function watchedExpired(client: Client): boolean {
  for (const [database, keys] of client.watched) {
    for (const [key, wasExpired] of keys) if (!wasExpired && database.isExpired(key)) return true;
  }
  return false;
}

export function watch(client: Client, args: string[]): Reply {
  if (client.queue) throw err("WATCH inside MULTI is not allowed");
  if (client.dirtyWatch) return OK;
  const { db } = client;
  for (const key of args.slice(1)) {
    let mine = client.watched.get(db);
    if (!mine) client.watched.set(db, (mine = new Map()));
    if (mine.has(key)) continue;
    mine.set(key, db.isExpired(key));
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
