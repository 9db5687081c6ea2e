/** Arguments that Node checks in C++, checked with the library's own validators. */
import type { BindingContext } from "../context.ts";

const FD_MAX = 2_147_483_647;

/** Checks of one process's arguments; they throw what its library throws. */
export interface Validators {
  /** A descriptor: an integer that C's `int` holds. */
  fd(value: unknown): number;
  /** The mode of `access` or `copyFile`; absent stands for 0. */
  mode(value: unknown, max: number): number;
}

/** Makes the checks. The library is asked for its validators when the first check is made. */
export function createValidators({ require }: BindingContext): Validators {
  return {
    fd(value) {
      // Nearly all are fine: do not call into the library for them.
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
