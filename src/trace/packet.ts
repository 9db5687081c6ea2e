/** What the trace says of a packet, beside its time, host, kind and cause. */

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
  /** How many bytes of payload it carries. */
  readonly bytes: number;
  readonly payload?: Uint8Array;
  /** The connection's number in the run; 0 for datagrams. */
  readonly connection: number;
  /** Why it was dropped. */
  readonly reason?: string;
}
