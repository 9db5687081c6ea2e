/**
 * How TCP connections begin: connect, the three segments of the handshake, and the handling of their loss.
 * A SYN without an answer is sent again after 1, 2, 4, ... s; the attempt fails after 127 s. A SYN that
 * reaches a full backlog is dropped, as Linux does.
 */
import { SECOND } from "../../../base/units.ts";
import { Kind } from "../../kernel.ts";
import {
  canonical,
  type Family,
  isBroadcast,
  isMulticast,
  isOnNetwork,
  isWildcard,
  unmapped,
} from "../address.ts";
import { Errno } from "../errno.ts";
import type { HostStack } from "../stack.ts";
import { SYN_ACK_RETRIES, SYN_RETRIES, SYN_TIMEOUT_NS, UNREACHABLE_AFTER_NS } from "./constants.ts";
import { isFull, listenerFor, portToConnect } from "./listener.ts";
import { Flag, markDrop } from "./segment.ts";
import { sendControl, sendReset } from "./arrival.ts";
import { type HandshakeHooks, Phase, type StreamEvents } from "./phase.ts";
import { TcpSocket } from "./socket.ts";

/**
 * Begins to connect. Returns 0, or an error that is known immediately; the outcome is reported through
 * `onConnect`.
 */
export function connect(
  socket: TcpSocket,
  options: { address: string; port: number; family: Family },
): number {
  if (socket.phase === Phase.connecting) return Errno.EALREADY;
  if (socket.phase === Phase.open) return Errno.EISCONN;
  if (socket.phase !== Phase.idle) return Errno.EINVAL;
  const address = canonical(options.address);
  if (address === undefined) return Errno.EINVAL;
  const { stack } = socket;
  const { kernel } = stack.host;
  if (socket.bound && socket.family !== options.family) return Errno.EINVAL;
  if (isMulticast(address) || isBroadcast(address)) return Errno.ENETUNREACH;
  const target = stack.route(address);
  if (target === undefined && !isOnNetwork(unmapped(address))) return Errno.ENETUNREACH;
  const previous = socket.localAddress;
  socket.family = options.family;
  if (!socket.bound || isWildcard(previous)) socket.localAddress = stack.sourceFor(address);
  socket.remoteAddress = isWildcard(unmapped(address)) ? stack.sourceFor(address) : address;
  socket.remotePort = options.port;
  const error = portToConnect(socket);
  if (error !== 0) {
    socket.remoteAddress = "";
    socket.remotePort = 0;
    return error;
  }
  if (isOutOfReach(socket, target)) return Errno.ENETUNREACH;
  socket.connection = stack.network.newConnection();
  socket.phase = Phase.connecting;
  socket.opener = true;
  socket.remoteStack = target;
  if (target === undefined) {
    kernel.schedule(UNREACHABLE_AFTER_NS, stack.host.id, Kind.internal, unreachable, socket);
    return 0;
  }
  socket.sender.out = stack.linkTo(target);
  sendSyn(new Handshake(socket, target));
  return 0;
}

/**
 * Whether the target is unreachable: a child that is run ahead in isolation can only reach itself and its
 * own children.
 */
function isOutOfReach(socket: TcpSocket, target: HostStack | undefined): boolean {
  const { sealed } = socket.stack.host;
  if (sealed === undefined) return false;
  const listener = target === socket.stack ? listenerFor(socket, target) : undefined;
  const isOwn = target === socket.stack && (listener?.process?.pid ?? Infinity) >= sealed.firstPid;
  if (!isOwn) sealed.refuse("a child that connects to another process");
  return !isOwn;
}

function unreachable(socket: TcpSocket): void {
  if (socket.phase === Phase.connecting) socket.fail(Errno.EHOSTUNREACH);
}

