/**
 * System call failures, by Linux's names and numbers. They are thrown as plain values, not as `Error`s,
 * because a failed look-up is an ordinary result here. The layer that knows the program creates the error
 * that the program sees.
 */

/** Linux's error numbers, limited to those that file operations need. */
export const errnoNumbers = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  ENAMETOOLONG: 36,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENOTSUP: 95,
  EADDRINUSE: 98,
  ECONNREFUSED: 111,
  ESTALE: 116,
  EDQUOT: 122,
} as const;

/** The name of a system call failure. */
export type ErrnoCode = keyof typeof errnoNumbers;

/** A failed system call. */
export class SystemError {
  readonly code: ErrnoCode;
  /** Positive, as in C. */
  readonly errno: number;

  constructor(code: ErrnoCode) {
    this.code = code;
    this.errno = errnoNumbers[code];
    Object.freeze(this);
  }
}

const instances = new Map<ErrnoCode, SystemError>(
  (Object.keys(errnoNumbers) as ErrnoCode[]).map((code) => [code, new SystemError(code)]),
);

/** Throws a {@link SystemError} with this code. */
export function fail(code: ErrnoCode): never {
  throw instances.get(code) as SystemError;
}
