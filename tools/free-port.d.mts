/** The types of `free-port.mjs`. */

/** A loopback port that nothing listens on, and that the system gives to nobody by itself. */
export function freePort(): Promise<number>;
