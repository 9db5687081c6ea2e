/**
 * The sender's handling of segments that are not acknowledged. It retransmits them when the receiver
 * reports a gap (about a round trip later, as RACK does), or when nothing is acknowledged for the
 * retransmission timeout. In the second case it first retransmits the last segment (a tail loss probe). If
 * that does not help, it retransmits the first one, with a timeout that doubles each time (RFC 6298, with
 * Linux's bounds), until it fails with ETIMEDOUT.
 *
 * A socket gets one of these when its first segment, or the answer to one, is lost. The timer is armed once
 * the loss is known, for the time at which it would have fired, so that a healthy connection needs no
 * timers.
 */
import { type EventHandle, Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { LOST, MSS } from "../link.ts";
import {
  firstTimeoutNs,
  GIVE_UP_AFTER_NS,
  ORPHAN_GIVE_UP_AFTER_NS,
  PROBE_SLACK_NS,
  RTO_MAX_NS,
} from "./constants.ts";
import { markSend, type Segment } from "./segment.ts";
import type { TcpSocket } from "./socket.ts";

/** The retransmission state of one socket. */
export class Recovery {
  readonly #socket: TcpSocket;
  /** Segments that did not arrive, or whose acknowledgement was lost; in stream order. */
  #missing: Segment[] = [];
  #timer: EventHandle | undefined;
  #early: EventHandle | undefined;
  /** Whether the tail loss probe was sent, and the number of timeouts after it. */
  #probed = false;
  #timeouts = 0;
  /** The time of the first timeout. */
  #sinceNs = 0;
  /** Whether a timeout has fired. Nothing new is sent until something is acknowledged. */
  holds = false;

  constructor(socket: TcpSocket) {
    this.#socket = socket;
  }

  /** Whether any segment is missing. */
  get active(): boolean {
    return this.#missing.length > 0;
  }

  lost(segment: Segment): void {
    const missing = this.#missing;
    if (!missing.includes(segment)) {
      let at = missing.length;
      while (at > 0 && (missing[at - 1] as Segment).seq > segment.seq) at--;
      missing.splice(at, 0, segment);
    }
    // Sending anything before the probe is due postpones the probe.
    if (!this.#probed) this.#stopTimer();
    this.#arm(segment.sentNs);
  }

  /** Called when the sender learns that everything before `seq` has arrived. */
  acknowledged(seq: number): void {
    const missing = this.#missing;
    let arrived = 0;
    while (arrived < missing.length && (missing[arrived] as Segment).end <= seq) arrived++;
    if (arrived === 0) return;
    missing.splice(0, arrived);
    this.#probed = false;
    this.#timeouts = 0;
    this.holds = false;
    this.#disarm();
    if (missing.length === 0) return;
    this.#resend(missing);
  }

  /** Called when the receiver reports data beyond a gap. */
  gapReported(peer: TcpSocket): void {
    if (this.#early !== undefined || this.holds || !this.active) return;
    const back = peer.sender.out;
    if (back.blocked || (back.lossy && back.passing(1) === 0)) return;
    const transitNs = back.transitNs(0);
    if (transitNs === LOST) return;
    const { host } = this.#socket.stack;
    const delayNs = transitNs + Math.round(this.#socket.rttNs / 4);
    this.#early = host.kernel.schedule(delayNs, host.id, Kind.internal, early, this as Recovery);
  }

  stop(): void {
    this.#missing = [];
    this.#disarm();
  }

  #disarm(): void {
    this.#stopTimer();
    if (this.#early !== undefined) this.#socket.stack.host.kernel.cancel(this.#early);
    this.#early = undefined;
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#socket.stack.host.kernel.cancel(this.#timer);
    this.#timer = undefined;
  }

  #arm(sinceNs: number): void {
    if (this.#timer !== undefined) return;
    const { host } = this.#socket.stack;
    const dueNs = this.#probed ? sinceNs + this.#timeoutNs : this.#probeDueNs;
    const atNs = Math.max(dueNs, host.kernel.nowNs);
    this.#timer = host.kernel.scheduleAt(atNs, host.id, Kind.internal, timeout, this as Recovery);
  }

  get #timeoutNs(): number {
    const firstNs = firstTimeoutNs(this.#socket.rttNs);
    return Math.min(firstNs * 2 ** Math.min(this.#timeouts, 20), RTO_MAX_NS);
  }

  /**
   * Two round trips after the last transmission, if more than one packet is outstanding; the
   * acknowledgement of a single packet may be delayed. At the latest, the time at which the first segment
   * would be retransmitted.
   */
  get #probeDueNs(): number {
    const [first] = this.#missing as [Segment];
    const limitNs = first.sentNs + this.#timeoutNs;
    if (this.#missing.length === 1 && first.length <= MSS) return limitNs;
    return Math.min(this.#sentNs + 2 * this.#socket.rttNs + PROBE_SLACK_NS, limitNs);
  }

  /** The time of the last transmission of a missing segment. */
  get #sentNs(): number {
    return this.#missing.reduce((lastNs, { sentNs }) => Math.max(lastNs, sentNs), 0);
  }

  get #nowNs(): number {
    return this.#socket.stack.host.kernel.nowNs;
  }

  #resend(segments: readonly Segment[]): void {
    for (const segment of [...segments]) {
      if (segment.flying) continue;
      const sent = markSend(this.#socket, segment.flag, 0, segment.payload, segment.sentEvent);
      this.#socket.sender.launch(segment, sent);
    }
    this.#arm(this.#nowNs);
  }

  /** @internal The retransmission timer fires. */
  timeout(): void {
    this.#timer = undefined;
    if (!this.active) return;
    if (!this.#probed) {
      this.#probed = true;
      this.#resend(this.#missing.slice(-1));
      return;
    }
    const limitNs = this.#socket.orphan ? ORPHAN_GIVE_UP_AFTER_NS : GIVE_UP_AFTER_NS;
    if (this.#timeouts === 0) this.#sinceNs = this.#nowNs;
    else if (this.#nowNs - this.#sinceNs >= limitNs) {
      this.#socket.fail(Errno.ETIMEDOUT);
      return;
    }
    this.#timeouts++;
    this.holds = true;
    this.#resend(this.#firstPacket());
  }

  /** The segments retransmitted after a timeout: the first one, and the small ones that fit into its packet. */
  #firstPacket(): readonly Segment[] {
    let bytes = 0;
    const end = this.#missing.findIndex(({ length }) => (bytes += length) > MSS);
    return end < 0 ? this.#missing : this.#missing.slice(0, Math.max(end, 1));
  }

  /** @internal Fills the gap without waiting for the timer. */
  early(): void {
    this.#early = undefined;
    if (this.holds || this.#socket.peer?.sender.out.blocked === true) return;
    this.#stopTimer();
    this.#resend(this.#missing);
  }
}

function timeout(recovery: Recovery): void {
  recovery.timeout();
}

function early(recovery: Recovery): void {
  recovery.early();
}
