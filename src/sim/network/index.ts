/** The simulated network. */
export { familyOf, formatIPv6, canonical, parseIPv6, unmapped, type Family } from "./address.ts";
export {
  type ConnectionReport,
  describeConnections,
  type EndedConnection,
  type LostEnd,
  lostEnds,
} from "./connections.ts";
export type { Delays } from "./delays.ts";
export { Errno } from "./errno.ts";
export { defaultLinkSettings, Link, type LinkSettings } from "./link.ts";
export { type NameAnswer, Names } from "./names.ts";
export { Network } from "./network.ts";
export {
  type Fate,
  type Interpreter,
  type MessagePart,
  type Overheard,
  Overhearing,
  type Piece,
  pieceFields,
} from "./overhear.ts";
export { HostStack, stackOf } from "./stack.ts";
export { connect, connectUnix } from "./tcp/handshake.ts";
export { defaultKeepAlive, KeepAlive, type KeepAliveOptions } from "./tcp/keepalive.ts";
export { accept, bind, type BindOptions, listen } from "./tcp/listener.ts";
export { Phase, type StreamEvents } from "./tcp/phase.ts";
export { TcpSocket } from "./tcp/socket.ts";
export type { Datagram } from "./udp/datagram.ts";
export { DATAGRAM_MAX_BYTES, type DatagramEvents, UdpSocket } from "./udp/socket.ts";
