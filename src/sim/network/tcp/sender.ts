/**
 * The sending half of a TCP connection's end: the data that the process has written, the part in transit,
 * and the limits of the receiver's window and the send buffer. Segments that do not arrive are handled in
 * `recovery.ts`, a closed window in `window-probe.ts`.
 *
 * Data written during one event travels as one flight. Acknowledgements are implicit and have no event,
 * unless this half waits for one: because of a full buffer, a closed window or a loss.
 */
import { InvariantError } from "../../../base/errors.ts";
import { digestOf } from "../../../base/fingerprint.ts";
import { type Kernel, Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { type Link, LOST, MSS } from "../link.ts";
import type { Fate, Piece } from "../overhear.ts";
import { arrive, sendReset } from "./arrival.ts";
import { takeChunks } from "./chunks.ts";
import { HEADER_BYTES, RECEIVE_BUFFER_BYTES, SEND_BUFFER_BYTES } from "./constants.ts";
import { Phase } from "./phase.ts";
import { Recovery } from "./recovery.ts";
import { Flag, markDrop, markJoined, markSend, Segment } from "./segment.ts";
import type { TcpSocket } from "./socket.ts";
import { WindowProbe } from "./window-probe.ts";

/** The sending state of one end. */
export class Sender {
  readonly #socket: TcpSocket;
  readonly #kernel: Kernel;
  readonly #hostId: number;
  /** The link to the other end. */
  out: Link;
  /** The number of bytes sent, and the number known to have arrived. */
  sentSeq = 0;
  ackedSeq = 0;
  /** Data waiting to be sent. */
  #queue: Uint8Array[] = [];
  queueBytes = 0;
  finQueued = false;
  /** The peer on the same host has answered with a reset. */
  resetUnderWay = false;
  /** The other end of this Unix socket is closed. On one host both ends know this at once. */
  broken = false;
  finSent = false;
  /** Its FIN was sent before the peer's arrived, so its port waits in TIME_WAIT. */
  closedFirst = false;
  /** Whether the process waits for room in the send buffer. */
  #wantsWritable = false;
  /** The retransmission state; created at the first lost segment. */
  recovery: Recovery | undefined;
  /** The window probe; created when the window is first closed. */
  #windowProbe: WindowProbe | undefined;
  /** Something between the ends has forgotten the connection, and drops all packets of this half in silence. */
  isForgotten = false;
  /** Who learns that something between the ends has forgotten the connection: nothing passes any more. */
  severed: "both" | "sender" | "receiver" | undefined;
  /** The arrival time of the last transmission. Later transmissions do not arrive earlier. */
  lastArrivalNs = 0;
  /** The flight sent by the current event. Further data written in this event joins it. */
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
    const { room } = this;
    if (room <= 0) return 0;
    const part = bytes.length > room ? bytes.subarray(0, room) : bytes;
    if (part.length === 0) return 0;
    if (this.queueBytes === 0 && this.#fits(part.length)) this.#send(part);
    else this.#wait(part);
    if ((socket.peer as TcpSocket).orphan) this.#meetClosedPeer();
    return part.length;
  }

  /** How many bytes fit into the send buffer. */
  get room(): number {
    return SEND_BUFFER_BYTES - (this.sentSeq - this.ackedSeq) - this.queueBytes;
  }

  /**
   * Called when the peer is closed. On its own host the system has already delivered the reset before the
   * call returns: the next call gets the error, although the process is not notified before the reset
   * arrives.
   */
  #meetClosedPeer(): void {
    const socket = this.#socket;
    const { peer } = socket;
    if (peer?.stack !== socket.stack || socket.unix) return;
    const ended = socket.receiver.finReceived || peer.sender.finSent;
    this.resetUnderWay = true;
    socket.error = ended ? Errno.EPIPE : Errno.ECONNRESET;
  }

  /** The reason why nothing can be written now: an error, or 0 before the connection is complete. */
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

  /** Ends the stream: FIN follows the data in the buffer. */
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

  /** The number of bytes that fit into the receiver's window. */
  #windowRoom(): number {
    const { receiver } = this.#socket.peer as TcpSocket;
    // The window ends one buffer length after the last byte that the receiving process has read.
    return RECEIVE_BUFFER_BYTES - (this.sentSeq - receiver.nextSeq) - receiver.inboxBytes;
  }

  /** Sends what the window allows. */
  pump(): void {
    const socket = this.#socket;
    if (socket.phase !== Phase.open || this.recovery?.holds === true) return;
    while (this.queueBytes > 0) {
      const room = this.#windowRoom();
      // Avoids the silly window syndrome: sends a whole segment or all remaining data.
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
    const { overhearing } = this.#socket.stack.network;
    if (overhearing === undefined && this.severed === undefined)
      this.#sendPiece(payload, undefined);
    else this.#sendOverheard(payload);
  }

  /** As `#sendPiece`, where somebody may wait for a message, or has ended the connection at one. */
  #sendOverheard(payload: Uint8Array): void {
    const socket = this.#socket;
    const { stack, remoteStack } = socket;
    if (this.severed !== undefined) {
      this.#sendInVain(payload.length);
      return;
    }
    const isBetweenHosts = !socket.unix && remoteStack !== undefined && remoteStack !== stack;
    const fate = isBetweenHosts
      ? stack.network.overhearing?.hear(pieceOf(socket, payload))
      : undefined;
    if (fate?.how !== "reset") {
      this.#sendPiece(payload, fate);
      return;
    }
    const { start, end } = fate.message;
    const from = Math.max(0, start);
    const cut = { before: from, within: from + Math.ceil((end - from) / 2), after: end }[
      fate.point
    ];
    if (cut > 0) this.#sendPiece(payload.subarray(0, cut), undefined);
    if (fate.ends === "neither") {
      this.#forget();
      if (cut < payload.length) this.#sendPiece(payload.subarray(cut), undefined);
      return;
    }
    this.#sever(fate.ends);
    if (cut < payload.length) this.#sendInVain(payload.length - cut);
  }

  /** Nothing passes any more in either direction, and nobody is told. */
  #forget(): void {
    const { stack, remoteStack, peer } = this.#socket;
    stack.resets++;
    if (remoteStack) remoteStack.resets++;
    this.isForgotten = true;
    if (peer) peer.sender.isForgotten = true;
    // What is written in the same turn must not travel with what was sent before.
    this.#flight = undefined;
  }

  /** Ends the connection as a firewall does: RST follows what was sent, and nothing else passes. */
  #sever(ends: "both" | "sender" | "receiver"): void {
    const socket = this.#socket;
    this.severed = ends;
    socket.stack.resets++;
    if (socket.remoteStack) socket.remoteStack.resets++;
    if (ends !== "sender") sendReset(socket);
    if (ends !== "receiver") this.#failLater();
  }

  /** What is sent over a connection that nobody knows any more is answered with RST, after a round trip. */
  #sendInVain(bytes: number): void {
    this.sentSeq += bytes;
    this.ackedSeq = this.sentSeq;
    if (this.severed === "receiver") this.#failLater();
  }

  #failLater(): void {
    const delayNs = Math.round(2 * this.out.meanLatencyNs());
    this.#kernel.schedule(delayNs, this.#hostId, Kind.internal, forgotten, this.#socket);
  }

  #sendPiece(payload: Uint8Array, fate: Exclude<Fate, { how: "reset" }> | undefined): void {
    const socket = this.#socket;
    const kernel = this.#kernel;
    const sent = this.#mark(payload);
    const seq = this.sentSeq;
    const { length } = payload;
    this.sentSeq = seq + length;
    const joins = fate === undefined && this.#flightEvent === kernel.currentEvent;
    if (joins && this.#joinsFlight(payload)) {
      ((this.#flight as Segment).joined ??= []).push(sent);
      return;
    }
    const segment = new Segment(socket, socket.peer as TcpSocket, Flag.data, seq, length, payload);
    this.#flight = fate === undefined ? segment : undefined;
    this.#flightEvent = kernel.currentEvent;
    this.launch(segment, sent, fate);
  }

  /** As {@link markSend}, with a fast path without an observer, because this runs at every write. */
  #mark(payload: Uint8Array): number {
    const kernel = this.#kernel;
    const digest = digestOf(payload);
    if (kernel.observer !== undefined) return markSend(this.#socket, Flag.data, digest, payload);
    return kernel.mark(this.#hostId, Kind.send, digest);
  }

  /** Whether the payload joins the flight that this event has already sent. */
  #joinsFlight(payload: Uint8Array): boolean {
    const { out } = this;
    const flight = this.#flight;
    if (flight === undefined) return false;
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
    if (this.severed !== undefined) {
      this.#sendInVain(1);
      return;
    }
    this.closedFirst = !socket.receiver.finReceived;
    const sent = markSend(socket, Flag.fin, 0, undefined);
    this.#fin = new Segment(socket, peer, Flag.fin, this.sentSeq++, 1, undefined);
    this.launch(this.#fin, sent);
  }

  /** Sends a segment; `cause` is the event in which it is sent. `fate`: what happens to the message in it. */
  launch(
    segment: Segment,
    cause: number,
    fate?: Exclude<Fate, { how: "reset" }> | undefined,
  ): void {
    const { out } = this;
    const kernel = this.#kernel;
    segment.sentNs = kernel.nowNs;
    segment.sentEvent = cause;
    out.packets++;
    segment.ack = this.#socket.receiver.nextSeq;
    if (out.blocked || this.isForgotten) {
      this.lost(segment, out.blocked ? "blocked" : "forgotten");
      return;
    }
    const single = fate ?? (segment.flag === Flag.data ? out.takeSingle() : undefined);
    if (single?.how === "lose") {
      this.lost(segment, "lost");
      return;
    }
    const rest = out.lossy ? cutByLoss(segment, out) : undefined;
    if (rest === segment) {
      this.lost(segment, "lost");
      return;
    }
    let transitNs = out.transitNs(segment.length + HEADER_BYTES);
    if (transitNs !== LOST && single !== undefined) transitNs += single.addNs;
    if (transitNs !== LOST && segment.flag === Flag.fin) transitNs += out.finNs;
    if (transitNs === LOST) {
      this.lost(segment, "queue full");
    } else {
      // A segment that overtakes another waits at the receiver for the one it overtook.
      const arrivalNs = Math.max(kernel.nowNs + transitNs, this.lastArrivalNs);
      this.lastArrivalNs = arrivalNs;
      segment.flying = true;
      const target = segment.to.stack.host.id;
      kernel.scheduleAt(arrivalNs, target, Kind.receive, arrive, segment, cause);
    }
    if (rest !== undefined) this.lost(rest, "lost");
  }

  // ---------------------------------------------------------------- what became of it

  /** Called when a segment of this half, or its acknowledgement, will not arrive. */
  lost(segment: Segment, reason: string | undefined): void {
    const socket = this.#socket;
    segment.flying = false;
    if (reason !== undefined) {
      markDrop(socket, segment.flag, segment.payload, reason, segment.sentEvent);
      markJoined(segment, Kind.drop, reason);
    }
    if (socket.phase !== Phase.open) return;
    this.recovery ??= new Recovery(socket);
    this.recovery.lost(segment);
  }

  /**
   * Called when the return link is blocked: acknowledgements in transit on it do not arrive. Those without
   * their own event are handled here; the last one covers all before it.
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

  /** Whether some sent data is known to be lost. */
  get recovering(): boolean {
    return this.recovery !== undefined && this.recovery.active;
  }

  /** Called when the peer is known to have received everything before `seq`. */
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

  /** Notifies the process, if it waits for that, that `write` has a result now. */
  tellWritable(): void {
    if (!this.#wantsWritable) return;
    this.#wantsWritable = false;
    const socket = this.#socket;
    socket.process?.enter(writable, socket);
  }

  /** Discards the buffer when the connection is closed. */
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

/** The part of a flight that is lost by chance, from its first lost packet on: a part, all, or nothing. */
function cutByLoss(segment: Segment, out: Link): Segment | undefined {
  const packets = Math.ceil(segment.length / MSS);
  const passed = out.passing(packets);
  if (passed === packets) return undefined;
  return passed === 0 ? segment : segment.split(passed * MSS);
}

/** A piece of the stream, as whoever overhears it sees it. */
export function pieceOf(socket: TcpSocket, bytes: Uint8Array): Piece {
  const { stack, remoteStack, localPort, remotePort, connection, opener, sender } = socket;
  return {
    protocol: "tcp",
    from: stack.host.name,
    to: remoteStack?.host.name ?? "",
    fromPort: localPort,
    toPort: remotePort,
    connection,
    opener,
    first: sender.sentSeq === 0 && sender.queueBytes === 0,
    bytes,
  };
}

function forgotten(socket: TcpSocket): void {
  socket.fail(Errno.ECONNRESET);
}

function writable(socket: TcpSocket): void {
  socket.events?.onWritable();
}
