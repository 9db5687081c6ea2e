/**
 * One end of a TCP connection (or of a Unix socket's), as the operating system holds it: buffers, windows
 * and the order of bytes. It goes on when its process is stopped or busy; the process is told through
 * {@link StreamEvents}, by way of `Process.enter`.
 *
 * The model is one of flights, not of bytes: what one turn of a program writes travels as one event, and
 * acknowledgements are implied, without an event of their own, unless someone waits for them (a full
 * buffer, a closed window, something lost). Nagle's algorithm and delayed acknowledgements are left out:
 * every socket behaves as with TCP_NODELAY. So is the congestion window: a flight is as large as the
 * receiver's window and ten segments allow.
 */
import { digestOf } from "../../../base/fingerprint.ts";
import { Kind } from "../../kernel.ts";
import type { Process } from "../../process.ts";
import type { Family } from "../address.ts";
import { Errno } from "../errno.ts";
import { LOST, type Link, MSS } from "../link.ts";
import { type Holder, Holders, Turns } from "../holders.ts";
import type { PortHolder } from "../ports.ts";
import type { HostStack } from "../stack.ts";
import {
  HEADER_BYTES,
  RECEIVE_BUFFER_BYTES,
  SEND_BUFFER_BYTES,
  TIME_WAIT_NS,
} from "./constants.ts";
import type { KeepAlive } from "./keepalive.ts";
import { answerReset, arrive, arriveAck, sendReset } from "./arrival.ts";
import { takeChunks } from "./chunks.ts";
import { Recovery } from "./recovery.ts";
import { type HandshakeHooks, Phase, type StreamEvents } from "./phase.ts";
import { Flag, markDrop, markSend, Segment } from "./segment.ts";
import { WindowProbe } from "./window-probe.ts";

/** One end of a connection, or a listening socket. */
export class TcpSocket implements PortHolder {
  readonly stack: HostStack;
  readonly unix: boolean;
  process: Process | undefined;
  events: StreamEvents | undefined;
  phase: number = Phase.idle;

  localAddress = "";
  localPort = 0;
  remoteAddress = "";
  remotePort = 0;
  family: Family = 4;
  v6Only = false;
  reuse = false;
  reusePort = false;
  /** The path of a bound or connected Unix socket. */
  path = "";
  /** The connection's number in the run, the same at both ends. */
  connection = 0;

  /** The other host, and the other end once it is known. */
  remoteStack: HostStack | undefined;
  peer: TcpSocket | undefined;
  /** The way to the other end. */
  out: Link;
  handshake: HandshakeHooks | undefined;
  /** The round trip that the handshake took. */
  rttNs = 0;

  /** Connections that wait to be accepted, and how many may. */
  acceptQueue: TcpSocket[] = [];
  /** Who accepts them, where several processes listen on this socket: each in turn. */
  acceptors: Turns<StreamEvents> | undefined;
  backlog = 0;

  /** How much was sent, and how much of it is known to have arrived. */
  sentSeq = 0;
  ackedSeq = 0;
  /** What waits to be sent. */
  sendQueue: Uint8Array[] = [];
  sendQueueBytes = 0;
  finQueued = false;
  finSent = false;
  /** Its FIN went out before the peer's came in: its port waits in TIME_WAIT. */
  closedFirst = false;
  /** The process waits for room in the send buffer. */
  wantsWritable = false;
  recovery: Recovery | undefined;
  windowProbe: WindowProbe | undefined;
  keepAlive: KeepAlive | undefined;
  lastArrivalNs = 0;

  /** How much has arrived in order. */
  nextSeq = 0;
  finReceived = false;
  /** An error that no call has reported yet. */
  error = 0;
  /** What has arrived and was not read. */
  inbox: Uint8Array[] = [];
  inboxBytes = 0;
  outOfOrder: Segment[] = [];
  /** When something of the peer arrived last. */
  heardNs = 0;
  bound = false;
  /** Whether the process has closed it; the operating system may still be finishing. */
  orphan = false;
  /** It ended by an error of the network. */
  connectionLost = false;

  /** Sockets that are passed with what is to be read, and where; and the one that came with a read. */
  rights: { readonly at: number; readonly item: unknown }[] = [];
  receivedRights: unknown;

