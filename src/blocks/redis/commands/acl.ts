/** ACL: users and their permissions. */
import { Double, MapReply, OK, type Reply, SetReply } from "../../../wire/index.ts";
import {
  describeChannels,
  describeCommands,
  describeKeys,
  describeUser,
  userFlags,
} from "../acl-describe.ts";
import { commandsOf } from "../acl-rules.ts";
import type { Selector } from "../acl-user.ts";
import type { Client } from "../client.ts";
import { categories } from "../command-facts.ts";
import type { CommandTable } from "../command.ts";
import { findCommand } from "../dispatch.ts";
import { err } from "../errors.ts";
import { parseInteger } from "../numbers.ts";
import type { Server } from "../server.ts";

const NO_FILE = err(
  "This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.",
);

function noFile(): Reply {
  throw NO_FILE;
}

function setUser({ server }: Client, args: string[]): Reply {
  const name = args[2] as string;
  if (/[\s\0]/.test(name)) throw err("Usernames can't contain spaces or null characters");
  server.acl.setUser(name, args.slice(3));
  return OK;
}

function deleteUsers({ server }: Client, args: string[]): Reply {
  const names = args.slice(2);
  if (names.includes("default")) throw err("The 'default' user cannot be removed");
  return names.filter((name) => server.acl.deleteUser(name)).length;
}

function describeSelector(server: Server, selector: Selector): Reply[] {
  return [
    "commands",
    describeCommands(server, selector),
    "keys",
    describeKeys(selector),
    "channels",
    describeChannels(selector),
  ];
}

function getUser({ server }: Client, args: string[]): Reply {
  const user = server.acl.users.get(args[2] as string);
  if (user === undefined) return null;
  return new MapReply([
    "flags",
    new SetReply(userFlags(user)),
    "passwords",
    user.passwords,
    ...describeSelector(server, user.root),
    "selectors",
    user.selectors.map((selector) => new MapReply(describeSelector(server, selector))),
  ]);
}

/** Sorts names by their bytes, as Redis's radix tree does. */
function sortedUsers({ acl }: Server) {
  return [...acl.users.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function cat({ server }: Client, args: string[]): Reply {
  if (args.length > 3) {
    throw err("unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP.");
  }
  const category = args[2]?.toLowerCase();
  if (category === undefined) return [...categories];
  if (!categories.includes(category)) {
    throw err(`Unknown category '${(args[2] as string).slice(0, 128)}'`);
  }
  return commandsOf(server, category).map(({ name }) => name);
}

function generatePassword(_client: Client, args: string[]): Reply {
  const bits = args[2] === undefined ? 256 : parseInteger(args[2]);
  if (bits <= 0 || bits > 4_096) {
    throw err(
      "ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096",
    );
  }
  return Array.from({ length: Math.ceil(bits / 4) }, () =>
    Math.floor(Math.random() * 16).toString(16),
  ).join("");
}

function log({ server }: Client, args: string[]): Reply {
  const { acl, nowMs } = server;
  let count = 10;
  if (args[2]?.toUpperCase() === "RESET") {
    acl.log = [];
    return OK;
  }
  if (args[2] !== undefined) count = Math.max(0, parseInteger(args[2]));
  return acl.log
    .slice(0, count)
    .map(
      (entry) =>
        new MapReply([
          "count",
          entry.count,
          "reason",
          entry.reason,
          "context",
          entry.context,
          "object",
          entry.object,
          "username",
          entry.username,
          "age-seconds",
          new Double((nowMs - entry.timeMs) / 1_000),
          "client-info",
          entry.client,
        ]),
    );
}

function dryRun({ server }: Client, args: string[]): Reply {
  const user = server.acl.users.get(args[2] as string);
  if (user === undefined) throw err(`User '${args[2] as string}' not found`);
  const request = args.slice(3);
  if (!server.commands.get((request[0] as string).toLowerCase())) {
    throw err(`Command '${request[0] as string}' not found`);
  }
  const command = findCommand(server, request);
  const denial = user.deny(command, request);
  if (denial === undefined) return OK;
  const object = denial.reason === "command" ? command.name : (request[denial.at] as string);
  return denial.reason === "command"
    ? `This user has no permissions to run the '${object}' command`
    : `This user has no permissions to access the '${object}' ${denial.reason}`;
}

export const aclCommands: CommandTable = {
  cat: [cat, -2, "slt"],
  deluser: [deleteUsers, -3, "aslt"],
  dryrun: [dryRun, -4, "aslt"],
  genpass: [generatePassword, -2, "slt"],
  getuser: [getUser, 3, "aslt"],
  list: [
    ({ server }) =>
      sortedUsers(server).map((user) => `user ${user.name} ${describeUser(server, user)}`),
    2,
    "aslt",
  ],
  load: [noFile, 2, "aslt"],
  log: [log, -2, "aslt"],
  save: [noFile, 2, "aslt"],
  setuser: [setUser, -3, "aslt"],
  users: [({ server }) => sortedUsers(server).map(({ name }) => name), 2, "aslt"],
  whoami: [(client) => client.user.name, 2, "slt"],
};
