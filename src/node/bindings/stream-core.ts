/**
 * The work of a stream's handle, separate from the handle itself: reading, writing and shutting
 * down as libuv does. A write completes at once if the send buffer accepts it, as with
 * `uv_try_write`. There is one read call per turn.
 *
 * The library needs a separate class of handles for each process. V8 would treat the objects of
 * each such class as a different shape, and the code that all processes share would get slower with
 * their number. So the state of the hot path is in objects of a single class, created here.
 */
import { Buffer } from "node:buffer";
import { Errno } from "../../sim/network/errno.ts";
import { Phase, type StreamEvents } from "../../sim/network/tcp/phase.ts";
import type { TcpSocket } from "../../sim/network/tcp/socket.ts";
import { Kind } from "../../trace/kinds.ts";
import type { BindingContext } from "./context.ts";
import { type Passable, type Passed, receiveHandle } from "./passing.ts";

/** Indices of `streamBaseState`, as in Node's `src/stream_base.h`. */
export const kReadBytesOrError = 0;
export const kArrayBufferOffset = 1;
export const kBytesWritten = 2;
export const kLastWriteWasAsync = 3;
export const kLastWriteErr = 4;

/** Strings that need no more than this are written from Node's stack. */
const SHORT_BYTES = 16_384;
/** The size of libuv's allocation for one read. */
const READ_BYTES = 65_536;

// Obtained before a run's guards are installed. Every byte is overwritten at once.
const allocate: (bytes: number) => Buffer = Buffer.allocUnsafeSlow;

/** A request of the library: an object whose `oncomplete` it sets. */
export interface Request {
  oncomplete?: ((...args: unknown[]) => void) | undefined;
}

interface StreamClasses {
  readonly state: Int32Array;
  readonly WriteWrap: new () => Request;
}

const classes: WeakMap<BindingContext, StreamClasses> = new WeakMap();

/** Returns the classes and the state of one process's streams. */
export function classesOf(context: BindingContext): StreamClasses {
  let found = classes.get(context);
  if (found === undefined) {
    found = { state: new Int32Array(5), WriteWrap: requestClass(context, "WRITEWRAP") };
    classes.set(context, found);
  }
  return found;
}

/**
 * Returns the numbers through which all streams of a process report the outcome of a read or a
 * write.
 */
export function streamStateOf(context: BindingContext): Int32Array {
  return classesOf(context).state;
}

const asyncIdOf: unique symbol = Symbol("async id");

/**
 * A request to write, and the base of all others. V8 sees a single class of each kind for all processes. One request
 * is created for every write, and it is initialised by plain assignments, which are several times faster here than
 * class fields.
 */
class WriteWrap implements Request {
  declare oncomplete: Request["oncomplete"];
  declare [asyncIdOf]: number;

  constructor(context: BindingContext, type: string) {
    this.oncomplete = undefined;
    this[asyncIdOf] = context.async.register(this, type);
  }

  getAsyncId(): number {
    return this[asyncIdOf];
  }

  getProviderType(): number {
    return 0;
  }

  asyncReset(): void {}
}

class ShutdownWrap extends WriteWrap {}
class TCPConnectWrap extends WriteWrap {}
class PipeConnectWrap extends WriteWrap {}
class SendWrap extends WriteWrap {}
class GetAddrInfoReqWrap extends WriteWrap {}
class GetNameInfoReqWrap extends WriteWrap {}
class QueryReqWrap extends WriteWrap {}

/** The classes of requests, whose names stack traces show, by their providers. */
const kinds: Readonly<Record<string, new (context: BindingContext, type: string) => Request>> = {
  WRITEWRAP: WriteWrap,
  SHUTDOWNWRAP: ShutdownWrap,
  TCPCONNECTWRAP: TCPConnectWrap,
  PIPECONNECTWRAP: PipeConnectWrap,
  UDPSENDWRAP: SendWrap,
  GETADDRINFOREQWRAP: GetAddrInfoReqWrap,
  GETNAMEINFOREQWRAP: GetNameInfoReqWrap,
  QUERYWRAP: QueryReqWrap,
};

/** Returns the constructor of requests of one kind, in one process. */
export function requestClass(context: BindingContext, type: string): new () => Request {
  const Kind = kinds[type] ?? WriteWrap;
  function Constructor(): Request {
    return new Kind(context, type);
  }
  Constructor.prototype = Kind.prototype;
  return Constructor as unknown as new () => Request;
}

/** A write for which the send buffer had no room. */
interface PendingWrite {
  readonly request: Request;
  bytes: Uint8Array;
}

