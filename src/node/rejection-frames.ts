/**
 * Where a promise was made and settled. A rejection with something that is no error, or with an error of Node's
 * own, has no place in any program; a run that is repeated for its story asks V8 for the two stacks instead.
 */
import { promiseHooks } from "node:v8";

interface Trail {
  readonly made: Error;
  settled: Error | undefined;
}

let trails: WeakMap<object, Trail> | undefined;
/** By what was thrown: the trail of the promise that was rejected with it. */
const rejected = new WeakMap<object, Trail>();

/** Follows every promise from now on, until the result is called. It costs time and memory. */
export function followPromises(): () => void {
  const followed = new WeakMap<object, Trail>();
  trails = followed;
  const stop = promiseHooks.createHook({
    init: (promise: Promise<unknown>) => {
      followed.set(promise, { made: new Error(), settled: undefined });
    },
    settled: (promise: Promise<unknown>) => {
      const trail = followed.get(promise);
      if (trail) trail.settled = new Error();
    },
  }) as () => void;
  return () => {
    stop();
    trails = undefined;
  };
}

/** Remembers that nobody handled the rejection of `promise` with `reason`. */
export function noteRejection(reason: unknown, promise: object): void {
  const trail = trails?.get(promise);
  if (trail && typeof reason === "object" && reason !== null) rejected.set(reason, trail);
}

/** The stacks of the promise that was rejected with `reason`: where that was done, then where it was made. */
export function rejectionStacks(reason: unknown): string[] {
  const trail = typeof reason === "object" && reason !== null ? rejected.get(reason) : undefined;
  if (!trail) return [];
  return [trail.settled?.stack ?? "", trail.made.stack ?? ""];
}
