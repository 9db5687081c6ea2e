/** What a simulated binding may use of the process that it belongs to. */
import type { Process } from "../../sim/process.ts";
import type { AsyncContext } from "../async-context.ts";
import type { EventLoop } from "../loop.ts";

/** Node's own library loads its parts by these names: `require("internal/timers")`. */
// Node's internal modules have no types of their own.
// oxlint-disable-next-line typescript/no-explicit-any
export type LibraryRequire = (id: string) => any;

/** One process's view: given to each binding when the process's library is loaded. */
export interface BindingContext {
  readonly process: Process;
  readonly loop: EventLoop;
  /**
   * Where callbacks run: a handle or request is registered when it is made
   * (`async.register(this, "TCPWRAP")`), and called back through `async.makeCallback(this, fn, args)`.
   */
  readonly async: AsyncContext;
  /** Node's own library, as loaded for this process. */
  readonly require: LibraryRequire;
}
