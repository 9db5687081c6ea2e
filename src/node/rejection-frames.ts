/**
 * Where a promise was created and settled. A rejection with a value that is not an error, or with
 * an error of Node's own, has no location in any program. A run that is repeated for its report
 * asks V8 for the two stacks instead.
 */
import { promiseHooks } from "node:v8";

interface Trail {
  readonly made: Error;
  settled: Error | undefined;
}

let trails: WeakMap<object, Trail> | undefined;
/** The trail of the rejected promise, by the thrown value. */
const rejected = new WeakMap<object, Trail>();

/** Tracks every promise from now on, until the result is called. It costs time and memory. */
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

/** Records that the rejection of `promise` with `reason` was not handled. */
export function noteRejection(reason: unknown, promise: object): void {
  const trail = trails?.get(promise);
  if (trail && typeof reason === "object" && reason !== null) rejected.set(reason, trail);
}

/**
 * Returns the stacks of the promise that was rejected with `reason`: first where it was rejected,
 * then where it was created.
 */
export function rejectionStacks(reason: unknown): string[] {
  const trail = typeof reason === "object" && reason !== null ? rejected.get(reason) : undefined;
  if (!trail) return [];
  return [trail.settled?.stack ?? "", trail.made.stack ?? ""];
}
