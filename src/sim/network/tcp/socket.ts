/**
 * One end of a TCP connection (or of a Unix socket's), or a listening socket, as the operating system holds
 * it: its owner, its peer, and how it ends. Sending is in {@link Sender}, receiving in {@link Receiver},
 * connecting in `handshake.ts`. The socket continues to work while its process is stopped or busy; the
 * process is notified through {@link StreamEvents}, by `Process.enter`.
 *
 * The model works with flights, not bytes: the data that one turn of a program writes travels as one event.
 * Acknowledgements can be lost like everything else, but have no event of their own unless the sender waits
 * for them (because of a full buffer, a closed window or a loss). Nagle's algorithm and delayed
 * acknowledgements are not modelled: every socket behaves as with TCP_NODELAY. Neither is the congestion
 * window: a flight is limited only by the receiver's window and by ten segments.
 */
import type { SocketDetail } from "../../../trace/details.ts";
import { type EventHandle, Kind } from "../../kernel.ts";
import type { Liar } from "../../lies.ts";
import type { Process } from "../../process.ts";
import type { Family } from "../address.ts";
import { errorName, rememberEnd } from "../connections.ts";
import { Errno } from "../errno.ts";
import { type Holder, Holders, Turns } from "../holders.ts";
import type { PortHolder } from "../ports.ts";
import type { HostStack } from "../stack.ts";
import { FIN_WAIT2_NS, TIME_WAIT_NS } from "./constants.ts";
import type { KeepAlive } from "./keepalive.ts";
import { sendReset } from "./arrival.ts";
import { type HandshakeHooks, Phase, type StreamEvents } from "./phase.ts";
import { Receiver } from "./receiver.ts";
import { pieceOf, Sender } from "./sender.ts";

/** One end of a connection, or a listening socket. */
export class TcpSocket implements PortHolder {
  readonly stack: HostStack;
  readonly unix: boolean;
  process: Process | undefined;
  events: StreamEvents | undefined;
  phase: number = Phase.idle;
  readonly sender: Sender;
  readonly receiver: Receiver;

  localAddress = "";
  localPort = 0;
  remoteAddress = "";
  remotePort = 0;
  family: Family = 4;
  v6Only = false;
  reuse = false;
  reusePort = false;
  bound = false;
  /** The path of a bound or connected Unix socket. */
  path = "";
  /** The connection's number in the run, the same at both ends. */
  connection = 0;

  /** The other host, and the socket at the other end once it is known. */
  remoteStack: HostStack | undefined;
  peer: TcpSocket | undefined;
  /** Whether its process has opened the connection. */
  opener = false;
  handshake: HandshakeHooks | undefined;
  /** The round trip time of the handshake. */
  rttNs = 0;
  /** When something from the peer last arrived. */
  heardNs = 0;
  keepAlive: KeepAlive | undefined;

  /** Connections that wait to be accepted, and their maximum number. */
  acceptQueue: TcpSocket[] = [];
  backlog = 0;
  /** The processes that accept connections in turn, if several listen on this socket. */
  acceptors: Turns<StreamEvents> | undefined;

  /** The arrival time of the peer's reset, unless it is lost in transit; -1 for none. */
  resetArrivesNs = -1;
  /** An error that no call has reported yet. */
  error = 0;
  /** Whether the process has closed it; the operating system may still be finishing. */
  orphan = false;
  /** Whether a network error ended it. */
  connectionLost = false;
  /** The times of creation and of the end; for stories. */
  readonly madeNs: number;
  endedNs = 0;
  /** Whether it ended because its machine lost power. */
  lostPower = false;
  #holders: Holders<StreamEvents> | undefined;
  #finTimer: EventHandle | undefined;
  /** The end of TIME_WAIT, once it has begun. */
  #waitUntilNs = 0;

  constructor(stack: HostStack, process: Process | undefined, unix = false) {
    this.stack = stack;
    this.process = process;
    this.unix = unix;
    this.madeNs = stack.host.kernel.nowNs;
    this.sender = new Sender(this);
    this.receiver = new Receiver(this);
    stack.sockets.add(this);
    if (process !== undefined) stack.adopt(process, this);
  }

  get listening(): boolean {
    return this.phase === Phase.listening;
  }

  // ---------------------------------------------------------------- what its process calls

  /**
   * Writes as much as fits into the send buffer. Returns the number of bytes taken (0: try again when
   * writable), or an error. The socket owns the bytes that were taken.
   */
  write(bytes: Uint8Array): number {
    const { liar } = this.stack.host;
    return liar?.lies.length && !this.unix ? this.#lie(liar, bytes) : this.sender.write(bytes);
  }

