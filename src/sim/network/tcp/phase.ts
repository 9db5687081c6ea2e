/** The phase of a TCP socket, and the events that it reports. */

/** The events that a socket reports to its process. All are called inside `Process.enter`. */
export interface StreamEvents {
  /** `connect` has finished: 0, or the error. */
  onConnect(status: number): void;
  /** `read` has a result: bytes, the end, or an error. Each call allows one read. */
  onReadable(): void;
  /** The send buffer has room again, or the connection has failed. */
  onWritable(): void;
  /** A listening socket has a connection to `accept`. */
  onConnection(): void;
}

/** The hooks of a connection that is being set up, used by the rest of the socket. */
export interface HandshakeHooks {
  /** Called when the peer is known to have received the SYN-ACK. */
  complete(): void;
}

/** The phase of a socket. */
export const Phase = {
  /** Neither connected nor listening. */
  idle: 0,
  listening: 1,
  /** SYN sent. */
  connecting: 2,
  /** SYN received, waiting for the handshake's last segment. */
  handshaking: 3,
  open: 4,
  /** Closed: everything that arrives for it is answered with RST. */
  dead: 5,
} as const;
