/** The file descriptors of a process's sockets, and the socket behind each. */
import { filesOf } from "../../sim/disk/index.ts";
import type { Process } from "../../sim/process.ts";
import type { BindingContext } from "./context.ts";
import { inheritedSocket } from "./inherited.ts";
import type { Passed } from "./passing.ts";

const named: WeakMap<Process, Map<number, Passed>> = new WeakMap();

/** Returns a new file descriptor for a socket, one that the process has not used before. */
export function newDescriptor({ process }: BindingContext, socket: Passed): number {
  const descriptor = filesOf(process).reserve();
  let known = named.get(process);
  if (known === undefined) named.set(process, (known = new Map()));
  known.set(descriptor, socket);
  return descriptor;
}

/** Called when the socket is closed. */
export function forgetDescriptor({ process }: BindingContext, descriptor: number): void {
  named.get(process)?.delete(descriptor);
}

/**
 * Returns the socket behind a descriptor of a process, whether created by it or inherited at its
 * start.
 */
export function socketAt(process: Process, descriptor: number): Passed | undefined {
  const own = named.get(process)?.get(descriptor);
  if (own !== undefined) return own;
  const socket = inheritedSocket(process, descriptor);
  return socket && { kind: "pipe", socket };
}

/**
 * Returns the result of `guessHandleType` of Node's C++: an index into TCP, TTY, UDP, FILE, PIPE,
 * UNKNOWN.
 */
export function handleTypeOf(process: Process, descriptor: number): number {
  const found = socketAt(process, descriptor);
  if (found !== undefined) return { tcp: 0, udp: 2, pipe: 4 }[found.kind];
  if (descriptor >= 0 && descriptor <= 2) return 4;
  return filesOf(process).has(descriptor) ? 3 : 5;
}
