/**
 * The sending half of a TCP connection's end: what the process has written, what of it is under way, and
 * what the receiver's window and the send buffer allow. What to do about a segment that does not arrive
 * is `recovery.ts`, about a closed window `window-probe.ts`.
 *
 * What one event writes travels as one flight. Acknowledgements are implied, without an event of their
 * own, unless this half waits for one: a full buffer, a closed window, something lost.
 */
import { InvariantError } from "../../../base/errors.ts";
import { digestOf } from "../../../base/fingerprint.ts";
import { type Kernel, Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { type Link, LOST, MSS } from "../link.ts";
import { arrive } from "./arrival.ts";
import { takeChunks } from "./chunks.ts";
import { HEADER_BYTES, RECEIVE_BUFFER_BYTES, SEND_BUFFER_BYTES } from "./constants.ts";
import { Phase } from "./phase.ts";
import { Recovery } from "./recovery.ts";
import { Flag, markDrop, markSend, Segment } from "./segment.ts";
import type { TcpSocket } from "./socket.ts";
import { WindowProbe } from "./window-probe.ts";

/** What one end sends. */
export class Sender {
  readonly #socket: TcpSocket;
  readonly #kernel: Kernel;
  readonly #hostId: number;
  /** The way to the other end. */
  out: Link;
  /** How much was sent, and how much of it is known to have arrived. */
  sentSeq = 0;
  ackedSeq = 0;
  /** What waits to be sent. */
  #queue: Uint8Array[] = [];
  queueBytes = 0;
  finQueued = false;
  /** The peer on the same host has answered with a reset. */
  resetUnderWay = false;
  /** The other end of this Unix socket is closed: its system knows that of both at once. */
  broken = false;
  finSent = false;
  /** Its FIN went out before the peer's came in: its port waits in TIME_WAIT. */
  closedFirst = false;
  /** The process waits for room in the send buffer. */
  #wantsWritable = false;
  /** There is one since the first segment that was lost. */
  recovery: Recovery | undefined;
  /** There is one since the first time that the window was closed. */
  #windowProbe: WindowProbe | undefined;
  /** When what was sent last arrives: nothing that is sent later arrives earlier. */
  lastArrivalNs = 0;
  /** The flight that the current event has sent, which takes in what else this event writes. */
  #flight: Segment | undefined;
  #flightEvent = -1;
  #fin: Segment | undefined;

  constructor(socket: TcpSocket) {
    this.#socket = socket;
    this.out = socket.stack.loopback;
    this.#kernel = socket.stack.host.kernel;
    this.#hostId = socket.stack.host.id;
  }

  // ---------------------------------------------------------------- from the process

  /** See {@link TcpSocket.write}. */
  write(bytes: Uint8Array): number {
    const socket = this.#socket;
    const mayWrite = socket.phase === Phase.open && socket.error === 0;
    if (!mayWrite || this.finQueued || this.broken) return this.#refusal();
    const room = SEND_BUFFER_BYTES - (this.sentSeq - this.ackedSeq) - this.queueBytes;
    if (room <= 0) return 0;
    const part = bytes.length > room ? bytes.subarray(0, room) : bytes;
    if (part.length === 0) return 0;
    if (this.queueBytes === 0 && this.#fits(part.length)) this.#send(part);
    else this.#wait(part);
    if ((socket.peer as TcpSocket).orphan) this.#meetClosedPeer();
    return part.length;
  }

  /**
   * Written to a peer that is closed. On its own host the system has carried the reset back before the
   * call returns: the next call meets it, though nobody is told before it arrives.
   */
  #meetClosedPeer(): void {
    const socket = this.#socket;
    const { peer } = socket;
    if (peer?.stack !== socket.stack || socket.unix) return;
    const ended = socket.receiver.finReceived || peer.sender.finSent;
    this.resetUnderWay = true;
    socket.error = ended ? Errno.EPIPE : Errno.ECONNRESET;
  }

  /** Why nothing can be written now: an error, or 0 before the connection is complete. */
  #refusal(): number {
    const socket = this.#socket;
    if (this.broken) return Errno.EPIPE;
    if (socket.error !== 0) return socket.takeError();
    const { phase } = socket;
    const begins = phase === Phase.connecting || phase === Phase.handshaking;
    return begins && !this.finQueued ? 0 : Errno.EPIPE;
  }

  #wait(part: Uint8Array): void {
    this.#queue.push(part);
    this.queueBytes += part.length;
    this.pump();
  }

  /** Asks for `onWritable` once the buffer has room. */
  awaitWritable(): void {
    this.#wantsWritable = true;
  }

  /** Nothing more will be written: FIN follows what is in the buffer. */
  end(): void {
    this.finQueued = true;
    this.pump();
  }

  /** See {@link broken}. */
  breakPipe(): void {
    this.broken = true;
  }

  // ---------------------------------------------------------------- to the wire

  #fits(bytes: number): boolean {
    return (
      bytes <= this.out.flightBytes && this.recovery?.holds !== true && bytes <= this.#windowRoom()
    );
  }

  /** How many bytes the receiver's window has room for. */
  #windowRoom(): number {
    const { receiver } = this.#socket.peer as TcpSocket;
    // The window ends a buffer's length after what the receiving process has read.
    return RECEIVE_BUFFER_BYTES - (this.sentSeq - receiver.nextSeq) - receiver.inboxBytes;
  }

  /** Sends what the window allows. */
  pump(): void {
    const socket = this.#socket;
    if (socket.phase !== Phase.open || this.recovery?.holds === true) return;
    while (this.queueBytes > 0) {
      const room = this.#windowRoom();
      // Not to send silly small pieces: a whole segment, or all there is.
      if (room < Math.min(this.queueBytes, MSS)) {
        this.#windowClosed();
        return;
      }
      const bytes = Math.min(room, this.queueBytes, this.out.flightBytes);
      this.queueBytes -= bytes;
      this.#send(takeChunks(this.#queue, bytes));
    }
    this.#windowProbe?.stop();
    if (this.finQueued && !this.finSent) this.#sendFin();
  }

  #windowClosed(): void {
    if (this.#windowProbe === undefined) {
      this.#windowProbe = new WindowProbe(this.#socket);
      (this.#socket.peer as TcpSocket).receiver.windowProbe = this.#windowProbe;
    }
    this.#windowProbe.closed();
  }

  #send(payload: Uint8Array): void {
    const socket = this.#socket;
    const kernel = this.#kernel;
    const sent = this.#mark(payload);
    const seq = this.sentSeq;
    const { length } = payload;
    this.sentSeq = seq + length;
    if (this.#flightEvent === kernel.currentEvent && this.#joinsFlight(payload)) return;
    const segment = new Segment(socket, socket.peer as TcpSocket, Flag.data, seq, length, payload);
    this.#flight = segment;
    this.#flightEvent = kernel.currentEvent;
    this.launch(segment, sent);
  }

  /** As {@link markSend} does, and straight away where nobody looks: for what happens at every write. */
  #mark(payload: Uint8Array): number {
    const kernel = this.#kernel;
    const digest = digestOf(payload);
    if (kernel.observer !== undefined) return markSend(this.#socket, Flag.data, digest, payload);
    return kernel.mark(this.#hostId, Kind.send, digest);
  }

  /** Whether what is sent goes with the flight that this event has sent already. */
  #joinsFlight(payload: Uint8Array): boolean {
    const { out } = this;
    const flight = this.#flight as Segment;
    const together = flight.length + payload.length;
    if (!flight.flying || together > out.flightBytes) return false;
    if (out.lossy || out.bandwidth !== Infinity) return false;
    (flight.more ??= []).push(payload);
    flight.length = together;
    return true;
  }

  #sendFin(): void {
    const socket = this.#socket;
    const peer = socket.peer as TcpSocket;
    this.finSent = true;
    this.closedFirst = !socket.receiver.finReceived;
    const sent = markSend(socket, Flag.fin, 0, undefined);
    this.#fin = new Segment(socket, peer, Flag.fin, this.sentSeq++, 1, undefined);
    this.launch(this.#fin, sent);
  }

  /** Puts a segment on the wire; `cause` is the event of its sending. */
  launch(segment: Segment, cause: number): void {
    const { out } = this;
    const kernel = this.#kernel;
    segment.sentNs = kernel.nowNs;
    segment.ack = this.#socket.receiver.nextSeq;
    if (out.blocked) {
      this.lost(segment, "blocked");
      return;
    }
    const rest = out.lossy ? cutByLoss(segment, out) : undefined;
    if (rest === segment) {
      this.lost(segment, "lost");
      return;
    }
    const transitNs = out.transitNs(segment.length + HEADER_BYTES);
    if (transitNs === LOST) {
      this.lost(segment, "queue full");
    } else {
      // What overtakes waits at the receiver for what it has overtaken.
      const arrivalNs = Math.max(kernel.nowNs + transitNs, this.lastArrivalNs);
      this.lastArrivalNs = arrivalNs;
      segment.flying = true;
      const outer = kernel.currentEvent;
      kernel.currentEvent = cause;
      kernel.scheduleAt(arrivalNs, segment.to.stack.host.id, Kind.receive, arrive, segment);
      kernel.currentEvent = outer;
    }
    if (rest !== undefined) this.lost(rest, "lost");
  }

  // ---------------------------------------------------------------- what became of it

  /** A segment of this half will not arrive, or its acknowledgement will not. */
  lost(segment: Segment, reason: string | undefined): void {
    const socket = this.#socket;
    segment.flying = false;
    if (reason !== undefined) markDrop(socket, segment.flag, segment.payload, reason);
    if (socket.phase !== Phase.open) return;
    this.recovery ??= new Recovery(socket);
    this.recovery.lost(segment);
  }

  /**
   * The way back is cut: the acknowledgements that are on it do not arrive. Those without an event of their
   * own are seen to here; the last one covers all before it.
   */
  answersCut(): void {
    const last = this.#fin ?? this.#flight;
    const { nowNs } = this.#kernel;
    if (last === undefined || last.flying || nowNs < this.lastArrivalNs) return;
    const back = (this.#socket.peer as TcpSocket).sender.out;
    if (nowNs >= this.lastArrivalNs + back.meanLatencyNs()) return;
    if (this.ackedSeq > last.seq) this.ackedSeq = last.seq;
    this.lost(last, undefined);
  }

  /** Whether anything depends on when the next acknowledgement arrives. */
  get awaitsAcknowledgement(): boolean {
    return this.#wantsWritable || this.queueBytes > 0 || this.recovering;
  }

  /** Whether something that was sent is known to be lost. */
  get recovering(): boolean {
    return this.recovery !== undefined && this.recovery.active;
  }

  /** The peer is known to have everything before `seq`. */
  acknowledged(seq: number): void {
    const socket = this.#socket;
    if (socket.phase !== Phase.open) return;
    if (seq > this.sentSeq || this.ackedSeq > this.sentSeq) this.#acknowledgedTooMuch(seq);
    socket.heardNs = this.#kernel.nowNs;
    if (seq > this.ackedSeq) this.ackedSeq = seq;
    if (this.recovery !== undefined && this.recovery.active) this.recovery.acknowledged(seq);
    this.pump();
    if (this.#wantsWritable) this.#offerRoom();
    socket.finish();
  }

  #acknowledgedTooMuch(seq: number): never {
    const { sentSeq, ackedSeq } = this;
    throw new InvariantError(`TCP: sent ${sentSeq}, acknowledged ${ackedSeq} and now ${seq}`);
  }

  #offerRoom(): void {
    const used = this.sentSeq - this.ackedSeq + this.queueBytes;
    // Linux wakes a writer when a third of the buffer is free.
    if (used > (SEND_BUFFER_BYTES * 2) / 3) return;
    this.tellWritable();
  }

  /** Tells the process, if it waits for that, that a `write` has an answer now. */
  tellWritable(): void {
    if (!this.#wantsWritable) return;
    this.#wantsWritable = false;
    const socket = this.#socket;
    socket.process?.enter(writable, socket);
  }

  /** The connection is gone: what is in the buffer never leaves it. */
  discard(): void {
    this.#queue = [];
    this.queueBytes = 0;
    this.resetUnderWay = false;
  }

  stopTimers(): void {
    this.recovery?.stop();
    this.#windowProbe?.stop();
  }
}

/** What of a flight is lost by chance, from its first lost packet on: a part, all, or nothing. */
function cutByLoss(segment: Segment, out: Link): Segment | undefined {
  const packets = Math.ceil(segment.length / MSS);
  const passed = out.passing(packets);
  if (passed === packets) return undefined;
  return passed === 0 ? segment : segment.split(passed * MSS);
}

function writable(socket: TcpSocket): void {
  socket.events?.onWritable();
}
