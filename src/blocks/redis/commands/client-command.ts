/** CLIENT: lists connections and changes their settings. */
import { NULL_ARRAY, OK, type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { type CommandTable, NO_REPLY, type NoReply } from "../command.ts";
import { describeClient, parseClientType, typeOfClient } from "../describe-client.ts";
import { err, NOT_INTEGER, SYNTAX } from "../errors.ts";
import { parseInteger } from "../numbers.ts";
import { caching, redirection, tracking, trackingInfo } from "./client-tracking.ts";

function list(client: Client, args: string[]): Reply {
  let chosen = [...client.server.clients.values()];
  const word = args[2]?.toUpperCase();
  if (word === "TYPE" && args.length === 4) {
    const type = parseClientType(args[3] as string);
    chosen = chosen.filter((one) => typeOfClient(one) === type);
  } else if (word === "ID" && args.length > 3) {
    const ids = args.slice(3).map((text) => {
      const id = parseInteger(text, err("Invalid client ID"));
      if (id < 1) throw err("Invalid client ID");
      return id;
    });
    chosen = ids.flatMap((id) => client.server.clients.get(id) ?? []);
  } else if (word !== undefined) {
    throw SYNTAX;
  }
  return chosen
    .map((one) => `${describeClient(one, one === client ? args : undefined)}\n`)
    .join("");
}

function setInfo(client: Client, args: string[]): Reply {
  const [, , name, value] = args as [string, string, string, string];
  if (!/^[!-~]*$/.test(value)) {
    throw err(`${name} cannot contain spaces, newlines or special characters.`);
  }
  if (name.toUpperCase() === "LIB-NAME") client.libraryName = value;
  else if (name.toUpperCase() === "LIB-VER") client.libraryVersion = value;
  else throw err(`Unrecognized option '${name}'`);
  return OK;
}

/** Throws if a client's name has spaces or other invalid characters. */
export function checkName(name: string): void {
  if (!/^[!-~]*$/.test(name)) {
    throw err("Client names cannot contain spaces, newlines or special characters.");
  }
}

function setName(client: Client, args: string[]): Reply {
  checkName(args[2] as string);
  client.name = args[2] as string;
  return OK;
}

function kill(client: Client, args: string[]): Reply {
  const all = [...client.server.clients.values()];
  if (args.length === 3) {
    const victim = all.find((one) => one.address === args[2]);
    if (!victim) throw err("No such client");
    victim.drop();
    return OK;
  }
  let skipMe = true;
  let chosen = all;
  if (args.length % 2 === 1) throw SYNTAX;
  for (let at = 2; at < args.length; at += 2) {
    const value = args[at + 1] as string;
    const word = (args[at] as string).toUpperCase();
    if (word === "ID") {
      const id = parseInteger(value, err("client-id should be greater than 0"));
      if (id < 1) throw err("client-id should be greater than 0");
      chosen = chosen.filter((one) => one.id === id);
    } else if (word === "ADDR") {
      chosen = chosen.filter((one) => one.address === value);
    } else if (word === "LADDR") {
      chosen = chosen.filter((one) => one.localAddress === value);
    } else if (word === "TYPE") {
      const type = parseClientType(value);
      chosen = chosen.filter((one) => typeOfClient(one) === type);
    } else if (word === "USER") {
      const user = client.server.acl.users.get(value);
      if (!user) throw err(`No such user '${value}'`);
      chosen = chosen.filter((one) => one.user === user);
    } else if (word === "SKIPME" && /^(yes|no)$/i.test(value)) {
      skipMe = value.toLowerCase() === "yes";
    } else {
      throw SYNTAX;
    }
  }
  if (skipMe) chosen = chosen.filter((one) => one !== client);
  for (const victim of chosen) victim.drop();
  return chosen.length;
}

function replyMode(client: Client, args: string[]): Reply | NoReply {
  const word = (args[2] as string).toUpperCase();
  if (word === "ON") {
    client.replies = "on";
    return OK;
  }
  if (word === "OFF") client.replies = "off";
  else if (word === "SKIP") {
    if (client.replies === "on") client.replies = "skip";
  } else throw SYNTAX;
  return NO_REPLY;
}

function unblock(client: Client, args: string[]): Reply {
  const word = (args[3] ?? "TIMEOUT").toUpperCase();
  if (word !== "TIMEOUT" && word !== "ERROR") {
    throw err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const target = client.server.clients.get(parseInteger(args[2] as string, NOT_INTEGER));
  if (!target?.blocked) return 0;
  target.unblock(
    word === "ERROR"
      ? new RespError("UNBLOCKED client unblocked via CLIENT UNBLOCK")
      : (target.blocked.onTimeout ?? NULL_ARRAY),
  );
  return 1;
}

function onOff(args: string[]): boolean {
  const word = args[2]?.toLowerCase();
  if (word !== "on" && word !== "off") throw SYNTAX;
  return word === "on";
}

function pause(client: Client, args: string[]): Reply {
  const { server } = client;
  const mode = (args[3] ?? "ALL").toUpperCase();
  if (args.length > 4) throw SYNTAX;
  if (mode !== "ALL" && mode !== "WRITE") throw err("CLIENT PAUSE mode must be WRITE or ALL");
  const ms = parseInteger(args[2] as string, err("timeout is not an integer or out of range"));
  if (ms < 0) throw err("timeout is negative");
  server.pause.start(mode === "ALL" ? "all" : "write", server.nowMs + ms);
  return OK;
}

export const clientCommands: CommandTable = {
  id: [(client) => client.id, 2, "slt"],
  info: [(client, args) => `${describeClient(client, args)}\n`, 2, "slt"],
  list: [list, -2, "aslt"],
  setname: [setName, 3, "slt"],
  getname: [(client) => client.name || null, 2, "slt"],
  setinfo: [setInfo, 4, "slt"],
  kill: [kill, -3, "aslt"],
  reply: [replyMode, 3, "slt"],
  unblock: [unblock, -3, "aslt"],
  "no-evict": [
    (client, args) => {
      client.noEvict = onOff(args);
      return OK;
    },
    3,
    "aslt",
  ],
  pause: [pause, -3, "aslt"],
  unpause: [({ server }) => (server.afterCommand(() => server.pause.end()), OK), 2, "aslt"],
  caching: [caching, 3, "slt"],
  tracking: [tracking, -3, "slt"],
  trackinginfo: [trackingInfo, 2, "slt"],
  getredir: [redirection, 2, "slt"],
};
