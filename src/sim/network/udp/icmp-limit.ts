/**
 * How often a machine answers by ICMP that a port is closed: six times at once, then once a second, counted
 * for each machine that asks (Linux's `net.ipv4.icmp_ratelimit`, `inet_peer_xrlim_allow`).
 */
import { SECOND } from "../../../base/units.ts";

const ANSWER_COSTS_NS = SECOND;
const CREDIT_MAX_NS = 6 * SECOND;

/** The limit of one machine. */
export class IcmpLimit {
  readonly #credit = new Map<string, { creditNs: number; atNs: number }>();

  /** Whether it may answer `asker` now. If so, the answer is counted. */
  take(asker: string, nowNs: number): boolean {
    const known = this.#credit.get(asker);
    const earnedNs = known ? known.creditNs + nowNs - known.atNs : CREDIT_MAX_NS;
    const creditNs = Math.min(CREDIT_MAX_NS, earnedNs);
    const allowed = creditNs >= ANSWER_COSTS_NS;
    this.#credit.set(asker, {
      creditNs: allowed ? creditNs - ANSWER_COSTS_NS : creditNs,
      atNs: nowNs,
    });
    return allowed;
  }

  /** Forgets everything, as a machine that boots has. */
  reset(): void {
    this.#credit.clear();
  }
}
