/**
 * The kinds of event that a trace knows. The numbers are part of the trace format: append, never renumber.
 */

/** Event kinds by name. */
export const Kind = {
  /** Something of the simulator's own, in no host's name. */
  internal: 0,
  /** A timer of a program fired. */
  timer: 1,
  /** A process started. */
  start: 2,
  /** A process ended: exit, crash, kill. */
  exit: 3,
  /** A segment or datagram left a host. */
  send: 4,
  /** A segment or datagram reached a host. */
  receive: 5,
  /** A segment or datagram was lost on its way. */
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
  /** An asynchronous call of the platform completed: disk, names, compression. */
  completion: 13,
  /** The event loop's check phase: immediates. */
  immediate: 14,
  /** An uncaught exception or unhandled rejection. */
  uncaught: 15,
} as const;

/** One of {@link Kind}. */
export type EventKind = (typeof Kind)[keyof typeof Kind];

/** A kind's name, for a person. */
export const kindNames: readonly string[] = Object.keys(Kind);
