/** `pipe_wrap`: Unix sockets between processes of one host, by path. */
import {
  bindSocket,
  chmod,
  filesOf,
  find,
  findSocket,
  type ProcessFiles,
  SystemError,
  unlink,
} from "../../sim/disk/index.ts";
import { Errno } from "../../sim/network/errno.ts";
import { stackOf } from "../../sim/network/stack.ts";
import { connectUnix } from "../../sim/network/tcp/handshake.ts";
import { accept, listen } from "../../sim/network/tcp/listener.ts";
import { TcpSocket } from "../../sim/network/tcp/socket.ts";
import { Kind } from "../../trace/kinds.ts";
import type { BindingContext } from "./context.ts";
import { forgetDescriptor, newDescriptor } from "./descriptors.ts";
import { toBytes } from "./fs/paths.ts";
import { receiveWith } from "./passing.ts";
import { inheritedSocket } from "./inherited.ts";
import { Buffer } from "node:buffer";
import { type Request, requestClass, StreamHandle } from "./stream.ts";

const constants = { SOCKET: 0, SERVER: 1, IPC: 2, UV_READABLE: 1, UV_WRITABLE: 2 };

/** The longest path that fits into `sockaddr_un`. */
const PATH_BYTES_MAX = 107;

/** A pipe, as seen by the code that connects it with a child process. */
export interface PipeEnd {
  readonly socket: TcpSocket;
  joined(): void;
}

/** Creates `pipe_wrap` for one process. */
export function createPipeBinding(context: BindingContext): object {
  const { process } = context;
  const files = (): ProcessFiles => filesOf(process);

  class Pipe extends StreamHandle {
    fd = -1;
    #path = "";

    constructor(type: number, socket?: TcpSocket) {
      super(
        context,
        socket ?? new TcpSocket(stackOf(process.host), process, true),
        type === constants.SERVER ? "PIPESERVERWRAP" : "PIPEWRAP",
      );
      if (socket !== undefined) this.fd = newDescriptor(context, this.passed);
    }

    /** Takes up a descriptor that the process was started with. */
    open(descriptor: number): number {
      const socket = inheritedSocket(process, descriptor);
      if (socket === undefined) return Errno.ENOTSOCK;
      this.socket = socket;
      this.fd = descriptor;
      return 0;
    }

    /** @internal Called when the other end was given to a process that is about to start. */
    joined(): void {
      this.fd = newDescriptor(context, this.passed);
    }

    /** Allows all users to read from or write to the bound path, too. */
    fchmod(mode: number): number {
      if (this.#path === "") return Errno.EBADF;
      const wanted =
        ((mode & constants.UV_READABLE) !== 0 ? 0o444 : 0) |
        ((mode & constants.UV_WRITABLE) !== 0 ? 0o222 : 0);
      return failureOf(() => {
        const inode = find(files().fs.root, files(), toBytes(this.#path));
        chmod(files().fs, files(), { inode, entry: undefined }, (inode.mode & 0o7777) | wanted);
      });
    }

    /** Creates the socket's file. An abstract name (it starts with NUL) has none. */
    bind(path: string): number {
      if (this.#path !== "" || path === "") return Errno.EINVAL;
      if (Buffer.byteLength(path) > PATH_BYTES_MAX) return Errno.EINVAL;
      const { socket } = this;
      if (path.startsWith("\0")) {
        const { abstractNames } = socket.stack;
        if (abstractNames.has(path)) return Errno.EADDRINUSE;
        abstractNames.bind(path, socket);
      } else {
        const error = failureOf(() => bindSocket(files().fs, files(), toBytes(path), socket));
        if (error !== 0) return error;
      }
      socket.path = path;
      this.#path = path;
      this.fd = newDescriptor(context, this.passed);
      return 0;
    }

    listen(backlog: number): number {
      const error = listen(this.socket, backlog);
      if (error === 0) {
        this.socket.acceptFor(process, this.core);
        this.activate();
      }
      return error;
    }

    override onConnection(): void {
      const connection = accept(this.socket);
      if (connection === undefined || this.onconnection === undefined) return;
      connection.process = process;
      connection.stack.adopt(process, connection);
      const client = new Pipe(constants.SOCKET, connection);
      context.async.makeCallback(this, this.onconnection, [0, client]);
    }

    /** libuv reports the outcome in a later turn, whatever `connect(2)` returns. */
    connect(request: Request, path: string): number {
      if (this.core.connectRequest !== undefined) return Errno.EALREADY;
      if (Buffer.byteLength(path) > PATH_BYTES_MAX) return Errno.EINVAL;
      const status = this.#connect(path);
      if (this.fd < 0) this.fd = newDescriptor(context, this.passed);
      this.core.connecting(request);
      // The listener is notified first.
      const delayNs = status === 0 ? this.socket.stack.loopback.transitNs(0) : 0;
      process.schedule(delayNs, Kind.internal, connected, { handle: this as StreamHandle, status });
      return 0;
    }

    #connect(path: string): number {
      let listener: TcpSocket | undefined;
      if (path.startsWith("\0")) {
        listener = this.socket.stack.abstractNames.socketAt(path);
      } else {
        const error = failureOf(() => {
          listener = findSocket(files().fs, files(), toBytes(path)) as TcpSocket;
        });
        if (error !== 0) return error;
      }
      return connectUnix(this.socket, listener);
    }

    protected override onClose(): void {
      super.onClose();
      // libuv removes the file that it has bound.
      const path = this.#path;
      if (path !== "" && !path.startsWith("\0")) {
        failureOf(() => unlink(files().fs, files(), toBytes(path)));
      }
      forgetDescriptor(context, this.fd);
      this.fd = -1;
    }
  }

  receiveWith<TcpSocket>(context, "pipe", (socket) => {
    return new Pipe(socket.listening ? constants.SERVER : constants.SOCKET, socket);
  });
  return { Pipe, PipeConnectWrap: requestClass(context, "PIPECONNECTWRAP"), constants };
}

function connected({ handle, status }: { handle: StreamHandle; status: number }): void {
  handle.onConnect(status);
}

/** Returns the error of a call to the disk, or 0. */
function failureOf(call: () => void): number {
  try {
    call();
    return 0;
  } catch (thrown) {
    if (thrown instanceof SystemError) return -thrown.errno;
    throw thrown;
  }
}
