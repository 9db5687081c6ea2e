/**
 * The ports of one host and protocol: which sockets are bound to which address and port, Linux's rules for
 * SO_REUSEADDR and SO_REUSEPORT, and the allocation of ephemeral ports.
 */
import { type Family, isWildcard } from "./address.ts";
import { Errno } from "./errno.ts";

/** Linux's default range of ephemeral ports. */
const EPHEMERAL_FIRST = 32_768;
const EPHEMERAL_LAST = 60_999;

/** A socket that is bound to a port. */
export interface PortHolder {
  readonly localAddress: string;
  readonly localPort: number;
  readonly family: Family;
  /** Whether it is an IPv6 wildcard socket that does not accept IPv4. */
  readonly v6Only: boolean;
  /** SO_REUSEADDR. */
  readonly reuse: boolean;
  /** SO_REUSEPORT. */
  readonly reusePort: boolean;
  /** Whether it is listening. SO_REUSEADDR then does not allow another socket on its port. */
  readonly listening: boolean;
  /** The address it is connected to; empty if it is not connected. */
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** The remainder of a connection in TIME_WAIT: it occupies its port as its socket did. */
class TimeWait implements PortHolder {
  readonly localAddress: string;
  readonly localPort: number;
  readonly family: Family;
  readonly v6Only: boolean;
  readonly reuse: boolean;
  readonly reusePort: boolean;
  readonly listening = false;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly untilNs: number;

  constructor(holder: PortHolder, untilNs: number) {
    this.localAddress = holder.localAddress;
    this.localPort = holder.localPort;
    this.family = holder.family;
    this.v6Only = holder.v6Only;
    this.reuse = holder.reuse;
    this.reusePort = holder.reusePort;
    this.remoteAddress = holder.remoteAddress;
    this.remotePort = holder.remotePort;
    this.untilNs = untilNs;
  }
}

/** The ports of one protocol on one host. */
export class PortTable<T extends PortHolder> {
  readonly #holders: Map<number, T[]> = new Map();
  /** Connections in TIME_WAIT. */
  readonly #waiting: Map<number, TimeWait[]> = new Map();
  #next = EPHEMERAL_FIRST;

  /** Whether `holder` may use `port`. Returns 0 or the error. */
  check(holder: T, port: number, nowNs: number): number {
    for (const other of this.#all(port, nowNs)) {
      if (other !== holder && conflicts(holder, other)) return Errno.EADDRINUSE;
    }
    return 0;
  }

  /** Whether such a connection already exists, open or in TIME_WAIT. */
  connects(holder: T, nowNs: number): boolean {
    return this.#all(holder.localPort, nowNs).some(
      (other) =>
        other !== holder &&
        other.localAddress === holder.localAddress &&
        isSameRemote(other, holder.remoteAddress, holder.remotePort),
    );
  }

  #all(port: number, nowNs: number): readonly PortHolder[] {
    const holders = this.#holders.get(port) ?? [];
    const waiting = this.#stillWaiting(port, nowNs);
    return waiting === undefined ? holders : [...holders, ...waiting];
  }

  #stillWaiting(port: number, nowNs: number): readonly TimeWait[] | undefined {
    const waiting = this.#waiting.get(port);
    if (waiting === undefined) return undefined;
    const left = waiting.filter(({ untilNs }) => untilNs > nowNs);
    if (left.length > 0) this.#waiting.set(port, left);
    else this.#waiting.delete(port);
    return left.length > 0 ? left : undefined;
  }

  add(holder: T, port: number): void {
    const holders = this.#holders.get(port);
    if (holders === undefined) this.#holders.set(port, [holder]);
    else holders.push(holder);
  }

  /** Releases a port. Its connection is in TIME_WAIT until `waitUntilNs`. */
  remove(holder: T, port: number, waitUntilNs = 0): void {
    const holders = this.#holders.get(port);
    const at = holders?.indexOf(holder) ?? -1;
    if (holders === undefined || at < 0) return;
    if (holders.length === 1) this.#holders.delete(port);
    else holders.splice(at, 1);
    if (waitUntilNs === 0) return;
    const waits = new TimeWait(holder, waitUntilNs);
    const waiting = this.#waiting.get(port);
    if (waiting === undefined) this.#waiting.set(port, [waits]);
    else waiting.push(waits);
  }

  /** The next free ephemeral port, or 0 if there is none. */
  ephemeral(nowNs: number): number {
    return this.#nextPort(
      (port) => !this.#holders.has(port) && this.#stillWaiting(port, nowNs) === undefined,
    );
  }

  /**
   * An ephemeral port for a connection to `address` and `port`. Once no port is free, returns one that is
   * in use for connections to other destinations, if those were assigned in the same way: only the
   * four-tuple has to be unique.
   */
  ephemeralTo(address: string, port: number, nowNs: number): number {
    const free = this.ephemeral(nowNs);
    if (free !== 0) return free;
    return this.#nextPort((shared) =>
      this.#all(shared, nowNs).every(
        (other) => other.remotePort !== 0 && !other.reuse && !isSameRemote(other, address, port),
      ),
    );
  }

  #nextPort(suits: (port: number) => boolean): number {
    for (let tries = 0; tries <= EPHEMERAL_LAST - EPHEMERAL_FIRST; tries++) {
      const port = this.#next;
      this.#next = port === EPHEMERAL_LAST ? EPHEMERAL_FIRST : port + 1;
      if (suits(port)) return port;
    }
    return 0;
  }

  /**
   * All sockets that should get packets sent to this address and port. Sockets bound to the address itself
   * come before those bound to a wildcard. `family` is the packet's.
   */
  matching(address: string, family: Family, port: number): T[] {
    const holders = this.#holders.get(port);
    if (holders === undefined) return [];
    const mapped = family === 4 ? `::ffff:${address}` : address;
    const exact = holders.filter(
      ({ localAddress }) => localAddress === address || localAddress === mapped,
    );
    if (exact.length > 0) return exact;
    const own = holders.filter(
      (holder) => holder.family === family && isWildcard(holder.localAddress),
    );
    if (own.length > 0 || family === 6) return own;
    return holders.filter(
      (holder) => holder.family === 6 && !holder.v6Only && holder.localAddress === "::",
    );
  }

  /** All sockets bound to the port, in the order of binding. */
  holders(port: number): readonly T[] {
    return this.#holders.get(port) ?? [];
  }

  /** Clears the table when the machine loses power. */
  clear(): void {
    this.#holders.clear();
    this.#waiting.clear();
    this.#next = EPHEMERAL_FIRST;
  }
}

function isSameRemote(holder: PortHolder, address: string, port: number): boolean {
  return holder.remotePort === port && holder.remoteAddress === address;
}

function conflicts(a: PortHolder, b: PortHolder): boolean {
  if (!overlap(a, b)) return false;
  if (a.reusePort && b.reusePort) return false;
  return !(a.reuse && b.reuse && !a.listening && !b.listening);
}

function overlap(a: PortHolder, b: PortHolder): boolean {
  if (a.family === b.family) {
    return (
      a.localAddress === b.localAddress || isWildcard(a.localAddress) || isWildcard(b.localAddress)
    );
  }
  const six = a.family === 6 ? a : b;
  const four = six === a ? b : a;
  if (six.v6Only) return false;
  if (six.localAddress === "::") return true;
  // A socket on a mapped address is a socket on the IPv4 address.
  return six.localAddress === `::ffff:${four.localAddress}`;
}
