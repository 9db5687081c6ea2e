/**
 * What a sender does about segments that are not acknowledged: it sends them again when the receiver
 * reports a gap (about a round trip later, as RACK does), or when nothing is acknowledged for the
 * retransmission timeout. Then it sends the last of them again (a tail loss probe), and if that does not
 * help the first, after a timeout that doubles each time (RFC 6298, with Linux's bounds), until it gives up
 * with ETIMEDOUT.
 *
 * A socket gets one of these when its first segment is lost, or the answer to one. The timer is armed once
 * that is known, at the time at which it would have fired, so that a healthy connection needs no timers.
 */
import { type EventHandle, Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { LOST, MSS } from "../link.ts";
import {
  GIVE_UP_AFTER_NS,
  ORPHAN_GIVE_UP_AFTER_NS,
  PROBE_SLACK_NS,
  RTO_MAX_NS,
  RTO_MIN_NS,
} from "./constants.ts";
import { markSend, type Segment } from "./segment.ts";
import type { TcpSocket } from "./socket.ts";

/** The retransmissions of one socket. */
export class Recovery {
  readonly #socket: TcpSocket;
  /** What did not arrive, or arrived without an acknowledgement getting back; in the stream's order. */
  #missing: Segment[] = [];
  #timer: EventHandle | undefined;
  #early: EventHandle | undefined;
  /** Whether the tail loss probe was sent, and how many timeouts there were after it. */
  #probed = false;
  #timeouts = 0;
  /** When the first timeout was. */
  #sinceNs = 0;
  /** A timeout has fired: nothing new is sent before something is acknowledged. */
  holds = false;

  constructor(socket: TcpSocket) {
    this.#socket = socket;
  }

  /** Whether anything is missing. */
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
    // What is sent before the probe is due puts it off.
    if (!this.#probed) this.#stopTimer();
    this.#arm(segment.sentNs);
  }

  /** Everything before `seq` has arrived, and the sender knows. */
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

  /** The receiver has got something beyond a gap, and says so. */
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
    const firstNs = this.#socket.rttNs + RTO_MIN_NS;
    return Math.min(firstNs * 2 ** Math.min(this.#timeouts, 20), RTO_MAX_NS);
  }

  /**
   * Two round trips after what was sent last, if it is more than a packet; a single one's acknowledgement
   * may be a delayed one. In any case when the first would be sent again.
   */
  get #probeDueNs(): number {
    const [first] = this.#missing as [Segment];
    const limitNs = first.sentNs + this.#timeoutNs;
    if (this.#missing.length === 1 && first.length <= MSS) return limitNs;
    return Math.min(this.#sentNs + 2 * this.#socket.rttNs + PROBE_SLACK_NS, limitNs);
  }

  /** When something that is missing was sent last. */
  get #sentNs(): number {
    return this.#missing.reduce((lastNs, { sentNs }) => Math.max(lastNs, sentNs), 0);
  }

  get #nowNs(): number {
    return this.#socket.stack.host.kernel.nowNs;
  }

  #resend(segments: readonly Segment[]): void {
    for (const segment of [...segments]) {
      if (segment.flying) continue;
      const sent = markSend(this.#socket, segment.flag, 0, segment.payload);
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

  /** What is sent again after a timeout: the first segment, with the small ones that fit into its packet. */
  #firstPacket(): readonly Segment[] {
    let bytes = 0;
    const end = this.#missing.findIndex(({ length }) => (bytes += length) > MSS);
    return end < 0 ? this.#missing : this.#missing.slice(0, Math.max(end, 1));
  }

  /** @internal The gap is filled without waiting for the timer. */
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
