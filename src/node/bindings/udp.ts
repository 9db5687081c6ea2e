/** `udp_wrap`: UDP sockets of one process, over its host's network stack. */
import {
  canonical,
  type Family,
  isLoopback,
  isMulticast,
  unmapped,
} from "../../sim/network/address.ts";
import { Errno } from "../../sim/network/errno.ts";
import { stackOf } from "../../sim/network/stack.ts";
import { membershipOf } from "../../sim/network/udp/groups.ts";
import { type DatagramEvents, UdpSocket } from "../../sim/network/udp/socket.ts";
import type { BindingContext } from "./context.ts";
import { forgetDescriptor, newDescriptor, socketAt } from "./descriptors.ts";
import { Handle } from "./handle.ts";
import { type Passed, receiveWith } from "./passing.ts";
import { requestClass } from "./stream.ts";
import { Buffer } from "node:buffer";
import { type AddressOut, fillAddress } from "./tcp.ts";

const UV_UDP_IPV6ONLY = 1;
const UV_UDP_REUSEADDR = 4;
const UV_UDP_REUSEPORT = 64;

const constants = { UV_UDP_IPV6ONLY, UV_UDP_REUSEADDR, UV_UDP_REUSEPORT };

/** Linux doubles the requested size, up to net.core.rmem_max. */
const BUFFER_MAX_BYTES = 212_992;
const BUFFER_MIN_BYTES = 2_304;

type OnMessage = (count: number, handle: object, buffer?: Buffer, sender?: AddressOut) => void;

// Obtained before a run's guards are installed. Every byte is overwritten at once.
const allocate: (bytes: number) => Buffer = Buffer.allocUnsafeSlow;

