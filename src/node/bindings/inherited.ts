/**
 * The file descriptors that a process was started with: for example, ends of pipes to its parent.
 */
import type { Process } from "../../sim/process.ts";
import type { StreamEvents } from "../../sim/network/tcp/phase.ts";
import type { TcpSocket } from "../../sim/network/tcp/socket.ts";

const inherited: WeakMap<Process, Map<number, TcpSocket>> = new WeakMap();

/** Adds a descriptor to a process before it starts. */
export function inherit(process: Process, descriptor: number, socket: TcpSocket): void {
  let mine = inherited.get(process);
  if (!mine) inherited.set(process, (mine = new Map()));
  mine.set(descriptor, socket);
}

/** The events of a socket that a process holds but has not taken up yet. They are ignored. */
class NotTakenUp implements StreamEvents {
  onConnect(): void {}
  onReadable(): void {}
  onWritable(): void {}
  onConnection(): void {}
}

const untouched: WeakMap<Process, Map<TcpSocket, StreamEvents>> = new WeakMap();

/** Adds a descriptor that another process holds as well. */
export function share(process: Process, descriptor: number, socket: TcpSocket): void {
  let mine = untouched.get(process);
  if (!mine) untouched.set(process, (mine = new Map()));
  if (!mine.has(socket)) {
    const nobody = new NotTakenUp();
    socket.passTo(process, nobody);
    mine.set(socket, nobody);
  }
  inherit(process, descriptor, socket);
}

/**
 * Takes up a socket that the process created or inherited: from now on, `events` receives its
 * events.
 */
export function takeUp(process: Process, socket: TcpSocket, events: StreamEvents): void {
  const nobody = untouched.get(process)?.get(socket);
  if (nobody === undefined || socket.events === nobody) {
    socket.events = events;
  } else {
    // The socket was passed to another process since, or the process takes it up again.
    socket.passTo(process, events);
    socket.release(nobody);
  }
  untouched.get(process)?.delete(socket);
}

/** Returns the socket behind a descriptor that the process was started with. */
export function inheritedSocket(process: Process, descriptor: number): TcpSocket | undefined {
  return inherited.get(process)?.get(descriptor);
}
