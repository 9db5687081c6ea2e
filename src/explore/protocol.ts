/** The messages between the supervising process and a runner process. */
import type { WrittenAssertion } from "../world/coverage.ts";
import type { Survival } from "../sim/faults/index.ts";
import type { RunOutcome, RunRequest } from "../world/outcome.ts";

/** A runner's information about the world that it has loaded. */
export interface WorldInfo {
  readonly name: string;
  /** The world file's absolute path. */
  readonly path: string;
  readonly hosts: number;
  readonly hostNames: readonly string[];
  readonly durationNs: number;
  /** What it survives: faults stay inside of that while they are shrunk, too. */
  readonly survivals: readonly Survival[];
  /** Whether the world has any fault sources. */
  readonly hasFaults: boolean;
  /** Whether its runs end with a calm period after faults, in which recovery can be observed. */
  readonly hasCalm: boolean;
  /** The assertions in the source files of its programs. */
  readonly assertions: readonly WrittenAssertion[];
  /** The environment variables that the world file reads while it is loaded, and that are not set there. */
  readonly unsetVariables: readonly string[];
  /** The output of the world file while it was loaded. */
  readonly printed: string;
  /** How long loading took, in milliseconds. */
  readonly loadMs: number;
}

/** A request to a runner. */
export type Question =
  | { readonly id: number; readonly kind: "load"; readonly path: string; readonly calm: boolean }
  | { readonly id: number; readonly kind: "run"; readonly request: RunRequest };

/** An error that is passed between processes. */
export interface CarriedError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** Set only for internal errors of Lightcone. */
  readonly stack: string | undefined;
}

/** A runner's answer to the request with the same number. */
export type Answer =
  | { readonly id: number; readonly kind: "loaded"; readonly info: WorldInfo }
  | { readonly id: number; readonly kind: "outcome"; readonly outcome: RunOutcome }
  | { readonly id: number; readonly kind: "error"; readonly error: CarriedError };

/** The report of a runner's watchdog when a run cannot continue. */
export interface Stall {
  readonly host: string | undefined;
  readonly nowNs: number | undefined;
  /** "worker.ts:12:5", the innermost position in a program; `undefined` if none was found. */
  readonly place: string | undefined;
  /** The reason: no progress for this many seconds, or this much memory in use. */
  readonly why: { readonly seconds: number } | { readonly bytes: number };
}

/** The watchdog's periodic report during a run: how much simulated time has passed. */
export interface Reached {
  readonly reachedNs: number;
}

/** The runner's file descriptor to which its watchdog writes. */
export const WATCHDOG_FD = 4;

/** The data that the thread of the watchdog starts with. */
export interface WatchdogData {
  /** Two 32-bit integers, the counter of progress and 1 while a run is under way; a 64-bit float, the simulated time in ns. */
  readonly shared: SharedArrayBuffer;
  readonly stallMs: number;
  readonly bytesMax: number;
  /** The process id of the supervisor. */
  readonly parent: number;
}

/** The expression that the debugger evaluates in the stopped thread. The name is long to avoid collisions. */
export const PROBE = "__lightcone_where_is_the_run__";