/** Creates `udp_wrap` for one process. */
export function createUdpBinding(context: BindingContext): object {
  const { process } = context;

  class UDP extends Handle implements DatagramEvents {
    fd = -1;
    onmessage: OnMessage | undefined;
    #socket: UdpSocket;

    constructor(passedOn?: UdpSocket) {
      super(context, "UDPWRAP");
      if (passedOn instanceof UdpSocket) {
        this.#socket = passedOn;
        passedOn.passTo(process, this);
        this.fd = newDescriptor(context, this.passed);
      } else {
        this.#socket = new UdpSocket(stackOf(process.host), process);
        this.#socket.events = this;
      }
    }

    /** @internal */
    get passed(): Passed {
      return { kind: "udp", socket: this.#socket };
    }

    /** Creates another handle for a socket that the process has. */
    open(descriptor: number): number {
      const found = socketAt(process, descriptor);
      if (found?.kind !== "udp") return found === undefined ? Errno.EBADF : Errno.ENOTSOCK;
      this.#socket.close();
      this.#socket = found.socket;
      found.socket.passTo(process, this);
      this.fd = descriptor;
      return 0;
    }

    bind(address: string, port: number, flags: number): number {
      return this.#bind(address, port, flags, 4);
    }

    bind6(address: string, port: number, flags: number): number {
      return this.#bind(address, port, flags, 6);
    }

    #bind(address: string, port: number, flags: number, family: Family): number {
      const plain = canonical(address);
      if (plain === undefined || plain.includes(":") !== (family === 6)) return Errno.EINVAL;
      if (this.fd < 0) this.#socket.family = family;
      const error = this.#socket.bind({
        address: plain,
        // The library passes on any value that it was given as a port.
        port: (port as unknown) instanceof Function ? 0 : port >>> 0,
        family,
        v6Only: (flags & UV_UDP_IPV6ONLY) !== 0,
        reuse: (flags & UV_UDP_REUSEADDR) !== 0,
        reusePort: (flags & UV_UDP_REUSEPORT) !== 0,
      });
      this.#opened();
      return error;
    }

    #opened(): void {
      if (this.fd < 0) this.fd = newDescriptor(context, this.passed);
    }

    connect(address: string, port: number): number {
      return this.#connect(address, port, 4);
    }

    connect6(address: string, port: number): number {
      return this.#connect(address, port, 6);
    }

    #connect(address: string, port: number, family: Family): number {
      this.#opened();
      return this.#socket.connect(address, port, family);
    }

    disconnect(): number {
      return this.#socket.disconnect();
    }

    /**
     * Sends a datagram; without an address, to the connected peer. Returns the number of bytes sent
     * plus one, or an error.
     */
    send(
      _request: object,
      list: readonly Uint8Array[],
      count: number,
      port: number | boolean,
      address?: string,
    ): number {
      return this.#send(list, count, port, address, 4);
    }

    send6(
      _request: object,
      list: readonly Uint8Array[],
      count: number,
      port: number | boolean,
      address?: string,
    ): number {
      return this.#send(list, count, port, address, 6);
    }

    #send(
      list: readonly Uint8Array[],
      count: number,
      port: number | boolean,
      address: string | undefined,
      family: Family,
    ): number {
      if (this.closing) return Errno.EBADF;
      const payload = join(list, count);
      let sent: number;
      if (typeof port === "number") {
        const to = address as string;
        if (to.includes(":") !== (family === 6)) return Errno.EINVAL;
        sent = this.#socket.send(payload, to, port);
      } else {
        sent = this.#socket.send(payload);
      }
      this.#opened();
      return sent < 0 ? sent : sent + 1;
    }

    recvStart(): number {
      this.activate();
      this.#socket.startReceiving(process, this);
      return 0;
    }

    recvStop(): number {
      this.#socket.stopReceiving(this);
      this.deactivate();
      return 0;
    }

    onReadable(): void {
      const { onmessage } = this;
      const received = this.#socket.receive();
      if (onmessage === undefined) return;
      if (typeof received === "number") {
        if (received !== Errno.EAGAIN) {
          context.async.makeCallback(this, onmessage, [received, this, undefined, undefined]);
        }
      } else {
        const { payload, fromAddress, fromPort } = received;
        const buffer = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
        const mapped = this.#socket.family === 6 && !fromAddress.includes(":");
        const sender: AddressOut = {};
        fillAddress(sender, mapped ? `::ffff:${fromAddress}` : fromAddress, fromPort);
        context.async.makeCallback(this, onmessage, [buffer.length, this, buffer, sender]);
      }
      this.#socket.receiveAgain();
    }

    getsockname(out: AddressOut): number {
      if (this.fd < 0 || this.closing) return Errno.EBADF;
      const { localAddress, localPort, family } = this.#socket;
      const any = family === 6 ? "::" : "0.0.0.0";
      return fillAddress(out, localAddress === "" ? any : localAddress, localPort);
    }

    getpeername(out: AddressOut): number {
      if (this.fd < 0 || this.closing) return Errno.EBADF;
      const { remoteAddress, remotePort, connected } = this.#socket;
      return connected ? fillAddress(out, remoteAddress, remotePort) : Errno.ENOTCONN;
    }

    #member(group: string, local: string | undefined, join: boolean, source?: string): number {
      const plain = canonical(group);
      if (plain === undefined) return Errno.EINVAL;
      // libuv binds the socket before it checks the other arguments.
      if (!this.#socket.bound) {
        const any = plain.includes(":") ? "::" : "0.0.0.0";
        const family = plain.includes(":") ? 6 : 4;
        this.#socket.bind({ address: any, port: 0, family, reuse: true });
      }
      this.#opened();
      if (!isMulticast(plain)) return Errno.EINVAL;
      let home = false;
      if (local !== undefined && local !== null && local !== "") {
        const own = canonical(local.replace(/%.*$/, ""));
        if (own === undefined) return Errno.EINVAL;
        const stack = stackOf(process.host);
        if (own !== "0.0.0.0" && own !== "::" && !stack.owns(own)) return Errno.ENODEV;
        home = isLoopback(own);
      }
      const { groups } = this.#socket;
      const from = source === undefined ? undefined : unmapped(source);
      const membership = membershipOf(plain, from, home);
      if (join === groups.has(membership)) return join ? Errno.EADDRINUSE : Errno.EADDRNOTAVAIL;
      if (join) groups.add(membership);
      else groups.delete(membership);
      return 0;
    }

    addMembership(group: string, local?: string): number {
      return this.#member(group, local, true);
    }

    dropMembership(group: string, local?: string): number {
      return this.#member(group, local, false);
    }

    addSourceSpecificMembership(source: string, group: string, local?: string): number {
      return this.#member(group, local, true, source);
    }

    dropSourceSpecificMembership(source: string, group: string, local?: string): number {
      return this.#member(group, local, false, source);
    }

    setMulticastInterface(address: string): number {
      if (this.fd < 0) return Errno.EBADF;
      const plain = canonical(address.replace(/%.*$/, ""));
      if (plain === undefined) return Errno.EINVAL;
      if (plain.includes(":") !== (this.#socket.family === 6)) return Errno.EINVAL;
      const any = plain === "0.0.0.0" || plain === "::";
      if (!any && !stackOf(process.host).owns(plain)) return Errno.EADDRNOTAVAIL;
      this.#socket.multicastStaysHome = isLoopback(plain);
      return 0;
    }

    setMulticastTTL(ttl: number): number {
      return this.#option(ttl >= 0 && ttl <= 255, () => (this.#socket.multicastTtl = ttl));
    }

    setMulticastLoopback(on: number): number {
      return this.#option(true, () => (this.#socket.multicastLoopback = on !== 0));
    }

    setBroadcast(on: number): number {
      return this.#option(true, () => (this.#socket.broadcast = on !== 0));
    }

    setTTL(ttl: number): number {
      if (ttl < 1 || ttl > 255) return Errno.EINVAL;
      return this.#option(true, () => (this.#socket.ttl = ttl));
    }

    #option(valid: boolean, set: () => void): number {
      if (this.fd < 0 || this.closing) return Errno.EBADF;
      if (!valid) return Errno.EINVAL;
      set();
      return 0;
    }

    bufferSize(size: number, receive: boolean, failure: Record<string, unknown>): unknown {
      const failed = (code: number, name: string, message: string): undefined => {
        failure["errno"] = code;
        failure["code"] = name;
        failure["message"] = message;
        failure["syscall"] = receive ? "uv_recv_buffer_size" : "uv_send_buffer_size";
        return undefined;
      };
      if (this.fd < 0 || this.closing) return failed(Errno.EBADF, "EBADF", "bad file descriptor");
      if (size > 0x7fff_ffff) return failed(Errno.EINVAL, "EINVAL", "invalid argument");
      const socket = this.#socket;
      if (size > 0) {
        const granted = Math.max(Math.min(size, BUFFER_MAX_BYTES) * 2, BUFFER_MIN_BYTES);
        if (receive) socket.receiveBufferBytes = granted;
        else socket.sendBufferBytes = granted;
        return size;
      }
      return receive ? socket.receiveBufferBytes : socket.sendBufferBytes;
    }

    getSendQueueSize(): number {
      return 0;
    }

    getSendQueueCount(): number {
      return 0;
    }

    protected override onClose(): void {
      this.#socket.release(this);
      forgetDescriptor(context, this.fd);
      this.fd = -1;
    }
  }

  receiveWith<UdpSocket>(context, "udp", (socket) => new UDP(socket));
  return { UDP, SendWrap: requestClass(context, "UDPSENDWRAP"), constants };
}

/** Returns the buffers as a single one that belongs to the socket. */
function join(list: readonly Uint8Array[], count: number): Buffer {
  let length = 0;
  for (let i = 0; i < count; i++) length += (list[i] as Uint8Array).byteLength;
  const whole = allocate(length);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const part = list[i] as Uint8Array;
    // A list may contain any view: its size is in bytes, not in elements.
    const bytes =
      part instanceof Uint8Array
        ? part
        : new Uint8Array(
            (part as DataView).buffer,
            (part as DataView).byteOffset,
            (part as DataView).byteLength,
          );
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}
