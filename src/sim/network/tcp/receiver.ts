/**
 * The receiving half of a TCP connection's end: bytes in order, whatever order their segments come in,
 * until the process reads them; the end of the stream; and what is acknowledged to the sender.
 */
import { InvariantError } from "../../../base/errors.ts";
import { type Kernel, Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { LOST } from "../link.ts";
import { answerReset, arriveAck } from "./arrival.ts";
import { takeChunks } from "./chunks.ts";
import { HEADER_BYTES } from "./constants.ts";
import { Phase } from "./phase.ts";
import { Flag, type Segment } from "./segment.ts";
import type { TcpSocket } from "./socket.ts";
import type { WindowProbe } from "./window-probe.ts";

/** What one end receives. */
export class Receiver {
  readonly #socket: TcpSocket;
  readonly #kernel: Kernel;
  /** How much has arrived in order. */
  nextSeq = 0;
  finReceived = false;
  /** What has arrived and was not read. */
  #inbox: Uint8Array[] = [];
  inboxBytes = 0;
  /** Segments beyond a gap, in the stream's order. */
  #outOfOrder: Segment[] = [];
  /** The sender's, since it has once found the window closed. */
  windowProbe: WindowProbe | undefined;
  /** Sockets that are passed with what is to be read, and where. */
  readonly #rights: { readonly at: number; readonly item: unknown }[] = [];
  /** The passed socket that came with the last read. */
  #receivedRights: unknown;
  /** Whether the process wants to be told of what arrives. */
  reading = false;
  /** It was told, and has not come to read yet. */
  #notified = false;
  /** It has read the end of the stream. */
  #endRead = false;

  constructor(socket: TcpSocket) {
    this.#socket = socket;
    this.#kernel = socket.stack.host.kernel;
  }

  // ---------------------------------------------------------------- to the process

  /** See {@link TcpSocket.read}. */
  read(atMost: number): Uint8Array | number {
    if (this.inboxBytes === 0) return this.#end();
    const inbox = this.#inbox;
    const limit = this.#rights.length === 0 ? atMost : this.#untilRights(atMost);
    const chunk =
      inbox.length === 1 && this.inboxBytes <= limit
        ? (inbox.pop() as Uint8Array)
        : takeChunks(inbox, Math.min(limit, this.inboxBytes));
    this.inboxBytes -= chunk.length;
    this.windowProbe?.opened(this);
    return chunk;
  }

  /** What a read gives where there are no bytes. */
  #end(): number {
    const socket = this.#socket;
    // TCP has read to the end, whatever came after it; a Unix socket knows of the error alone.
    const ended = this.finReceived && !socket.unix;
    if (this.#failed && !ended) return socket.takeError();
    if (this.finReceived || socket.phase === Phase.dead) {
      this.#endRead = true;
      return Errno.EOF;
    }
    return socket.phase === Phase.open ? Errno.EAGAIN : Errno.ENOTCONN;
  }

  /** From now on the process is told when there is something to read. */
  start(): void {
    if (this.reading) return;
    this.reading = true;
    this.readAgain();
  }

  /** Whether there is an error to read: a reset that is under way is none yet. */
  get #failed(): boolean {
    const { error, sender } = this.#socket;
    return error !== 0 && !sender.resetUnderWay;
  }

  /** Whether a `read` would give something. */
  get #readable(): boolean {
    const socket = this.#socket;
    return (
      this.inboxBytes > 0 ||
      this.#failed ||
      ((this.finReceived || socket.phase === Phase.dead) && !this.#endRead)
    );
  }

  /** After a read: tells the process, in a later turn, if there is more. */
  readAgain(): void {
    if (!this.reading || this.#notified || !this.#readable) return;
    this.#notified = true;
    const socket = this.#socket;
    socket.process?.schedule(0, Kind.internal, turn, this as Receiver);
  }

  /** Tells the process, if it wants to know, that there is something to read. */
  tellReadable(): void {
    if (!this.reading || this.#notified) return;
    this.#notified = true;
    this.#socket.process?.enter(turn, this as Receiver);
  }

  /** @internal The process comes to read. */
  turn(): void {
    this.#notified = false;
    if (this.reading) this.#socket.events?.onReadable();
  }

  /** Whoever reads next meets the end of the stream for himself. */
  forgetEndRead(): void {
    this.#endRead = false;
  }

  /** The bytes from `at` on come with `item`, a socket (SCM_RIGHTS). */
  expectRights(at: number, item: unknown): void {
    this.#rights.push({ at, item });
  }

  /** See {@link TcpSocket.takeRights}. */
  takeRights(): unknown {
    const rights = this.#receivedRights;
    if (rights !== undefined) this.#receivedRights = undefined;
    return rights;
  }

  /** How much of `limit` may be read at once: what carries a socket begins a read of its own. */
  #untilRights(limit: number): number {
    const rights = this.#rights;
    const at = this.nextSeq - this.inboxBytes;
    if (rights[0]?.at === at) this.#receivedRights = rights.shift()?.item;
    const next = rights[0];
    return next === undefined ? limit : Math.min(limit, next.at - at);
  }

  // ---------------------------------------------------------------- from the wire

  /** A segment of the stream has arrived. */
  receive(segment: Segment): void {
    const socket = this.#socket;
    if (socket.phase !== Phase.open && !this.#opens(segment)) return;
    socket.heardNs = this.#kernel.nowNs;
    const { sender } = socket;
    if (sender.recovering) sender.acknowledged(segment.ack);
    if (segment.seq !== this.nextSeq) {
      if (segment.seq < this.nextSeq) this.#acknowledge(segment);
      else this.#keepForLater(segment);
      return;
    }
    this.#consume(segment);
    if (this.#outOfOrder.length > 0) this.#consumeLater();
    if ((socket.phase as number) === Phase.dead) {
      if (socket.inTimeWait) this.#acknowledge(segment);
      return;
    }
    this.#acknowledge(segment);
    // A reset right behind it is there by the time that anyone looks, and tells of both.
    if (socket.resetArrivesNs !== socket.heardNs) this.tellReadable();
  }

  /** Whether a segment for a connection that is not open is what opens it. */
  #opens(segment: Segment): boolean {
    const socket = this.#socket;
    if (socket.phase === Phase.dead) {
      if (socket.inTimeWait) this.#acknowledge(segment);
      else answerReset(segment);
      return false;
    }
    if (socket.phase !== Phase.handshaking) return true;
    // Data acknowledges the SYN-ACK too; while the backlog is full, it is dropped with it.
    socket.handshake?.complete();
    if ((socket.phase as number) === Phase.open) return true;
    segment.from.sender.lost(segment, "backlog full");
    return false;
  }

  #consume(segment: Segment): void {
    const socket = this.#socket;
    this.nextSeq += segment.length;
    if (segment.flag === Flag.fin) {
      this.finReceived = true;
      socket.finish();
    } else if (socket.orphan) {
      // Nobody will ever read this: the sender learns it the hard way.
      answerReset(segment);
      socket.die();
    } else {
      this.#keep(segment);
    }
  }

  #keep(segment: Segment): void {
    this.#inbox.push(segment.payload as Uint8Array);
    if (segment.more !== undefined) {
      for (const chunk of segment.more) this.#inbox.push(chunk);
    }
    this.inboxBytes += segment.length;
  }

  #keepForLater(segment: Segment): void {
    const waiting = this.#outOfOrder;
    if (waiting.includes(segment)) return;
    let at = waiting.length;
    while (at > 0 && (waiting[at - 1] as Segment).seq > segment.seq) at--;
    waiting.splice(at, 0, segment);
    // The duplicate acknowledgement tells the sender of the gap before its timer does.
    segment.from.sender.recovery?.gapReported(this.#socket);
  }

  #consumeLater(): void {
    const waiting = this.#outOfOrder;
    while (waiting.length > 0 && (waiting[0] as Segment).seq <= this.nextSeq) {
      const segment = waiting.shift() as Segment;
      if (segment.seq === this.nextSeq && this.#socket.phase !== Phase.dead) this.#consume(segment);
    }
  }

  #acknowledge(segment: Segment): void {
    const { from } = segment;
    const { sender } = from;
    if (sender.awaitsAcknowledgement || !this.#socket.sender.out.sound) {
      this.#answer(segment);
      return;
    }
    // Nothing would come of it but this, so that no event is needed. `Sender.answersCut` sees to the one
    // thing that may still happen to it on its way.
    if (this.nextSeq > sender.sentSeq) ahead(from);
    sender.ackedSeq = this.nextSeq;
    from.heardNs = this.#socket.heardNs;
    if (from.orphan) from.finish();
  }

  /** Sends an acknowledgement that is an event of its own, or may be lost. */
  #answer(segment: Segment): void {
    const { from } = segment;
    const back = this.#socket.sender.out;
    const lost = back.blocked || (back.lossy && back.passing(1) === 0);
    const transitNs = lost ? LOST : back.transitNs(HEADER_BYTES);
    if (transitNs === LOST) {
      from.sender.lost(segment, undefined);
      return;
    }
    segment.answer = this.nextSeq;
    this.#kernel.schedule(transitNs, from.stack.host.id, Kind.internal, arriveAck, segment);
  }

  /** The connection is gone: what lies beyond a gap is never read. */
  discardOutOfOrder(): void {
    this.#outOfOrder = [];
  }

  /** The machine has lost power, and with it all that was not read. */
  discard(): void {
    this.#inbox = [];
    this.inboxBytes = 0;
  }
}

function ahead(socket: TcpSocket): never {
  const { sender, peer } = socket;
  const got = peer?.receiver.nextSeq;
  throw new InvariantError(`TCP: byte ${got} has arrived, and ${sender.sentSeq} were sent`);
}

function turn(receiver: Receiver): void {
  receiver.turn();
}
