/** What travels between two TCP sockets: a flight of data, or a segment with a flag. */
import type { PacketDetail } from "../../../trace/packet.ts";
import { Kind } from "../../kernel.ts";
import { concat } from "./chunks.ts";
import type { TcpSocket } from "./socket.ts";

/** A segment's flag. Data has none; acknowledgements are implied unless someone waits for them. */
export const Flag = { data: 0, syn: 1, synAck: 2, ack: 3, rst: 4, fin: 5 } as const;

const flagNames = ["", "SYN", "SYN-ACK", "ACK", "RST", "FIN"];

/** A segment, or a flight of segments that were sent together. */
export class Segment {
  readonly from: TcpSocket;
  readonly to: TcpSocket;
  readonly flag: number;
  /** Where it begins in the stream, and how much of the stream it is; FIN counts for one. */
  readonly seq: number;
  length: number;
  payload: Uint8Array | undefined;
  /** What was written in the same turn, after `payload`. */
  more: Uint8Array[] | undefined = undefined;
  /** How much of the other direction its sender had received. */
  ack = 0;
  /** What the receiver acknowledged when this segment arrived. */
  answer = 0;
  sentNs = 0;
  /** It is on its way right now. */
  flying = false;

  constructor(
    from: TcpSocket,
    to: TcpSocket,
    flag: number,
    seq: number,
    length: number,
    payload: Uint8Array | undefined,
  ) {
    this.from = from;
    this.to = to;
    this.flag = flag;
    this.seq = seq;
    this.length = length;
    this.payload = payload;
  }

  get end(): number {
    return this.seq + this.length;
  }

  /** Cuts everything after the first `bytes` off into a segment of its own. */
  split(bytes: number): Segment {
    const whole = this.bytes();
    const rest = new Segment(
      this.from,
      this.to,
      this.flag,
      this.seq + bytes,
      this.length - bytes,
      whole.subarray(bytes),
    );
    rest.sentNs = this.sentNs;
    this.payload = whole.subarray(0, bytes);
    this.more = undefined;
    this.length = bytes;
    return rest;
  }

  bytes(): Uint8Array {
    if (this.payload === undefined) return new Uint8Array(0);
    if (this.more === undefined) return this.payload;
    return concat([this.payload, ...this.more], this.length);
  }
}

/** Notes that `from` sends something: in the fingerprint and, if anyone looks, in the trace. Its event. */
export function markSend(
  from: TcpSocket,
  flag: number,
  digest: number,
  payload: Uint8Array | undefined,
): number {
  const { host } = from.stack;
  if (host.kernel.observer === undefined) return host.kernel.mark(host.id, Kind.send, digest);
  return host.kernel.mark(host.id, Kind.send, digest, detailOf(from, flag, payload));
}

/** Notes that something which `from` sent is lost. */
export function markDrop(
  from: TcpSocket,
  flag: number,
  payload: Uint8Array | undefined,
  reason: string,
): void {
  const { host } = from.stack;
  const to = from.remoteStack?.host.id ?? host.id;
  if (host.kernel.observer === undefined) host.kernel.mark(to, Kind.drop, 0);
  else host.kernel.mark(to, Kind.drop, 0, detailOf(from, flag, payload, reason));
}

function detailOf(
  from: TcpSocket,
  flag: number,
  payload: Uint8Array | undefined,
  reason?: string,
): PacketDetail {
  return {
    protocol: from.unix ? "unix" : "tcp",
    from: from.stack.host.name,
    to: from.remoteStack?.host.name ?? from.remoteAddress,
    fromPort: from.localPort,
    toPort: from.remotePort,
    flags: flagNames[flag] as string,
    bytes: payload?.length ?? 0,
    connection: from.connection,
    ...(payload === undefined ? {} : { payload }),
    ...(reason === undefined ? {} : { reason }),
  };
}
