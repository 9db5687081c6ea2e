/**
 * The network stack of one host: its addresses, ports, sockets and links to other hosts. When the machine
 * loses power all of this is lost, and no peer is told.
 */
import { assert } from "../../base/errors.ts";
import type { Device, Host } from "../host.ts";
import type { Process } from "../process.ts";
import { isLoopback, isWildcard, unmapped } from "./address.ts";
import type { EndedConnection, LostEnd } from "./connections.ts";
import { defaultLinkSettings, Link, type LinkSettings } from "./link.ts";
import type { Network } from "./network.ts";
import { PortTable } from "./ports.ts";
import { Phase } from "./tcp/phase.ts";
import type { TcpSocket } from "./tcp/socket.ts";
import { IcmpLimit } from "./udp/icmp-limit.ts";
import type { UdpSocket } from "./udp/socket.ts";
import { AbstractNames } from "./unix.ts";

/** The one-way latency of the loopback interface. */
const LOOPBACK_NS = 10_000;
const LOOPBACK_FLIGHT_BYTES = 65_536;

const stacks: WeakMap<Host, HostStack> = new WeakMap();

/** Returns the network stack of a host that is attached to a network. */
export function stackOf(host: Host): HostStack {
  const stack = stacks.get(host);
  assert(stack !== undefined, `host ${host.name} is not attached to a network`);
  return stack;
}

/** A resource of a process that is closed when the process ends. */
export interface Closable {
  abandon(process: Process): void;
}

/** The network stack of one host. */
export class HostStack implements Device {
  readonly network: Network;
  readonly host: Host;
  /** The host's IPv6 address: fd00:: followed by the host's number. */
  readonly address6: string;
  /** The host's link-local address: fe80::ff:fe00: followed by the host's number. */
  readonly linkLocal: string;
  /** The loopback interface. Faults do not affect it. */
  readonly loopback: Link;
  readonly tcpPorts: PortTable<TcpSocket> = new PortTable();
  readonly udpPorts: PortTable<UdpSocket> = new PortTable();
  readonly abstractNames: AbstractNames = new AbstractNames();
  /** All TCP and Unix sockets that are not permanently closed, in order of creation. */
  readonly sockets: Set<TcpSocket> = new Set();
  /** All UDP sockets that are bound. */
  readonly datagramSockets: Set<UdpSocket> = new Set();
  /** The latest connections that ended, oldest first; for stories. */
  readonly ended: EndedConnection[] = [];
  /** Ended connections whose other end a power loss had destroyed; for stories. */
  readonly lostEnds: LostEnd[] = [];
  readonly icmpLimit: IcmpLimit = new IcmpLimit();
  up = true;
  /** Called when a process begins to listen on a TCP port or a Unix socket, or takes a certain UDP port. */
  onListen: ((process: Process) => void) | undefined;
  /** The number of its connections that faults have reset. */
  resets = 0;
  /** The time of the last boot. */
  bootedNs = 0;

  readonly #links: Map<HostStack, Link> = new Map();
  readonly #owned: Map<Process, Set<Closable>> = new Map();

  constructor(network: Network, host: Host) {
    this.network = network;
    this.host = host;
    this.address6 = `fd00::${host.id.toString(16)}`;
    this.linkLocal = `fe80::ff:fe00:${host.id.toString(16)}`;
    this.loopback = new Link(network.kernel, {
      from: host.name,
      to: host.name,
      settings: { ...defaultLinkSettings, minLatencyNs: LOOPBACK_NS, maxLatencyNs: LOOPBACK_NS },
      flightBytes: LOOPBACK_FLIGHT_BYTES,
    });
    stacks.set(host, this);
  }

  /** The link to another host, or the loopback interface. */
  linkTo(to: HostStack): Link {
    if (to === this) return this.loopback;
    let link = this.#links.get(to);
    if (link === undefined) {
      link = new Link(this.network.kernel, {
        from: this.host.name,
        to: to.host.name,
        settings: this.network.defaults,
      });
      link.onCut = () => answersCut(to, this);
      this.#links.set(to, link);
    }
    return link;
  }

  /** Changes the settings of existing links. */
  configureLinks(settings: Partial<LinkSettings>): void {
    for (const link of this.#links.values()) link.configure(settings);
  }

  /** Whether `address` is one of this host's own. */
  owns(address: string): boolean {
    const plain = unmapped(address);
    const { host, address6, linkLocal } = this;
    return plain === host.address || plain === address6 || plain === linkLocal || isLoopback(plain);
  }

  /** The stack reached at an address from this host. Returns `undefined` if there is none. */
  route(address: string): HostStack | undefined {
    const plain = unmapped(address);
    if (isWildcard(plain) || this.owns(plain)) return this;
    return this.network.stackAt(plain);
  }

  /** The source address of packets sent to `address`. */
  sourceFor(address: string): string {
    const mapped = address.startsWith("::ffff:");
    const plain = unmapped(address);
    let source: string;
    if (isWildcard(plain)) source = plain === "::" ? "::1" : "127.0.0.1";
    else if (plain.startsWith("127.")) source = "127.0.0.1";
    else if (this.owns(plain)) source = plain;
    else if (plain.startsWith("fe80:")) source = this.linkLocal;
    else source = plain.includes(":") ? this.address6 : this.host.address;
    return mapped ? `::ffff:${source}` : source;
  }

  /** Registers `item` to be closed when the process ends. */
  adopt(process: Process, item: Closable): void {
    let items = this.#owned.get(process);
    if (items === undefined) {
      const fresh: Set<Closable> = new Set();
      items = fresh;
      this.#owned.set(process, fresh);
      process.onEnd.add(() => {
        this.#owned.delete(process);
        for (const owned of fresh) owned.abandon(process);
      });
    }
    items.add(item);
  }

  disown(process: Process, item: Closable): void {
    this.#owned.get(process)?.delete(item);
  }

  /** @internal Called at a power loss: every connection is lost, and no peer is told. */
  powerOff(): readonly string[] {
    this.up = false;
    this.#owned.clear();
    for (const socket of this.sockets) socket.vanish();
    for (const socket of this.datagramSockets) socket.vanish();
    this.sockets.clear();
    this.datagramSockets.clear();
    this.tcpPorts.clear();
    this.udpPorts.clear();
    this.abstractNames.clear();
    return [];
  }

  /** @internal */
  powerOn(): void {
    this.up = true;
    this.bootedNs = this.network.kernel.nowNs;
    this.icmpLimit.reset();
  }
}

/** Marks acknowledgements in transit from `acknowledging` to `sending` as lost. */
function answersCut(sending: HostStack, acknowledging: HostStack): void {
  for (const socket of sending.sockets) {
    if (socket.remoteStack === acknowledging && socket.phase === Phase.open) {
      socket.sender.answersCut();
    }
  }
}
