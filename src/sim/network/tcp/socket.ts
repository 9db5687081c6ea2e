/**
 * One end of a TCP connection (or of a Unix socket's), or a listening socket, as the operating system
 * holds it: who it belongs to, whom it is joined to, and how it ends. What it sends is its
 * {@link Sender}'s business, what it receives its {@link Receiver}'s; how connections begin is in
 * `handshake.ts`. It goes on when its process is stopped or busy; the process is told through
 * {@link StreamEvents}, by way of `Process.enter`.
 *
 * The model is one of flights, not of bytes: what one turn of a program writes travels as one event, and
 * acknowledgements can be lost like all else, but have no event of their own unless someone waits for them
 * (a full buffer, a closed window, something lost). Nagle's algorithm and delayed acknowledgements are left out:
 * every socket behaves as with TCP_NODELAY. So is the congestion window: a flight is as large as the
 * receiver's window and ten segments allow.
 */
import { type EventHandle, Kind } from "../../kernel.ts";
import type { Process } from "../../process.ts";
import type { Family } from "../address.ts";
import { rememberEnd } from "../connections.ts";
import { Errno } from "../errno.ts";
import { type Holder, Holders, Turns } from "../holders.ts";
import type { PortHolder } from "../ports.ts";
import type { HostStack } from "../stack.ts";
import { FIN_WAIT2_NS, TIME_WAIT_NS } from "./constants.ts";
import type { KeepAlive } from "./keepalive.ts";
import { sendReset } from "./arrival.ts";
import { type HandshakeHooks, Phase, type StreamEvents } from "./phase.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";

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

  /** The other host, and the other end once it is known. */
  remoteStack: HostStack | undefined;
  peer: TcpSocket | undefined;
  handshake: HandshakeHooks | undefined;
  /** The round trip that the handshake took. */
  rttNs = 0;
  /** When something of the peer arrived last. */
  heardNs = 0;
  keepAlive: KeepAlive | undefined;

  /** Connections that wait to be accepted, and how many may. */
  acceptQueue: TcpSocket[] = [];
  backlog = 0;
  /** Who accepts them, where several processes listen on this socket: each in turn. */
  acceptors: Turns<StreamEvents> | undefined;

  /** When the peer's reset arrives, if nothing happens to it on its way. */
  resetArrivesNs = -1;
  /** An error that no call has reported yet. */
  error = 0;
  /** Whether the process has closed it; the operating system may still be finishing. */
  orphan = false;
  /** It ended by an error of the network. */
  connectionLost = false;
  /** When it was made, and when it was gone; for stories. */
  readonly madeNs: number;
  endedNs = 0;
  /** It is gone because its machine lost power. */
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
   * Writes what fits into the send buffer: gives how many bytes were taken (0: try again when writable),
   * or an error. The bytes that were taken are the socket's from now on.
   */
  write(bytes: Uint8Array): number {
    return this.sender.write(bytes);
  }

  /** Asks for `onWritable` once the buffer has room. */
  awaitWritable(): void {
    this.sender.awaitWritable();
  }

  /** Takes up to `atMost` bytes: bytes, `EOF`, an error, or `EAGAIN` when there is nothing yet. */
  read(atMost: number): Uint8Array | number {
    return this.receiver.read(atMost);
  }

  /** From now on the process is told when there is something to read. */
  startReading(): void {
    this.receiver.start();
  }

  stopReading(): void {
    this.receiver.reading = false;
  }

  /** After a read: tells the process, in a later turn, if there is more. */
  readAgain(): void {
    this.receiver.readAgain();
  }

  /** Nothing more will be written: FIN follows what is in the buffer. */
  shutdown(): number {
    // A Unix socket that was connected once never minds.
    if (this.unix && this.phase === Phase.dead) return 0;
    const { finQueued, resetUnderWay } = this.sender;
    if (this.phase !== Phase.open || finQueued || resetUnderWay) return Errno.ENOTCONN;
    this.sender.end();
    return 0;
  }

  /** What has arrived and was not read. */
  get readableBytes(): number {
    return this.receiver.inboxBytes;
  }

  /** What is written next carries `item`, a socket, to whoever reads it (SCM_RIGHTS). */
  attach(item: unknown): void {
    const { sentSeq, queueBytes } = this.sender;
    this.peer?.receiver.expectRights(sentSeq + queueBytes, item);
  }

  /** The socket that came with the last read, if one did; it is given once. */
  takeRights(): unknown {
    return this.receiver.takeRights();
  }

  /** The error that no call has reported yet; it is reported once. */
  takeError(): number {
    const { error } = this;
    this.error = 0;
    return error;
  }

  // ---------------------------------------------------------------- who holds it

  /** Whether its latest holder reads. */
  get reading(): boolean {
    return this.receiver.reading;
  }

  set reading(reading: boolean) {
    this.receiver.reading = reading;
  }

  /** One more process holds the socket, passed on to it over a Unix socket, and is told from now on. */
  passTo(process: Process, events: StreamEvents): void {
    this.#holders ??= new Holders(this);
    this.#holders.add(process, events);
    this.reading = false;
    this.receiver.forgetEndRead();
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

  /** The process lets go of the socket. Bytes that it has not read mean RST, otherwise FIN. */
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
      // A connection to the own host is there as soon as it is asked for; the handshake closes it.
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

  /** @internal The machine has lost power. */
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
    this.process?.enter(connected, [this, 0] as [TcpSocket, number]);
  }

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
    this.receiver.tellReadable();
    this.sender.tellWritable();
  }

  /**
   * @internal A socket that nobody holds goes once both directions have ended; if the peer does not end
   * its own, a minute after it has acknowledged the end of this one (FIN_WAIT2).
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

  /** Whether both directions have ended, and the peer has it all. */
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

  /** Whether its end of the connection, which is over, still acknowledges what the peer repeats. */
  get inTimeWait(): boolean {
    const { stack } = this;
    return (
      stack.host.kernel.nowNs < this.#waitUntilNs &&
      stack.bootedNs <= this.#waitUntilNs - TIME_WAIT_NS
    );
  }

  /** @internal Forgets the connection: what arrives from now on is answered with RST. */
  die(): void {
    if (this.phase === Phase.dead) return;
    if (this.phase === Phase.open || this.phase === Phase.connecting) rememberEnd(this);
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
