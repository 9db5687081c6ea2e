/** Numbers for the sockets of a process, from the same table as those of its files. */
import { filesOf } from "../../sim/disk/index.ts";
import type { BindingContext } from "./context.ts";

/** A file descriptor that the process has not had before. */
export function newDescriptor(context: BindingContext): number {
  return filesOf(context.process).reserve();
}
