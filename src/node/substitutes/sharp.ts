/** `sharp` by name only: it can be loaded and set up, and is refused when it is given an image. */
import { LightconeError } from "../../base/errors.ts";
import type { AddOn } from "./add-on.ts";

export const sharp: AddOn = {
  create: () => {
    const refuse = (): never => {
      throw new LightconeError(
        "LC_NOT_SIMULATED",
        "sharp is a native add-on, and nothing in JavaScript stands in for it",
        'Give a stand-in of your own: substitute: { sharp: "./sharp-stub.ts" } of the host.',
      );
    };
    const settings = { memory: { current: 0 }, files: { current: 0 }, items: { current: 0 } };
    return Object.assign(refuse, {
      cache: () => settings,
      concurrency: () => 1,
      counters: () => ({ queue: 0, process: 0 }),
      simd: () => false,
      block: () => {},
      unblock: () => {},
    });
  },
};
