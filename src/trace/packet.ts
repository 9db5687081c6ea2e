/**
 * The details that the trace stores for a packet, in addition to its time, host, kind and cause.
 */

/** The `reason` of a `receive` whose payload is not the one that was sent. */
export const CHANGED = "changed in flight";

/** The detail of a `send`, `receive` or `drop` event. */
export interface PacketDetail {
  readonly protocol: "tcp" | "udp" | "unix";
  /** Names of hosts. */
  readonly from: string;
  readonly to: string;
  readonly fromPort: number;
  readonly toPort: number;
  /** "SYN", "SYN-ACK", "FIN", "RST", "ACK", or "" for data. */
  readonly flags: string;
  /** The size of its payload in bytes. */
  readonly bytes: number;
  readonly payload?: Uint8Array;
  /** The connection's number within the run, or 0 for datagrams. */
  readonly connection: number;
  /** For a retransmission: the event in which it was sent before. */
  readonly repeats?: number;
  /** Why it was dropped; of a `receive`, {@link CHANGED}. */
  readonly reason?: string;
}