/** Connects a Unix socket to one that listens on the same host. Returns 0 or an error, immediately. */
export function connectUnix(socket: TcpSocket, listener: TcpSocket | undefined): number {
  if (socket.phase !== Phase.idle) return Errno.EISCONN;
  if (listener?.phase !== Phase.listening) return Errno.ECONNREFUSED;
  const { stack } = socket;
  if (isFull(listener)) return Errno.EAGAIN;
  const { sealed } = stack.host;
  if (sealed !== undefined && (listener.process?.pid ?? 0) < sealed.firstPid) {
    sealed.refuse("a child that connects to another process");
    return Errno.ECONNREFUSED;
  }
  socket.connection = stack.network.newConnection();
  socket.remoteStack = stack;
  socket.phase = Phase.connecting;
  const handshake = new Handshake(socket, stack);
  const server = openServer(handshake, listener);
  openClient(handshake, server);
  const { host } = stack;
  const delayNs = stack.loopback.transitNs(0);
  host.kernel.schedule(delayNs, host.id, Kind.receive, completeServer, handshake);
  return 0;
}

/** The state shared by both ends of a connection that is being set up, and by its timers. */
class Handshake implements HandshakeHooks {
  readonly client: TcpSocket;
  readonly target: HostStack;
  server: TcpSocket | undefined;
  listener: TcpSocket | undefined;
  synSentNs = 0;
  synRetries = 0;
  clientTimer = false;
  serverRetries = 0;
  serverTimer = false;

  constructor(client: TcpSocket, target: HostStack) {
    this.client = client;
    this.target = target;
    client.handshake = this;
  }

  complete(): void {
    completeServer(this);
  }
}

/** Sends a segment of the handshake. */
function put(from: TcpSocket, flag: number, arrives: () => void, lost: () => void): void {
  const arrivalNs = sendControl(from, flag, arrives, lost);
  if (arrivalNs >= 0) from.sender.lastArrivalNs = arrivalNs;
}

function sendSyn(handshake: Handshake): void {
  handshake.synSentNs = handshake.client.stack.host.kernel.nowNs;
  put(
    handshake.client,
    Flag.syn,
    () => arriveSyn(handshake),
    () => retrySyn(handshake),
  );
}

/** Schedules the retransmission of the client's SYN, because no answer will arrive. */
function retrySyn(handshake: Handshake): void {
  const { client } = handshake;
  if (client.orphan) client.die();
  if (handshake.clientTimer || client.phase !== Phase.connecting) return;
  handshake.clientTimer = true;
  const { host } = client.stack;
  const dueNs = handshake.synSentNs + SYN_TIMEOUT_NS * 2 ** handshake.synRetries;
  host.kernel.scheduleAt(
    Math.max(dueNs, host.kernel.nowNs),
    host.id,
    Kind.internal,
    synTimeout,
    handshake,
  );
}

function synTimeout(handshake: Handshake): void {
  const { client } = handshake;
  handshake.clientTimer = false;
  if (client.phase !== Phase.connecting) return;
  if (++handshake.synRetries > SYN_RETRIES) client.fail(Errno.ETIMEDOUT);
  else sendSyn(handshake);
}

function arriveSyn(handshake: Handshake): void {
  const { client, target } = handshake;
  if (handshake.server !== undefined && handshake.server.phase === Phase.handshaking) {
    sendSynAck(handshake);
    return;
  }
  const listener = listenerFor(client, target);
  if (listener === undefined || client.sender.out.refuses) {
    refuse(handshake);
    return;
  }
  if (isFull(listener) || client.sender.out.ignores) {
    markDrop(client, Flag.syn, undefined, "backlog full");
    retrySyn(handshake);
    return;
  }
  const server = openServer(handshake, listener);
  server.sender.out = target.linkTo(client.stack);
  if (target === client.stack) shakeAtOnce(handshake, server);
  else sendSynAck(handshake);
}

/**
 * On loopback the kernel completes the whole handshake immediately, and the listener is notified before the
 * client.
 */
function shakeAtOnce(handshake: Handshake, server: TcpSocket): void {
  const { client } = handshake;
  if (client.phase !== Phase.connecting) {
    server.die();
    return;
  }
  openClient(handshake, server);
  completeServer(handshake);
  if (client.orphan) {
    client.close();
    return;
  }
  const { host } = client.stack;
  host.kernel.schedule(0, host.id, Kind.internal, tellConnected, client);
}

function tellConnected(client: TcpSocket): void {
  client.tellConnected();
}

