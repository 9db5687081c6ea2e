/**
 * Failed system calls as the program sees them: libuv's code, number and text, formatted as in
 * Node.
 */
import { Buffer } from "node:buffer";
import { getSystemErrorMap } from "node:util";
import { SystemError } from "../../../sim/disk/index.ts";

const words = getSystemErrorMap();

/** The failed call and its paths. */
export interface CallName {
  readonly syscall: string;
  readonly path?: string | Uint8Array | undefined;
  readonly dest?: string | Uint8Array | undefined;
  /** False for a call whose name may change files and that does not, such as an `open` for reading. */
  readonly changes?: boolean;
}

/** The fields that Node sets on the exception of a failed system call. */
export interface SystemException extends Error {
  errno?: number;
  code?: string;
  syscall?: string;
  path?: string;
  dest?: string;
}

function text(path: string | Uint8Array): string {
  return typeof path === "string" ? path : Buffer.from(path).toString();
}

/**
 * Returns the exception for a failed system call. Any other failure is a bug and is rethrown
 * unchanged.
 */
export function exceptionOf(failure: unknown, call: CallName): SystemException {
  if (!(failure instanceof SystemError)) throw failure;
  const errno = -failure.errno;
  const { syscall, path, dest } = call;
  // Errors that libuv has no name for are named by their number.
  const known = words.get(errno);
  const code = known ? failure.code : `Unknown system error ${errno}`;
  let message = `${code}: ${known?.[1] ?? code}, ${syscall}`;
  if (path !== undefined) message += ` '${text(path)}'`;
  if (dest !== undefined) message += ` -> '${text(dest)}'`;
  const error: SystemException = new Error(message);
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = text(path);
  if (dest !== undefined) error.dest = text(dest);
  return error;
}

/**
 * The same without a stack: no frame of the program is on the stack when a thread's answer arrives.
 */
export function stacklessException(failure: unknown, call: CallName): SystemException {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return exceptionOf(failure, call);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Returns an error that Node's C++ throws: an `Error` with a code. */
export function codedError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
