/**
 * The sender's behaviour while the receiver's window is closed: it waits for a window update from the
 * receiver and probes at increasing intervals in case it missed one (RFC 9293, 3.8.6.1). A receiver that
 * never answers is given up like one that never acknowledges.
 */
import { type EventHandle, Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { sendControl, sendReset } from "./arrival.ts";
import {
  GIVE_UP_AFTER_NS,
  ORPHAN_GIVE_UP_AFTER_NS,
  RECEIVE_BUFFER_BYTES,
  RTO_MAX_NS,
  firstTimeoutNs,
} from "./constants.ts";
import { Phase } from "./phase.ts";
import type { Receiver } from "./receiver.ts";
import { Flag } from "./segment.ts";
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

  /** Called when the window has no room for the data to be sent. */
  closed(): void {
    this.#waiting = true;
    this.#arm();
  }

  /** Called when the receiving process has read. */
  opened(receiver: Receiver): void {
    if (!this.#waiting || this.#updateUnderWay) return;
    if (!hasRoom(receiver)) return;
    this.#updateUnderWay = true;
    // A lost update is not sent again; the sender's next probe asks for it.
    const over = (): void => void (this.#updateUnderWay = false);
    sendControl(this.#socket.peer as TcpSocket, Flag.ack, () => this.update(), over);
  }

  stop(): void {
    this.#waiting = false;
    if (this.#timer !== undefined) this.#socket.stack.host.kernel.cancel(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    const { host } = this.#socket.stack;
    const self = this as WindowProbe;
    this.#timer = host.kernel.schedule(this.#delayNs, host.id, Kind.internal, probe, self);
  }

  get #delayNs(): number {
    const firstNs = firstTimeoutNs(this.#socket.rttNs);
    return Math.min(firstNs * 2 ** Math.min(this.#probes, 20), RTO_MAX_NS);
  }

  /** @internal Called when a window update has arrived. */
  update(): void {
    this.#updateUnderWay = false;
    const socket = this.#socket;
    if (!this.#waiting || socket.phase !== Phase.open) return;
    this.stop();
    this.#probes = 0;
    this.#unansweredSinceNs = -1;
    socket.sender.acknowledged((socket.peer as TcpSocket).receiver.nextSeq);
  }

  /** @internal Called when the probe's timer fires. */
  probe(): void {
    this.#timer = undefined;
    const socket = this.#socket;
    const { nowNs } = socket.stack.host.kernel;
    if (!this.#waiting || socket.phase !== Phase.open) return;
    if (this.#unansweredSinceNs < 0) this.#unansweredSinceNs = nowNs;
    const limitNs = socket.orphan ? ORPHAN_GIVE_UP_AFTER_NS : GIVE_UP_AFTER_NS;
    // A receiver that never reads may keep a writer waiting forever, but not a socket that no process
    // holds.
    const tired = socket.orphan && this.#delayNs >= RTO_MAX_NS;
    if (tired || nowNs - this.#unansweredSinceNs >= limitNs) {
      socket.fail(Errno.ETIMEDOUT);
      return;
    }
    sendControl(socket, Flag.ack, () => this.#probeArrives());
    this.#probes++;
    this.#arm();
  }

  /** As with keep-alive, a machine that knows the connection answers the probe; any other sends a reset. */
  #probeArrives(): void {
    const peer = this.#socket.peer as TcpSocket;
    if (peer.phase === Phase.dead) {
      sendReset(peer, 0);
      return;
    }
    peer.heardNs = peer.stack.host.kernel.nowNs;
    const open = hasRoom(peer.receiver);
    sendControl(peer, Flag.ack, () => this.#answered(open));
  }

  #answered(open: boolean): void {
    this.#unansweredSinceNs = -1;
    this.#socket.heardNs = this.#socket.stack.host.kernel.nowNs;
    if (open) this.update();
  }
}

/** Whether a receiver reports that there is room: only when half of its buffer is free, not for every byte. */
function hasRoom(receiver: Receiver): boolean {
  return receiver.inboxBytes <= RECEIVE_BUFFER_BYTES / 2;
}

function probe(windowProbe: WindowProbe): void {
  windowProbe.probe();
}
