/** What the parts of a process's library know of each other. */
import type { BindingContext, LibraryRequire } from "./bindings/context.ts";
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
  readonly require: LibraryRequire;
  readonly internalBinding: LibraryRequire;
}
