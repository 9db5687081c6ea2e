/**
 * The abstract names of a host that Unix sockets are bound to: they begin with NUL, have no file and go
 * with their socket. Names with a file are the disk's.
 */
import type { TcpSocket } from "./tcp/socket.ts";

/** The abstract names of one host. */
export class AbstractNames {
  readonly #bound: Map<string, TcpSocket> = new Map();

  has(name: string): boolean {
    return this.#bound.has(name);
  }

  /** The socket bound to the name, if there is one. */
  socketAt(name: string): TcpSocket | undefined {
    return this.#bound.get(name);
  }

  bind(name: string, socket: TcpSocket): void {
    this.#bound.set(name, socket);
  }

  /** The socket is closed. */
  release(name: string, socket: TcpSocket): void {
    if (this.#bound.get(name) === socket) this.#bound.delete(name);
  }

  /** The machine lost power. */
  clear(): void {
    this.#bound.clear();
  }
}
