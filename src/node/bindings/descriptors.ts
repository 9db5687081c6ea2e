/** The numbers of a process's sockets, and what stands behind each. */
import { filesOf } from "../../sim/disk/index.ts";
import type { Process } from "../../sim/process.ts";
import type { BindingContext } from "./context.ts";
import { inheritedSocket } from "./inherited.ts";
import type { Passed } from "./passing.ts";

const named: WeakMap<Process, Map<number, Passed>> = new WeakMap();

/** A file descriptor for a socket, that the process has not had before. */
export function newDescriptor({ process }: BindingContext, socket: Passed): number {
  const descriptor = filesOf(process).reserve();
  let known = named.get(process);
  if (known === undefined) named.set(process, (known = new Map()));
  known.set(descriptor, socket);
  return descriptor;
}

/** The socket is closed. */
export function forgetDescriptor({ process }: BindingContext, descriptor: number): void {
  named.get(process)?.delete(descriptor);
}

/** The socket that a descriptor of a process stands for, made by it or given to it at its start. */
export function socketAt(process: Process, descriptor: number): Passed | undefined {
  const own = named.get(process)?.get(descriptor);
  if (own !== undefined) return own;
  const socket = inheritedSocket(process, descriptor);
  return socket && { kind: "pipe", socket };
}

/** What `guessHandleType` of Node's C++ gives: an index into TCP, TTY, UDP, FILE, PIPE, UNKNOWN. */
export function handleTypeOf(process: Process, descriptor: number): number {
  const found = socketAt(process, descriptor);
  if (found !== undefined) return { tcp: 0, udp: 2, pipe: 4 }[found.kind];
  if (descriptor >= 0 && descriptor <= 2) return 4;
  return filesOf(process).has(descriptor) ? 3 : 5;
}
