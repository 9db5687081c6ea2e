/** Formats a client as CLIENT LIST shows it, and determines its type. */
import { encodeRequest } from "../../wire/index.ts";
import type { Client } from "./client.ts";
import { err } from "./errors.ts";

export type ClientType = "normal" | "master" | "replica" | "pubsub";

export function typeOfClient(client: Client): ClientType {
  if (client.monitoring) return "replica";
  return client.subscriptions + client.shardChannels.size > 0 ? "pubsub" : "normal";
}

export function parseClientType(text: string): ClientType {
  const type = text.toLowerCase();
  if (type === "slave") return "replica";
  if (type === "normal" || type === "master" || type === "replica" || type === "pubsub") {
    return type;
  }
  throw err(`Unknown client type '${text}'`);
}

function flagsOf(client: Client): string {
  let flags = "";
  if (client.monitoring) flags += "O";
  if (client.subscriptions + client.shardChannels.size > 0) flags += "P";
  if (client.queue) flags += "x";
  if (client.blocked || client.postponed) flags += "b";
  if (client.tracking) flags += "t";
  if (client.tracking?.brokenRedirect) flags += "R";
  if (client.tracking?.broadcast) flags += "B";
  if (client.dirtyWatch) flags += "d";
  if (client.closing) flags += "c";
  if (client.noEvict) flags += "e";
  return flags || "N";
}

/** Returns one line of CLIENT LIST. `running` is the current request, if this client sent it. */
export function describeClient(client: Client, running?: readonly string[]): string {
  const { server } = client;
  const seconds = (sinceMs: number): number =>
    Math.max(0, Math.floor((server.nowMs - sinceMs) / 1_000));
  const argvBytes = running ? running.reduce((sum, arg) => sum + arg.length, 0) : 0;
  // In Redis, the current request is still in the query buffer when its reply is computed.
  const queryBytes = client.decoder.pendingBytes + (running ? encodeRequest(running).length : 0);
  const multiBytes = (client.queue ?? []).reduce(
    (sum, { args }) => sum + args.reduce((bytes, arg) => bytes + arg.length, 0),
    0,
  );
  const outBytes = client.outputBytes;
  return [
    `id=${client.id}`,
    `addr=${client.address}`,
    `laddr=${client.localAddress}`,
    `fd=${client.id + 7}`,
    `name=${client.name}`,
    `age=${seconds(client.createdMs)}`,
    `idle=${seconds(client.lastMs)}`,
    `flags=${flagsOf(client)}`,
    `db=${client.db.index}`,
    `sub=${client.channels.size}`,
    `psub=${client.patterns.size}`,
    `ssub=${client.shardChannels.size}`,
    `multi=${client.queue ? client.queue.length : -1}`,
    `qbuf=${queryBytes}`,
    `qbuf-free=${queryBytes === 0 ? 0 : Math.max(0, 20_474 - queryBytes)}`,
    `argv-mem=${argvBytes}`,
    `multi-mem=${multiBytes}`,
    "rbs=1024",
    "rbp=0",
    "obl=0",
    `oll=${outBytes > 0 ? 1 : 0}`,
    `omem=${outBytes}`,
    `tot-mem=${1_824 + queryBytes + argvBytes + multiBytes + outBytes}`,
    "events=r",
    `cmd=${client.lastCommand}`,
    `user=${client.user.name}`,
    `redir=${client.tracking ? client.tracking.redirect : -1}`,
    `resp=${client.resp}`,
  ].join(" ");
}
