/**
 * What a sender does while the receiver's window is closed: it waits for the receiver to say that there
 * is room, and asks now and then whether it has missed that (RFC 9293, 3.8.6.1), less and less often. A
 * receiver that never answers is given up as one that never acknowledges.
 */
import { type EventHandle, Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { LOST } from "../link.ts";
import {
  GIVE_UP_AFTER_NS,
  HEADER_BYTES,
  RECEIVE_BUFFER_BYTES,
  RTO_MAX_NS,
  RTO_MIN_NS,
} from "./constants.ts";
import { Phase } from "./phase.ts";
import type { Receiver } from "./receiver.ts";
import type { TcpSocket } from "./socket.ts";

/** The window probes of one socket. */
export class WindowProbe {
  readonly #socket: TcpSocket;
  #timer: EventHandle | undefined;
  #waiting = false;
  #updateUnderWay = false;
  #probes = 0;
  #unansweredSinceNs = -1;

  constructor(socket: TcpSocket) {
    this.#socket = socket;
  }

  /** The window has no room for what is to be sent. */
  closed(): void {
    this.#waiting = true;
    this.#arm();
  }

  /** The receiving process has read. */
  opened(receiver: Receiver): void {
    if (!this.#waiting || this.#updateUnderWay) return;
    // The receiver speaks up when half of its buffer is free, not for every byte.
    if (receiver.inboxBytes > RECEIVE_BUFFER_BYTES / 2) return;
    const back = (this.#socket.peer as TcpSocket).sender.out;
    const transitNs = back.blocked || back.passing(1) === 0 ? LOST : back.transitNs(HEADER_BYTES);
    if (transitNs === LOST) return;
    this.#updateUnderWay = true;
    const { host } = this.#socket.stack;
    host.kernel.schedule(transitNs, host.id, Kind.internal, update, this as WindowProbe);
  }

  stop(): void {
    this.#waiting = false;
    if (this.#timer !== undefined) this.#socket.stack.host.kernel.cancel(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    const { host } = this.#socket.stack;
    const firstNs = this.#socket.rttNs + RTO_MIN_NS;
    const delayNs = Math.min(firstNs * 2 ** Math.min(this.#probes, 20), RTO_MAX_NS);
    this.#timer = host.kernel.schedule(delayNs, host.id, Kind.internal, probe, this as WindowProbe);
  }

  /** @internal News of the window has arrived. */
  update(): void {
    this.#updateUnderWay = false;
    const socket = this.#socket;
    if (!this.#waiting || socket.phase !== Phase.open) return;
    if ((socket.peer as TcpSocket).sender.out.blocked) return;
    this.stop();
    this.#probes = 0;
    this.#unansweredSinceNs = -1;
    socket.sender.acknowledged((socket.peer as TcpSocket).receiver.nextSeq);
  }

  /** @internal The probe's timer fires. */
  probe(): void {
    this.#timer = undefined;
    const socket = this.#socket;
    const peer = socket.peer as TcpSocket;
    const { kernel } = socket.stack.host;
    if (!this.#waiting || socket.phase !== Phase.open) return;
    const answered = peer.stack.up && passes(socket) && passes(peer);
    if (!answered) {
      if (this.#unansweredSinceNs < 0) this.#unansweredSinceNs = kernel.nowNs;
      if (kernel.nowNs - this.#unansweredSinceNs >= GIVE_UP_AFTER_NS) {
        socket.fail(Errno.ETIMEDOUT);
        return;
      }
    } else {
      this.#unansweredSinceNs = -1;
      if (peer.phase === Phase.dead) {
        socket.fail(Errno.ECONNRESET);
        return;
      }
      this.opened(peer.receiver);
    }
    this.#probes++;
    this.#arm();
  }
}

function passes(from: TcpSocket): boolean {
  return !from.sender.out.blocked && from.sender.out.passing(1) === 1;
}

function update(probe: WindowProbe): void {
  probe.update();
}

function probe(windowProbe: WindowProbe): void {
  windowProbe.probe();
}
