/** Where a TCP socket stands, and what it tells others of that. */

/** What a socket tells its process. All are called inside `Process.enter`. */
export interface StreamEvents {
  /** `connect` came to an end: 0, or the error. */
  onConnect(status: number): void;
  /** There is something to `read`: bytes, the end, or an error. One call, one read. */
  onReadable(): void;
  /** The send buffer has room again, or the connection has failed. */
  onWritable(): void;
  /** A listening socket has a connection to `accept`. */
  onConnection(): void;
}

/** A connection's beginning, as the rest of the socket needs to know of it. */
export interface HandshakeHooks {
  /** The peer is known to have got the SYN-ACK. */
  complete(): void;
}

/** Where a socket stands. */
export const Phase = {
  /** Neither connected nor listening. */
  idle: 0,
  listening: 1,
  /** SYN sent. */
  connecting: 2,
  /** SYN received, the handshake's last leg is awaited. */
  handshaking: 3,
  open: 4,
  /** Gone: whatever arrives for it is answered with RST. */
  dead: 5,
} as const;
