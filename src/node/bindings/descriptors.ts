/** Numbers for the sockets of a process: those that a Node process of its own has are taken. */
import type { BindingContext } from "./context.ts";

const FIRST = 18;

const next: WeakMap<BindingContext, number> = new WeakMap();

/** A file descriptor that the process has not had before. */
export function newDescriptor(context: BindingContext): number {
  const descriptor = next.get(context) ?? FIRST;
  next.set(context, descriptor + 1);
  return descriptor;
}
