/** `bcrypt` by `bcryptjs`, which has the same functions in JavaScript and gives the same hashes. */
import { Buffer } from "node:buffer";
import type { AddOn } from "./add-on.ts";

type AnyFunction = (...args: unknown[]) => unknown;

export const bcrypt: AddOn = {
  peer: "bcryptjs",
  create: ({ peer }) => {
    const loaded = peer() as Record<string, AnyFunction> & {
      default?: Record<string, AnyFunction>;
    };
    const real = typeof loaded["hash"] === "function" ? loaded : (loaded.default ?? loaded);
    // The add-on takes buffers as well, and counts their bytes as UTF-8.
    const text = (value: unknown): unknown =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value;
    const named = (name: string): AnyFunction => {
      return (data, ...rest) => (real[name] as AnyFunction)(text(data), ...rest);
    };
    return {
      genSaltSync: real["genSaltSync"],
      genSalt: (rounds?: unknown, minor?: unknown, callback?: unknown) => {
        const call = [rounds, minor, callback].find((one) => typeof one === "function");
        const count = typeof rounds === "number" ? rounds : undefined;
        return (real["genSalt"] as AnyFunction)(count, call);
      },
      hashSync: named("hashSync"),
      hash: named("hash"),
      compareSync: named("compareSync"),
      compare: named("compare"),
      getRounds: real["getRounds"],
    };
  },
};
