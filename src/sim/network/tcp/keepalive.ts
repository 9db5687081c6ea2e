/**
 * Keep-alive: after `idleNs` without any segment from the peer, sends probes at an interval. `count`
 * unanswered probes end the connection with ETIMEDOUT; an answer from a machine that does not know the
 * connection ends it with ECONNRESET. A busy connection costs one event per idle time, and is not probed.
 */
import { SECOND } from "../../../base/units.ts";
import { type EventHandle, Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { sendControl, sendReset } from "./arrival.ts";
import { Phase } from "./phase.ts";
import { Flag } from "./segment.ts";
import type { TcpSocket } from "./socket.ts";

/** The keep-alive settings of a socket. */
export interface KeepAliveOptions {
  /** Idle time before the first probe. Linux's default is two hours. */
  idleNs: number;
  /** Time between probes. Linux's default is 75 s; libuv, and so Node, sets 1 s. */
  intervalNs: number;
  /** Number of unanswered probes before the connection ends. Linux's default is 9; libuv sets 10. */
  count: number;
}

/** Linux's settings when only SO_KEEPALIVE is set. */
export const defaultKeepAlive: Readonly<KeepAliveOptions> = {
  idleNs: 7_200 * SECOND,
  intervalNs: 75 * SECOND,
  count: 9,
};

/** The keep-alive timer of one socket. */
export class KeepAlive {
  readonly #socket: TcpSocket;
  #options: KeepAliveOptions;
  #timer: EventHandle | undefined;
  #unanswered = 0;

  constructor(socket: TcpSocket, options: KeepAliveOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  start(options: KeepAliveOptions): void {
    this.stop();
    this.#options = options;
    this.#arm(options.idleNs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#socket.stack.host.kernel.cancel(this.#timer);
    this.#timer = undefined;
    this.#unanswered = 0;
  }

  #arm(delayNs: number): void {
    const { host } = this.#socket.stack;
    this.#timer = host.kernel.schedule(delayNs, host.id, Kind.internal, fire, this as KeepAlive);
  }

  /** @internal */
  fire(): void {
    this.#timer = undefined;
    const socket = this.#socket;
    const { kernel } = socket.stack.host;
    const { idleNs, intervalNs, count } = this.#options;
    if (socket.phase !== Phase.open) return;
    const silentNs = kernel.nowNs - socket.heardNs;
    const { queueBytes, recovering, sentSeq, ackedSeq } = socket.sender;
    // What is under way is sent again until it is acknowledged, which takes far longer: no probes meanwhile, as on Linux.
    const sending = queueBytes > 0 || recovering || sentSeq > ackedSeq;
    if (silentNs < idleNs || sending) {
      this.#unanswered = 0;
      this.#arm(sending ? idleNs : idleNs - silentNs);
      return;
    }
    if (this.#unanswered >= count) {
      sendReset(socket);
      socket.fail(Errno.ETIMEDOUT);
      return;
    }
    this.#unanswered++;
    sendControl(socket, Flag.ack, () => this.#probeArrives());
    this.#arm(intervalNs);
  }

  /**
   * The probe is an old byte. A machine that knows the connection answers with its current position; any
   * other sends RST.
   */
  #probeArrives(): void {
    const peer = this.#socket.peer as TcpSocket;
    if (peer.phase === Phase.dead) {
      sendReset(peer, 0);
      return;
    }
    peer.heardNs = peer.stack.host.kernel.nowNs;
    sendControl(peer, Flag.ack, () => this.#answered());
  }

  #answered(): void {
    const socket = this.#socket;
    socket.heardNs = socket.stack.host.kernel.nowNs;
    if (this.#timer === undefined) return;
    this.stop();
    this.#arm(this.#options.idleNs);
  }
}

function fire(keepAlive: KeepAlive): void {
  keepAlive.fire();
}
