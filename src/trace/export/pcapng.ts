/**
 * The simulated wires as a packet capture: every segment and datagram as its sender has put it on the wire, in
 * IPv4 packets whose sequence numbers, lengths and checksums are right, so that Wireshark follows its streams. A
 * packet that was lost says so in its comment. (pcapng: draft-ietf-opsawg-pcapng.)
 */
import { concatBytes } from "../../base/bytes.ts";
import type { PacketDetail } from "../packet.ts";
import type { Trace } from "../trace.ts";
import type { Exporter } from "./exporter.ts";
import { messagesOf, unixNs } from "./reading.ts";

/** Raw IPv4 and IPv6 packets, without a link layer. */
const LINKTYPE_RAW = 101;
const IP_HEADER = 20;
const TCP_HEADER = 20;
const UDP_HEADER = 8;
/** The largest payload of one packet in the file: IPv4 counts lengths in 16 bits. */
const PAYLOAD_MAX = 65_000;

const flagBits: Readonly<Record<string, number>> = {
  SYN: 0x02,
  "SYN-ACK": 0x12,
  FIN: 0x11,
  RST: 0x14,
  ACK: 0x10,
  "": 0x18,
};

/** Writes a capture that Wireshark and tshark open. */
export const pcapng: Exporter = {
  opens: "Wireshark, tshark",
  ending: ".pcapng",
  write(trace) {
    const streams = new Streams();
    const blocks: Uint8Array[] = [sectionHeader(), interfaceDescription()];
    for (const { sent, packet, received, dropped } of messagesOf(trace).values()) {
      if (packet.protocol === "unix") continue;
      const comments = [`event ${sent.id}`];
      if (received.length === 0) {
        const { reason } = (dropped?.detail ?? {}) as { reason?: string };
        comments.push(dropped ? `lost: ${reason}` : "in transit at the end");
      }
      if (received.length > 1) comments.push(`arrives ${received.length} times`);
      for (const bytes of streams.packets(trace, sent.id, packet)) {
        blocks.push(enhancedPacket(bytes, unixNs(trace, sent.timeNs), comments.join("; ")));
      }
    }
    return concatBytes(blocks);
  },
};

/** The sequence numbers of the connections. */
class Streams {
  /** The next sequence number of a direction, by connection and source. */
  readonly #next = new Map<string, number>();
  /** The number at which a message began, for its retransmission. */
  readonly #began = new Map<number, number>();

  packets(trace: Trace, id: number, packet: PacketDetail): Uint8Array[] {
    const payload = packet.payload ?? new Uint8Array(0);
    const source = addressOf(trace, packet.from);
    const target = addressOf(trace, packet.to);
    if (packet.protocol === "udp") return [udpPacket(packet, payload, source, target)];
    const own = `${packet.connection} ${packet.from} ${packet.fromPort}`;
    const other = `${packet.connection} ${packet.to} ${packet.toPort}`;
    const began = packet.repeats === undefined ? undefined : this.#began.get(packet.repeats);
    const start = began ?? this.#next.get(own) ?? 0;
    this.#began.set(id, start);
    const isSyn = packet.flags.startsWith("SYN");
    const takes = payload.length + (isSyn || packet.flags === "FIN" ? 1 : 0);
    // A SYN that is sent again has the number of the first.
    const seq = isSyn ? 0 : start;
    this.#next.set(own, Math.max(this.#next.get(own) ?? 0, seq + takes));
    const ack = packet.flags === "SYN" ? 0 : (this.#next.get(other) ?? 0);
    const packets: Uint8Array[] = [];
    let at = 0;
    do {
      const part = payload.subarray(at, at + PAYLOAD_MAX);
      packets.push(tcpPacket(packet, part, { source, target, seq: seq + at, ack }));
      at += part.length;
    } while (at < payload.length);
    return packets;
  }
}

/** The address of a host: 10.0.x.y, from its number. */
function addressOf(trace: Trace, name: string): number {
  const id = Math.max(0, trace.hosts.indexOf(name));
  return ((10 << 24) | id) >>> 0;
}

function tcpPacket(
  { fromPort, toPort, flags }: PacketDetail,
  payload: Uint8Array,
  at: { source: number; target: number; seq: number; ack: number },
): Uint8Array {
  const segment = new Uint8Array(TCP_HEADER + payload.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, fromPort);
  view.setUint16(2, toPort);
  view.setUint32(4, at.seq % 2 ** 32);
  view.setUint32(8, at.ack % 2 ** 32);
  view.setUint8(12, (TCP_HEADER / 4) << 4);
  view.setUint8(13, flagBits[flags] ?? 0x10);
  view.setUint16(14, 65_535);
  segment.set(payload, TCP_HEADER);
  view.setUint16(16, transportChecksum(segment, at.source, at.target, 6));
  return ipPacket(segment, at.source, at.target, 6);
}

function udpPacket(
  { fromPort, toPort }: PacketDetail,
  payload: Uint8Array,
  source: number,
  target: number,
): Uint8Array {
  const datagram = new Uint8Array(UDP_HEADER + payload.length);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, fromPort);
  view.setUint16(2, toPort);
  view.setUint16(4, datagram.length);
  datagram.set(payload, UDP_HEADER);
  view.setUint16(6, transportChecksum(datagram, source, target, 17) || 0xffff);
  return ipPacket(datagram, source, target, 17);
}