/** The library's handle: what the core needs of it. */
export interface StreamOwner {
  readonly onread: ((buffer?: unknown) => unknown) | undefined;
  /** Called when the stream starts or stops reading. A reading stream keeps the process alive. */
  setReading(reading: boolean): void;
  /** The handle that was received with the current data. */
  pendingHandle?: unknown;
  onConnection(): void;
}

/** The state of one stream, and its operations. */
export class StreamCore implements StreamEvents {
  bytesRead = 0;
  bytesWritten = 0;
  /** True once the handle was closed. */
  closing = false;
  socket: TcpSocket;
  /** The size of libuv's own queue: the data that the send buffer has not accepted. */
  pendingBytes = 0;
  connectRequest: Request | undefined;
  shutdownRequest: Request | undefined;
  userBuffer: Uint8Array | undefined;
  readonly #context: BindingContext;
  readonly #owner: StreamOwner;
  readonly #state: Int32Array;
  readonly #classes: StreamClasses;
  #pending: PendingWrite[] = [];

  constructor(context: BindingContext, owner: StreamOwner, socket: TcpSocket) {
    this.#context = context;
    this.#owner = owner;
    this.socket = socket;
    this.#classes = classesOf(context);
    this.#state = this.#classes.state;
  }

  onConnection(): void {
    this.#owner.onConnection();
  }

  onReadable(): void {
    const user = this.userBuffer;
    const limit = user === undefined ? READ_BYTES : Math.min(READ_BYTES, user.length);
    const { socket } = this;
    const chunk = socket.read(limit);
    if (typeof chunk === "number") {
      if (chunk === Errno.EAGAIN) return;
      // After the end or an error, libuv does not read further.
      socket.stopReading();
      this.#owner.setReading(false);
      this.#emitRead(chunk, undefined);
      return;
    }
    this.bytesRead += chunk.length;
    const rights = socket.takeRights();
    if (rights !== undefined) {
      this.#owner.pendingHandle = receiveHandle(this.#context, rights as Passed);
    }
    if (user === undefined) {
      this.#emitRead(chunk.length, chunk);
    } else {
      user.set(chunk);
      const next = this.#emitRead(chunk.length, undefined);
      if (ArrayBuffer.isView(next)) this.userBuffer = next as Uint8Array;
    }
    // libuv before 1.52 (Node 22 and older) took a hang-up together with the last bytes for the end
    // of the stream, and lost the error of a reset at the same time. Here every version reads it.
    socket.readAgain();
  }

