/** `node:tty` on a simulated host: it has no terminal, and says so when asked. */
import { notSimulated } from "../bindings/index.ts";

/** The module of one process. */
export function createTtyModule(): object {
  return {
    isatty: (_fd: number): boolean => false,
    ReadStream: notSimulated("node:tty.ReadStream"),
    WriteStream: notSimulated("node:tty.WriteStream"),
  };
}
