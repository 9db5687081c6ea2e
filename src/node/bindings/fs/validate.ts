/** Checks of the arguments that Node checks in C++, made with the library's own validators. */
import type { BindingContext } from "../context.ts";

const FD_MAX = 2_147_483_647;

/** Checks of one process's arguments. They throw the errors of its library. */
export interface Validators {
  /** Checks a descriptor: an integer that fits C's `int`. */
  fd(value: unknown): number;
  /** Checks the mode of `access` or `copyFile`. A missing mode is 0. */
  mode(value: unknown, max: number): number;
}

/** Creates the checks. The library's validators are loaded for the first check. */
export function createValidators({ require }: BindingContext): Validators {
  return {
    fd(value) {
      // Nearly all descriptors are valid, so the library is not called for them.
      if (typeof value === "number" && (value | 0) === value && value >= 0) return value;
      require("internal/validators").validateInteger(value, "fd", 0, FD_MAX);
      return value as number;
    },
    mode(value, max) {
      if (value === undefined || value === null) return 0;
      require("internal/validators").validateInteger(value, "mode", 0, max);
      return value as number;
    },
  };
}
