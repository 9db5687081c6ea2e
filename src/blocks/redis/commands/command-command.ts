/** COMMAND: the table of commands as clients ask for it. */
import { MapReply, type Reply, SetReply, Status } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { Command, CommandTable } from "../command.ts";
import { findCommand, lookupCommand } from "../dispatch.ts";
import { err } from "../errors.ts";
import { globMatch } from "../glob.ts";
import type { Server } from "../server.ts";

const flagNames: Readonly<Record<string, string>> = {
  w: "write",
  r: "readonly",
  m: "denyoom",
  a: "admin",
  p: "pubsub",
  s: "noscript",
  b: "blocking",
  l: "loading",
  t: "stale",
  F: "fast",
  A: "no_auth",
  M: "movablekeys",
  n: "no_multi",
};

function categories(command: Command): string[] {
  const { flags, group } = command;
  const groups: Record<string, string> = {
    generic: "keyspace",
    "sorted-set": "sortedset",
    transactions: "transaction",
    server: "",
  };
  const named = groups[group] ?? group;
  const out = named === "" ? [] : [`@${named}`];
  if (flags.includes("w")) out.push("@write");
  if (flags.includes("r")) out.push("@read");
  if (flags.includes("a")) out.push("@admin", "@dangerous");
  if (flags.includes("b")) out.push("@blocking");
  out.push(flags.includes("F") ? "@fast" : "@slow");
  return out;
}

/** What COMMAND INFO tells of one command. */
function commandInfo(command: Command | undefined): Reply {
  if (command === undefined) return null;
  const { name, arity, flags, first, last, step, subcommands } = command;
  return [
    name,
    arity,
    new SetReply([...flags].map((flag) => new Status(flagNames[flag] as string))),
    first,
    last,
    step,
    new SetReply(categories(command).map((category) => new Status(category))),
    [],
    [],
    [...(subcommands?.values() ?? [])].map(commandInfo),
  ];
}

function byName(server: Server, name: string): Command | undefined {
  const [parent, child] = name.toLowerCase().split("|", 2) as [string, string | undefined];
  const command = lookupCommand(server, parent);
  return child === undefined ? command : command?.subcommands?.get(child);
}

function docs({ server }: Client, args: string[]): Reply {
  const chosen =
    args.length > 2 ? args.slice(2).map((name) => byName(server, name)) : server.commands.all();
  return new MapReply(
    chosen.flatMap((command) =>
      command
        ? [
            command.name,
            new MapReply([
              "summary",
              `${command.name.toUpperCase()} as in Redis 7`,
              "group",
              command.group,
            ]),
          ]
        : [],
    ),
  );
}

function list({ server }: Client, args: string[]): Reply {
  const names = server.commands.names();
  if (args.length === 2) return names;
  if (args.length !== 5 || args[2]?.toUpperCase() !== "FILTERBY") throw err("syntax error");
  const wanted = args[4] as string;
  switch (args[3]?.toUpperCase()) {
    case "PATTERN":
      return names.filter((name) => globMatch(wanted.toLowerCase(), name));
    case "ACLCAT":
      return names.filter((name) =>
        categories(lookupCommand(server, name) as Command).includes(`@${wanted.toLowerCase()}`),
      );
    case "MODULE":
      return [];
    default:
      throw err("syntax error");
  }
}

/** The keys among the arguments of a command, for those whose places the table tells. */
export function keysOf(server: Server, args: readonly string[]): string[] {
  const { first, last, step, flags } = findCommand(server, args);
  if (flags.includes("M")) return movableKeys(args);
  if (first === 0) throw err("The command has no key arguments");
  const end = last < 0 ? args.length + last : last;
  const keys: string[] = [];
  for (let at = first; at <= end; at += step) keys.push(args[at] as string);
  return keys;
}

/** Keys that a count announces, or the word STREAMS. */
function movableKeys(args: readonly string[]): string[] {
  const name = (args[0] as string).toLowerCase();
  if (name.startsWith("xread")) {
    const at = args.findIndex((word) => word.toUpperCase() === "STREAMS") + 1;
    return args.slice(at, at + (args.length - at) / 2);
  }
  const countAt = /^(eval|fcall|bzmpop|blmpop|zunionstore|zinterstore|zdiffstore)/.test(name)
    ? 2
    : 1;
  if (name === "sort" || name === "sort_ro") {
    const store = args.findLastIndex((word) => word.toUpperCase() === "STORE");
    return store < 2 ? args.slice(1, 2) : [args[1] as string, args[store + 1] as string];
  }
  const count = Number(args[countAt]);
  const stored = name.endsWith("store") ? args.slice(1, 2) : [];
  return [...stored, ...args.slice(countAt + 1, countAt + 1 + count)];
}

function getKeys({ server }: Client, args: string[]): Reply {
  try {
    return keysOf(server, args.slice(2));
  } catch {
    throw err("Invalid command specified");
  }
}

export const commandCommands: CommandTable = {
  count: [({ server }) => server.commands.names().length, 2, "lt"],
  info: [
    ({ server }, args) =>
      args.length > 2
        ? args.slice(2).map((name) => commandInfo(byName(server, name)))
        : server.commands.all().map(commandInfo),
    -2,
    "lt",
  ],
  docs: [docs, -2, "lt"],
  list: [list, -2, "lt"],
  getkeys: [getKeys, -3, "lt"],
};
