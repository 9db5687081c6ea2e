/**
 * Whether the processes that start now get their library as code of their own, or share what V8 has
 * learned of it with all processes before them.
 *
 * V8 keeps what it learns of a function (which hidden classes it met, what it calls) by closure of the
 * function around it. Each process has classes of its own, so to code that all processes share, theirs
 * are ever more hidden classes, and V8 gives up on making it fast; but the code is warm when a process
 * starts. Code of its own is two to three times as fast once it is warm, and has to get there first. Only
 * processes that run for long gain by that, so it is decided by how much those before them ran. What
 * programs do is the same in both cases.
 */

/** So many callbacks, about, and a process has won back what getting warm costs it. */
const WORTHWHILE_CALLBACKS = 20_000;
/** Before so many processes have started, their average says nothing: the first may run for long. */
const FEW_PROCESSES = 16;
/** What was long ago counts for less and less. */
const MANY_PROCESSES = 128;

let processes = 0;
let callbacks = 0;

/** A callback enters some process. */
export function countCallback(): void {
  callbacks++;
}

/** A process starts: whether it gets code of its own. */
export function startsWithOwnCode(): boolean {
  const own = processes < FEW_PROCESSES || callbacks >= processes * WORTHWHILE_CALLBACKS;
  processes++;
  if (processes === MANY_PROCESSES) {
    processes /= 2;
    callbacks /= 2;
  }
  return own;
}
