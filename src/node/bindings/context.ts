/** What a simulated binding may use of its process. */
import type { Process } from "../../sim/process.ts";
import type { AsyncContext } from "../async-context.ts";
import type { EventLoop } from "../loop.ts";

/** Loads a module of Node's own library by its name, as in `require("internal/timers")`. */
// Node's internal modules have no types of their own.
// oxlint-disable-next-line typescript/no-explicit-any
export type LibraryRequire = (id: string) => any;

/** The view of one process that each binding receives when the process's library is loaded. */
export interface BindingContext {
  readonly process: Process;
  readonly loop: EventLoop;
  /**
   * The async context of callbacks. A handle or request is registered when it is created
   * (`async.register(this, "TCPWRAP")`) and called back through
   * `async.makeCallback(this, fn, args)`.
   */
  readonly async: AsyncContext;
  /** Node's own library, as loaded for this process. */
  readonly require: LibraryRequire;
}
