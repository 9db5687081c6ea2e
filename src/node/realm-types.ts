/** Types that the parts of a process's library share. */
import type { BindingContext, LibraryRequire } from "./bindings/context.ts";
import type { Prng } from "../base/prng.ts";
import type { HostIntrinsics } from "./lib/primordials.ts";
import type { TimeZone } from "./time-zone.ts";

/** One process's instance of Node's library. */
export interface Realm {
  readonly context: BindingContext;
  readonly intrinsics: HostIntrinsics;
  /** The process object that the library and the program see. */
  // Node's own process object has more than its public type.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly process: any;
  readonly primordials: object;
  /** The global object of the process. */
  readonly global: object;
  /** Handles an uncaught exception. */
  uncaught(thrown: unknown, fromPromise: boolean): void;
  readonly require: LibraryRequire;
  readonly internalBinding: LibraryRequire;
  /**
   * Returns a built-in module for a program: `node:net`, or a stand-in that throws if it is used
   * because it is not simulated.
   */
  readonly requirePublic: LibraryRequire;
  /** Set in a worker thread. */
  readonly thread?: ThreadIdentity | undefined;
  /** The process's own randomness. Fork a stream by name. */
  readonly prng: Prng;
}

/** A worker thread's data about itself. */
export interface ThreadIdentity {
  readonly id: number;
  readonly name: string;
  /** Its end of the port that Node's library uses between a worker and its creator. */
  readonly port: object;
  readonly resourceLimits: Float64Array;
  /** When its process began. The thread has its own beginning. */
  readonly processBornNs: number;
  /** The time zone of its process. Its own environment says nothing of it, as in Node. */
  readonly zone: TimeZone;
}
