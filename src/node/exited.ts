/**
 * What unwinds the stack of a process that has exited. JavaScript cannot leave a `finally` out: whatever
 * the program still does there must have no effect, so system calls throw it again.
 */

/** Thrown through a program's frames by `process.exit`; it is nobody's error. */
export const exited: object = Object.freeze({ exited: true });
