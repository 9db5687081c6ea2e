/**
 * The details that the trace stores for events of the machine: disk, names, connections, power, clocks. Those of
 * packets are in `packet.ts`.
 */

/** The detail of a `disk` event. */
export interface DiskDetail {
  /** `lost sync`: it reported success without doing anything. `failed sync`: it reported an error. */
  readonly operation:
    | "write"
    | "sync"
    | "lost sync"
    | "failed sync"
    | "create"
    | "remove"
    | "rename";
  /** The path concerned; of a file that has no name any more, the last one. */
  readonly path: string;
  /** `rename`: the previous path. */
  readonly from?: string;
  /** `write`: the number of bytes, and where in the file. */
  readonly bytes?: number;
  readonly offset?: number;
}

/** The detail of a `lookup` event. */
export interface LookupDetail {
  readonly name: string;
  /** The addresses; or that there is no such name, or that no answer came. */
  readonly answer: readonly string[] | "not found" | "no answer";
}

/** The detail of a `socket` event. */
export interface SocketDetail {
  readonly state: "connected" | "accepted" | "ended";
  /** The connection's number within the run. */
  readonly connection: number;
  readonly localPort: number;
  readonly remotePort: number;
  /** The name of the other host. */
  readonly peer: string;
  /** `ended`: the name of the error that ended it, such as "ECONNRESET". */
  readonly error?: string;
}

/** The detail of a `step` event. */
export interface StepDetail {
  readonly pid: number;
  /** The step, as the program names it. */
  readonly name: string;
}

/** The detail of a `state` event. */
export interface StateDetail {
  readonly pid: number;
  /** What it is called, such as "role". A later value of the same name takes its place. */
  readonly name: string;
  /** Plain data, or a text that shows it. */
  readonly value: unknown;
}

/** The detail of a `power` event. */
export interface PowerDetail {
  readonly on: boolean;
  /** What its disk has lost, in words, one for each file or name; empty or absent if nothing. */
  readonly lost?: readonly string[];
}

/** The detail of a `clock` event: the state of the host's clocks after it. */
export interface ClockDetail {
  /** How far the wall clock is from true time, in nanoseconds. */
  readonly errorNs: number;
  /** How fast the clocks run, in microseconds gained in a second. */
  readonly ppm: number;
  readonly frozen: boolean;
}