  #emitRead(count: number, bytes: Uint8Array | undefined): unknown {
    const state = this.#state;
    state[kReadBytesOrError] = count;
    state[kArrayBufferOffset] = 0;
    const { onread } = this.#owner;
    if (onread === undefined) return undefined;
    // A buffer with memory of its own is passed to the program as it is, any other as its memory.
    let argument: unknown = bytes;
    if (bytes !== undefined && !Buffer.isBuffer(bytes)) {
      state[kArrayBufferOffset] = bytes.byteOffset;
      argument = bytes.buffer;
    }
    return this.#context.async.callBack(this.#owner, onread, argument);
  }

  // ---------------------------------------------------------------- writing

  /** With `handle`, that handle is passed to the reader, too. */
  writeBuffer(
    request: Request | null,
    buffer: Uint8Array,
    handle?: Passable | null,
  ): number | Request {
    if (!ArrayBuffer.isView(buffer)) {
      // Node's C++ throws this error itself.
      throw Object.assign(new TypeError("Second argument must be a buffer"), {
        code: "ERR_INVALID_ARG_TYPE",
      });
    }
    const bytes = allocate(buffer.length);
    bytes.set(buffer);
    if (handle) this.socket.attach(handle.passed);
    return this.#write(request, bytes);
  }

  writev(
    request: Request | null,
    chunks: readonly (Uint8Array | string)[],
    allBuffers: boolean,
  ): number | Request {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (let i = 0; i < chunks.length; i += allBuffers ? 1 : 2) {
      const chunk = chunks[i] as Uint8Array | string;
      const part =
        typeof chunk === "string" ? Buffer.from(chunk, chunks[i + 1] as BufferEncoding) : chunk;
      parts.push(part);
      length += part.length;
    }
    const bytes = allocate(length);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return this.#write(request, bytes);
  }

  writeString(
    request: Request | null,
    text: string,
    encoding: "latin1" | "utf8" | "utf16le",
    handle?: Passable | null,
  ): number | Request {
    const length = encoding === "latin1" ? text.length : Buffer.byteLength(text, encoding);
    const bytes = allocate(length);
    bytes.write(text, 0, length, encoding);
    if (handle) this.socket.attach(handle.passed);
    const before = this.bytesWritten;
    const result = this.#write(request, bytes);
    // A short string that fails at once is not counted.
    if (typeof result === "number" && result < 0 && storageBytes(text, encoding) <= SHORT_BYTES) {
      this.bytesWritten = before;
    }
    return result;
  }

  /**
   * Node 26 passes no request and receives one only if the write is in progress. Earlier versions
   * create a request for each write and read from the state whether it completes later.
   */
  #write(request: Request | null, bytes: Uint8Array): number | Request {
    const state = this.#state;
    const { length } = bytes;
    if (this.closing) return Errno.EBADF;
    this.bytesWritten += length;
    state[kBytesWritten] = length;
    state[kLastWriteWasAsync] = 0;
    let rest = bytes;
    if (this.#pending.length === 0) {
      const taken = this.socket.write(bytes);
      if (taken < 0 || taken === length) return taken < 0 ? taken : 0;
      rest = bytes.subarray(taken);
    }
    const wrap = request ?? new this.#classes.WriteWrap();
    if (request === null) Object.assign(wrap, { writeStatus: null });
    this.#pending.push({ request: wrap, bytes: rest });
    this.pendingBytes += rest.length;
    this.#context.loop.retain();
    this.socket.awaitWritable();
    state[kLastWriteWasAsync] = 1;
    state[kLastWriteErr] = 0;
    return request === null ? wrap : 0;
  }

  onWritable(): void {
    while (this.#pending.length > 0) {
      const write = this.#pending[0] as PendingWrite;
      const taken = this.socket.write(write.bytes);
      if (taken >= 0) {
        this.pendingBytes -= taken;
        if (taken < write.bytes.length) {
          write.bytes = write.bytes.subarray(taken);
          this.socket.awaitWritable();
          return;
        }
      } else {
        this.pendingBytes -= write.bytes.length;
      }
      this.#pending.shift();
      this.#finishRequest(write.request, [Math.min(taken, 0), this.#owner, undefined]);
      if (taken < 0) break;
    }
    this.#shutdownWhenDrained();
  }

  #finishRequest(request: Request, args: unknown[]): void {
    this.#context.loop.release();
    const { oncomplete } = request;
    if (typeof oncomplete === "function") {
      this.#context.async.makeCallback(request as object, oncomplete, args);
    } else if ("writeStatus" in request) {
      (request as { writeStatus: unknown }).writeStatus = args[0];
    }
  }

  shutdown(request: Request): number {
    if (this.closing || this.shutdownRequest !== undefined || this.socket.sender.finQueued) {
      return Errno.ENOTCONN;
    }
    const { phase } = this.socket;
    if (phase !== Phase.open && phase !== Phase.dead) return Errno.ENOTCONN;
    this.shutdownRequest = request;
    this.#context.loop.retain();
    this.#shutdownWhenDrained();
    return 0;
  }

  #shutdownWhenDrained(): void {
    if (this.shutdownRequest === undefined || this.#pending.length > 0) return;
    this.#context.process.schedule(0, Kind.internal, shutdownNow, this as StreamCore);
  }

  /** libuv shuts a stream down in a later turn, once its queue is empty. */
  shutdownNow(): void {
    const request = this.shutdownRequest;
    if (request === undefined || this.closing || this.#pending.length > 0) return;
    this.shutdownRequest = undefined;
    const status = this.socket.shutdown();
    this.#finishRequest(request, [status, this.#owner, undefined]);
  }

  // ------------------------------------------------------- beginning and end

  /** A connection attempt begins. `request` is notified of its outcome. */
  connecting(request: Request): void {
    this.connectRequest = request;
    this.#context.loop.retain();
  }

  onConnect(status: number): void {
    const request = this.connectRequest;
    if (request === undefined || this.closing) return;
    this.connectRequest = undefined;
    const open = status === 0;
    this.#finishRequest(request, [status, this.#owner, request, open, open]);
  }

  /** Cancels all requests in progress, before the handle's own callback runs. */
  cancelAll(): void {
    const owner = this.#owner;
    const connect = this.connectRequest;
    this.connectRequest = undefined;
    if (connect) this.#finishRequest(connect, [Errno.ECANCELED, owner, connect, false, false]);
    const pending = this.#pending;
    this.#pending = [];
    this.pendingBytes = 0;
    for (const { request } of pending) {
      this.#finishRequest(request, [Errno.ECANCELED, owner, undefined]);
    }
    const shutdown = this.shutdownRequest;
    this.shutdownRequest = undefined;
    if (shutdown) this.#finishRequest(shutdown, [Errno.ECANCELED, owner, undefined]);
  }
}

/** Returns Node's upper bound of a string's encoded size. */
function storageBytes(text: string, encoding: "latin1" | "utf8" | "utf16le"): number {
  return text.length * (encoding === "latin1" ? 1 : encoding === "utf8" ? 3 : 2);
}

function shutdownNow(core: StreamCore): void {
  core.shutdownNow();
}
