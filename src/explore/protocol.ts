/** What the supervising process and a runner process say to each other. */
import type { WrittenAssertion } from "../world/coverage.ts";
import type { RunOutcome, RunRequest } from "../world/outcome.ts";

/** What a runner tells of the world that it has loaded. */
export interface WorldInfo {
  readonly name: string;
  /** The world file's absolute path. */
  readonly path: string;
  readonly hosts: number;
  readonly durationNs: number;
  /** Whether the world names any faults. */
  readonly hasFaults: boolean;
  /** Whether its runs have a calm after faults, in which programs can be seen to recover. */
  readonly hasCalm: boolean;
  /** The assertions that stand in its programs' own files. */
  readonly assertions: readonly WrittenAssertion[];
  /** What the world file printed as it was read. */
  readonly printed: string;
  /** How long loading took, in milliseconds. */
  readonly loadMs: number;
}

/** Asked of a runner. */
export type Question =
  | { readonly id: number; readonly kind: "load"; readonly path: string; readonly calm: boolean }
  | { readonly id: number; readonly kind: "run"; readonly request: RunRequest };

/** An error that crosses a process boundary. */
export interface CarriedError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** Only for a bug of ours. */
  readonly stack: string | undefined;
}

/** A runner's answer to the question of the same number. */
export type Answer =
  | { readonly id: number; readonly kind: "loaded"; readonly info: WorldInfo }
  | { readonly id: number; readonly kind: "outcome"; readonly outcome: RunOutcome }
  | { readonly id: number; readonly kind: "error"; readonly error: CarriedError };

/** What the watchdog of a runner writes when a run cannot go on. */
export interface Stall {
  readonly host: string | undefined;
  readonly nowNs: number | undefined;
  /** "worker.ts:12:5", the innermost place in a program; `undefined` when none was found. */
  readonly place: string | undefined;
  /** It has not moved for so long; or it holds so much memory. */
  readonly why: { readonly seconds: number } | { readonly bytes: number };
}

/** What the watchdog writes now and then while a run goes on: how much simulated time has passed. */
export interface Reached {
  readonly reachedNs: number;
}

/** The runner's file descriptor on which its watchdog writes. */
export const WATCHDOG_FD = 4;
