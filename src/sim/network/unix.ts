/**
 * The paths of a host that Unix sockets are bound to. A path outlives the socket that was bound to it,
 * as the file does: until someone unlinks it, connecting is refused and binding finds it in use.
 */
import type { TcpSocket } from "./tcp/socket.ts";

/** The bound paths of one host. Abstract names begin with NUL and do not outlive their socket. */
export class UnixPaths {
  readonly #bound: Map<string, TcpSocket | undefined> = new Map();

  has(path: string): boolean {
    return this.#bound.has(path);
  }

  /** The socket bound to the path, if it is still there. */
  socketAt(path: string): TcpSocket | undefined {
    return this.#bound.get(path);
  }

  bind(path: string, socket: TcpSocket): void {
    this.#bound.set(path, socket);
  }

  /** The socket is closed. Its file stays; an abstract name goes. */
  release(path: string, socket: TcpSocket): void {
    if (this.#bound.get(path) !== socket) return;
    if (path.startsWith("\0")) this.#bound.delete(path);
    else this.#bound.set(path, undefined);
  }

  /** Someone removes the file. False when there was none. */
  unlink(path: string): boolean {
    return this.#bound.delete(path);
  }

  /** The machine lost power: files stay, sockets do not. */
  powerOff(): void {
    for (const path of this.#bound.keys()) {
      if (path.startsWith("\0")) this.#bound.delete(path);
      else this.#bound.set(path, undefined);
    }
  }
}
