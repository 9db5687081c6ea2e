/** What the parts of a process's library know of each other. */
import type { BindingContext, LibraryRequire } from "./bindings/context.ts";
import type { Prng } from "../base/prng.ts";
import type { HostIntrinsics } from "./lib/primordials.ts";

/** One process's instance of Node's library. */
export interface Realm {
  readonly context: BindingContext;
  readonly intrinsics: HostIntrinsics;
  /** The process object that library and program see. */
  // Node's own process object is wider than its public type.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly process: any;
  readonly primordials: object;
  /** The global object of the process. */
  readonly global: object;
  /** What happens to an exception that nobody caught. */
  uncaught(thrown: unknown, fromPromise: boolean): void;
  readonly rejections: Rejections;
  readonly require: LibraryRequire;
  readonly internalBinding: LibraryRequire;
  /** What a program gets for a built-in module: `node:net`, or a stand-in that says it is not simulated. */
  readonly requirePublic: LibraryRequire;
  /** Set in a worker thread. */
  readonly thread?: ThreadIdentity | undefined;
  /** The process's own randomness: fork a stream by name. */
  readonly prng: Prng;
}

/** Rejected promises that nobody has handled yet; Node tells of them once its ticks are done. */
export interface Rejections {
  readonly pending: () => boolean;
  readonly process: () => boolean;
}

/** What a worker thread knows of itself. */
export interface ThreadIdentity {
  readonly id: number;
  readonly name: string;
  /** Its end of the port that Node's library uses between a worker and whoever made it. */
  readonly port: object;
  readonly resourceLimits: Float64Array;
  /** When its process began; the thread has a beginning of its own. */
  readonly processBornNs: number;
}