function ipPacket(body: Uint8Array, source: number, target: number, protocol: number): Uint8Array {
  const packet = new Uint8Array(IP_HEADER + body.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, packet.length);
  view.setUint16(6, 0x4000);
  view.setUint8(8, 64);
  view.setUint8(9, protocol);
  view.setUint32(12, source);
  view.setUint32(16, target);
  view.setUint16(10, checksum(packet.subarray(0, IP_HEADER)));
  packet.set(body, IP_HEADER);
  return packet;
}

/** The checksum of a segment with its pseudo-header (RFC 9293, RFC 768). */
function transportChecksum(
  body: Uint8Array,
  source: number,
  target: number,
  protocol: number,
): number {
  const pseudo = new Uint8Array(12 + body.length);
  const view = new DataView(pseudo.buffer);
  view.setUint32(0, source);
  view.setUint32(4, target);
  view.setUint16(8, protocol);
  view.setUint16(10, body.length);
  pseudo.set(body, 12);
  return checksum(pseudo);
}

/** The Internet checksum (RFC 1071). */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

function sectionHeader(): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, 0x1a2b_3c4d, true);
  view.setUint16(4, 1, true);
  // The length of the section is not stated.
  view.setBigInt64(8, -1n, true);
  return block(0x0a0d_0d0a, body);
}

function interfaceDescription(): Uint8Array {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint16(0, LINKTYPE_RAW, true);
  // if_tsresol: timestamps are nanoseconds.
  return block(1, concatBytes([head, option(9, Uint8Array.of(9)), endOfOptions()]));
}

function enhancedPacket(bytes: Uint8Array, time: bigint, comment: string): Uint8Array {
  const head = new Uint8Array(20);
  const view = new DataView(head.buffer);
  view.setUint32(4, Number(time >> 32n), true);
  view.setUint32(8, Number(time & 0xffff_ffffn), true);
  view.setUint32(12, bytes.length, true);
  view.setUint32(16, bytes.length, true);
  const told = option(1, new TextEncoder().encode(comment));
  return block(6, concatBytes([head, padded(bytes), told, endOfOptions()]));
}

function option(code: number, value: Uint8Array): Uint8Array {
  const head = new Uint8Array(4);
  const view = new DataView(head.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  return concatBytes([head, padded(value)]);
}

function endOfOptions(): Uint8Array {
  return new Uint8Array(4);
}

function block(type: number, body: Uint8Array): Uint8Array {
  const length = body.length + 12;
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  out.set(body, 8);
  view.setUint32(length - 4, length, true);
  return out;
}

/** Fills up to a multiple of four bytes. */
function padded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  out.set(bytes);
  return out;
}
