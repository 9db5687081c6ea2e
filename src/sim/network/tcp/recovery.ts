/**
 * What a sender does about segments that do not arrive: it sends them again when the receiver reports a
 * gap (about a round trip later, as RACK does), or when nothing is acknowledged for the retransmission
 * timeout, which doubles each time (RFC 6298, with Linux's bounds), until it gives up with ETIMEDOUT.
 *
 * A socket gets one of these when its first segment is lost. The timer is armed once a segment is known
 * to be lost, at the time at which it would have fired, so that a healthy connection needs no timers.
 */
import { type EventHandle, Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { GIVE_UP_AFTER_NS, ORPHAN_GIVE_UP_AFTER_NS, RTO_MAX_NS, RTO_MIN_NS } from "./constants.ts";
import { markSend, type Segment } from "./segment.ts";
import type { TcpSocket } from "./socket.ts";

/** The retransmissions of one socket. */
export class Recovery {
  readonly #socket: TcpSocket;
  /** What did not arrive, or arrived without an acknowledgement getting back; in the stream's order. */
  #missing: Segment[] = [];
  #timer: EventHandle | undefined;
  #early: EventHandle | undefined;
  #timeouts = 0;
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
    if (missing.length === 0) this.#sinceNs = segment.sentNs;
    if (!missing.includes(segment)) {
      let at = missing.length;
      while (at > 0 && (missing[at - 1] as Segment).seq > segment.seq) at--;
      missing.splice(at, 0, segment);
    }
    this.#arm(segment.sentNs);
  }

  /** Everything before `seq` has arrived, and the sender knows. */
  acknowledged(seq: number): void {
    const missing = this.#missing;
    let arrived = 0;
    while (arrived < missing.length && (missing[arrived] as Segment).end <= seq) arrived++;
    if (arrived === 0) return;
    missing.splice(0, arrived);
    this.#timeouts = 0;
    this.holds = false;
    this.#disarm();
    if (missing.length === 0) return;
    this.#sinceNs = this.#socket.stack.host.kernel.nowNs;
    this.#resend(missing.length);
  }

  /** The receiver has got something beyond a gap, and says so. */
  gapReported(peer: TcpSocket): void {
    if (this.#early !== undefined || this.holds || !this.active) return;
    const back = peer.sender.out;
    if (back.blocked) return;
    const { host } = this.#socket.stack;
    const delayNs = back.transitNs(0) + Math.round(this.#socket.rttNs / 4);
    this.#early = host.kernel.schedule(delayNs, host.id, Kind.internal, early, this as Recovery);
  }

  stop(): void {
    this.#missing = [];
    this.#disarm();
  }

  #disarm(): void {
    const { kernel } = this.#socket.stack.host;
    if (this.#timer !== undefined) kernel.cancel(this.#timer);
    if (this.#early !== undefined) kernel.cancel(this.#early);
    this.#timer = undefined;
    this.#early = undefined;
  }

  #arm(sentNs: number): void {
    if (this.#timer !== undefined) return;
    const { host } = this.#socket.stack;
    const firstNs = this.#socket.rttNs + RTO_MIN_NS;
    const timeoutNs = Math.min(firstNs * 2 ** Math.min(this.#timeouts, 20), RTO_MAX_NS);
    this.#timer = host.kernel.scheduleAt(
      sentNs + timeoutNs,
      host.id,
      Kind.internal,
      timeout,
      this as Recovery,
    );
  }

  #resend(count: number): void {
    for (const segment of this.#missing.slice(0, count)) {
      if (segment.flying) continue;
      const sent = markSend(this.#socket, segment.flag, 0, segment.payload);
      this.#socket.sender.launch(segment, sent);
    }
  }

  /** @internal The retransmission timer fires. */
  timeout(): void {
    this.#timer = undefined;
    if (!this.active) return;
    const limitNs = this.#socket.orphan ? ORPHAN_GIVE_UP_AFTER_NS : GIVE_UP_AFTER_NS;
    if (this.#socket.stack.host.kernel.nowNs - this.#sinceNs >= limitNs) {
      this.#socket.fail(Errno.ETIMEDOUT);
      return;
    }
    this.#timeouts++;
    this.holds = true;
    this.#resend(1);
  }

  /** @internal The gap is filled without waiting for the timer. */
  early(): void {
    this.#early = undefined;
    if (this.holds) return;
    if (this.#timer !== undefined) this.#socket.stack.host.kernel.cancel(this.#timer);
    this.#timer = undefined;
    this.#resend(this.#missing.length);
  }
}

function timeout(recovery: Recovery): void {
  recovery.timeout();
}

function early(recovery: Recovery): void {
  recovery.early();
}
