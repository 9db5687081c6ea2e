/**
 * `stream_wrap`, and the common part of TCP and Unix sockets: Node's library reads and writes
 * through these handles as it does through libuv's streams.
 */
import { takeUp } from "./inherited.ts";
import { Errno } from "../../sim/network/errno.ts";
import { Phase } from "../../sim/network/tcp/phase.ts";
import type { TcpSocket } from "../../sim/network/tcp/socket.ts";
import type { BindingContext } from "./context.ts";
import { Handle } from "./handle.ts";
import type { Passable, Passed } from "./passing.ts";
import {
  classesOf,
  kArrayBufferOffset,
  kBytesWritten,
  kLastWriteErr,
  kLastWriteWasAsync,
  kReadBytesOrError,
  type Request,
  requestClass,
  StreamCore,
  type StreamOwner,
} from "./stream-core.ts";

export {
  kArrayBufferOffset,
  kBytesWritten,
  kLastWriteErr,
  kLastWriteWasAsync,
  kReadBytesOrError,
  type Request,
  requestClass,
  streamStateOf,
} from "./stream-core.ts";

/** Creates `stream_wrap` for one process. */
export function createStreamBinding(context: BindingContext): object {
  const { state, WriteWrap } = classesOf(context);
  return {
    kReadBytesOrError,
    kArrayBufferOffset,
    kBytesWritten,
    kLastWriteWasAsync,
    kLastWriteErr,
    streamBaseState: state,
    WriteWrap,
    ShutdownWrap: requestClass(context, "SHUTDOWNWRAP"),
    LibuvStreamWrap: StreamHandle,
  };
}

/** A libuv stream over a socket of the simulated system. */
export class StreamHandle extends Handle implements StreamOwner {
  onread: ((buffer?: unknown) => unknown) | undefined;
  onconnection: ((status: number, client?: object) => void) | undefined;
  /** Set by Node's library. */
  reading = false;
  /** The handle that was received with the current data, for the library's channels. */
  pendingHandle: unknown;
  protected readonly core: StreamCore;

  constructor(context: BindingContext, socket: TcpSocket, type: string) {
    super(context, type);
    this.core = new StreamCore(context, this, socket);
    // A socket that was passed here may have another holder already.
    if (socket.events === undefined) socket.events = this.core;
    else socket.passTo(context.process, this.core);
  }

  /** @internal The socket of the operating system. */
  get socket(): TcpSocket {
    return this.core.socket;
  }

  set socket(socket: TcpSocket) {
    this.core.socket = socket;
    takeUp(this.context.process, socket, this.core);
  }

  /** @internal */
  get passed(): Passed {
    return { kind: this.core.socket.unix ? "pipe" : "tcp", socket: this.core.socket };
  }

  get bytesRead(): number {
    return this.core.bytesRead;
  }

  get bytesWritten(): number {
    return this.core.bytesWritten;
  }

  get writeQueueSize(): number {
    return this.core.pendingBytes;
  }

  setBlocking(): number {
    return 0;
  }

  /** TLS and HTTP/2 accept any handle with this flag. The library checks it. */
  get isStreamBase(): boolean {
    return true;
  }

  readStart(): number {
    const { phase } = this.core.socket;
    if (this.closing) return Errno.EINVAL;
    if (phase !== Phase.open && phase !== Phase.dead) return Errno.ENOTCONN;
    this.activate();
    this.core.socket.startReading();
    return 0;
  }

  readStop(): number {
    this.core.socket.stopReading();
    this.deactivate();
    return 0;
  }

  /** @internal */
  setReading(reading: boolean): void {
    if (reading) this.activate();
    else this.deactivate();
  }

  useUserBuffer(buffer: Uint8Array): void {
    this.core.userBuffer = buffer;
  }

  /** With `handle`, that handle is passed to the reader, too (a channel between processes). */
  writeBuffer(
    request: Request | null,
    buffer: Uint8Array,
    handle?: Passable | null,
  ): number | Request {
    return this.core.writeBuffer(request, buffer, handle);
  }

  writeLatin1String(request: Request | null, text: string): number | Request {
    return this.core.writeString(request, text, "latin1");
  }

  writeAsciiString(request: Request | null, text: string): number | Request {
    return this.core.writeString(request, text, "latin1");
  }

  writeUtf8String(
    request: Request | null,
    text: string,
    handle?: Passable | null,
  ): number | Request {
    return this.core.writeString(request, text, "utf8", handle);
  }

  writeUcs2String(request: Request | null, text: string): number | Request {
    return this.core.writeString(request, text, "utf16le");
  }

  writev(
    request: Request | null,
    chunks: readonly (Uint8Array | string)[],
    allBuffers: boolean,
  ): number | Request {
    return this.core.writev(request, chunks, allBuffers);
  }

  shutdown(request: Request): number {
    return this.core.shutdown(request);
  }

  /** @internal */
  onConnection(): void {}

  /** @internal */
  onConnect(status: number): void {
    this.core.onConnect(status);
  }

  protected override onClose(): void {
    this.core.closing = true;
    this.core.socket.release(this.core);
  }

  /** @internal */
  override closed(callback: (() => void) | undefined): void {
    this.core.cancelAll();
    super.closed(callback);
  }
}
