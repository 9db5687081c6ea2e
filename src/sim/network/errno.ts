/**
 * The error numbers that the simulated network returns: Linux's, negated, as libuv passes them to Node.
 * Zero is success.
 */

/** Negative error numbers by name. */
export const Errno = {
  EPERM: -1,
  ENOENT: -2,
  EBADF: -9,
  EAGAIN: -11,
  EACCES: -13,
  EINVAL: -22,
  EPIPE: -32,
  ENOTSOCK: -88,
  EDESTADDRREQ: -89,
  EMSGSIZE: -90,
  ENOPROTOOPT: -92,
  EAFNOSUPPORT: -97,
  EADDRINUSE: -98,
  EADDRNOTAVAIL: -99,
  ENETUNREACH: -101,
  ECONNABORTED: -103,
  ECONNRESET: -104,
  ENOBUFS: -105,
  EISCONN: -106,
  ENOTCONN: -107,
  ETIMEDOUT: -110,
  ECONNREFUSED: -111,
  EHOSTUNREACH: -113,
  ENODEV: -19,
  EALREADY: -114,
  EINPROGRESS: -115,
  ECANCELED: -125,
  EAI_AGAIN: -3001,
  EAI_FAMILY: -3005,
  EAI_NODATA: -3007,
  EAI_NONAME: -3008,
  EAI_SERVICE: -3010,
  EOF: -4095,
} as const;
