/**
 * A UDP socket, as the operating system holds it. The link decides whether datagrams are lost, duplicated,
 * reordered or damaged. A datagram larger than a packet is lost if any of its fragments is. A datagram that
 * finds the receiver's buffer full is dropped. A connected socket gets an error if no socket listens at the
 * peer (ICMP).
 */
import { digestOf } from "../../../base/fingerprint.ts";
import { Kind } from "../../kernel.ts";
import type { Process } from "../../process.ts";
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
import { flipBit, LOST, MTU } from "../link.ts";
import { Holders, Turns, type Waiting } from "../holders.ts";
import type { Piece } from "../overhear.ts";
import type { PortHolder } from "../ports.ts";
import type { HostStack } from "../stack.ts";
import { Datagram, describeChanged, markDatagram } from "./datagram.ts";
import { hears, takesIn } from "./groups.ts";

/** The largest payload of a datagram over IPv4, and over IPv6. */
export const DATAGRAM_MAX_BYTES = 65_507;
const DATAGRAM_MAX_BYTES_6 = 65_527;
/** net.core.rmem_default. */
const BUFFER_BYTES = 212_992;
/** The buffer space that the kernel charges for a datagram in addition to its bytes, for its descriptor. */
const OVERHEAD_BYTES = 704;
const HEADER_BYTES = 28;
const LOOPBACK = "127.0.0.1";

/** The events that a socket reports to its process; called inside `Process.enter`. */
export interface DatagramEvents {
  /** There is a datagram (or an error) to `receive`. Each call allows one datagram. */
  onReadable(): void;
}

/** A UDP socket. */
export class UdpSocket implements PortHolder {
  readonly stack: HostStack;
  process: Process | undefined;
  events: DatagramEvents | undefined;
  localAddress = "";
  localPort = 0;
  family: Family = 4;
  v6Only = false;
  reuse = false;
  reusePort = false;
  readonly listening: boolean = false;
  bound = false;
  /** The peer of a connected socket. */
  remoteAddress = "";
  remotePort = 0;
  broadcast = false;
  ttl = 64;
  multicastTtl = 1;
  multicastLoopback = true;
  /** Whether datagrams to groups are sent through the loopback interface and stay on the host. */
  multicastStaysHome = false;
  /** The groups it is a member of, as `membershipOf` writes them. */
  readonly groups: Set<string> = new Set();
  receiveBufferBytes: number = BUFFER_BYTES;
  sendBufferBytes: number = BUFFER_BYTES;

  #chosePort = false;
  #choseAddress = false;
  #holders: Holders<DatagramEvents> | undefined;
  #queue: Datagram[] = [];
  #queuedBytes = 0;
  #error = 0;
  readonly #receivers: Turns<DatagramEvents> = new Turns();
  #notified = false;
  /** The holder that got the latest notification. */
  #told: Waiting<DatagramEvents> | undefined;

  constructor(stack: HostStack, process: Process | undefined) {
    this.stack = stack;
    this.process = process;
    if (process !== undefined) stack.adopt(process, this);
  }

  get connected(): boolean {
    return this.remotePort !== 0;
  }

