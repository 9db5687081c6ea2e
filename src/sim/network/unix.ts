/**
 * The abstract names of a host's Unix sockets. They begin with NUL, have no file and disappear with their
 * socket. Names with a file are stored on the disk.
 */
import type { TcpSocket } from "./tcp/socket.ts";

/** The abstract names of one host. */
export class AbstractNames {
  readonly #bound: Map<string, TcpSocket> = new Map();

  has(name: string): boolean {
    return this.#bound.has(name);
  }

  /** The socket bound to the name. Returns undefined if there is none. */
  socketAt(name: string): TcpSocket | undefined {
    return this.#bound.get(name);
  }

  bind(name: string, socket: TcpSocket): void {
    this.#bound.set(name, socket);
  }

  /** Removes the name when the socket is closed. */
  release(name: string, socket: TcpSocket): void {
    if (this.#bound.get(name) === socket) this.#bound.delete(name);
  }

  /** Removes all names when the machine loses power. */
  clear(): void {
    this.#bound.clear();
  }
}
