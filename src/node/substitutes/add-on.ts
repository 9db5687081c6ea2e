/** What stands in for a native add-on: a package in JavaScript or WebAssembly behind the add-on's interface. */

import type { Process } from "../../sim/process.ts";

/** What a substitute may use of the process that loads it. */
export interface SubstituteContext {
  /**
   * Loads the package that the substitute is made of, as the requiring file would find it. `builtins` replaces
   * modules of Node for that package alone, `change` its main file's text. Throws `LC_NO_SUBSTITUTE` if it is not installed.
   */
  readonly peer: (
    builtins?: Readonly<Record<string, unknown>>,
    change?: (source: string) => string,
  ) => unknown;
  readonly process: Process;
  /** Loads a module of Node, the process's own. */
  readonly builtin: (id: string) => unknown;
}

/** One substitute. */
export interface AddOn {
  /** The package that it is made of, which the user installs; `undefined`: it is made of nothing. */
  readonly peer?: string;
  /** Returns the exports that a program gets in place of the add-on's, once a process. */
  readonly create: (context: SubstituteContext) => unknown;
}
