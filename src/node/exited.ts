/**
 * The object that unwinds the stack of a process that has exited. JavaScript cannot skip a
 * `finally` block. Whatever the program still does there must have no effect, so system calls throw
 * this object again.
 */

/** Thrown through a program's frames by `process.exit`. It is not an error. */
export const exited: object = Object.freeze({ exited: true });

/** Leaves the code of a process that has ended meanwhile, as a call of `process.exit` in its place would. */
export function leaveIfEnded({ alive }: { readonly alive: boolean }): void {
  if (!alive) throw exited;
}
