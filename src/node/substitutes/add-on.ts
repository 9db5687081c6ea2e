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
  /** A module of Node that is not simulated, in its shape: its functions throw. */
  readonly shape: (id: string) => object;
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

/**
 * Makes the class that one process has of one of ours, under the name that the add-on gives it. What a program changes of it,
 * no other process sees. `construct` makes an instance, when the class is called or constructed.
 */
export function ownClass<A extends unknown[]>(
  base: { readonly prototype: object },
  name: string,
  construct: (target: object | undefined, args: A) => object,
): { readonly prototype: object } {
  const prototype = Object.create(
    Object.getPrototypeOf(base.prototype) as object,
    Object.getOwnPropertyDescriptors(base.prototype),
  ) as object;
  const made = function (...args: A): object {
    const instance = construct(new.target, args);
    const target = new.target as { readonly prototype: object } | undefined;
    return Object.setPrototypeOf(instance, target?.prototype ?? prototype) as object;
  };
  Object.defineProperty(made, "name", { value: name, configurable: true });
  made.prototype = prototype;
  const constructor = { value: made, configurable: true, writable: true };
  Object.defineProperty(prototype, "constructor", constructor);
  return made;
}
