/** A datagram, and how it is recorded in the fingerprint and the trace. */
import { type EventKind, Kind } from "../../../trace/kinds.ts";
import { CHANGED, type PacketDetail } from "../../../trace/packet.ts";
import type { HostStack } from "../stack.ts";
import type { UdpSocket } from "./socket.ts";

/** A datagram in transit to one host. */
export class Datagram {
  readonly sender: UdpSocket;
  readonly from: HostStack;
  readonly fromAddress: string;
  readonly fromPort: number;
  readonly to: HostStack;
  readonly toAddress: string;
  readonly toPort: number;
  payload: Uint8Array;
  /** Whether the payload is not the one that was sent. */
  changed = false;
  /** Whether its sender was connected when it was sent. */
  readonly connected: boolean;
  /** The event of its sending, which is the cause of its arrival or loss. */
  sentEvent = 0;

  constructor(
    sender: UdpSocket,
    fromAddress: string,
    to: HostStack,
    toAddress: string,
    toPort: number,
    payload: Uint8Array,
  ) {
    this.sender = sender;
    this.from = sender.stack;
    this.fromAddress = fromAddress;
    this.fromPort = sender.localPort;
    this.to = to;
    this.toAddress = toAddress;
    this.toPort = toPort;
    this.payload = payload;
    this.connected = sender.connected;
  }
}

/** Records a send or a drop; returns the event's id. */
export function markDatagram(
  datagram: Datagram,
  kind: EventKind,
  digest: number,
  reason?: string,
): number {
  const { from, to } = datagram;
  const { kernel } = from.host;
  const host = kind === Kind.send ? from.host.id : to.host.id;
  const cause = kind === Kind.send ? kernel.currentEvent : datagram.sentEvent;
  if (kernel.observer === undefined) return kernel.mark(host, kind, digest);
  return kernel.mark(host, kind, digest, detailOf(datagram, reason), cause);
}

/** Tells the trace that the datagram which arrives now is not what was sent: the receive has what arrived. */
export function describeChanged(datagram: Datagram): void {
  const { kernel } = datagram.to.host;
  if (datagram.changed && kernel.observer) kernel.describe(detailOf(datagram, CHANGED));
}

function detailOf(datagram: Datagram, reason: string | undefined): PacketDetail {
  const { from, to } = datagram;
  return {
    protocol: "udp",
    from: from.host.name,
    to: to.host.name,
    fromPort: datagram.fromPort,
    toPort: datagram.toPort,
    flags: "",
    bytes: datagram.payload.length,
    payload: new Uint8Array(datagram.payload),
    connection: 0,
    ...(reason === undefined ? {} : { reason }),
  };
}
