/**
 * Decides whether the processes that start now get library code of their own, or share the code,
 * and V8's feedback for it, with all previous processes.
 *
 * V8 keeps its feedback about a function (the hidden classes it met, the functions it calls) per
 * closure of the enclosing function. Each process has its own classes. Code that all processes
 * share therefore meets more and more hidden classes, and V8 stops optimizing it; but this code is
 * already warm when a process starts. A process's own code is two to three times as fast once it is
 * warm, but has to warm up first. Only long-running processes gain from that, so the decision
 * depends on how much the processes of the previous run did. The behaviour of programs is the same
 * in both cases.
 */

/**
 * The approximate number of callbacks in a process after which its own code has made up for the
 * warm-up.
 */
const WORTHWHILE_CALLBACKS = 20_000;

/** The runs in which processes have started, identified by their kernels. */
const runs = new WeakSet<object>();
let processes = 0;
let callbacks = 0;
/** The average number of callbacks per process in the previous run. */
let lately = 0;

/** Called when a callback enters any process. */
export function countCallback(): void {
  callbacks++;
}

/** Called when a process starts in a run. Returns whether it gets its own code. */
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

/** Returns whether the processes of the latest run have been running for long so far. */
export function processesRanForLong(): boolean {
  return callbacksPerProcess() >= WORTHWHILE_CALLBACKS;
}
