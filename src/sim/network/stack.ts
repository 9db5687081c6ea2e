/**
 * The network stack of one host: its addresses, its ports, its sockets and its links to the others. When
 * the machine loses power all of it is gone, and nobody is told.
 */
import { assert } from "../../base/errors.ts";
import type { Device, Host } from "../host.ts";
import type { Process } from "../process.ts";
import { isLoopback, isWildcard, unmapped } from "./address.ts";
import type { EndedConnection } from "./connections.ts";
import { defaultLinkSettings, Link, type LinkSettings } from "./link.ts";
import type { Network } from "./network.ts";
import { PortTable } from "./ports.ts";
import { Phase } from "./tcp/phase.ts";
import type { TcpSocket } from "./tcp/socket.ts";
import type { UdpSocket } from "./udp/socket.ts";
import { AbstractNames } from "./unix.ts";

/** One way through the loopback interface. */
const LOOPBACK_NS = 10_000;
const LOOPBACK_FLIGHT_BYTES = 65_536;

const stacks: WeakMap<Host, HostStack> = new WeakMap();

/** The network stack of a host that is attached to a network. */
export function stackOf(host: Host): HostStack {
  const stack = stacks.get(host);
  assert(stack !== undefined, `host ${host.name} is not attached to a network`);
  return stack;
}

/** Whatever belongs to a process and is closed when the process ends. */
export interface Closable {
  abandon(process: Process): void;
}

/** The network stack of one host. */
export class HostStack implements Device {
  readonly network: Network;
  readonly host: Host;
  /** fd00:: and the host's number. */
  readonly address6: string;
  /** fe80::ff:fe00: and the host's number. */
  readonly linkLocal: string;
  /** The loopback interface; no fault touches it. */
  readonly loopback: Link;
  readonly tcpPorts: PortTable<TcpSocket> = new PortTable();
  readonly udpPorts: PortTable<UdpSocket> = new PortTable();
  readonly abstractNames: AbstractNames = new AbstractNames();
  /** Every TCP or Unix socket that is not closed for good, in the order of their making. */
  readonly sockets: Set<TcpSocket> = new Set();
  /** Every UDP socket that is bound. */
  readonly datagramSockets: Set<UdpSocket> = new Set();
  /** The latest connections that ended, oldest first; for stories. */
  readonly ended: EndedConnection[] = [];
  up = true;
  /** When the machine booted last. */
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

  /** Changes the links that are there already. */
  configureLinks(settings: Partial<LinkSettings>): void {
    for (const link of this.#links.values()) link.configure(settings);
  }

  /** Whether `address` is one of this host's own. */
  owns(address: string): boolean {
    const plain = unmapped(address);
    const { host, address6, linkLocal } = this;
    return plain === host.address || plain === address6 || plain === linkLocal || isLoopback(plain);
  }

  /** Who answers at an address, as seen from here; `undefined` when nobody does. */
  route(address: string): HostStack | undefined {
    const plain = unmapped(address);
    if (isWildcard(plain) || this.owns(plain)) return this;
    return this.network.stackAt(plain);
  }

  /** The address that packets to `address` come from. */
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

  /** `item` goes with the process when that ends. */
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

  /** @internal The machine lost power: every connection is gone, and no peer hears of it. */
  powerOff(): void {
    this.up = false;
    this.#owned.clear();
    for (const socket of this.sockets) socket.vanish();
    for (const socket of this.datagramSockets) socket.vanish();
    this.sockets.clear();
    this.datagramSockets.clear();
    this.tcpPorts.clear();
    this.udpPorts.clear();
    this.abstractNames.clear();
  }

  /** @internal */
  powerOn(): void {
    this.up = true;
    this.bootedNs = this.network.kernel.nowNs;
  }
}

/** Acknowledgements on their way from `acknowledging` to `sending` are lost. */
function answersCut(sending: HostStack, acknowledging: HostStack): void {
  for (const socket of sending.sockets) {
    if (socket.remoteStack === acknowledging && socket.phase === Phase.open) {
      socket.sender.answersCut();
    }
  }
}
