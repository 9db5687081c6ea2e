/** COMMAND: the command table, as clients request it. */
import { MapReply, type Reply, SetReply, Status } from "../../../wire/index.ts";
import { commandOf } from "../acl-rules.ts";
import type { Client } from "../client.ts";
import { categories, factsOf, type KeyRun, type KeySpec, type KeyStart } from "../command-facts.ts";
import { type KeyPlace, keyPlaces } from "../command-keys.ts";
import type { Command, CommandTable } from "../command.ts";
import { findCommand } from "../dispatch.ts";
import { err, SYNTAX } from "../errors.ts";
import { globMatch } from "../glob.ts";
import type { Server } from "../server.ts";

function statuses(words: readonly string[]): SetReply {
  return new SetReply(words.map((word) => new Status(word)));
}

/** Flags of keys: what is done to the value in upper case, all other flags in lower case. */
function keyFlags(flags: readonly string[]): SetReply {
  return statuses(flags.map((flag) => (flag.length === 2 ? flag : flag.toLowerCase())));
}

function startReply(start: KeyStart): Reply {
  if (start === undefined) return new MapReply(["type", "unknown", "spec", new MapReply([])]);
  const index = "index" in start;
  const spec = index ? ["index", start.index] : ["keyword", start.keyword, "startfrom", start.from];
  return new MapReply(["type", index ? "index" : "keyword", "spec", new MapReply(spec)]);
}

function runReply(run: KeyRun): Reply {
  if (run === undefined) return new MapReply(["type", "unknown", "spec", new MapReply([])]);
  const counted = "countAt" in run;
  const spec = counted
    ? ["keynumidx", run.countAt, "firstkey", run.first, "keystep", run.step]
    : ["lastkey", run.last, "keystep", run.step, "limit", run.limit];
  return new MapReply(["type", counted ? "keynum" : "range", "spec", new MapReply(spec)]);
}

function keySpecReply({ flags, start, run }: KeySpec): Reply {
  return new MapReply([
    "flags",
    keyFlags(flags),
    "begin_search",
    startReply(start),
    "find_keys",
    runReply(run),
  ]);
}

/** Returns what COMMAND INFO reports about one command. */
function commandInfo(command: Command | undefined): Reply {
  if (command === undefined) return null;
  const { name, arity, flags, first, last, step, subcommands } = command;
  const facts = factsOf(name);
  // The flag `protected` is internal and not shown to clients.
  const shown = facts.flags.filter((flag) => flag !== "protected");
  if (flags.includes("M")) shown.push("movablekeys");
  return [
    name,
    arity,
    statuses(shown),
    first,
    last,
    step,
    statuses(facts.categories.map((category) => `@${category}`)),
    [...facts.tips],
    facts.keys.map(keySpecReply),
    [...(subcommands?.values() ?? [])].map(commandInfo),
  ];
}

function info({ server }: Client, args: string[]): Reply {
  return args.length > 2
    ? args.slice(2).map((name) => commandInfo(commandOf(server, name)))
    : server.commands.all().map(commandInfo);
}

function docsOf(command: Command): Reply[] {
  const flat: Reply[] = [
    "summary",
    `${command.name.replace("|", " ").toUpperCase()} as in Redis 7`,
    "since",
    factsOf(command.name).since,
    "group",
    command.group,
  ];
  const subs = [...(command.subcommands?.values() ?? [])];
  if (subs.length > 0) flat.push("subcommands", new MapReply(subs.flatMap(docsOf)));
  return [command.name, new MapReply(flat)];
}

function docs({ server }: Client, args: string[]): Reply {
  const chosen =
    args.length > 2 ? args.slice(2).map((name) => commandOf(server, name)) : server.commands.all();
  return new MapReply(chosen.flatMap((command) => (command ? docsOf(command) : [])));
}

/** Returns the names of all commands and subcommands. */
function everyName(server: Server): string[] {
  return server.commands
    .all()
    .flatMap(({ name, subcommands }) => [
      name,
      ...[...(subcommands?.values() ?? [])].map((sub) => sub.name),
    ]);
}

function list({ server }: Client, args: string[]): Reply {
  if (args.length === 2) return everyName(server);
  if (args.length !== 5 || args[2]?.toUpperCase() !== "FILTERBY") throw SYNTAX;
  const wanted = (args[4] as string).toLowerCase();
  switch (args[3]?.toUpperCase()) {
    case "PATTERN":
      return everyName(server).filter((name) => globMatch(wanted, name));
    case "ACLCAT":
      if (!categories.includes(wanted)) return [];
      return everyName(server).filter((name) => factsOf(name).categories.includes(wanted));
    case "MODULE":
      return [];
    default:
      throw SYNTAX;
  }
}

/** Returns the keys of the command that the arguments from the third on form. */
function placesIn(server: Server, args: string[]): { request: string[]; places: KeyPlace[] } {
  const request = args.slice(2);
  const name = (request[0] as string).toLowerCase();
  if (!server.commands.get(name)) throw err("Invalid command specified");
  let command: Command;
  try {
    command = findCommand(server, request);
  } catch (error) {
    const { text } = error as { text: string };
    if (!text.startsWith("ERR wrong number")) throw err("Invalid command specified");
    throw err("Invalid number of arguments specified for command");
  }
  if (factsOf(command.name).keys.length === 0) throw err("The command has no key arguments");
  const places = keyPlaces(command, request);
  if (places.length === 0 && !factsOf(command.name).flags.includes("no_mandatory_keys")) {
    throw err("Invalid arguments specified for command");
  }
  return { request, places };
}

function getKeys({ server }: Client, args: string[]): Reply {
  const { request, places } = placesIn(server, args);
  return places.map(({ at }) => request[at] as string);
}

function getKeysAndFlags({ server }: Client, args: string[]): Reply {
  const { request, places } = placesIn(server, args);
  return places.map(({ at, flags }) => [request[at] as string, keyFlags(flags)]);
}

export const commandCommands: CommandTable = {
  count: [({ server }) => server.commands.names().length, 2, "lt"],
  info: [info, -2, "lt"],
  docs: [docs, -2, "lt"],
  list: [list, -2, "lt"],
  getkeys: [getKeys, -3, "lt"],
  getkeysandflags: [getKeysAndFlags, -3, "lt"],
};
