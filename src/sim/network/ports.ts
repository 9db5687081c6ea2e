/**
 * The ports of one host and protocol: who is bound to which address and port, the rules of SO_REUSEADDR
 * and SO_REUSEPORT as Linux applies them, and ports for those who do not care which.
 */
import { type Family, isWildcard } from "./address.ts";
import { Errno } from "./errno.ts";

/** Linux's default range of ephemeral ports. */
const EPHEMERAL_FIRST = 32_768;
const EPHEMERAL_LAST = 60_999;

/** A socket that is bound to a port. */
export interface PortHolder {
  readonly localAddress: string;
  readonly family: Family;
  /** An IPv6 wildcard socket that leaves IPv4 alone. */
  readonly v6Only: boolean;
  /** SO_REUSEADDR. */
  readonly reuse: boolean;
  /** SO_REUSEPORT. */
  readonly reusePort: boolean;
  /** Whether it listens: then SO_REUSEADDR does not help another. */
  readonly listening: boolean;
}

/** The ports of one protocol on one host. */
export class PortTable<T extends PortHolder> {
  readonly #holders: Map<number, T[]> = new Map();
  /** Ports whose last connection is in TIME_WAIT, and until when; they are not handed out before. */
  readonly #waiting: Map<number, number> = new Map();
  #next = EPHEMERAL_FIRST;

  /** Whether `holder` may have `port`: 0, or the error. */
  check(holder: T, port: number): number {
    for (const other of this.#holders.get(port) ?? []) {
      if (other !== holder && conflicts(holder, other)) return Errno.EADDRINUSE;
    }
    return 0;
  }

  add(holder: T, port: number): void {
    const holders = this.#holders.get(port);
    if (holders === undefined) this.#holders.set(port, [holder]);
    else holders.push(holder);
  }

  /** Gives a port back; nobody gets it for an ephemeral port before `waitUntilNs`. */
  remove(holder: T, port: number, waitUntilNs = 0): void {
    const holders = this.#holders.get(port);
    const at = holders?.indexOf(holder) ?? -1;
    if (holders === undefined || at < 0) return;
    if (holders.length === 1) this.#holders.delete(port);
    else holders.splice(at, 1);
    if (waitUntilNs > 0) this.#waiting.set(port, waitUntilNs);
  }

  /** The next free ephemeral port, or 0 when there is none. */
  ephemeral(nowNs: number): number {
    for (let tries = 0; tries <= EPHEMERAL_LAST - EPHEMERAL_FIRST; tries++) {
      const port = this.#next;
      this.#next = port === EPHEMERAL_LAST ? EPHEMERAL_FIRST : port + 1;
      if (this.#holders.has(port)) continue;
      const untilNs = this.#waiting.get(port);
      if (untilNs !== undefined) {
        if (untilNs > nowNs) continue;
        this.#waiting.delete(port);
      }
      return port;
    }
    return 0;
  }

  /**
   * All who should get what is sent to this address and port: those bound to the address itself before
   * those bound to a wildcard. `family` is the packet's.
   */
  matching(address: string, family: Family, port: number): T[] {
    const holders = this.#holders.get(port);
    if (holders === undefined) return [];
    const exact = holders.filter((holder) => holder.localAddress === address);
    if (exact.length > 0) return exact;
    const own = holders.filter(
      (holder) => holder.family === family && isWildcard(holder.localAddress),
    );
    if (own.length > 0 || family === 6) return own;
    return holders.filter(
      (holder) => holder.family === 6 && !holder.v6Only && holder.localAddress === "::",
    );
  }

  /** Everyone bound to the port, in the order of binding. */
  holders(port: number): readonly T[] {
    return this.#holders.get(port) ?? [];
  }

  /** The machine lost power. */
  clear(): void {
    this.#holders.clear();
    this.#waiting.clear();
    this.#next = EPHEMERAL_FIRST;
  }
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
