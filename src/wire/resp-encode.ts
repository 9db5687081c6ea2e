/** Encodes replies as RESP2 or RESP3, into byte strings that are sent to the socket as Latin-1. */
import {
  BigNumber,
  Bool,
  Double,
  formatDouble,
  MapReply,
  NullArray,
  PushReply,
  type Reply,
  RespError,
  SetReply,
  Status,
  Verbatim,
} from "./resp-values.ts";

/** The version of the protocol that a client speaks. */
export type RespVersion = 2 | 3;

/** Encodes one reply. */
export function encodeReply(reply: Reply, version: RespVersion): string {
  if (typeof reply === "string") return `$${reply.length}\r\n${reply}\r\n`;
  if (typeof reply === "number" || typeof reply === "bigint") return `:${reply}\r\n`;
  if (reply === null) return version === 3 ? "_\r\n" : "$-1\r\n";
  if (Array.isArray(reply)) return encodeItems("*", reply.length, reply as Reply[], version);
  return encodeObject(reply as object, version);
}

function encodeItems(
  mark: string,
  count: number,
  items: readonly Reply[],
  version: RespVersion,
): string {
  let out = `${mark}${count}\r\n`;
  for (let i = 0; i < items.length; i++) out += encodeReply(items[i] as Reply, version);
  return out;
}

function encodeObject(reply: object, version: RespVersion): string {
  if (reply instanceof Status) return `+${reply.text}\r\n`;
  if (reply instanceof RespError) return `-${reply.text.replace(/[\r\n]/g, " ")}\r\n`;
  if (reply instanceof NullArray) return version === 3 ? "_\r\n" : "*-1\r\n";
  if (reply instanceof Double) {
    const text = reply.text ?? formatDouble(reply.value);
    return version === 3 ? `,${text}\r\n` : `$${text.length}\r\n${text}\r\n`;
  }
  if (reply instanceof MapReply) {
    return version === 3
      ? encodeItems("%", reply.flat.length / 2, reply.flat, version)
      : encodeItems("*", reply.flat.length, reply.flat, version);
  }
  if (reply instanceof SetReply) {
    return encodeItems(version === 3 ? "~" : "*", reply.items.length, reply.items, version);
  }
  if (reply instanceof PushReply) {
    return encodeItems(version === 3 ? ">" : "*", reply.items.length, reply.items, version);
  }
  if (reply instanceof Verbatim) {
    if (version === 2) return `$${reply.text.length}\r\n${reply.text}\r\n`;
    return `=${reply.text.length + 4}\r\n${reply.format}:${reply.text}\r\n`;
  }
  if (reply instanceof Bool) {
    if (version === 2) return `:${reply.value ? 1 : 0}\r\n`;
    return reply.value ? "#t\r\n" : "#f\r\n";
  }
  if (reply instanceof BigNumber) {
    return version === 3 ? `(${reply.text}\r\n` : `$${reply.text.length}\r\n${reply.text}\r\n`;
  }
  throw new TypeError("not a reply");
}

/** Encodes a request: an array of bulk strings. */
export function encodeRequest(args: readonly string[]): string {
  let out = `*${args.length}\r\n`;
  for (const arg of args) out += `$${arg.length}\r\n${arg}\r\n`;
  return out;
}
