/** The segments that travel between two TCP sockets: a flight of data, or a segment with a flag. */
import type { EventKind } from "../../../trace/kinds.ts";
import { CHANGED, type PacketDetail } from "../../../trace/packet.ts";
import { Kind } from "../../kernel.ts";
import { concatBytes } from "../../../base/bytes.ts";
import type { TcpSocket } from "./socket.ts";

/** A segment's flag. Data has none; acknowledgements are implicit unless the sender waits for one. */
export const Flag = { data: 0, syn: 1, synAck: 2, ack: 3, rst: 4, fin: 5 } as const;

const flagNames = ["", "SYN", "SYN-ACK", "ACK", "RST", "FIN"];

/** A segment, or a flight of segments that were sent together. */
export class Segment {
  readonly from: TcpSocket;
  readonly to: TcpSocket;
  readonly flag: number;
  /** Its position in the stream, and its length in the stream; FIN counts as one byte. */
  readonly seq: number;
  length: number;
  payload: Uint8Array | undefined;
  /** Further data written in the same turn, after `payload`. */
  more: Uint8Array[] | undefined = undefined;
  /** The number of bytes that its sender had received from the other direction. */
  ack = 0;
  /** The position that the receiver acknowledged when this segment arrived. */
  answer = 0;
  sentNs = 0;
  /** The event of its latest sending, which is the cause of its arrival or loss. */
  sentEvent = 0;
  /** The events of further writes that travel with it. */
  joined: number[] | undefined = undefined;
  /** Whether it is in transit now. */
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

  /** Splits off everything after the first `bytes` bytes into a new segment. */
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
    rest.sentEvent = this.sentEvent;
    this.payload = whole.subarray(0, bytes);
    this.more = undefined;
    this.length = bytes;
    return rest;
  }

  bytes(): Uint8Array {
    if (this.payload === undefined) return new Uint8Array(0);
    if (this.more === undefined) return this.payload;
    return concatBytes([this.payload, ...this.more], this.length);
  }
}

/**
 * Records that `from` sends something: in the fingerprint and, if there is an observer, in the trace.
 * Returns the event id. `repeats`: for a retransmission, the event of the sending before.
 */
export function markSend(
  from: TcpSocket,
  flag: number,
  digest: number,
  payload: Uint8Array | undefined,
  repeats = 0,
): number {
  const { host } = from.stack;
  if (host.kernel.observer === undefined) return host.kernel.mark(host.id, Kind.send, digest);
  const detail = detailOf(from, flag, payload);
  const told = repeats > 0 ? { ...detail, repeats } : detail;
  return host.kernel.mark(host.id, Kind.send, digest, told);
}

/** Records the arrival of writes that travelled in the segment of an earlier one. */
export function markJoined(segment: Segment, kind: EventKind, reason?: string): void {
  const { from, to, joined } = segment;
  if (joined === undefined) return;
  const { host } = to.stack;
  const { kernel } = host;
  for (const sent of joined) {
    const detail = kernel.observer && detailOf(from, Flag.data, undefined, reason);
    kernel.mark(host.id, kind, 0, detail, sent);
  }
}

/** Tells the trace that the segment which arrives now is not what was sent: the receive has what arrived. */
export function describeChanged({ from, to, payload }: Segment): void {
  const { kernel } = to.stack.host;
  if (kernel.observer) kernel.describe(detailOf(from, Flag.data, payload, CHANGED));
}

/** Records that something which `from` sent is lost. `cause`: the event of its sending, if it is known. */
export function markDrop(
  from: TcpSocket,
  flag: number,
  payload: Uint8Array | undefined,
  reason: string,
  cause?: number,
): void {
  const { host } = from.stack;
  const to = from.remoteStack?.host.id ?? host.id;
  if (host.kernel.observer === undefined) host.kernel.mark(to, Kind.drop, 0);
  else host.kernel.mark(to, Kind.drop, 0, detailOf(from, flag, payload, reason), cause);
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
    // A copy: the receiver may write to the bytes it gets, as WebSocket does to take the mask off.
    ...(payload === undefined ? {} : { payload: new Uint8Array(payload) }),
    ...(reason === undefined ? {} : { reason }),
  };
}
