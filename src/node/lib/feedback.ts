/**
 * Whether the processes that start now get their library as code of their own, or share what V8 has
 * learned of it with all processes before them.
 *
 * V8 keeps what it learns of a function (which hidden classes it met, what it calls) by closure of the
 * function around it. Each process has classes of its own, so to code that all processes share, theirs
 * are ever more hidden classes, and V8 gives up on making it fast; but the code is warm when a process
 * starts. Code of its own is two to three times as fast once it is warm, and has to get there first. Only
 * processes that run for long gain by that, so it is decided by how much those of the run before did. What
 * programs do is the same in both cases.
 */

/** So many callbacks in a process, about, and code of its own has won back what getting warm costs. */
const WORTHWHILE_CALLBACKS = 20_000;

/** The runs that processes have started in; their kernels stand for them. */
const runs = new WeakSet<object>();
let processes = 0;
let callbacks = 0;
/** How many callbacks a process of the run before had, on average. */
let lately = 0;

/** A callback enters some process. */
export function countCallback(): void {
  callbacks++;
}

/** A process starts in a run: whether it gets code of its own. */
export function startsWithOwnCode(run: object): boolean {
  if (!runs.has(run)) {
    runs.add(run);
    lately = callbacksPerProcess();
    processes = 0;
    callbacks = 0;
  }
  processes++;
  return lately >= WORTHWHILE_CALLBACKS;
}

function callbacksPerProcess(): number {
  return processes === 0 ? 0 : callbacks / processes;
}

/** Whether the processes of the run that was last begun ran for long, up to now. */
export function processesRanForLong(): boolean {
  return callbacksPerProcess() >= WORTHWHILE_CALLBACKS;
}
