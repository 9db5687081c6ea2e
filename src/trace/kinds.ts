/**
 * The kinds of events in a trace. The numbers are part of the trace format: append new ones, never
 * renumber.
 */

/** Event kinds by name. */
export const Kind = {
  /** An event of the simulator itself, without a host. */
  internal: 0,
  /** A timer of a program fired. */
  timer: 1,
  /** A process started. */
  start: 2,
  /** A process ended: exit, crash or kill. */
  exit: 3,
  /** A segment or datagram was sent by a host. */
  send: 4,
  /** A segment or datagram arrived at a host. */
  receive: 5,
  /** A segment or datagram was lost in transit. */
  drop: 6,
  /** A fault began. */
  fault: 7,
  /** A fault was lifted. */
  heal: 8,
  /** A program wrote a line to its standard output or error. */
  log: 9,
  /** An operation was invoked. */
  invoke: 10,
  /** An operation completed. */
  complete: 11,
  /** An assertion of a program: always, sometimes, eventually. */
  assert: 12,
  /** An asynchronous platform call completed: disk, name lookup, compression. */
  completion: 13,
  /** The check phase of the event loop: immediates. */
  immediate: 14,
  /** An uncaught exception or unhandled rejection. */
  uncaught: 15,
  /** A process handled an event that had waited, because the process was paused or busy. */
  resume: 16,
  /** A disk operation that changes or syncs something: write, sync, create, remove, rename. */
  disk: 17,
  /** A name lookup was answered. */
  lookup: 18,
  /** A connection was established, accepted, or ended. */
  socket: 19,
  /** A machine lost power or booted. */
  power: 20,
  /** A clock stepped, or changed its rate. */
  clock: 21,
  /** A program came to a step that it names. */
  step: 22,
  /** A program told a part of its state: its role, its term, the size of its queue. */
  state: 23,
} as const;

/** One of the values of {@link Kind}. */
export type EventKind = (typeof Kind)[keyof typeof Kind];

/** The name of each kind, for people. */
export const kindNames: readonly string[] = Object.keys(Kind);
