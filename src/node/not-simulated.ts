/**
 * Represents a part of Node that is not simulated. It may be inspected, and throws an error with
 * its name when it is used.
 */
import { LightconeError } from "../base/errors.ts";

/**
 * Returns a function that is also a class and a bag of constants. It throws `LC_NOT_SIMULATED` when
 * it is used.
 */
export function notSimulated(name: string): object {
  const fail = function (): never {
    throw new LightconeError(
      "LC_NOT_SIMULATED",
      `${name} is not simulated`,
      "The program reached a part of Node that Lightcone does not simulate yet.",
    );
  };
  return new Proxy(fail, {
    get: (target, key) => {
      if (typeof key === "symbol" || Reflect.has(target, key)) return Reflect.get(target, key);
      return undefined;
    },
  });
}
