/** The file descriptors that a process was started with: ends of pipes to whoever started it. */
import type { Process } from "../../sim/process.ts";
import type { TcpSocket } from "../../sim/network/tcp/socket.ts";

const inherited: WeakMap<Process, Map<number, TcpSocket>> = new WeakMap();

/** Gives a process a descriptor, before it starts. */
export function inherit(process: Process, descriptor: number, socket: TcpSocket): void {
  let mine = inherited.get(process);
  if (!mine) inherited.set(process, (mine = new Map()));
  mine.set(descriptor, socket);
}

/** The socket behind a descriptor that the process was started with. */
export function inheritedSocket(process: Process, descriptor: number): TcpSocket | undefined {
  return inherited.get(process)?.get(descriptor);
}