  #holders: Holders<StreamEvents> | undefined;
  /** Whether the process wants to be told of what arrives. */
  reading = false;
  #notified = false;
  #endRead = false;
  /** The flight that the current event has sent, which takes in what else this event writes. */
  #flight: Segment | undefined;
  #flightEvent = -1;

  constructor(stack: HostStack, process: Process | undefined, unix = false) {
    this.stack = stack;
    this.process = process;
    this.unix = unix;
    this.out = stack.loopback;
    stack.sockets.add(this);
    if (process !== undefined) stack.adopt(process, this);
  }

  get listening(): boolean {
    return this.phase === Phase.listening;
  }

  /** Bytes that were written and have not left the send buffer's queue. */
  get unsentBytes(): number {
    return this.sendQueueBytes;
  }

  /**
   * Writes what fits into the send buffer: gives how many bytes were taken (0: try again when writable),
   * or an error. The bytes that were taken are the socket's from now on.
   */
  write(bytes: Uint8Array): number {
    if (this.error !== 0) return this.takeError();
    if (this.finQueued || this.phase === Phase.dead) return Errno.EPIPE;
    if (this.phase !== Phase.open) return this.phase === Phase.idle ? Errno.EPIPE : 0;
    const room = SEND_BUFFER_BYTES - (this.sentSeq - this.ackedSeq) - this.sendQueueBytes;
    if (room <= 0) return 0;
    const part = bytes.length > room ? bytes.subarray(0, room) : bytes;
    if (part.length === 0) return 0;
    if (this.sendQueueBytes === 0 && this.#fits(part.length)) this.#send(part);
    else {
      this.sendQueue.push(part);
      this.sendQueueBytes += part.length;
      this.pump();
    }
    return part.length;
  }

  /** Asks for `onWritable` once the buffer has room. */
  awaitWritable(): void {
    this.wantsWritable = true;
  }

  /** Takes up to `atMost` bytes: bytes, `EOF`, an error, or `EAGAIN` when there is nothing yet. */
  read(atMost: number): Uint8Array | number {
    const { inbox } = this;
    if (this.inboxBytes > 0) {
      const limit = this.rights.length === 0 ? atMost : this.#untilRights(atMost);
      let chunk: Uint8Array;
      if (inbox.length === 1 && this.inboxBytes <= limit) {
        chunk = inbox.pop() as Uint8Array;
      } else {
        chunk = takeChunks(inbox, Math.min(limit, this.inboxBytes));
      }
      this.inboxBytes -= chunk.length;
      const { peer } = this;
      if (peer?.windowProbe !== undefined) peer.windowProbe.opened(this);
      return chunk;
    }
    if (this.error !== 0) return this.takeError();
    if (this.finReceived || this.phase === Phase.dead) {
      this.#endRead = true;
      return Errno.EOF;
    }
    return this.phase === Phase.open ? Errno.EAGAIN : Errno.ENOTCONN;
  }

  /** From now on the process is told when there is something to read. */
  startReading(): void {
    if (this.reading) return;
    this.reading = true;
    this.readAgain();
  }

  stopReading(): void {
    this.reading = false;
  }

  /** Whether a `read` would give something. */
  get readable(): boolean {
    return (
      this.inboxBytes > 0 ||
      this.error !== 0 ||
      ((this.finReceived || this.phase === Phase.dead) && !this.#endRead)
    );
  }

  /** After a read: tells the process, in a later turn, if there is more. */
  readAgain(): void {
    if (!this.reading || this.#notified || !this.readable) return;
    this.#notified = true;
    this.process?.schedule(0, Kind.internal, readable, this as TcpSocket);
  }

  /** Nothing more will be written: FIN follows what is in the buffer. */
  shutdown(): number {
    if (this.phase !== Phase.open || this.finQueued) return Errno.ENOTCONN;
    this.finQueued = true;
    this.pump();
    return 0;
  }

  /** The process lets go of the socket. Bytes that it has not read mean RST, otherwise FIN. */
  close(): void {
    this.#letGo();
    if (this.phase === Phase.listening) {
      for (const waiting of this.acceptQueue.splice(0)) waiting.reset();
      this.die();
    } else if (this.phase === Phase.open) {
      if (this.inboxBytes > 0) this.reset();
      else {
        this.finQueued = true;
        this.pump();
        this.finish();
      }
    } else {
      this.die();
    }
  }

  /** Sends RST and forgets the connection. */
  reset(): void {
    this.#letGo();
    const connected = this.phase === Phase.open || this.phase === Phase.handshaking;
    if (connected) sendReset(this);
    this.die();
  }

  /** One more process holds the socket, passed on to it over a Unix socket, and is told from now on. */
  passTo(process: Process, events: StreamEvents): void {
    this.#holders ??= new Holders(this);
    this.#holders.add(process, events);
    this.reading = false;
    // Whoever reads next meets the end again.
    this.#endRead = false;
  }

  /** This holder accepts connections. */
  acceptFor(process: Process, events: StreamEvents): void {
    this.acceptors ??= new Turns();
    this.acceptors.add(process, events);
  }

  /** One of its holders closes it; with the last, the socket closes. */
  release(events: StreamEvents): void {
    this.acceptors?.remove((one) => one.events === events);
    this.#leave((holder) => holder.events === events);
  }

  /** @internal The process has ended; its operating system cleans up. */
  abandon(process: Process): void {
    this.acceptors?.remove((one) => one.process === process);
    this.#leave((holder) => holder.process === process);
  }

  #leave(is: (holder: Holder<StreamEvents>) => boolean): void {
    if (this.#holders?.release(is) !== true) {
      this.close();
      return;
    }
    // Whoever is left meets the end for himself.
    this.#endRead = false;
    this.readAgain();
  }

  /** What is written next carries `item`, a socket, to whoever reads it (SCM_RIGHTS). */
  attach(item: unknown): void {
    this.peer?.rights.push({ at: this.sentSeq + this.sendQueueBytes, item });
  }

  /** How much of `limit` may be read at once: what carries a socket begins a read of its own. */
  #untilRights(limit: number): number {
    const { rights } = this;
    const at = this.nextSeq - this.inboxBytes;
    if (rights[0]?.at === at) this.receivedRights = rights.shift()?.item;
    const next = rights[0];
    return next === undefined ? limit : Math.min(limit, next.at - at);
  }

  /** @internal The machine has lost power. */
  vanish(): void {
    this.process = undefined;
    this.events = undefined;
    this.phase = Phase.dead;
    this.inbox = [];
    this.inboxBytes = 0;
    this.stopTimers();
  }

  #letGo(): void {
    if (this.process !== undefined) this.stack.disown(this.process, this);
    this.process = undefined;
    this.events = undefined;
    this.orphan = true;
    this.reading = false;
  }