  /** Binds to a local address and port (0: any). Returns 0 or an error. */
  bind(options: {
    address: string;
    port: number;
    family: Family;
    v6Only?: boolean;
    reuse?: boolean;
    reusePort?: boolean;
  }): number {
    const address = canonical(options.address);
    if (address === undefined || this.bound) return Errno.EINVAL;
    const { stack } = this;
    if (options.v6Only === true && address.startsWith("::ffff:")) return Errno.EINVAL;
    const special = isWildcard(address) || isMulticast(address) || isBroadcast(address);
    if (!special && !stack.owns(address)) return Errno.EADDRNOTAVAIL;
    this.localAddress = address;
    this.family = options.family;
    this.v6Only = options.v6Only ?? false;
    this.reuse = options.reuse ?? false;
    this.reusePort = options.reusePort ?? false;
    const { udpPorts, host } = stack;
    const port = options.port === 0 ? udpPorts.ephemeral(host.kernel.nowNs) : options.port;
    if (port === 0) return Errno.EADDRINUSE;
    const error = options.port === 0 ? 0 : udpPorts.check(this, port, host.kernel.nowNs);
    if (error !== 0) {
      this.localAddress = isWildcard(address) ? address : "";
      return error;
    }
    this.localPort = port;
    this.#chosePort = options.port !== 0;
    this.#choseAddress = !isWildcard(address);
    this.bound = true;
    udpPorts.add(this, port);
    stack.datagramSockets.add(this);
    if (this.#chosePort && this.process) stack.onListen?.(this.process);
    return 0;
  }

  /** Connects the socket: it sends only to this peer and receives only from it. Returns 0 or an error. */
  connect(addressText: string, port: number, family: Family): number {
    const address = canonical(addressText);
    if (address === undefined) return Errno.EINVAL;
    if (this.connected) return Errno.EISCONN;
    const error = this.#familyError(address);
    if (error !== 0) return error;
    if (isBroadcast(address) && !this.broadcast) return Errno.EACCES;
    if (
      this.stack.route(address) === undefined &&
      !isMulticast(address) &&
      !isOnNetwork(unmapped(address))
    ) {
      return Errno.ENETUNREACH;
    }
    if (!this.bound) {
      const error = this.#bindSomewhere(family);
      if (error !== 0) return error;
    }
    this.remoteAddress = isWildcard(address) ? this.stack.sourceFor(address) : address;
    this.remotePort = port;
    if (isWildcard(this.localAddress)) this.localAddress = this.stack.sourceFor(address);
    return 0;
  }

  /** Disconnects from the peer, and releases the local address and port if they were assigned automatically. */
  disconnect(): number {
    if (!this.connected) return Errno.ENOTCONN;
    this.remoteAddress = "";
    this.remotePort = 0;
    if (!this.#choseAddress) this.localAddress = this.family === 6 ? "::" : "0.0.0.0";
    if (!this.#chosePort) this.#unbind();
    return 0;
  }

  #unbind(): void {
    this.stack.udpPorts.remove(this, this.localPort);
    this.stack.datagramSockets.delete(this);
    this.localPort = 0;
    this.bound = false;
  }

  /** Assigns a port to a socket that has none. */
  #bindSomewhere(family: Family): number {
    const { v6Only, reuse, reusePort } = this;
    const address = this.localAddress || (family === 6 ? "::" : "0.0.0.0");
    return this.bind({ address, port: 0, family, v6Only, reuse, reusePort });
  }

  /**
   * Sends `payload`, which the socket owns from now on, to an address or to the connected peer. Returns the
   * number of bytes sent, or an error.
   */
  send(payload: Uint8Array, addressText?: string, port = 0): number {
    if (this.#error !== 0) return this.takeError();
    const connected = addressText === undefined;
    if (connected && !this.connected) return Errno.EDESTADDRREQ;
    const address = connected ? this.remoteAddress : addressText;
    const toPort = connected ? this.remotePort : port;
    // libuv knows the peer of a connected socket and rejects sends to any other address.
    if (!connected && this.connected) return Errno.EISCONN;
    const canonicalTo = address.includes(":") ? (canonical(address) ?? address) : address;
    const familyError = this.#familyError(canonicalTo);
    if (familyError !== 0) return familyError;
    const plain = unmapped(canonicalTo);
    const most = plain.includes(":") ? DATAGRAM_MAX_BYTES_6 : DATAGRAM_MAX_BYTES;
    if (payload.length > most) return Errno.EMSGSIZE;
    if (toPort === 0) return Errno.EINVAL;
    if (!this.bound) {
      const error = this.#bindSomewhere(address.includes(":") ? 6 : 4);
      if (error !== 0) return error;
    }
    const { sealed } = this.stack.host;
    if (sealed !== undefined && this.stack.route(plain) !== this.stack) {
      sealed.refuse("a child that sends datagrams to others");
      return payload.length;
    }
    if (isMulticast(plain)) return this.#sendToGroup(payload, plain, toPort);
    if (isBroadcast(plain)) {
      return this.broadcast ? this.#sendToAll(payload, plain, toPort) : Errno.EACCES;
    }
    const to = this.stack.route(plain);
    if (to === undefined) return !isOnNetwork(plain) ? Errno.ENETUNREACH : payload.length;
    this.#sendTo(to, payload, isWildcard(plain) ? this.stack.sourceFor(plain) : plain, toPort);
    return payload.length;
  }

  /**
   * Returns the error for an address that the socket cannot reach. Whether an IPv6 socket reaches IPv4
   * depends on what it is bound to; it reaches IPv6 unless it is bound to IPv4.
   */
  #familyError(address: string): number {
    const local = this.localAddress;
    if (this.family === 4) return 0;
    const bound4 = local.startsWith("::ffff:");
    if (!address.startsWith("::ffff:")) return bound4 ? Errno.EAFNOSUPPORT : 0;
    const reaches4 = local === "" || isWildcard(local) || bound4;
    return this.v6Only || !reaches4 ? Errno.ENETUNREACH : 0;
  }

  /** Returns a datagram, an error, or `EAGAIN` if there is nothing. */
  receive(): Datagram | number {
    if (this.#error !== 0) return this.takeError();
    const datagram = this.#queue.shift();
    if (datagram === undefined) return Errno.EAGAIN;
    this.#queuedBytes -= datagram.payload.length + OVERHEAD_BYTES;
    return datagram;
  }

  /** Starts notifying the process of datagrams. If there are several holders, they are notified in turn. */
  startReceiving(
    process: Process | undefined = this.process,
    events: DatagramEvents | undefined = this.events,
  ): void {
    if (process === undefined || events === undefined) return;
    this.#receivers.add(process, events);
    this.receiveAgain();
  }

  stopReceiving(events: DatagramEvents | undefined = this.events): void {
    this.#receivers.remove((one) => one.events === events);
  }

  /** After a `receive`: notifies the process, in a later turn, if there is more. */
  receiveAgain(): void {
    if (this.#notified || (this.#queue.length === 0 && this.#error === 0)) return;
    const next = this.#receivers.next();
    if (next === undefined) return;
    this.#notified = true;
    this.#told = next;
    next.process.schedule(0, Kind.internal, readable, this as UdpSocket);
  }

  takeError(): number {
    const error = this.#error;
    this.#error = 0;
    return error;
  }

  close(): void {
    if (this.process !== undefined) this.stack.disown(this.process, this);
    this.#unbind();
    this.vanish();
  }

  /** Adds a process that received the socket over a Unix socket. It is notified from now on. */
  passTo(process: Process, events: DatagramEvents): void {
    this.#holders ??= new Holders(this);
    this.#holders.add(process, events);
  }

  /** Called when one of its holders closes it. When the last one does, the socket closes. */
  release(events: DatagramEvents): void {
    this.#receivers.remove((one) => one.events === events);
    if (this.#holders?.release((holder) => holder.events === events) !== true) this.close();
  }

  /** @internal */
  abandon(process: Process): void {
    this.#receivers.remove((one) => one.process === process);
    // The notification it got and will not use passes to another holder.
    if (this.#told?.process === process) this.#notified = false;
    this.receiveAgain();
    if (this.#holders?.release((holder) => holder.process === process) !== true) this.close();
  }

  /** @internal Called when the machine has lost power, or the socket is closed. */
  vanish(): void {
    this.process = undefined;
    this.events = undefined;
    this.bound = false;
    this.#receivers.clear();
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #sendTo(to: HostStack, payload: Uint8Array, address: string, port: number): void {
    const { liar } = this.stack.host;
    if (!liar?.lies.length || to === this.stack) {
      this.#sendAsItIs(to, payload, address, port);
      return;
    }
    const honest = new Datagram(this, this.localAddress, to, address, port, payload);
    for (const told of liar.tell(pieceOf(honest))) this.#sendAsItIs(to, told, address, port);
  }

  #sendAsItIs(to: HostStack, payload: Uint8Array, address: string, port: number): void {
    const { stack } = this;
    const local = this.localAddress;
    const anywhere = isWildcard(local) || isMulticast(local);
    const out = this.multicastStaysHome && isMulticast(address) ? LOOPBACK : address;
    const source = anywhere ? stack.sourceFor(out) : local;
    const datagram = new Datagram(this, unmapped(source), to, address, port, payload);
    datagram.sentEvent = markDatagram(datagram, Kind.send, digestOf(payload));
    const link = stack.linkTo(to);
    const fate = to === stack ? undefined : stack.network.overhearing?.hear(pieceOf(datagram));
    const single = (fate?.how === "reset" ? undefined : fate) ?? link.takeSingle();
    if (single?.how === "lose") {
      markDatagram(datagram, Kind.drop, 0, "lost");
      return;
    }
    const twice = link.duplicate > 0 && link.prng("duplicate").chance(link.duplicate);
    const copies = twice || single?.how === "duplicate" ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.#launch(datagram, single?.addNs ?? 0);
  }

  /** Sends one copy of a datagram. */
  #launch(datagram: Datagram, lateNs: number): void {
    const { stack } = this;
    const { payload, to } = datagram;
    const link = stack.linkTo(to);
    const bytes = payload.length + HEADER_BYTES;
    link.packets++;
    if (link.blocked || link.losesAny(Math.ceil(bytes / MTU))) {
      markDatagram(datagram, Kind.drop, 0, link.blocked ? "blocked" : "lost");
      return;
    }
    let transitNs = link.transitNs(bytes);
    if (transitNs === LOST) {
      markDatagram(datagram, Kind.drop, 0, "queue full");
      return;
    }
    transitNs += lateNs;
    if (link.reorder > 0) {
      const prng = link.prng("reorder");
      if (prng.chance(link.reorder)) transitNs += prng.below(link.reorderNs + 1);
    }
    if (link.corrupt > 0 && payload.length > 0) {
      const prng = link.prng("corrupt");
      if (prng.chance(link.corrupt)) {
        datagram.payload = flipBit(payload, prng);
        datagram.changed = true;
      }
    }
    const { kernel } = stack.host;
    kernel.schedule(transitNs, to.host.id, Kind.receive, arrive, datagram, datagram.sentEvent);
  }

  #sendToGroup(payload: Uint8Array, group: string, port: number): number {
    const home = this.multicastStaysHome;
    for (const to of this.stack.network.stacks) {
      if (to === this.stack ? !this.multicastLoopback : home || this.multicastTtl === 0) continue;
      const source = home ? LOOPBACK : this.stack.host.address;
      if (to.udpPorts.holders(port).length > 0 && takesIn(to, group, source))
        this.#sendTo(to, payload, group, port);
    }
    return payload.length;
  }

  #sendToAll(payload: Uint8Array, address: string, port: number): number {
    for (const to of this.stack.network.stacks) {
      if (to.udpPorts.holders(port).length > 0) this.#sendTo(to, payload, address, port);
    }
    return payload.length;
  }

  /** @internal */
  deliver(datagram: Datagram): void {
    const bytes = datagram.payload.length + OVERHEAD_BYTES;
    if (this.#queuedBytes + bytes > this.receiveBufferBytes) {
      markDatagram(datagram, Kind.drop, 0, "receive buffer full");
      return;
    }
    this.#queue.push(datagram);
    this.#queuedBytes += bytes;
    this.#tell();
  }

  /** @internal */
  fail(error: number): void {
    this.#error = error;
    this.#tell();
  }

  #tell(): void {
    if (this.#notified) return;
    const next = this.#receivers.next();
    if (next === undefined) return;
    this.#notified = true;
    this.#told = next;
    next.process.enter(readable, this as UdpSocket);
  }

  /** @internal */
  runReadable(): void {
    this.#notified = false;
    const { events } = this.#told as Waiting<DatagramEvents>;
    if (this.#receivers.has(events)) events.onReadable();
    else this.receiveAgain();
  }
}

/** The datagram as whoever overhears it sees it. Whoever sends to the lower port counts as the client. */
function pieceOf({ from, to, fromPort, toPort, payload }: Datagram): Piece {
  return {
    protocol: "udp",
    from: from.host.name,
    to: to.host.name,
    fromPort,
    toPort,
    connection: 0,
    opener: toPort <= fromPort,
    first: true,
    bytes: payload,
  };
}

function readable(socket: UdpSocket): void {
  socket.runReadable();
}

function arrive(datagram: Datagram): void {
  const { from, to, toAddress } = datagram;
  const link = from.linkTo(to);
  if (link.blocked || !to.up) {
    markDatagram(datagram, Kind.drop, 0, link.blocked ? "blocked" : "host is down");
    return;
  }
  describeChanged(datagram);
  if (isMulticast(toAddress) || isBroadcast(toAddress)) deliverToAll(datagram);
  else deliverToOne(datagram);
}

function deliverToOne(datagram: Datagram): void {
  const { to, toAddress, toPort, fromAddress, fromPort } = datagram;
  const family = toAddress.includes(":") ? 6 : 4;
  const sockets = to.udpPorts.matching(toAddress, family, toPort);
  let chosen: UdpSocket | undefined;
  let strangers = 0;
  for (const socket of sockets) {
    if (!socket.connected) {
      strangers++;
      // If several sockets share a port, the last one bound gets unicast datagrams, as on Linux.
      if (chosen === undefined || !chosen.connected) chosen = socket;
    } else if (unmapped(socket.remoteAddress) === fromAddress && socket.remotePort === fromPort) {
      chosen = socket;
    }
  }
  if (chosen !== undefined && !chosen.connected && chosen.reusePort && strangers > 1) {
    const group = sockets.filter((socket) => !socket.connected);
    chosen = group[(datagram.from.host.id * 31 + fromPort) % group.length];
  }
  if (chosen === undefined) unreachable(datagram);
  else chosen.deliver(datagram);
}

function deliverToAll(datagram: Datagram): void {
  const { to, toAddress, toPort, fromAddress } = datagram;
  const multicast = isMulticast(toAddress);
  const family = toAddress.includes(":") ? 6 : 4;
  for (const socket of to.udpPorts.holders(toPort)) {
    if (socket.family !== family) continue;
    const local = socket.localAddress;
    if (!isWildcard(local) && local !== toAddress) continue;
    if (multicast && !hears(socket, toAddress, fromAddress)) continue;
    const copy = new Datagram(
      datagram.sender,
      fromAddress,
      to,
      toAddress,
      toPort,
      datagram.payload.slice(),
    );
    socket.deliver(copy);
  }
}

/** No socket listens at the destination: ICMP reports this, and a connected sender gets an error. */
function unreachable(datagram: Datagram): void {
  markDatagram(datagram, Kind.drop, 0, "port unreachable");
  const { from, to, sender } = datagram;
  if (to !== from && !to.icmpLimit.take(from.host.name, to.host.kernel.nowNs)) return;
  // On the same host, ICMP has answered before the send call returns.
  if (!sender.connected || (to === from && !datagram.connected)) return;
  const back = to.linkTo(from);
  if (back.blocked || back.losesAny(1)) return;
  const transitNs = back.transitNs(HEADER_BYTES);
  if (transitNs === LOST) return;
  to.host.kernel.schedule(transitNs, from.host.id, Kind.internal, refused, sender);
}

function refused(sender: UdpSocket): void {
  if (sender.connected && sender.process !== undefined) sender.fail(Errno.ECONNREFUSED);
}
