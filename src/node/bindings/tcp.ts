/** `tcp_wrap`: TCP sockets of one process, over its host's network stack. */
import { SECOND } from "../../base/units.ts";
import type { Family } from "../../sim/network/address.ts";
import { Errno } from "../../sim/network/errno.ts";
import { stackOf } from "../../sim/network/stack.ts";
import { connect } from "../../sim/network/tcp/handshake.ts";
import { defaultKeepAlive, KeepAlive } from "../../sim/network/tcp/keepalive.ts";
import { accept, bind, listen } from "../../sim/network/tcp/listener.ts";
import { Phase } from "../../sim/network/tcp/phase.ts";
import { TcpSocket } from "../../sim/network/tcp/socket.ts";
import type { BindingContext } from "./context.ts";
import { forgetDescriptor, newDescriptor, socketAt } from "./descriptors.ts";
import { receiveWith } from "./passing.ts";
import { type Request, requestClass, StreamHandle } from "./stream.ts";

const UV_TCP_IPV6ONLY = 1;
const UV_TCP_REUSEPORT = 2;

const constants = { SOCKET: 0, SERVER: 1, UV_TCP_IPV6ONLY, UV_TCP_REUSEPORT };

/** The object that `getsockname` and `getpeername` fill in. */
export interface AddressOut {
  address?: string;
  family?: string;
  port?: number;
}

/** Fills in an address as Node's `AddressToJS` does. */
export function fillAddress(out: AddressOut, address: string, port: number): number {
  // A link-local address names its interface.
  out.address = address.startsWith("fe80:") ? `${address}%eth0` : address;
  out.family = address.includes(":") ? "IPv6" : "IPv4";
  out.port = port;
  return 0;
}

/** Creates `tcp_wrap` for one process. */
export function createTcpBinding(context: BindingContext): object {
  const { process } = context;

  class TCP extends StreamHandle {
    /** The file descriptor, once there is one; -1 before. */
    fd = -1;
    /** libuv reports an address in use in the call after `bind`. */
    #delayedError = 0;
    #typeOfService = 0;

    constructor(type: number, socket?: TcpSocket) {
      super(
        context,
        socket ?? new TcpSocket(stackOf(process.host), process),
        type === constants.SERVER ? "TCPSERVERWRAP" : "TCPWRAP",
      );
      if (socket !== undefined) this.fd = newDescriptor(context, this.passed);
    }

    /** Creates another handle for a socket that the process has. */
    open(descriptor: number): number {
      const found = socketAt(process, descriptor);
      if (found?.kind !== "tcp") return found === undefined ? Errno.EBADF : Errno.ENOTSOCK;
      this.core.socket.close();
      this.core.socket = found.socket;
      found.socket.passTo(process, this.core);
      this.fd = descriptor;
      return 0;
    }

    bind(address: string, port: number, flags?: number): number {
      return this.#bind(address, port, 4, flags ?? 0);
    }

    bind6(address: string, port: number, flags?: number): number {
      return this.#bind(address, port, 6, flags ?? 0);
    }

    #bind(address: string, port: number, family: Family, flags: number): number {
      if (this.closing) return Errno.EBADF;
      const error = bind(this.socket, {
        address,
        // A client that requests a local address may omit the port.
        port: port | 0,
        family,
        v6Only: (flags & UV_TCP_IPV6ONLY) !== 0,
        reusePort: (flags & UV_TCP_REUSEPORT) !== 0,
      });
      this.#opened();
      if (error !== Errno.EADDRINUSE) return error;
      this.#delayedError = error;
      return 0;
    }

    listen(backlog: number): number {
      if (this.#delayedError !== 0) return this.#delayedError;
      const error = listen(this.socket, backlog);
      if (error === 0) {
        this.socket.acceptFor(process, this.core);
        this.activate();
      }
      this.#opened();
      return error;
    }

    override onConnection(): void {
      const connection = accept(this.socket);
      if (connection === undefined || this.onconnection === undefined) return;
      connection.process = process;
      connection.stack.adopt(process, connection);
      const client = new TCP(constants.SOCKET, connection);
      context.async.makeCallback(this, this.onconnection, [0, client]);
    }

    connect(request: Request, address: string, port: number): number {
      return this.#connect(request, address, port, 4);
    }

    connect6(request: Request, address: string, port: number): number {
      return this.#connect(request, address, port, 6);
    }

    #connect(request: Request, address: string, port: number, family: Family): number {
      if (this.core.connectRequest !== undefined) return Errno.EALREADY;
      if (this.#delayedError !== 0) return this.#delayedError;
      const error = connect(this.socket, { address, port, family });
      this.#opened();
      if (error === 0) this.core.connecting(request);
      return error;
    }

    #opened(): void {
      if (this.fd < 0) this.fd = newDescriptor(context, this.passed);
    }

    getsockname(out: AddressOut): number {
      if (this.#delayedError !== 0) return this.#delayedError;
      if (this.fd < 0 || this.closing) return Errno.EBADF;
      const { localAddress, localPort, family } = this.socket;
      const any = family === 6 ? "::" : "0.0.0.0";
      return fillAddress(out, localAddress === "" ? any : localAddress, localPort);
    }

    getpeername(out: AddressOut): number {
      if (this.fd < 0 || this.closing) return Errno.EBADF;
      const { remoteAddress, remotePort, phase, ended, connectionLost } = this.socket;
      if (phase !== Phase.open && phase !== Phase.dead) return Errno.ENOTCONN;
      // A connection that has ended in both directions, or failed, has no peer any more.
      if (ended || connectionLost) return Errno.ENOTCONN;
      return fillAddress(out, remoteAddress, remotePort);
    }

    setNoDelay(): number {
      return 0;
    }

    /** libuv's defaults are an interval of 1 s and 10 probes. */
    setKeepAlive(enable: boolean, delayS: number, intervalS = 1, count = 10): number {
      const { socket } = this;
      if (!enable) {
        socket.keepAlive?.stop();
        return 0;
      }
      const options =
        delayS < 1
          ? defaultKeepAlive
          : { idleNs: delayS * SECOND, intervalNs: intervalS * SECOND, count };
      socket.keepAlive ??= new KeepAlive(socket, options);
      socket.keepAlive.start(options);
      return 0;
    }

    setTypeOfService(value: number): number {
      this.#typeOfService = value;
      return 0;
    }

    getTypeOfService(): number {
      return this.#typeOfService;
    }

    reset(callback?: () => void): number {
      if (this.closing) return 0;
      if (this.core.shutdownRequest !== undefined) return Errno.EINVAL;
      this.socket.reset();
      this.close(callback);
      return 0;
    }

    protected override onClose(): void {
      super.onClose();
      forgetDescriptor(context, this.fd);
      this.fd = -1;
    }
  }

  receiveWith<TcpSocket>(context, "tcp", (socket) => {
    const type = socket.listening ? constants.SERVER : constants.SOCKET;
    const handle = new TCP(type, socket);
    return handle;
  });
  return { TCP, TCPConnectWrap: requestClass(context, "TCPCONNECTWRAP"), constants };
}
