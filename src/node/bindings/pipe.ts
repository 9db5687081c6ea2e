/** `pipe_wrap`: Unix sockets between processes of one host, by path. */
import { Errno } from "../../sim/network/errno.ts";
import { stackOf } from "../../sim/network/stack.ts";
import { accept, connectUnix, listen } from "../../sim/network/tcp/handshake.ts";
import { TcpSocket } from "../../sim/network/tcp/socket.ts";
import { Kind } from "../../trace/kinds.ts";
import type { BindingContext } from "./context.ts";
import { newDescriptor } from "./descriptors.ts";
import { type Request, requestClass, StreamHandle } from "./stream.ts";

const constants = { SOCKET: 0, SERVER: 1, IPC: 2, UV_READABLE: 1, UV_WRITABLE: 2 };

/** What fits into `sockaddr_un`. */
const PATH_BYTES_MAX = 107;

/** Makes `pipe_wrap` for one process. */
export function createPipeBinding(context: BindingContext): object {
  const { process } = context;

  class Pipe extends StreamHandle {
    fd = -1;
    #path = "";

    constructor(type: number, socket?: TcpSocket) {
      super(
        context,
        socket ?? new TcpSocket(stackOf(process.host), process, true),
        type === constants.SERVER ? "PIPESERVERWRAP" : "PIPEWRAP",
      );
      if (socket !== undefined) this.fd = newDescriptor(context);
    }

    open(): number {
      return Errno.ENOTSOCK;
    }

    fchmod(): number {
      return 0;
    }

    bind(path: string): number {
      if (this.#path !== "" || path === "") return Errno.EINVAL;
      if (Buffer.byteLength(path) > PATH_BYTES_MAX) return Errno.EINVAL;
      const { unixPaths } = this.socket.stack;
      if (unixPaths.has(path)) return Errno.EADDRINUSE;
      unixPaths.bind(path, this.socket);
      this.socket.path = path;
      this.#path = path;
      this.fd = newDescriptor(context);
      return 0;
    }

    listen(backlog: number): number {
      const error = listen(this.socket, backlog);
      if (error === 0) this.activate();
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

    /** libuv tells how it went in a later turn, whatever `connect(2)` says. */
    connect(request: Request, path: string): number {
      if (this.isConnecting) return Errno.EALREADY;
      const status =
        Buffer.byteLength(path) > PATH_BYTES_MAX ? Errno.EINVAL : connectUnix(this.socket, path);
      if (status === Errno.EINVAL) return status;
      if (this.fd < 0) this.fd = newDescriptor(context);
      this.connecting(request);
      process.schedule(0, Kind.internal, connected, { handle: this as StreamHandle, status });
      return 0;
    }

    protected override onClose(): void {
      super.onClose();
      // libuv removes the file that it has bound.
      if (this.#path !== "") this.socket.stack.unixPaths.unlink(this.#path);
      this.fd = -1;
    }
  }

  return { Pipe, PipeConnectWrap: requestClass(context, "PIPECONNECTWRAP"), constants };
}

function connected({ handle, status }: { handle: StreamHandle; status: number }): void {
  handle.onConnect(status);
}
