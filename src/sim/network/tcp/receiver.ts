/**
 * The receiving half of a TCP connection's end. It puts segments in order and keeps their bytes until the
 * process reads them, handles the end of the stream, and acknowledges data to the sender.
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

/** The receiving state of one end. */
export class Receiver {
  readonly #socket: TcpSocket;
  readonly #kernel: Kernel;
  /** The number of bytes that have arrived in order. */
  nextSeq = 0;
  finReceived = false;
  /** Bytes that have arrived and were not read. */
  #inbox: Uint8Array[] = [];
  inboxBytes = 0;
  /** Segments beyond a gap, in stream order. */
  #outOfOrder: Segment[] = [];
  /** The sender's window probe; set once the sender has found the window closed. */
  windowProbe: WindowProbe | undefined;
  /** Sockets passed along with the data, and their positions in the stream. */
  readonly #rights: { readonly at: number; readonly item: unknown }[] = [];
  /** The passed socket that came with the last read. */
  #receivedRights: unknown;
  /** Whether the process wants to be notified of arrivals. */
  reading = false;
  /** The process was notified and has not read yet. */
  #notified = false;
  /** The process has read the end of the stream. */
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

  /** The result of a read when there are no bytes. */
  #end(): number {
    const socket = this.#socket;
    // TCP reports the end of the stream even if an error came after it; a Unix socket reports only the
    // error.
    const ended = this.finReceived && !socket.unix;
    if (this.#failed && !ended) return socket.takeError();
    if (this.finReceived || socket.phase === Phase.dead) {
      this.#endRead = true;
      return Errno.EOF;
    }
    return socket.phase === Phase.open ? Errno.EAGAIN : Errno.ENOTCONN;
  }

  /** Starts notifying the process when there is something to read. */
  start(): void {
    if (this.reading) return;
    this.reading = true;
    this.readAgain();
  }

  /** Whether there is an error to read. A reset still in transit does not count. */
  get #failed(): boolean {
    const { error, sender } = this.#socket;
    return error !== 0 && !sender.resetUnderWay;
  }

  /** Whether a `read` would return a result other than `EAGAIN`. */
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

  /** Notifies the process, if it wants to be, that there is something to read. */
  tellReadable(): void {
    if (!this.reading || this.#notified) return;
    this.#notified = true;
    this.#socket.process?.enter(turn, this as Receiver);
  }

  /** @internal Called in the turn in which the process reads. */
  turn(): void {
    this.#notified = false;
    if (this.reading) this.#socket.events?.onReadable();
  }

  /** Makes the next reader get the end of the stream again. */
  forgetEndRead(): void {
    this.#endRead = false;
  }

  /** Registers that the bytes from `at` on carry `item`, a socket (SCM_RIGHTS). */
  expectRights(at: number, item: unknown): void {
    this.#rights.push({ at, item });
  }

  /** See {@link TcpSocket.takeRights}. */
  takeRights(): unknown {
    const rights = this.#receivedRights;
    if (rights !== undefined) this.#receivedRights = undefined;
    return rights;
  }

  /**
   * The number of bytes, at most `limit`, that may be read at once. Bytes that carry a socket begin a new
   * read.
   */
  #untilRights(limit: number): number {
    const rights = this.#rights;
    const at = this.nextSeq - this.inboxBytes;
    if (rights[0]?.at === at) this.#receivedRights = rights.shift()?.item;
    const next = rights[0];
    return next === undefined ? limit : Math.min(limit, next.at - at);
  }

  // ---------------------------------------------------------------- from the wire

  /** Called when a segment of the stream has arrived. */
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
    // A reset directly behind it arrives before the process runs; its notification covers both.
    if (socket.resetArrivesNs !== socket.heardNs) this.tellReadable();
  }

  /** Whether this segment completes the opening of a connection that is not open yet. */
  #opens(segment: Segment): boolean {
    const socket = this.#socket;
    if (socket.phase === Phase.dead) {
      if (socket.inTimeWait) this.#acknowledge(segment);
      else answerReset(segment);
      return false;
    }
    if (socket.phase !== Phase.handshaking) return true;
    // Data also acknowledges the SYN-ACK. If the backlog is full, the data is dropped with it.
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
      // This will never be read, so the sender gets a reset.
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
    // The duplicate acknowledgement informs the sender of the gap before its timer fires.
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
    const back = this.#socket.sender;
    if (sender.awaitsAcknowledgement || !back.out.sound || back.isForgotten) {
      this.#answer(segment);
      return;
    }
    // This is the only effect of the acknowledgement, so no event is needed. `Sender.answersCut` handles a
    // block of the link while it is in transit.
    if (this.nextSeq > sender.sentSeq) ahead(from);
    sender.ackedSeq = this.nextSeq;
    from.heardNs = this.#socket.heardNs;
    if (from.orphan) from.finish();
  }

  /** Sends an acknowledgement that needs its own event or may be lost. */
  #answer(segment: Segment): void {
    const { from } = segment;
    const { out: back, isForgotten } = this.#socket.sender;
    const lost = back.blocked || isForgotten || (back.lossy && back.passing(1) === 0);
    const transitNs = lost ? LOST : back.transitNs(HEADER_BYTES);
    if (transitNs === LOST) {
      from.sender.lost(segment, undefined);
      return;
    }
    segment.answer = this.nextSeq;
    this.#kernel.schedule(transitNs, from.stack.host.id, Kind.internal, arriveAck, segment);
  }

  /** The connection is closed: segments beyond a gap are never read. */
  discardOutOfOrder(): void {
    this.#outOfOrder = [];
  }

  /** Discards all unread data when the machine has lost power. */
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