  /** The error that no call has reported yet; it is reported once. */
  takeError(): number {
    const { error } = this;
    this.error = 0;
    return error;
  }

  // ---------------------------------------------------------------- sending

  #fits(bytes: number): boolean {
    return (
      bytes <= this.out.flightBytes && this.recovery?.holds !== true && bytes <= this.windowRoom()
    );
  }

  /** How many bytes the receiver's window has room for. */
  windowRoom(): number {
    const peer = this.peer as TcpSocket;
    // The window ends a buffer's length after what the receiving process has read.
    return RECEIVE_BUFFER_BYTES - (this.sentSeq - peer.nextSeq) - peer.inboxBytes;
  }

  /** Sends what the window allows. */
  pump(): void {
    if (this.phase !== Phase.open || this.recovery?.holds === true) return;
    while (this.sendQueueBytes > 0) {
      const room = this.windowRoom();
      // Not to send silly small pieces: a whole segment, or all there is.
      if (room < Math.min(this.sendQueueBytes, MSS)) {
        this.windowProbe ??= new WindowProbe(this);
        this.windowProbe.closed();
        return;
      }
      const bytes = Math.min(room, this.sendQueueBytes, this.out.flightBytes);
      this.sendQueueBytes -= bytes;
      this.#send(takeChunks(this.sendQueue, bytes));
    }
    this.windowProbe?.stop();
    if (this.finQueued && !this.finSent) this.#sendFin();
  }

  #send(payload: Uint8Array): void {
    const { kernel } = this.stack.host;
    const sent = markSend(this, Flag.data, digestOf(payload), payload);
    const seq = this.sentSeq;
    this.sentSeq = seq + payload.length;
    const open = this.#flight;
    if (open !== undefined && this.#flightEvent === kernel.currentEvent && open.flying) {
      const length = open.length + payload.length;
      if (length <= this.out.flightBytes && !this.out.lossy && this.out.bandwidth === Infinity) {
        (open.more ??= []).push(payload);
        open.length = length;
        return;
      }
    }
    const segment = new Segment(
      this,
      this.peer as TcpSocket,
      Flag.data,
      seq,
      payload.length,
      payload,
    );
    this.#flight = segment;
    this.#flightEvent = kernel.currentEvent;
    this.launch(segment, sent);
  }

  #sendFin(): void {
    this.finSent = true;
    this.closedFirst = !this.finReceived;
    const sent = markSend(this, Flag.fin, 0, undefined);
    const segment = new Segment(
      this,
      this.peer as TcpSocket,
      Flag.fin,
      this.sentSeq++,
      1,
      undefined,
    );
    this.launch(segment, sent);
  }

  /** @internal Puts a segment on the wire; `cause` is the event of its sending. */
  launch(segment: Segment, cause: number): void {
    const { out } = this;
    const { kernel } = this.stack.host;
    segment.sentNs = kernel.nowNs;
    segment.ack = this.nextSeq;
    if (out.blocked) {
      this.lost(segment, "blocked");
      return;
    }
    let rest: Segment | undefined;
    if (out.lossy) {
      const packets = Math.ceil(segment.length / MSS);
      const passed = out.passing(packets);
      if (passed === 0) {
        this.lost(segment, "lost");
        return;
      }
      if (passed < packets) rest = segment.split(passed * MSS);
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

  /** @internal A segment of this socket will not arrive, or its acknowledgement will not. */
  lost(segment: Segment, reason: string | undefined): void {
    segment.flying = false;
    if (reason !== undefined) markDrop(this, segment.flag, segment.payload, reason);
    if (this.phase !== Phase.open) return;
    this.recovery ??= new Recovery(this);
    this.recovery.lost(segment);
  }

  /** @internal The peer is known to have everything before `seq`. */
  acknowledged(seq: number): void {
    if (this.phase !== Phase.open) return;
    this.heardNs = this.stack.host.kernel.nowNs;
    if (seq > this.ackedSeq) this.ackedSeq = seq;
    if (this.recovery !== undefined && this.recovery.active) this.recovery.acknowledged(seq);
    this.pump();
    if (this.wantsWritable) this.#offerRoom();
    this.finish();
  }

  #offerRoom(): void {
    const used = this.sentSeq - this.ackedSeq + this.sendQueueBytes;
    // Linux wakes a writer when a third of the buffer is free.
    if (used > (SEND_BUFFER_BYTES * 2) / 3) return;
    this.tellWritable();
  }

  /** @internal */
  tellWritable(): void {
    if (!this.wantsWritable) return;
    this.wantsWritable = false;
    this.process?.enter(writable, this as TcpSocket);
  }

  // -------------------------------------------------------------- receiving

  /** @internal A segment of the stream has arrived. */
  receive(segment: Segment): void {
    if (this.phase === Phase.dead) {
      if (this.stack.up) answerReset(segment);
      return;
    }
    if (this.phase === Phase.handshaking) {
      // Data acknowledges the SYN-ACK too; while the backlog is full, it is dropped with it.
      this.handshake?.complete();
      if ((this.phase as number) !== Phase.open) {
        segment.from.lost(segment, "backlog full");
        return;
      }
    }
    this.heardNs = this.stack.host.kernel.nowNs;
    if (this.recovery !== undefined && this.recovery.active) this.acknowledged(segment.ack);
    if (segment.seq !== this.nextSeq) {
      if (segment.seq < this.nextSeq) this.#acknowledge(segment);
      else this.#keepForLater(segment);
      return;
    }
    this.#consume(segment);
    if (this.outOfOrder.length > 0) this.#consumeLater();
    if (this.phase === Phase.dead) return;
    this.#acknowledge(segment);
    if (this.reading && !this.#notified) {
      this.#notified = true;
      this.process?.enter(readable, this as TcpSocket);
    }
  }

  #consume(segment: Segment): void {
    this.nextSeq += segment.length;
    if (segment.flag === Flag.fin) {
      this.finReceived = true;
      this.finish();
      return;
    }
    if (this.orphan) {
      // Nobody will ever read this: the sender learns it the hard way.
      sendReset(this);
      this.die();
      return;
    }
    this.inbox.push(segment.payload as Uint8Array);
    if (segment.more !== undefined) {
      for (const chunk of segment.more) this.inbox.push(chunk);
    }
    this.inboxBytes += segment.length;
  }

  #keepForLater(segment: Segment): void {
    const { outOfOrder } = this;
    if (outOfOrder.includes(segment)) return;
    let at = outOfOrder.length;
    while (at > 0 && (outOfOrder[at - 1] as Segment).seq > segment.seq) at--;
    outOfOrder.splice(at, 0, segment);
    // The duplicate acknowledgement tells the sender of the gap before its timer does.
    segment.from.recovery?.gapReported(this);
  }

  #consumeLater(): void {
    const { outOfOrder } = this;
    while (outOfOrder.length > 0 && (outOfOrder[0] as Segment).seq <= this.nextSeq) {
      const segment = outOfOrder.shift() as Segment;
      if (segment.seq === this.nextSeq && this.phase !== Phase.dead) this.#consume(segment);
    }
  }

  #acknowledge(segment: Segment): void {
    const sender = segment.from;
    const back = this.out;
    if (back.blocked) {
      sender.lost(segment, undefined);
      return;
    }
    const waiting =
      sender.wantsWritable ||
      sender.sendQueueBytes > 0 ||
      (sender.recovery !== undefined && sender.recovery.active);
    if (!waiting) {
      sender.ackedSeq = this.nextSeq;
      sender.heardNs = this.heardNs;
      if (sender.orphan) sender.finish();
      return;
    }
    const transitNs = back.lossy && back.passing(1) === 0 ? LOST : back.transitNs(HEADER_BYTES);
    if (transitNs === LOST) {
      sender.lost(segment, undefined);
      return;
    }
    segment.answer = this.nextSeq;
    const { host } = sender.stack;
    host.kernel.schedule(transitNs, host.id, Kind.internal, arriveAck, segment);
  }

  // ------------------------------------------------------------------- ends

  /** @internal An error from the network: RST, or nobody answered for too long. */
  fail(error: number): void {
    if (this.phase === Phase.dead) return;
    const connecting = this.phase === Phase.connecting;
    const { process } = this;
    this.error = error;
    this.connectionLost = true;
    this.die();
    if (process === undefined) return;
    if (connecting) {
      this.error = 0;
      process.enter(connected, [this, error] as [TcpSocket, number]);
      return;
    }
    if (this.reading && !this.#notified) {
      this.#notified = true;
      process.enter(readable, this as TcpSocket);
    }
    if (this.wantsWritable) this.tellWritable();
  }

  /** @internal The connection is complete at this end. */
  tellConnected(): void {
    this.process?.enter(connected, [this, 0] as [TcpSocket, number]);
  }

  /** A socket that nobody holds goes once both directions have ended. */
  finish(): void {
    if (!this.orphan || this.phase !== Phase.open || !this.finSent || !this.finReceived) return;
    if ((this.peer as TcpSocket).nextSeq === this.sentSeq) this.die();
  }

  /** Forgets the connection: what arrives from now on is answered with RST. */
  die(): void {
    if (this.phase === Phase.dead) return;
    const connected = this.phase === Phase.open;
    this.phase = Phase.dead;
    this.stopTimers();
    this.sendQueue = [];
    this.sendQueueBytes = 0;
    this.outOfOrder = [];
    this.stack.sockets.delete(this);
    if (this.unix) {
      if (this.path !== "") this.stack.abstractNames.release(this.path, this);
    } else if (this.bound) {
      const waits = connected && this.closedFirst && this.finReceived;
      const untilNs = waits ? this.stack.host.kernel.nowNs + TIME_WAIT_NS : 0;
      this.stack.tcpPorts.remove(this, this.localPort, untilNs);
      this.bound = false;
    }
  }

  stopTimers(): void {
    this.recovery?.stop();
    this.windowProbe?.stop();
    this.keepAlive?.stop();
  }

  /** @internal */
  runReadable(): void {
    this.#notified = false;
    if (this.reading) this.events?.onReadable();
  }
}

function readable(socket: TcpSocket): void {
  socket.runReadable();
}

function writable(socket: TcpSocket): void {
  socket.events?.onWritable();
}

function connected([socket, status]: [TcpSocket, number]): void {
  socket.events?.onConnect(status);
}