  /** As `write`, on a host that lies to others. */
  #lie(liar: Liar, bytes: Uint8Array): number {
    const { remoteStack, sender } = this;
    const ready = this.phase === Phase.open && this.error === 0 && bytes.length > 0;
    if (!remoteStack || remoteStack === this.stack || !ready) return sender.write(bytes);
    const told = liar.tell(pieceOf(this, bytes));
    const total = told.reduce((sum, { length }) => sum + length, 0);
    // What does not fit would be written again, and told anew.
    if (total > sender.room) return sender.write(bytes);
    for (const one of told) if (one.length > 0) sender.write(one);
    return bytes.length;
  }

  /** Asks for `onWritable` once the buffer has room. */
  awaitWritable(): void {
    this.sender.awaitWritable();
  }

  /** Takes up to `atMost` bytes. Returns the bytes, `EOF`, an error, or `EAGAIN` if there is nothing yet. */
  read(atMost: number): Uint8Array | number {
    const { freedoms } = this.stack.host;
    const isFree = freedoms !== undefined && freedoms.probability > 0;
    const { inboxBytes } = this.receiver;
    return this.receiver.read(
      isFree ? freedoms.piece(Math.min(atMost, inboxBytes)) || atMost : atMost,
    );
  }

  /** Starts notifying the process when there is something to read. */
  startReading(): void {
    this.receiver.start();
  }

  stopReading(): void {
    this.receiver.reading = false;
  }

  /** After a read: notifies the process, in a later turn, if there is more. */
  readAgain(): void {
    this.receiver.readAgain();
  }

  /** Ends the stream: FIN follows the data in the buffer. */
  shutdown(): number {
    // On a Unix socket that was once connected, shutdown always succeeds.
    if (this.unix && this.phase === Phase.dead) return 0;
    const { finQueued, resetUnderWay } = this.sender;
    if (this.phase !== Phase.open || finQueued || resetUnderWay) return Errno.ENOTCONN;
    this.sender.end();
    return 0;
  }

  /** The number of bytes that have arrived and were not read. */
  get readableBytes(): number {
    return this.receiver.inboxBytes;
  }

  /** The data written next carries `item`, a socket, to its reader (SCM_RIGHTS). */
  attach(item: unknown): void {
    const { sentSeq, queueBytes } = this.sender;
    this.peer?.receiver.expectRights(sentSeq + queueBytes, item);
  }

  /** Returns the socket that came with the last read, if there was one. It is returned only once. */
  takeRights(): unknown {
    return this.receiver.takeRights();
  }

  /** Returns the error that no call has reported yet, and clears it. */
  takeError(): number {
    const { error } = this;
    this.error = 0;
    return error;
  }

  // ---------------------------------------------------------------- who holds it

  /** Whether its latest holder is reading. */
  get reading(): boolean {
    return this.receiver.reading;
  }

  set reading(reading: boolean) {
    this.receiver.reading = reading;
  }

  /** Adds a process that received the socket over a Unix socket. It is notified from now on. */
  passTo(process: Process, events: StreamEvents): void {
    this.#holders ??= new Holders(this);
    this.#holders.add(process, events);
    this.reading = false;
    this.receiver.forgetEndRead();
  }

  /** Registers a holder that accepts connections. */
  acceptFor(process: Process, events: StreamEvents): void {
    this.acceptors ??= new Turns();
    this.acceptors.add(process, events);
  }

  /** Called when one of its holders closes it. When the last one does, the socket closes. */
  release(events: StreamEvents): void {
    this.acceptors?.remove((one) => one.events === events);
    this.#leave((holder) => holder.events === events);
  }

  /** @internal Called when the process has ended; its operating system cleans up. */
  abandon(process: Process): void {
    this.acceptors?.remove((one) => one.process === process);
    this.#leave((holder) => holder.process === process);
  }

  #leave(is: (holder: Holder<StreamEvents>) => boolean): void {
    if (this.#holders?.release(is) !== true) {
      this.close();
      return;
    }
    this.receiver.forgetEndRead();
    this.receiver.readAgain();
  }

  #letGo(): void {
    if (this.process !== undefined) this.stack.disown(this.process, this);
    this.process = undefined;
    this.events = undefined;
    this.orphan = true;
    this.reading = false;
  }

  // ---------------------------------------------------------------- how it ends

  /** Called when the process releases the socket. Sends RST if there are unread bytes, otherwise FIN. */
  close(): void {
    this.#letGo();
    if (this.phase === Phase.listening) {
      for (const waiting of this.acceptQueue.splice(0)) waiting.reset();
      this.die();
    } else if (this.phase === Phase.open) {
      if (this.unix) this.peer?.sender.breakPipe();
      if (this.receiver.inboxBytes > 0) this.reset();
      else {
        this.sender.end();
        this.finish();
      }
    } else if (this.phase !== Phase.connecting || this.remoteStack !== this.stack) {
      // A connection to the same host exists as soon as it is requested; the handshake closes it.
      this.die();
    }
  }

  /** Sends RST and drops the connection. */
  reset(): void {
    this.#letGo();
    const connected = this.phase === Phase.open || this.phase === Phase.handshaking;
    if (connected) sendReset(this);
    this.die();
  }

  /** @internal Called when the machine has lost power. */
  vanish(): void {
    this.process = undefined;
    this.events = undefined;
    this.phase = Phase.dead;
    this.endedNs = this.stack.host.kernel.nowNs;
    this.lostPower = true;
    this.receiver.discard();
    this.#stopTimers();
  }

  /** @internal The connection is complete at this end. */
  tellConnected(): void {
    this.tellState("connected");
    this.process?.enter(connected, [this, 0] as [TcpSocket, number]);
  }

  /** @internal Records that the connection was established or has ended. */
  tellState(state: SocketDetail["state"]): void {
    const { host } = this.stack;
    const { kernel } = host;
    if (this.unix) return;
    const detail = kernel.observer && this.#stateDetail(state);
    kernel.mark(host.id, Kind.socket, this.connection, detail);
  }

  #stateDetail(state: SocketDetail["state"]): SocketDetail {
    const { connection, localPort, remotePort, remoteStack, remoteAddress, error } = this;
    return {
      state,
      connection,
      localPort,
      remotePort,
      peer: remoteStack?.host.name ?? remoteAddress,
      ...(this.connectionLost && error !== 0 && { error: errorName(error) }),
    };
  }

  /** @internal Called on a network error: RST, or no answer for too long. */
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
    this.receiver.tellReadable();
    this.sender.tellWritable();
  }

  /**
   * @internal Closes a socket that no process holds once both directions have ended. If the peer does not
   * end its direction, the socket closes a minute after the peer has acknowledged this end's FIN
   * (FIN_WAIT2).
   */
  finish(): void {
    const { sender } = this;
    if (!this.orphan || !this.#endAcknowledged) return;
    if (this.receiver.finReceived) {
      if (sender.closedFirst && !this.unix)
        this.#waitUntilNs = this.stack.host.kernel.nowNs + TIME_WAIT_NS;
      this.die();
    } else this.#finTimer ??= this.#schedule(FIN_WAIT2_NS, endOfFinWait);
  }

  /** Whether both directions have ended and the peer has received everything. */
  get ended(): boolean {
    return this.receiver.finReceived && this.#endAcknowledged;
  }

  get #endAcknowledged(): boolean {
    const { sender } = this;
    return this.phase === Phase.open && sender.finSent && sender.ackedSeq === sender.sentSeq;
  }

  #schedule(delayNs: number, action: (socket: TcpSocket) => void): EventHandle {
    const { host } = this.stack;
    return host.kernel.schedule(delayNs, host.id, Kind.internal, action, this as TcpSocket);
  }

  /** Whether its connection has ended but it still acknowledges segments that the peer repeats. */
  get inTimeWait(): boolean {
    const { stack } = this;
    return (
      stack.host.kernel.nowNs < this.#waitUntilNs &&
      stack.bootedNs <= this.#waitUntilNs - TIME_WAIT_NS
    );
  }

  /** @internal Drops the connection: everything that arrives from now on is answered with RST. */
  die(): void {
    if (this.phase === Phase.dead) return;
    if (this.phase === Phase.open || this.phase === Phase.connecting) {
      rememberEnd(this);
      this.tellState("ended");
    }
    this.phase = Phase.dead;
    this.endedNs = this.stack.host.kernel.nowNs;
    this.#stopTimers();
    this.sender.discard();
    this.receiver.discardOutOfOrder();
    this.stack.sockets.delete(this);
    if (this.unix) {
      if (this.path !== "") this.stack.abstractNames.release(this.path, this);
    } else if (this.bound) {
      this.stack.tcpPorts.remove(this, this.localPort, this.#waitUntilNs);
      this.bound = false;
    }
  }

  #stopTimers(): void {
    this.sender.stopTimers();
    if (this.#finTimer !== undefined) this.stack.host.kernel.cancel(this.#finTimer);
    this.#finTimer = undefined;
    this.keepAlive?.stop();
  }
}

function endOfFinWait(socket: TcpSocket): void {
  socket.die();
}

function connected([socket, status]: [TcpSocket, number]): void {
  socket.events?.onConnect(status);
}
