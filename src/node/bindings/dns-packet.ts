/**
 * DNS messages (RFC 1035, 3596, 2782, 3403, 8659, 6698): encoding queries and decoding responses.
 */
import { Buffer } from "node:buffer";
import { formatIPv6 } from "../../sim/network/address.ts";

/** Record types by name. */
export const RecordType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  TLSA: 52,
  ANY: 255,
  CAA: 257,
} as const;

/** One of {@link RecordType}. */
export type RecordTypeName = keyof typeof RecordType;

/** A record, as Node's `dns.resolveAny` shows it. */
export interface DnsRecord {
  readonly type: string;
  readonly address?: string;
  readonly ttl?: number;
  readonly value?: string;
  readonly entries?: readonly string[];
  readonly [field: string]: unknown;
}

/** The content of a response. */
export interface Answers {
  readonly id: number;
  /** The response code (RFC 1035, 4.1.1); 0 is no error. */
  readonly code: number;
  readonly truncated: boolean;
  readonly all: readonly DnsRecord[];
}

const IN = 1;
const RECURSION_DESIRED = 0x0100;

/** Encodes a query for one name and type. Returns `undefined` if the name cannot be encoded. */
export function encodeQuery(id: number, name: string, type: number): Buffer | undefined {
  const labels = name === "." || name === "" ? [] : name.replace(/\.$/, "").split(".");
  const parts: Buffer[] = [];
  for (const label of labels) {
    const bytes = Buffer.from(label);
    if (bytes.length === 0 || bytes.length > 63) return undefined;
    parts.push(Buffer.from([bytes.length]), bytes);
  }
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(RECURSION_DESIRED, 2);
  header.writeUInt16BE(1, 4);
  const tail = Buffer.alloc(5);
  tail.writeUInt16BE(type, 1);
  tail.writeUInt16BE(IN, 3);
  return Buffer.concat([header, ...parts, tail]);
}

/** Decodes a response. Throws a `RangeError` if it is truncated. */
export function decodeResponse(packet: Buffer): Answers {
  const flags = packet.readUInt16BE(2);
  const questions = packet.readUInt16BE(4);
  const answers = packet.readUInt16BE(6);
  let at = 12;
  for (let i = 0; i < questions; i++) at = readName(packet, at).end + 4;
  const all: DnsRecord[] = [];
  for (let i = 0; i < answers; i++) {
    const name = readName(packet, at);
    const type = packet.readUInt16BE(name.end);
    const ttl = packet.readUInt32BE(name.end + 4);
    const length = packet.readUInt16BE(name.end + 8);
    at = name.end + 10 + length;
    if (at > packet.length) throw new RangeError("a record is cut short");
    const record = readRecord(packet, type, ttl, name.end + 10, length);
    if (record) all.push(record);
  }
  return { id: packet.readUInt16BE(0), code: flags & 15, truncated: (flags & 0x0200) !== 0, all };
}

function readName(packet: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  let end = -1;
  for (let jumps = 0; ;) {
    const length = packet.readUInt8(at);
    if (length >= 0xc0) {
      if (end < 0) end = at + 2;
      if (++jumps > 64) throw new RangeError("a name refers to itself");
      at = packet.readUInt16BE(at) & 0x3fff;
    } else if (length === 0) {
      return { name: labels.join("."), end: end < 0 ? at + 1 : end };
    } else {
      if (at + 1 + length > packet.length) throw new RangeError("a name is cut short");
      labels.push(packet.toString("latin1", at + 1, at + 1 + length));
      at += 1 + length;
    }
  }
}

function readRecord(
  packet: Buffer,
  type: number,
  ttl: number,
  at: number,
  length: number,
): DnsRecord | undefined {
  const name = (offset: number): string => readName(packet, at + offset).name;
  switch (type) {
    case RecordType.A:
      return { type: "A", address: [...packet.subarray(at, at + 4)].join("."), ttl };
    case RecordType.AAAA: {
      const groups = Array.from({ length: 8 }, (_, i) => packet.readUInt16BE(at + i * 2));
      return { type: "AAAA", address: formatIPv6(groups), ttl };
    }
    case RecordType.NS:
      return { type: "NS", value: name(0) };
    case RecordType.CNAME:
      return { type: "CNAME", value: name(0) };
    case RecordType.PTR:
      return { type: "PTR", value: name(0) };
    case RecordType.MX:
      return { type: "MX", exchange: name(2), priority: packet.readUInt16BE(at) };
    case RecordType.TXT:
      return { type: "TXT", entries: strings(packet, at, at + length) };
    case RecordType.SRV:
      return {
        type: "SRV",
        name: name(6),
        port: packet.readUInt16BE(at + 4),
        priority: packet.readUInt16BE(at),
        weight: packet.readUInt16BE(at + 2),
      };
    case RecordType.SOA:
      return readSoa(packet, at);
    case RecordType.NAPTR:
      return readNaptr(packet, at);
    case RecordType.CAA: {
      const tagLength = packet.readUInt8(at + 1);
      const tag = packet.toString("latin1", at + 2, at + 2 + tagLength);
      const value = packet.toString("latin1", at + 2 + tagLength, at + length);
      return { type: "CAA", critical: packet.readUInt8(at), [tag]: value };
    }
    case RecordType.TLSA:
      return {
        type: "TLSA",
        certUsage: packet.readUInt8(at),
        selector: packet.readUInt8(at + 1),
        match: packet.readUInt8(at + 2),
        data: Uint8Array.from(packet.subarray(at + 3, at + length)).buffer,
      };
    default:
      return undefined;
  }
}

function strings(packet: Buffer, from: number, to: number): string[] {
  const found: string[] = [];
  for (let at = from; at < to;) {
    const length = packet.readUInt8(at);
    found.push(packet.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return found;
}

function readSoa(packet: Buffer, at: number): DnsRecord {
  const primary = readName(packet, at);
  const mailbox = readName(packet, primary.end);
  const field = (index: number): number => packet.readUInt32BE(mailbox.end + index * 4);
  return {
    type: "SOA",
    nsname: primary.name,
    hostmaster: mailbox.name,
    serial: field(0),
    refresh: field(1),
    retry: field(2),
    expire: field(3),
    minttl: field(4),
  };
}

function readNaptr(packet: Buffer, at: number): DnsRecord {
  let next = at + 4;
  const text = (): string => {
    const length = packet.readUInt8(next);
    const found = packet.toString("latin1", next + 1, next + 1 + length);
    next += 1 + length;
    return found;
  };
  const [flags, service, regexp] = [text(), text(), text()];
  return {
    type: "NAPTR",
    flags,
    service,
    regexp,
    replacement: readName(packet, next).name,
    order: packet.readUInt16BE(at),
    preference: packet.readUInt16BE(at + 2),
  };
}
