/** CLIENT: what connections there are, and what one may change about them. */
import { encodeRequest, NULL_ARRAY, OK, type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { type CommandTable, NO_REPLY, type NoReply } from "../command.ts";
import { err, NOT_INTEGER, SYNTAX } from "../errors.ts";
import { parseInteger } from "../numbers.ts";

/** One line of CLIENT LIST. */
function describe(client: Client, running?: readonly string[]): string {
  const { server, socket } = client;
  const age = Math.floor((server.nowMs - client.createdMs) / 1_000);
  const idle = Math.floor((server.nowMs - client.lastMs) / 1_000);
  let flags = "";
  if (client.monitoring) flags += "O";
  if (client.subscriptions > 0) flags += "P";
  if (client.queue) flags += "x";
  if (client.blocked) flags += "b";
  if (client.dirtyWatch) flags += "d";
  if (client.closing) flags += "c";
  return [
    `id=${client.id}`,
    `addr=${socket?.remoteAddress ?? ""}:${socket?.remotePort ?? 0}`,
    `laddr=${socket?.localAddress ?? ""}:${socket?.localPort ?? 0}`,
    `fd=${client.id + 7}`,
    `name=${client.name}`,
    `age=${age}`,
    `idle=${idle}`,
    `flags=${flags || "N"}`,
    `db=${client.db.index}`,
    `sub=${client.channels.size}`,
    `psub=${client.patterns.size}`,
    `ssub=${client.shardChannels.size}`,
    `multi=${client.queue ? client.queue.length : -1}`,
    // The request under way is still in Redis's buffer when it answers.
    `qbuf=${client.decoder.pendingBytes + (running ? encodeRequest(running).length : 0)}`,
    "qbuf-free=20448 argv-mem=10 multi-mem=0 rbs=1024 rbp=0 obl=0 oll=0 omem=0 tot-mem=22298",
    "events=r",
    `cmd=${client.lastCommand}`,
    `user=${client.user}`,
    "redir=-1",
    `resp=${client.resp}`,
  ].join(" ");
}

function list(client: Client, args: string[]): Reply {
  let chosen = [...client.server.clients.values()];
  const word = args[2]?.toUpperCase();
  if (word === "TYPE" && args.length === 4) {
    const type = parseType(args[3] as string);
    chosen = chosen.filter((one) => typeOf(one) === type);
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
  return chosen.map((one) => `${describe(one, one === client ? args : undefined)}\n`).join("");
}

function parseType(text: string): string {
  const type = text.toLowerCase();
  if (!["normal", "master", "replica", "slave", "pubsub"].includes(type)) {
    throw err(`Unknown client type '${text}'`);
  }
  return type;
}

function typeOf(client: Client): string {
  return client.subscriptions > 0 ? "pubsub" : "normal";
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

/** Throws when a client's name has spaces or other odd characters. */
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
  const address = (one: Client) => `${one.socket?.remoteAddress}:${one.socket?.remotePort}`;
  if (args.length === 3) {
    const victim = all.find((one) => address(one) === args[2]);
    if (!victim) throw err("No such client");
    drop(victim, client);
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
      chosen = chosen.filter((one) => address(one) === value);
    } else if (word === "LADDR") {
      chosen = chosen.filter(
        ({ socket }) => `${socket?.localAddress}:${socket?.localPort}` === value,
      );
    } else if (word === "TYPE") {
      const type = parseType(value);
      chosen = chosen.filter((one) => typeOf(one) === type);
    } else if (word === "USER") {
      if (value !== "default") throw err(`No such user '${value}'`);
    } else if (word === "SKIPME" && /^(yes|no)$/i.test(value)) {
      skipMe = value.toLowerCase() === "yes";
    } else {
      throw SYNTAX;
    }
  }
  if (skipMe) chosen = chosen.filter((one) => one !== client);
  for (const victim of chosen) drop(victim, client);
  return chosen.length;
}

function drop(victim: Client, by: Client): void {
  if (victim === by) {
    victim.close();
    return;
  }
  victim.server.forget(victim);
  victim.socket?.destroy();
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

function tracking(_client: Client, args: string[]): Reply {
  if (onOff(args)) throw err("client-side caching is not offered by this server");
  return OK;
}

export const clientCommands: CommandTable = {
  id: [(client) => client.id, 2, "slt"],
  info: [(client, args) => `${describe(client, args)}\n`, 2, "slt"],
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
  "no-touch": [(_client, args) => (onOff(args), OK), 3, "slt"],
  tracking: [tracking, -3, "slt"],
  trackinginfo: [() => ["flags", ["off"], "redirect", -1, "prefixes", []], 2, "slt"],
  getredir: [() => -1, 2, "slt"],
};
