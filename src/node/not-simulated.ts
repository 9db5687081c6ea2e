/** What stands for a part of Node that is not simulated: it may be looked at, and says what it is when it is used. */
import { LightconeError } from "../base/errors.ts";

/** A function, or class, or bag of constants, that throws `LC_NOT_SIMULATED` when it is put to use. */
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
