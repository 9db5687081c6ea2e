/** The file descriptors that a process was started with: ends of pipes to whoever started it. */
import type { Process } from "../../sim/process.ts";
import type { StreamEvents } from "../../sim/network/tcp/phase.ts";
import type { TcpSocket } from "../../sim/network/tcp/socket.ts";

const inherited: WeakMap<Process, Map<number, TcpSocket>> = new WeakMap();

/** Gives a process a descriptor, before it starts. */
export function inherit(process: Process, descriptor: number, socket: TcpSocket): void {
  let mine = inherited.get(process);
  if (!mine) inherited.set(process, (mine = new Map()));
  mine.set(descriptor, socket);
}

/** Nobody listens to a socket that a process holds and has not taken up. */
class NotTakenUp implements StreamEvents {
  onConnect(): void {}
  onReadable(): void {}
  onWritable(): void {}
  onConnection(): void {}
}

const untouched: WeakMap<Process, Map<TcpSocket, StreamEvents>> = new WeakMap();

/** Gives a process a descriptor that another process has too. */
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

/** A process takes up a socket that it has, or was given: from now on `events` are told. */
export function takeUp(process: Process, socket: TcpSocket, events: StreamEvents): void {
  const nobody = untouched.get(process)?.get(socket);
  if (nobody === undefined || socket.events === nobody) {
    socket.events = events;
  } else {
    // Another was given it since, or the process takes it up once more.
    socket.passTo(process, events);
    socket.release(nobody);
  }
  untouched.get(process)?.delete(socket);
}

/** The socket behind a descriptor that the process was started with. */
export function inheritedSocket(process: Process, descriptor: number): TcpSocket | undefined {
  return inherited.get(process)?.get(descriptor);
}
