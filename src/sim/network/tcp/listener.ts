/**
 * Listening sockets: bind, listen, the choice of a listener for each connection, and accept. How the
 * waiting connections began is in `handshake.ts`.
 */
import { canonical, type Family, isWildcard, unmapped } from "../address.ts";
import { Errno } from "../errno.ts";
import type { HostStack } from "../stack.ts";
import { BACKLOG_MAX } from "./constants.ts";
import { Phase } from "./phase.ts";
import type { TcpSocket } from "./socket.ts";

/** The parameters of a bind. */
export interface BindOptions {
  address: string;
  port: number;
  family: Family;
  v6Only?: boolean;
  reusePort?: boolean;
}

/** Binds a socket to a local address and port (0: any). Returns 0 or an error. */
export function bind(socket: TcpSocket, options: BindOptions): number {
  const address = canonical(options.address);
  if (address === undefined || socket.bound || socket.phase !== Phase.idle) return Errno.EINVAL;
  const { stack } = socket;
  if (!isWildcard(address) && !stack.owns(address)) return Errno.EADDRNOTAVAIL;
  socket.localAddress = address;
  socket.family = options.family;
  socket.v6Only = options.v6Only ?? false;
  socket.reusePort = options.reusePort ?? false;
  // libuv sets SO_REUSEADDR on every TCP socket that it binds.
  socket.reuse = true;
  return take(socket, options.port);
}

function take(socket: TcpSocket, wanted: number): number {
  const { tcpPorts, host } = socket.stack;
  const port = wanted === 0 ? tcpPorts.ephemeral(host.kernel.nowNs) : wanted;
  if (port === 0) return Errno.EADDRINUSE;
  const error = wanted === 0 ? 0 : tcpPorts.check(socket, port, host.kernel.nowNs);
  if (error === 0) hold(socket, port);
  return error;
}

/** Assigns a port to a socket whose destination is known. Returns 0 or an error. */
export function portToConnect(socket: TcpSocket): number {
  const { tcpPorts, host } = socket.stack;
  const { nowNs } = host.kernel;
  if (socket.bound) return tcpPorts.connects(socket, nowNs) ? Errno.EADDRNOTAVAIL : 0;
  const port = tcpPorts.ephemeralTo(socket.remoteAddress, socket.remotePort, nowNs);
  if (port === 0) return Errno.EADDRNOTAVAIL;
  hold(socket, port);
  return 0;
}

function hold(socket: TcpSocket, port: number): void {
  socket.localPort = port;
  socket.bound = true;
  socket.stack.tcpPorts.add(socket, port);
}

/** Begins to listen. Up to `backlog` + 1 connections may wait to be accepted, as in Linux. */
export function listen(socket: TcpSocket, backlog: number): number {
  if (socket.phase === Phase.listening) {
    socket.backlog = clampBacklog(backlog);
    return 0;
  }
  if (socket.phase !== Phase.idle) return Errno.EINVAL;
  if (!socket.unix) {
    if (!socket.bound) {
      const error = bind(socket, { address: "0.0.0.0", port: 0, family: 4 });
      if (error !== 0) return error;
    }
    const { tcpPorts, host } = socket.stack;
    socket.phase = Phase.listening;
    const error = tcpPorts.check(socket, socket.localPort, host.kernel.nowNs);
    if (error !== 0) {
      socket.phase = Phase.idle;
      return error;
    }
  } else if (socket.path === "") {
    return Errno.EINVAL;
  }
  socket.phase = Phase.listening;
  socket.backlog = clampBacklog(backlog);
  if (socket.process) socket.stack.onListen?.(socket.process);
  return 0;
}

function clampBacklog(backlog: number): number {
  return backlog < 0 ? BACKLOG_MAX : Math.min(backlog, BACKLOG_MAX);
}

/** Returns a waiting connection, if there is one. It does not belong to a process yet. */
export function accept(listener: TcpSocket): TcpSocket | undefined {
  // A connection that was reset while it waited is returned anyway; the first read reports the reset.
  const { acceptQueue, stack } = listener;
  const at = stack.host.freedoms?.probability ? stack.host.freedoms.next(acceptQueue.length) : 0;
  return at === 0 ? acceptQueue.shift() : acceptQueue.splice(at, 1)[0];
}

/** Returns the socket of a host that gets a client's connection. */
export function listenerFor(client: TcpSocket, target: HostStack): TcpSocket | undefined {
  const address = unmapped(client.remoteAddress);
  const family = address.includes(":") ? 6 : 4;
  const listeners = target.tcpPorts
    .matching(address, family, client.remotePort)
    .filter((socket) => socket.listening);
  // SO_REUSEPORT distributes connections by a hash of their source.
  if (listeners.length > 1) {
    return listeners[(client.stack.host.id * 31 + client.localPort) % listeners.length];
  }
  return listeners[0];
}

/** Whether no further connection may wait. Linux allows one more than the backlog. */
export function isFull(listener: TcpSocket): boolean {
  return listener.acceptQueue.length > listener.backlog;
}