function openServer(handshake: Handshake, listener: TcpSocket): TcpSocket {
  const { client, target } = handshake;
  const server = new TcpSocket(target, undefined, client.unix);
  const local = unmapped(client.remoteAddress);
  // A dual-stack listener reports its IPv4 connections as mapped addresses.
  const prefix = listener.family === 6 && !client.unix && !local.includes(":") ? "::ffff:" : "";
  server.family = listener.family;
  server.localAddress = prefix + local;
  server.localPort = client.remotePort;
  server.remoteAddress = prefix + unmapped(client.localAddress);
  server.remotePort = client.localPort;
  server.connection = client.connection;
  server.remoteStack = client.stack;
  server.peer = client;
  server.phase = Phase.handshaking;
  server.handshake = handshake;
  handshake.server = server;
  handshake.listener = listener;
  return server;
}

function sendSynAck(handshake: Handshake): void {
  put(
    handshake.server as TcpSocket,
    Flag.synAck,
    () => arriveSynAck(handshake),
    () => {
      // Both sides retransmit: the client because it got no answer, the server because its SYN-ACK was not
      // acknowledged.
      retrySyn(handshake);
      retrySynAck(handshake);
    },
  );
}

function refuse(handshake: Handshake): void {
  const { client, target } = handshake;
  // The answer is sent from a temporary socket, since no real one exists.
  const nobody = new TcpSocket(target, undefined);
  nobody.remoteStack = client.stack;
  nobody.peer = client;
  nobody.sender.out = target.linkTo(client.stack);
  nobody.localPort = client.remotePort;
  nobody.remotePort = client.localPort;
  nobody.connection = client.connection;
  sendReset(nobody, 0, () => retrySyn(handshake));
  nobody.die();
}

function arriveSynAck(handshake: Handshake): void {
  const { client } = handshake;
  const server = handshake.server as TcpSocket;
  const opens = client.phase === Phase.connecting;
  if (opens) openClient(handshake, server);
  if (client.phase !== Phase.open || client.peer !== server) {
    // The client has gone meanwhile, so its machine does not know this connection.
    client.peer = server;
    sendReset(client, 0, () => retrySynAck(handshake));
    return;
  }
  put(
    client,
    Flag.ack,
    () => completeServer(handshake),
    () => retrySynAck(handshake),
  );
  if (opens) client.tellConnected();
}

function openClient(handshake: Handshake, server: TcpSocket): void {
  const { client } = handshake;
  const { nowNs } = client.stack.host.kernel;
  client.peer = server;
  client.phase = Phase.open;
  client.handshake = undefined;
  client.rttNs = nowNs - handshake.synSentNs;
  client.heardNs = nowNs;
  server.rttNs = client.rttNs;
}

/** Called when the handshake's last segment has arrived, alone or with data. */
function completeServer(handshake: Handshake): void {
  const server = handshake.server as TcpSocket;
  const listener = handshake.listener as TcpSocket;
  if (server.phase !== Phase.handshaking) return;
  if (listener.phase !== Phase.listening) {
    server.reset();
    return;
  }
  if (isFull(listener)) {
    retrySynAck(handshake);
    return;
  }
  server.phase = Phase.open;
  server.handshake = undefined;
  server.heardNs = server.stack.host.kernel.nowNs;
  server.tellState("accepted");
  listener.acceptQueue.push(server);
  const turn = listener.acceptors?.next();
  if (turn !== undefined) turn.process.enter(connectionFor, turn.events);
  else listener.process?.enter(connection, listener);
}

function connection(listener: TcpSocket): void {
  listener.events?.onConnection();
}

function connectionFor(events: StreamEvents): void {
  events.onConnection();
}

/** Retransmits the server's SYN-ACK until the handshake is complete. */
function retrySynAck(handshake: Handshake): void {
  const server = handshake.server as TcpSocket;
  if (handshake.serverTimer || server.phase !== Phase.handshaking) return;
  handshake.serverTimer = true;
  const { host } = server.stack;
  const delayNs = SECOND * 2 ** handshake.serverRetries;
  host.kernel.schedule(delayNs, host.id, Kind.internal, synAckTimeout, handshake);
}

function synAckTimeout(handshake: Handshake): void {
  const server = handshake.server as TcpSocket;
  handshake.serverTimer = false;
  if (server.phase !== Phase.handshaking) return;
  if (++handshake.serverRetries > SYN_ACK_RETRIES) server.die();
  else sendSynAck(handshake);
}
